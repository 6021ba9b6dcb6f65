//! Decides which of two training runs came later, although the clocks of their machines may disagree.
//!
//! A run always gets a later start time than the run that was recorded before it ([`began`]). So sorting runs by their
//! start time gives the order in which they happened, even while a clock is wrong. Records of earlier releases, and
//! records dated in the future, need more care ([`Run::came_after`]).

use jiff::{SignedDuration, Timestamp};

use super::Run;

// The clocks of two machines may differ by this time.
/// Maximum time by which a training run's recorded start may be in the future. A later start counts as wrong.
const TOLERANCE: SignedDuration = SignedDuration::from_mins(1);

// One clock may be a day ahead and another a day behind, so two days and one hour are allowed. A start further in the
// future is wrong and is ignored. Otherwise every later run would get such a start time too.
/// Maximum time by which the newest run's recorded start may be in the future. A later start is ignored when the next
/// run gets its start time.
const FOLLOWED: SignedDuration = SignedDuration::from_hours(49);

/// Minimum time between the recorded starts of two training runs.
const STEP: SignedDuration = SignedDuration::from_millis(1);

// `newest` is the recorded start of the newest run, or `None` if there is no run. The result is later than `newest`,
// even if this machine's clock is slow. If `newest` is more than 49 hours after `now`, it is ignored.
/// Returns the start time to record for a training run that begins at `now`. It is later than the start of the newest
/// run.
pub fn began(now: Timestamp, newest: Option<Timestamp>) -> Timestamp {
    let followed = newest.filter(|newest| newest.duration_since(now) <= FOLLOWED);
    followed.and_then(|newest| newest.checked_add(STEP).ok()).map_or(now, |next| next.max(now))
}

impl Run {
    /// Returns whether the recorded start of this training run is more than one minute after `now`.
    pub fn is_ahead(&self, now: Timestamp) -> bool {
        is_ahead(self.started_at, now)
    }

    /// Returns whether this training run began after the run `other`.
    pub fn came_after(&self, other: &Self, now: Timestamp) -> bool {
        // If only this run is dated in the future, its date is wrong. Otherwise the wrong date would hide the result of
        // `other`.
        self.started_at > other.started_at && (!self.is_ahead(now) || other.is_ahead(now))
    }
}

/// Returns whether the time `moment` is more than one minute after `now`.
pub fn is_ahead(moment: Timestamp, now: Timestamp) -> bool {
    // A smaller difference does not count, because the clocks of two machines may differ that much.
    moment.duration_since(now) > TOLERANCE
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(minutes: i64) -> Timestamp {
        "2026-11-24T03:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_mins(minutes)
    }

    #[test]
    fn a_run_is_dated_after_the_run_before_it_even_if_the_clock_is_behind() {
        assert_eq!(began(at(0), None), at(0));
        assert_eq!(began(at(0), Some(at(-5))), at(0));
        assert_eq!(began(at(0), Some(at(24 * 60))), at(24 * 60) + STEP);
        assert_eq!(began(at(0), Some(at(0))), at(0) + STEP);
    }

    #[test]
    fn an_impossible_date_is_ignored() {
        assert_eq!(began(at(0), Some("9999-01-01T00:00:00Z".parse().unwrap())), at(0));
        assert_eq!(began(at(0), Some(Timestamp::MAX)), at(0));
    }

    proptest! {
        /// Property: training runs stay in order, although each run has its own machine with a clock that is wrong by
        /// up to a day.
        #[test]
        fn runs_are_ordered_as_they_happened_with_any_clock(
            runs in prop::collection::vec((1i64..600, -1440i64..1440), 1..40),
        ) {
            let (mut time, mut newest) = (0, None);
            for (pause, wrong) in runs {
                time += pause;
                let dated = began(at(time + wrong), newest);
                prop_assert!(newest.is_none_or(|newest| dated > newest));
                prop_assert!(dated <= at(time + 1440) + SignedDuration::from_secs(1), "no date is further off than a clock was");
                newest = Some(dated);
            }
        }
    }
}
