//! Whether the challenger is worse than the champion beyond noise, at any number of looks.
//!
//! Both tests may be repeated after every row: the probability that one ever fires about an equal challenger stays below
//! its rate. [`LOSS_RATE`] and [`FAILURE_RATE`] are those of a whole rollout.

use libm::log;

use super::{Evidence, LossDifferences};

/// Maximum probability that the known truths roll back a challenger that is as good as the champion.
pub const LOSS_RATE: f64 = 0.01;

/// Maximum probability that failures roll back a challenger that fails as often as the champion.
pub const FAILURE_RATE: f64 = 0.01;

// The bound holds for large samples. Log losses have rare large values, so a few rows are not enough.
/// Minimum number of known truths before losses decide anything.
pub const LEAST_TRUTHS: u64 = 50;

/// The number of known truths at which the bound on losses is tightest.
const TIGHTEST: f64 = 500.0;

/// How many times as often as the champion the challenger may fail: the alternatives of the test.
const ODDS: [f64; 6] = [1.5, 2.0, 4.0, 8.0, 16.0, 64.0];

// Source: Waudby-Smith, Arbour, Sinha, Kennedy, Ramdas: "Time-uniform central limit theory and asymptotic confidence
// sequences", Annals of Statistics 52 (2024), the one-sided sequence of its appendix.
/// Returns the value that the mean loss difference exceeds, with a probability of 1 − [`LOSS_RATE`] at all times together.
/// Above 0, the challenger is worse beyond noise. `None` with fewer than [`LEAST_TRUTHS`] rows.
pub fn least_difference(losses: &LossDifferences) -> Option<f64> {
    if losses.rows < LEAST_TRUTHS {
        return None;
    }
    Some(losses.mean()? - margin(losses)?)
}

/// Returns the value below which the mean loss difference is, as [`least_difference`].
pub fn most_difference(losses: &LossDifferences) -> Option<f64> {
    if losses.rows < LEAST_TRUTHS {
        return None;
    }
    Some(losses.mean()? + margin(losses)?)
}

fn margin(losses: &LossDifferences) -> Option<f64> {
    let (rows, deviation) = (losses.rows as f64, losses.deviation()?);
    // The squared tuning parameter ρ² of the source, for the number of rows at which the bound is tightest.
    let double_log = -2.0 * log(LOSS_RATE);
    let tuning = (double_log + log(double_log + 1.0)) / TIGHTEST;
    let spread = rows * tuning + 1.0;
    let boundary = 2.0 * spread / (rows * rows * tuning) * log(1.0 + spread.sqrt() / (2.0 * LOSS_RATE));
    Some(deviation * boundary.sqrt())
}

/// Returns whether the challenger fails more often than the champion, beyond noise.
///
/// If both fail equally often, a failure belongs to the challenger with the probability of its share of the requests. The
/// likelihood ratios of `ODDS`, averaged, are an e-process: it exceeds 1 / [`FAILURE_RATE`] with at most that
/// probability.
pub fn fails_more(evidence: &Evidence) -> bool {
    let ratio = |odds: f64| -> f64 {
        let stages = evidence.stages.values().map(|counts| {
            let (champion, challenger) = (counts.champion, counts.challenger);
            let requests = champion.requests.saturating_add(challenger.requests);
            if requests == 0 {
                return 0.0;
            }
            let share = challenger.requests as f64 / requests as f64;
            let failures = champion.failures.saturating_add(challenger.failures) as f64;
            challenger.failures as f64 * log(odds) - failures * log(odds * share + 1.0 - share)
        });
        // An overflow is infinite, which is more than enough.
        libm::exp(stages.sum::<f64>())
    };
    ODDS.into_iter().map(ratio).sum::<f64>() / ODDS.len() as f64 >= 1.0 / FAILURE_RATE
}
