//! Simulates what the drift test finds, and what it finds by mistake. Prints one JSON object for each line.
//!
//! Usage: `cargo run --profile bench-driver -p evergreen-lifecycle --example drift -- COMMAND`
//!
//! - `years ROWS_A_DAY TABLE_ROWS YEARS`: years without drift, and how many have a false alarm
//! - `power`: the share of changes that one day with a given number of rows shows
//! - `delay`: how long after a change the alarm comes, beside an e-process
//! - `stream FILE ROWS_A_DAY TABLE_ROWS DAYS SHIFT SEED`: writes the rows of a simulated stack as CSV, for other programs,
//!   and prints what this test finds in them. The first TABLE_ROWS rows have the day -1
//! - `speed`: the time of one comparison
#![allow(clippy::indexing_slicing, clippy::unwrap_used)]

mod delay;
mod population;
mod power;
mod sampling;
mod stack;
mod stream;
mod years;

use std::time::Instant;

use evergreen_lifecycle::drift::{DEFAULT_PSI, DriftLimits, DriftVerdict, WindowLength};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde_json::json;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |place: usize| arguments.get(place).and_then(|text| text.parse::<f64>().ok()).unwrap_or(0.0);
    match arguments.first().map(String::as_str) {
        Some("years") => years::simulate(number(1), number(2) as usize, number(3) as usize),
        Some("power") => power::measure(),
        Some("delay") => delay::measure(),
        Some("stream") => {
            let (rows, table, days) = (number(2), number(3) as usize, number(4) as usize);
            stream::write(&arguments[1], rows, table, days, number(5), number(6) as u64).unwrap();
        }
        Some("speed") => speed(),
        _ => {
            eprintln!("drift: expected years, power, delay, stream or speed; see the comment in main.rs");
            std::process::exit(2);
        }
    }
}

/// Measures one comparison of 60 columns.
fn speed() {
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let stack = stack::Stack::draw(&stack::mixed(2), 10_000, &mut random);
    let served = stack.serve(10_000, &mut random);
    let limits = DriftLimits::of_window(WindowLength::Day, DEFAULT_PSI);
    let start = Instant::now();
    let runs = 200;
    for _ in 0..runs {
        let verdict = DriftVerdict::new(&stack.baseline, &served, limits, "the last day").unwrap();
        assert_eq!(verdict.columns.len(), 60);
    }
    let microseconds = start.elapsed().as_secs_f64() * 1e6 / f64::from(runs);
    let start = Instant::now();
    let rows = 200_000;
    let drawn: Vec<_> = (0..100).map(|_| stack.row(&mut random)).collect();
    let mut counts = evergreen_lifecycle::drift::ServedCounts::new(stack.baseline.shape());
    for row in drawn.iter().cycle().take(rows) {
        stack.baseline.shape().count(&mut counts, &row.0, &row.1);
    }
    let of_a_row = start.elapsed().as_secs_f64() * 1e9 / rows as f64;
    println!(
        "{}",
        json!({"columns": 60, "microseconds_of_a_comparison": microseconds, "nanoseconds_of_a_row": of_a_row})
    );
}
