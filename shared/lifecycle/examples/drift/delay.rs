//! How long after a change the alarm comes, beside an e-process, which adds up evidence for as long as it takes.

use std::collections::VecDeque;

use evergreen_lifecycle::drift::{
    Bins, DEFAULT_PSI, DriftLimits, FALSE_ALARMS_A_YEAR, WindowLength, is_beyond_noise, psi,
};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde_json::json;

use crate::population::Population;
use crate::power::COLUMNS;
use crate::sampling::Alias;
use crate::stack::Stack;

const HOURS: usize = 24;
const RUNS: u64 = 200;

/// Days with training-like rows before the change.
const QUIET_DAYS: usize = 28;

/// After this many days with the change, a run counts as not found.
const MAX_DAYS: usize = 180;

/// Sudden changes of the column, in standard deviations.
const SHIFTS: [f64; 6] = [0.0, 0.2, 0.5, 0.75, 1.0, 2.0];

/// The shift of a slow change on each day, in standard deviations.
const SLOW: f64 = 0.01;

/// The hours after the change, at which each rule finds it. `None` if it does not.
#[derive(Default)]
struct Found {
    beyond: Option<usize>,
    drifted: Option<usize>,
    evidence: Option<usize>,
}

pub fn measure() {
    for table_rows in [1000, 10_000] {
        for rows_a_day in [8.0, 1000.0, 1_000_000.0] {
            for (shift, is_slow) in SHIFTS.map(|shift| (shift, false)).into_iter().chain([(SLOW, true)]) {
                let one = |seed| one(table_rows, rows_a_day, shift, is_slow, seed);
                let runs: Vec<Found> = (0..RUNS).map(one).collect();
                let summary = |of: fn(&Found) -> Option<usize>| {
                    let mut hours: Vec<usize> = runs.iter().map(|run| of(run).unwrap_or(usize::MAX)).collect();
                    hours.sort_unstable();
                    let at = |share: f64| {
                        hours.get((share * hours.len() as f64) as usize).filter(|hours| **hours < usize::MAX)
                    };
                    let found = hours.iter().filter(|hours| **hours < usize::MAX).count() as f64 / runs.len() as f64;
                    json!({"found": found, "median_hours": at(0.5), "p90_hours": at(0.9)})
                };
                println!(
                    "{}",
                    json!({
                        "table_rows": table_rows, "rows_a_day": rows_a_day, "shift": shift, "is_slow": is_slow,
                        "drifted": summary(|run| run.drifted), "beyond_noise": summary(|run| run.beyond),
                        "e_process": summary(|run| run.evidence),
                    })
                );
            }
        }
    }
}

/// Simulates one stack. A slow change grows by `shift` on each day.
fn one(table_rows: usize, rows_a_day: f64, shift: f64, is_slow: bool, seed: u64) -> Found {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut column = Population::uniform(0.0);
    let stack = Stack::draw(std::slice::from_ref(&column), table_rows, &mut random);
    let (bins, baseline, _) = stack.columns().remove(0);
    let cells_of = |column: &Population| -> Vec<Alias> {
        let shares = column.cells(bins, &[]);
        shares.iter().map(|share| Alias::poisson(rows_a_day / HOURS as f64 * share)).collect()
    };
    let mut cells = cells_of(&column);
    let changes_at = QUIET_DAYS * HOURS + seed as usize % HOURS;
    let (mut found, mut days, mut evidence) = (Found::default(), VecDeque::new(), Evidence::new(baseline));
    let mut today = vec![0_u64; baseline.len()];
    for hour in 0..(QUIET_DAYS + MAX_DAYS) * HOURS {
        let since = hour.checked_sub(changes_at).filter(|since| since % HOURS == 0 && (is_slow || *since == 0));
        if let Some(since) = since {
            column.shift = if is_slow { shift * (since / HOURS) as f64 } else { shift };
            cells = cells_of(&column);
        }
        let counts: Vec<u64> = cells.iter().map(|cell| cell.draw(&mut random)).collect();
        today.iter_mut().zip(&counts).for_each(|(sum, count)| *sum += count);
        let delay = (hour + 1).checked_sub(changes_at).filter(|delay| *delay > 0);
        found.judge(bins, baseline, &counts, WindowLength::Hour, delay);
        if (hour + 1) % HOURS == 0 {
            let is_evident = evidence.add(&today);
            days.push_front(std::mem::replace(&mut today, vec![0; baseline.len()]));
            days.truncate(28);
            for (length, count) in [(WindowLength::Day, 1), (WindowLength::Week, 7), (WindowLength::FourWeeks, 28)] {
                let mut sum = vec![0; baseline.len()];
                for day in days.iter().take(count) {
                    sum.iter_mut().zip(day).for_each(|(sum, count)| *sum += count);
                }
                found.judge(bins, baseline, &sum, length, delay);
            }
            if is_evident && found.evidence.is_none() {
                found.evidence = delay;
            }
        }
        if found.beyond.is_some() && found.drifted.is_some() && found.evidence.is_some() {
            break;
        }
    }
    found
}

impl Found {
    fn judge(&mut self, bins: &Bins, baseline: &[u64], served: &[u64], length: WindowLength, delay: Option<usize>) {
        let limits = DriftLimits::of_window(length, DEFAULT_PSI);
        if is_beyond_noise(bins, baseline, served, limits.p_value / COLUMNS) {
            self.beyond = self.beyond.or(delay);
            if psi(baseline, served) >= limits.psi {
                self.drifted = self.drifted.or(delay);
            }
        }
    }
}

// For each day on which a change may have begun: the probability of all rows since then with unknown shares of the cells
// (Dirichlet-distributed around those of the baseline), divided by their probability with the shares of the baseline. The
// mean over all possible days is an e-process: without drift, it ever exceeds 1/α with a probability of at most α, if the
// shares of the baseline are exact. They are exact only if the data set is infinitely large.
struct Evidence {
    shares: Vec<f64>,
    since: Vec<Vec<u64>>,
}

/// The weight of the baseline's shares in the distribution of unknown shares, in rows.
const WEIGHT: f64 = 20.0;

impl Evidence {
    fn new(baseline: &[u64]) -> Self {
        let rows = baseline.iter().sum::<u64>() as f64;
        let cells = baseline.len() as f64;
        let shares = baseline.iter().map(|count| (*count as f64 + 0.5) / (rows + 0.5 * cells)).collect();
        Self { shares, since: Vec::new() }
    }

    /// Adds a day. Returns whether the evidence is above the limit of one column, for one false alarm in ten years.
    fn add(&mut self, day: &[u64]) -> bool {
        self.since.push(vec![0; day.len()]);
        for counts in &mut self.since {
            counts.iter_mut().zip(day).for_each(|(sum, count)| *sum += count);
        }
        let logarithms: Vec<f64> = self.since.iter().map(|counts| self.logarithm(counts)).collect();
        let largest = logarithms.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let sum = logarithms.iter().map(|value| (value - largest).exp()).sum::<f64>().ln() + largest;
        sum - 366.0_f64.ln() >= (COLUMNS / FALSE_ALARMS_A_YEAR).ln()
    }

    fn logarithm(&self, counts: &[u64]) -> f64 {
        let rows = counts.iter().sum::<u64>() as f64;
        let terms = self.shares.iter().zip(counts).map(|(share, count)| {
            let count = *count as f64;
            libm::lgamma(WEIGHT * share + count) - libm::lgamma(WEIGHT * share) - count * share.ln()
        });
        terms.sum::<f64>() + libm::lgamma(WEIGHT) - libm::lgamma(WEIGHT + rows)
    }
}
