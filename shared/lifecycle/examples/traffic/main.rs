//! Simulates the rule for missing requests, and prints the table of docs/WATCHING.md:
//! `cargo run --release -p evergreen-lifecycle --example traffic`.
#![allow(clippy::indexing_slicing, clippy::unwrap_used)]

mod stacks;

use stacks::{KINDS, StackKind, StackYears};

/// Number of stacks of each kind, each with ten years.
const STACKS: u64 = 20;

fn main() {
    println!("| Requests | False mails in {} years | Reported after p50 | p90 |", STACKS * 10);
    println!("|---|---|---|---|");
    for kind in KINDS {
        let (false_alarms, mut hours) = simulate(kind);
        hours.sort_by(f64::total_cmp);
        let at = |share: usize| hours[hours.len() * share / 10];
        println!("| {} | {false_alarms} | {} | {} |", kind.name, written(at(5)), written(at(9)));
    }
}

fn simulate(kind: StackKind) -> (usize, Vec<f64>) {
    let (mut false_alarms, mut hours) = (0, Vec::new());
    for seed in 1..=STACKS {
        let mut years = StackYears::of(kind, seed);
        false_alarms += years.false_alarms();
        hours.extend((0..3).map(|_| years.hours_until_gone().unwrap_or(f64::INFINITY)));
    }
    (false_alarms, hours)
}

fn written(hours: f64) -> String {
    match hours {
        hours if hours.is_infinite() => "never".to_owned(),
        hours if hours < 48.0 => format!("{hours:.1} h"),
        hours => format!("{:.1} d", hours / 24.0),
    }
}
