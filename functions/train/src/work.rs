//! When a run's work has to end, and where it is done.

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

use crate::error::TrainError;

/// What is left of an invocation's time, at least, for evaluating, storing and registering what was learnt.
const RESERVE: Duration = Duration::from_secs(5);

/// The share of the time left that is kept for it where that is more: a large table makes a large artifact, which takes
/// longer to evaluate and to store.
const RESERVED_SHARE: u32 = 10;

/// What is left for writing down that time ran out.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// What is left for handing the answer back.
const RETURN: Duration = Duration::from_millis(300);

/// Until when an invocation that ends at `deadline` may learn: a tenth of the time left before its end and 5 s at least, or
/// earlier, when `budget` has passed.
pub fn learning_deadline(deadline: Timestamp, now: Timestamp, budget: Option<Duration>) -> Instant {
    let left = left(deadline, now);
    let reserve = RESERVE.max(left / RESERVED_SHARE);
    let allowed = left.saturating_sub(reserve);
    Instant::now() + budget.map_or(allowed, |budget| budget.min(allowed))
}

/// How long a run may take altogether before it is given up: learning keeps to its own deadline, so that this is for what
/// nobody foresaw.
pub fn time_limit(deadline: Timestamp, now: Timestamp) -> Duration {
    left(deadline, now).saturating_sub(LAST_WORDS)
}

/// How long there is for what comes after the work: writing down what went wrong, and telling others. An invocation that is
/// cut off meanwhile would seem to have failed.
pub fn time_afterwards(deadline: Timestamp, now: Timestamp) -> Duration {
    left(deadline, now).saturating_sub(RETURN)
}

fn left(deadline: Timestamp, now: Timestamp) -> Duration {
    let left: SignedDuration = deadline.duration_since(now);
    Duration::try_from(left).unwrap_or_default()
}

/// Does `work` on a thread of its own: what takes seconds must not keep a time limit from being noticed.
///
/// # Errors
/// [`TrainError::Aborted`] when it panics.
pub async fn off_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, TrainError> {
    tokio::task::spawn_blocking(work).await.map_err(|_| TrainError::Aborted)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Seconds to learn of `left` seconds, whole ones.
    fn allowed(left: i64, budget: Option<u64>) -> u64 {
        let now: Timestamp = "2026-11-24T03:00:00Z".parse().unwrap();
        let before = Instant::now();
        let until = learning_deadline(now + SignedDuration::from_secs(left), now, budget.map(Duration::from_secs));
        until.duration_since(before).as_secs()
    }

    #[test]
    fn a_tenth_of_the_time_and_five_seconds_at_least_are_kept_for_what_follows() {
        assert_eq!([900, 60, 50, 20, 6, 3, -1].map(|left| allowed(left, None)), [810, 54, 45, 15, 1, 0, 0]);
    }

    #[test]
    fn a_budget_is_kept_to_where_it_is_less() {
        assert_eq!([allowed(900, Some(120)), allowed(60, Some(120))], [120, 54]);
    }

    #[test]
    fn what_is_given_up_can_still_be_written_down() {
        let now: Timestamp = "2026-11-24T03:00:00Z".parse().unwrap();
        let limits = [900, 1, -5].map(|left| time_limit(now + SignedDuration::from_secs(left), now).as_secs());
        assert_eq!(limits, [898, 0, 0]);
    }
}
