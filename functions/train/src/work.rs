//! Time limits of a run, and a function that runs a long computation on another thread.

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

use crate::error::TrainError;

/// Minimum time at the end of an invocation that is kept free for evaluating and storing a trained model.
const RESERVE: Duration = Duration::from_secs(5);

// A large data set gives a large artifact, which takes longer to evaluate and store.
/// Share of the remaining Lambda time (one tenth) that is kept free for evaluating and storing the model.
const RESERVED_SHARE: u32 = 10;

// Only a job lasts so long that a tenth of its time would be more.
/// Maximum time at the end that is kept free for evaluating and storing a trained model.
const MAX_RESERVE: Duration = Duration::from_secs(15 * 60);

/// Time at the end of an invocation that is kept free for recording that the run ran out of time.
const RECORDING_RESERVE: Duration = Duration::from_secs(2);

/// Time at the end of an invocation that is kept free for returning the answer.
const RESPONSE_RESERVE: Duration = Duration::from_millis(300);

/// Returns the time at which training must stop. `budget` is the maximum training time, or `None`.
pub fn learning_deadline(deadline: Timestamp, now: Timestamp, budget: Option<Duration>) -> Instant {
    let left = left(deadline, now);
    // The last tenth of the remaining time, at least 5 s, is kept free for evaluating and storing the model.
    let reserve = RESERVE.max(left / RESERVED_SHARE).min(MAX_RESERVE);
    let allowed = left.saturating_sub(reserve);
    Instant::now() + budget.map_or(allowed, |budget| budget.min(allowed))
}

/// Returns how long a training or an import may take before the run is recorded as failed. `deadline` is the end of the
/// Lambda invocation.
pub fn time_limit(deadline: Timestamp, now: Timestamp) -> Duration {
    // Training stops earlier by itself, so this limit is for unexpected delays.
    left(deadline, now).saturating_sub(RECORDING_RESERVE)
}

/// Returns the remaining time for recording a failure and publishing events. `deadline` is the end of the Lambda
/// invocation.
pub fn time_afterwards(deadline: Timestamp, now: Timestamp) -> Duration {
    // If the platform ended the invocation during that time, the invocation would appear to have failed.
    left(deadline, now).saturating_sub(RESPONSE_RESERVE)
}

fn left(deadline: Timestamp, now: Timestamp) -> Duration {
    // A deadline that has passed leaves no time.
    let left: SignedDuration = deadline.duration_since(now);
    Duration::try_from(left).unwrap_or_default()
}

/// Runs a long computation on a separate thread.
///
/// # Errors
/// Returns [`TrainError::Aborted`] if `work` panics.
pub async fn off_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, TrainError> {
    // On the main thread, `work` would block the timers of the time limits.
    tokio::task::spawn_blocking(work).await.map_err(|_| TrainError::Aborted)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns how many whole seconds training may take if the invocation ends in `left` seconds.
    fn allowed(left: i64, budget: Option<u64>) -> u64 {
        let now: Timestamp = "2026-11-24T03:00:00Z".parse().unwrap();
        let before = Instant::now();
        let until = learning_deadline(now + SignedDuration::from_secs(left), now, budget.map(Duration::from_secs));
        until.duration_since(before).as_secs()
    }

    #[test]
    fn a_tenth_of_the_time_and_at_least_five_seconds_are_reserved() {
        assert_eq!([900, 60, 50, 20, 6, 3, -1].map(|left| allowed(left, None)), [810, 54, 45, 15, 1, 0, 0]);
    }

    #[test]
    fn the_smaller_of_two_budgets_counts() {
        assert_eq!([allowed(900, Some(120)), allowed(60, Some(120))], [120, 54]);
    }

    #[test]
    fn a_failure_is_recorded_within_the_reserved_time() {
        let now: Timestamp = "2026-11-24T03:00:00Z".parse().unwrap();
        let limits = [900, 1, -5].map(|left| time_limit(now + SignedDuration::from_secs(left), now).as_secs());
        assert_eq!(limits, [898, 0, 0]);
    }
}
