//! Simulates rollouts: how often a challenger that is as good as the champion is rolled back, and after how many rows or
//! requests a worse one is. The tables are in docs/WATCHING.md.
//!
//! Run it with `cargo run --release -p evergreen-lifecycle --example rollout`.
#![allow(clippy::print_stdout, reason = "it prints tables")]

use evergreen_lifecycle::rollout::noise::{fails_more, least_difference};
use evergreen_lifecycle::rollout::{Evidence, LossDifferences, RolloutCounts};
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Number of simulated rollouts of each kind.
const ROLLOUTS: usize = 2000;

/// Maximum number of rows with a known truth, or of requests, in a simulated rollout.
const LENGTH: u64 = 10_000;

fn main() {
    println!("| Challenger | Rolled back | Median rows with a known truth |");
    println!("|---|---|---|");
    for (name, champion, challenger) in [
        ("as good: both 90 % right", 0.90, 0.90),
        ("as good: both 99 % right", 0.99, 0.99),
        ("89 % right instead of 90 %", 0.90, 0.89),
        ("87 % right instead of 90 %", 0.90, 0.87),
        ("80 % right instead of 90 %", 0.90, 0.80),
        ("better: 92 % right instead of 90 %", 0.90, 0.92),
    ] {
        report(name, |chance| until_losses(chance, champion, challenger));
    }
    println!("\n| Challenger | Rolled back | Median requests, of which it answers 10 % |");
    println!("|---|---|---|");
    for (name, champion, challenger) in [
        ("fails as often: 1 %", 0.01, 0.01),
        ("fails as often: 0.1 %", 0.001, 0.001),
        ("fails in 1 % instead of 0.1 %", 0.001, 0.01),
        ("fails in 5 % instead of 0.1 %", 0.001, 0.05),
        ("fails always, the champion never", 0.0, 1.0),
    ] {
        report(name, |chance| until_failures(chance, champion, challenger));
    }
}

fn report(name: &str, until: impl Fn(&mut ChaCha8Rng) -> Option<u64>) {
    let mut chance = ChaCha8Rng::seed_from_u64(12);
    let mut found: Vec<u64> = (0..ROLLOUTS).filter_map(|_| until(&mut chance)).collect();
    found.sort_unstable();
    let share = found.len() as f64 / ROLLOUTS as f64 * 100.0;
    // The median of those that were rolled back.
    let median = found.get(found.len() / 2).map_or_else(|| "–".to_owned(), u64::to_string);
    println!("| {name} | {share:.1} % | {median} |");
}

/// Returns after how many known truths losses roll the challenger back. `None`: they do not.
fn until_losses(chance: &mut ChaCha8Rng, champion: f64, challenger: f64) -> Option<u64> {
    let mut losses = LossDifferences::default();
    (1..=LENGTH).find(|_| {
        // Half of the errors are in rows that are hard for both.
        let hard = chance.random::<f64>();
        losses.add(log_loss(chance, challenger, hard), log_loss(chance, champion, hard));
        least_difference(&losses).is_some_and(|least| least > 0.0)
    })
}

/// Returns the log loss of one answer of a model that is right in this share of the rows. `hard` is the same for both
/// models of a row.
fn log_loss(chance: &mut impl Rng, right: f64, hard: f64) -> f64 {
    let wrong = 1.0 - right;
    let is_wrong = if hard < wrong / 2.0 { true } else { chance.random::<f64>() < wrong / 2.0 };
    let sure = chance.random_range(0.55..0.999_f64);
    if is_wrong { -(1.0 - sure).ln() } else { -sure.ln() }
}

/// Returns after how many requests failures roll the challenger back. `None`: they do not.
fn until_failures(chance: &mut ChaCha8Rng, champion: f64, challenger: f64) -> Option<u64> {
    let mut evidence = Evidence::default();
    (1..=LENGTH).find(|_| {
        let counts: &mut RolloutCounts = evidence.stages.entry(1).or_default();
        let is_challenger = chance.random::<f64>() < 0.1;
        let (arm, rate) =
            if is_challenger { (&mut counts.challenger, challenger) } else { (&mut counts.champion, champion) };
        let fails = chance.random::<f64>() < rate;
        if fails {
            arm.failed(1);
        } else {
            arm.answered(1, 1000);
        }
        is_challenger && fails && fails_more(&evidence)
    })
}
