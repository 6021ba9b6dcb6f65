//! Limits how fast mails are sent one after another.

use std::time::Duration;

use jiff::Timestamp;

// 1 mail per second is the rate limit of SES's sandbox.
/// Number of mails that are sent per second if SES does not report its rate limit.
const RATE: f64 = 1.0;

// SES counts by its own clock, and mails of other senders count too.
/// Factor that makes the pause between two mails longer than SES's rate limit requires.
const MARGIN: f64 = 1.1;

// While SES's sandbox throttles for a minute, a mail needs six tries.
/// Maximum pause between two tries to send a mail.
const LONGEST: Duration = Duration::from_secs(16);

/// Rate limiter that decides when the next mail may be sent. It slows down when SES rejects a mail for now, and speeds
/// up again when SES accepts mails.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Pace {
    /// The minimum pause between two mails.
    usual: Duration,
    /// The current pause between two mails.
    pause: Duration,
    next: Timestamp,
}

impl Pace {
    /// Creates the rate limiter for `rate` mails per second. The first mail may be sent at `now`.
    pub(crate) fn of(rate: Option<f64>, now: Timestamp) -> Self {
        // If `rate` is `None`, not finite or not above 0, the limiter uses `RATE`.
        let rate = rate.filter(|rate| rate.is_finite() && *rate > 0.0).unwrap_or(RATE);
        let usual = Duration::from_secs_f64((MARGIN / rate).min(LONGEST.as_secs_f64()));
        Self { usual, pause: usual, next: now }
    }

    /// Returns how long to wait from `now` until the next mail may be sent.
    pub(crate) fn wait(&self, now: Timestamp) -> Duration {
        // The conversion fails if the time of the next mail has passed. Then there is no need to wait.
        self.next.duration_since(now).try_into().unwrap_or_default()
    }

    /// Sets the time of the next mail after a mail that SES did not throttle. `begun` is when sending that mail began.
    pub(crate) fn go_on(&mut self, begun: Timestamp) {
        // In that try, SES accepted or refused a mail, or did not answer.
        self.next = begun.saturating_add(self.pause).unwrap_or(Timestamp::MAX);
        self.pause = (self.pause / 2).max(self.usual);
    }

    /// Sets a later time for the next mail after SES rejected a mail because of too many mails. `begun` is when sending
    /// that mail began. `share`, a number from 0 to 1, lengthens the wait.
    pub(crate) fn slow_down(&mut self, begun: Timestamp, share: f64) {
        // `share` makes the wait longer by up to half a pause. Without it, invocations that were rejected together
        // would retry together.
        self.pause = (2 * self.pause).min(LONGEST);
        let wait = self.pause.mul_f64(1.0 + share.clamp(0.0, 1.0) / 2.0);
        self.next = begun.saturating_add(wait).unwrap_or(Timestamp::MAX);
    }
}

#[cfg(test)]
mod tests {
    use evergreen_testkit::moment;
    use jiff::SignedDuration;
    use proptest::prelude::*;

    use super::*;

    fn start() -> Timestamp {
        moment("2026-11-24T03:00:00Z")
    }

    #[test]
    fn mails_follow_each_other_a_little_slower_than_the_account_may_send() {
        let none = [None, Some(0.0), Some(-1.0), Some(f64::NAN), Some(f64::INFINITY)].map(|rate| (rate, 1100));
        for (rate, millis) in [(Some(1.0), 1100), (Some(14.0), 78)].into_iter().chain(none) {
            let mut pace = Pace::of(rate, start());
            assert_eq!(pace.wait(start()), Duration::ZERO);
            pace.go_on(start());
            assert_eq!(pace.wait(start()).as_millis(), millis, "{rate:?}");
        }
    }

    #[test]
    fn after_a_slow_mail_the_next_one_follows_at_once() {
        let mut pace = Pace::of(Some(1.0), start());
        pace.go_on(start());
        assert_eq!(pace.wait(start() + SignedDuration::from_secs(5)), Duration::ZERO);
    }

    #[test]
    fn a_minute_of_throttling_takes_few_tries_and_the_rate_recovers() {
        let (mut pace, mut now, mut tries) = (Pace::of(Some(1.0), start()), start(), 0);
        while now.duration_since(start()) < SignedDuration::from_secs(60) {
            pace.slow_down(now, 0.0);
            now += pace.wait(now);
            tries += 1;
        }
        assert_eq!(tries, 6);
        for _ in 0..6 {
            pace.go_on(now);
            now += pace.wait(now);
        }
        assert_eq!(pace.pause, pace.usual);
    }

    proptest! {
        #[test]
        fn no_pause_is_shorter_than_usual_or_longer_than_half_a_minute(
            rate in proptest::option::of(0.01f64..1000.0),
            steps in proptest::collection::vec(proptest::option::of(0.0f64..1.0), 1..50),
        ) {
            let mut pace = Pace::of(rate, start());
            for step in steps {
                match step {
                    Some(share) => pace.slow_down(start(), share),
                    None => pace.go_on(start()),
                }
                let wait = pace.wait(start());
                prop_assert!(wait >= pace.usual && wait <= LONGEST * 3 / 2, "{wait:?}");
            }
        }
    }
}
