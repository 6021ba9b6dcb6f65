//! Measures what the id of a prediction costs: `cargo run --release -p evergreen-lifecycle --example ids`. Prints the
//! time for a row, and the length of an id.

#![allow(clippy::print_stdout, clippy::unwrap_used)]

use std::hint::black_box;
use std::time::Instant;

use evergreen_lifecycle::VersionNumber;
use evergreen_lifecycle::feedback::{
    PredictedLabel, PredictedOutcome, PredictionKey, PredictionRecord, RivalPrediction,
};

const ROWS: u64 = 1000;
const ROUNDS: usize = 500;

fn main() {
    let key = PredictionKey::new(&[7; 32]);
    let number = || PredictedOutcome::Number(3.25);
    let label = |labels: usize| PredictedOutcome::Label(PredictedLabel::new(1, &vec![1.0 / labels as f32; labels]));
    let rival = |outcome| Some(RivalPrediction { version: VersionNumber::FIRST, outcome });
    measure("a number", &key, number, None);
    measure("2 labels", &key, || label(2), None);
    measure("3 labels", &key, || label(3), None);
    measure("100 labels", &key, || label(100), None);
    measure("2 labels with a rival", &key, || label(2), rival(label(2)));
    measure("100 labels with a rival", &key, || label(100), rival(label(100)));
}

fn measure(name: &str, key: &PredictionKey, outcome: impl Fn() -> PredictedOutcome, rival: Option<RivalPrediction>) {
    let (version, at) = (VersionNumber::FIRST, "2026-11-24T08:00:00Z".parse().unwrap());
    let record = |unique| PredictionRecord { version, at, unique, outcome: outcome(), rival: rival.clone() };
    let mut rounds: Vec<_> = (0..ROUNDS)
        .map(|_| {
            let started = Instant::now();
            for unique in 0..ROWS {
                black_box(key.sign(black_box(&record(unique))));
            }
            started.elapsed().as_nanos() / u128::from(ROWS)
        })
        .collect();
    rounds.sort_unstable();
    let median = rounds.get(rounds.len() / 2).copied().unwrap_or_default();
    println!("{name}: {median} ns a row, {} characters", key.sign(&record(1)).len());
}
