//! After how many labels a model is found that has become worse.

use std::collections::VecDeque;

use evergreen_lifecycle::feedback::{LIVE_WINDOWS, LiveQuality, LiveTally};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::model::{Checked, Model};

const RUNS: u64 = 100;

/// Number of days after the change in which it may be found.
const DAYS: usize = 60;

/// Returns the table of delays: the median number of days and labels, and the share of runs in which it is found.
pub fn table() -> String {
    let model = Model::classifier();
    let mut rows = Vec::new();
    for hold_out in [200, 2000] {
        for accuracy in [0.95, 0.92, 0.90, 0.85, 0.70, 0.50] {
            let right = model.accuracy(0.0);
            let turned = (right - accuracy).max(0.0) / (2.0 * right - 1.0);
            let mut row = vec![hold_out.to_string(), format!("{right:.2} to {accuracy:.2}")];
            row.extend([8, 30, 100, 1000].map(|labels| cell(&model, hold_out, turned, labels)));
            eprintln!("{}", row.join(", "));
            rows.push(row);
        }
    }
    let head = ["Hold-out", "Accuracy", "8 labels a day", "30 labels a day", "100 labels a day", "1000 labels a day"];
    crate::table(&head, &rows)
}

fn cell(model: &Model, hold_out: usize, turned: f64, labels: usize) -> String {
    let mut delays: Vec<usize> = (0..RUNS).filter_map(|seed| delay(model, hold_out, turned, labels, seed)).collect();
    delays.sort_unstable();
    let share = 100.0 * delays.len() as f64 / RUNS as f64;
    match delays.get(RUNS as usize / 2) {
        Some(days) => format!("{days} d ({} labels)", days * labels),
        None => format!("{share:.0} %"),
    }
}

/// Returns after how many days the change is found.
fn delay(model: &Model, hold_out: usize, turned: f64, labels: usize, seed: u64) -> Option<usize> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let hold_out = model.hold_out(hold_out, &mut random);
    // The four weeks before the change have usual labels.
    let usual = |_| model.day(&hold_out, labels, (Checked::All, 0.0), &mut random);
    let mut days: VecDeque<LiveTally> = (0..28).map(usual).collect();
    (1..=DAYS).find(|_| {
        days.push_front(model.day(&hold_out, labels, (Checked::All, turned), &mut random));
        days.truncate(28);
        LIVE_WINDOWS.into_iter().any(|length| {
            let mut tally = LiveTally::default();
            days.iter().take(length as usize).for_each(|day| tally.merge(day));
            LiveQuality::new(&tally, &[], Some(&hold_out)).is_some_and(|quality| quality.is_worse())
        })
    })
}
