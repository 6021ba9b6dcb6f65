//! Tests that mails follow the rate that SES accepts: with throttling, with late answers, and within an invocation's
//! time.

use std::sync::Mutex;

use aws_lambda_events::event::sns::SnsEvent;
use evergreen_alert::{AlertError, AlertReport};
use evergreen_lifecycle::ports::{Clock, Mail, Mailer, SendError, Sleeper, Unavailable};
use evergreen_testkit::{FixedClock, Memory, moment};
use jiff::{SignedDuration, Timestamp};

use crate::support::*;

const START: &str = "2026-11-24T03:06:00Z";

/// Test fake of SES with a limited rate and delayed answers.
struct Ses<'a> {
    memory: &'a Memory,
    clock: &'a FixedClock,
    per_second: f64,
    /// Whether the fake SES answers the request for its rate.
    tells_rate: bool,
    /// The fake SES throttles all mails until this time.
    closed_until: Timestamp,
    /// How long the fake SES takes to answer.
    answer: SignedDuration,
    /// How long the caller waits for an answer of the fake SES, at most.
    patience: SignedDuration,
    /// A recipient whose mails the fake SES always throttles; `None` if every recipient is served.
    unwanted: Option<&'static str>,
    /// The fake SES is unreachable until this time.
    down_until: Timestamp,
    /// When the fake SES last accepted a mail. `None` if it has not accepted any.
    taken: Mutex<Option<Timestamp>>,
    tries: Mutex<usize>,
}

impl<'a> Ses<'a> {
    /// Creates a fake of SES's sandbox: one mail a second, with an answer after 200 ms.
    fn sandbox(memory: &'a Memory, clock: &'a FixedClock) -> Self {
        Self {
            memory,
            clock,
            per_second: 1.0,
            tells_rate: true,
            closed_until: moment(START),
            answer: SignedDuration::from_millis(200),
            patience: SignedDuration::from_secs(20),
            unwanted: None,
            down_until: moment(START),
            taken: Mutex::new(None),
            tries: Mutex::new(0),
        }
    }

    fn tries(&self) -> usize {
        *self.tries.lock().unwrap()
    }

    /// Returns whether the fake SES rejects a mail at `now`, because mails came too fast.
    fn is_too_fast(&self, now: Timestamp) -> bool {
        // The last accepted mail was too short a time before.
        let least = SignedDuration::from_secs_f64(1.0 / self.per_second);
        self.taken.lock().unwrap().is_some_and(|taken| now.duration_since(taken) < least)
    }
}

fn unavailable(why: &'static str) -> Unavailable {
    Unavailable::new("sending a mail", why)
}

impl Mailer for Ses<'_> {
    async fn send(&self, recipient: &str, mail: &Mail) -> Result<(), SendError> {
        let now = self.clock.now();
        *self.tries.lock().unwrap() += 1;
        if now < self.down_until {
            return Err(SendError::Unreachable(unavailable("InternalFailure")));
        }
        if now < self.closed_until || self.is_too_fast(now) || self.unwanted == Some(recipient) {
            self.clock.sleep(SignedDuration::from_millis(50).unsigned_abs()).await;
            return Err(SendError::Throttled(unavailable("TooManyRequestsException")));
        }
        *self.taken.lock().unwrap() = Some(now);
        self.memory.send(recipient, mail).await?;
        self.clock.sleep(self.answer.min(self.patience).unsigned_abs()).await;
        if self.answer > self.patience { Err(SendError::Unanswered(unavailable("timeout"))) } else { Ok(()) }
    }

    async fn rate(&self) -> Result<f64, Unavailable> {
        if self.tells_rate { Ok(self.per_second) } else { Err(unavailable("AccessDeniedException")) }
    }
}

fn recipients(count: usize) -> String {
    (1..=count).map(|number| format!("reader-{number}@example.com")).collect::<Vec<_>>().join(",")
}

async fn tell(ses: &Ses<'_>, count: usize, event: SnsEvent) -> Result<AlertReport, AlertError> {
    handle_with(ses.memory, ses, ses.clock, &recipients(count), event).await
}

fn told(memory: &Memory) -> (usize, usize) {
    let mut all = readers(memory);
    all.sort_unstable();
    let most = all.chunk_by(|a, b| a == b).map(<[String]>::len).max().unwrap_or_default();
    all.dedup();
    (most, all.len())
}

fn seconds_since_start(clock: &FixedClock) -> i64 {
    clock.now().duration_since(moment(START)).as_secs()
}

#[tokio::test]
async fn everybody_gets_a_mail_at_one_mail_a_second_in_one_try_each() {
    for count in [5, 8, 20, 100] {
        let (memory, clock) = (memory(), FixedClock::at(moment(START)));
        let ses = Ses::sandbox(&memory, &clock);
        assert_eq!(tell(&ses, count, event(RAISED)).await, Ok(sent(count)));
        assert_eq!((told(&memory), ses.tries()), ((1, count), count));
    }
}

#[tokio::test]
async fn an_unreadable_send_rate_falls_back_to_that_of_the_sandbox() {
    let (memory, clock) = (memory(), FixedClock::at(moment(START)));
    let ses = Ses { tells_rate: false, ..Ses::sandbox(&memory, &clock) };
    assert_eq!(tell(&ses, 8, event(RAISED)).await, Ok(sent(8)));
    assert_eq!(ses.tries(), 8);
}

#[tokio::test]
async fn an_account_with_a_higher_rate_sends_faster() {
    let (memory, clock) = (memory(), FixedClock::at(moment(START)));
    let ses = Ses { per_second: 14.0, answer: SignedDuration::from_millis(20), ..Ses::sandbox(&memory, &clock) };
    assert_eq!(tell(&ses, 100, event(RAISED)).await, Ok(sent(100)));
    assert!(seconds_since_start(&clock) < 9, "{}", seconds_since_start(&clock));
}

#[tokio::test]
async fn the_pace_adapts_to_a_rate_that_others_share() {
    let (memory, clock) = (memory(), FixedClock::at(moment(START)));
    // The fake reports a rate of fourteen mails a second, but accepts only one mail every two seconds.
    /// Test fake of SES for an account that other senders use too.
    struct Shared<'a>(Ses<'a>);
    impl Mailer for Shared<'_> {
        async fn send(&self, recipient: &str, mail: &Mail) -> Result<(), SendError> {
            self.0.send(recipient, mail).await
        }
        async fn rate(&self) -> Result<f64, Unavailable> {
            Ok(14.0)
        }
    }
    let ses = Shared(Ses { per_second: 0.5, ..Ses::sandbox(&memory, &clock) });
    let report = handle_with(&memory, &ses, &clock, &recipients(20), event(RAISED)).await;
    assert_eq!((report, told(&memory)), (Ok(sent(20)), (1, 20)));
}

#[tokio::test]
async fn a_minute_of_throttling_is_survived() {
    for count in [1, 5, 8, 20] {
        let (memory, clock) = (memory(), FixedClock::at(moment(START)));
        let ses = Ses { closed_until: moment("2026-11-24T03:07:00Z"), ..Ses::sandbox(&memory, &clock) };
        assert_eq!(tell(&ses, count, event(RAISED)).await, Ok(sent(count)));
        assert_eq!(told(&memory), (1, count));
        assert!(ses.tries() < count + 12, "{} tries", ses.tries());
    }
}

#[tokio::test]
async fn mails_beyond_the_time_of_an_invocation_are_sent_by_the_platforms_retry() {
    let (memory, clock) = (memory(), FixedClock::at(moment(START)));
    let ses = Ses { answer: SignedDuration::from_secs(15), ..Ses::sandbox(&memory, &clock) };
    let error = tell(&ses, 30, event(RAISED)).await.unwrap_err();
    assert!(seconds_since_start(&clock) < 5 * 60 - 10, "the platform would have ended it");
    assert_eq!(told(&memory), (1, 30 - error.not_sent));
    clock.sleep(SignedDuration::from_mins(1).unsigned_abs()).await;
    let report = tell(&ses, 30, event(RAISED)).await.unwrap();
    assert_eq!((report.sent, report.sent_before), (error.not_sent, 30 - error.not_sent));
    assert_eq!(told(&memory), (1, 30));
}

#[tokio::test]
async fn a_late_answer_sends_no_second_copy() {
    let (memory, clock) = (memory(), FixedClock::at(moment(START)));
    let ses = Ses { answer: SignedDuration::from_secs(25), ..Ses::sandbox(&memory, &clock) };
    // Lambda tries the same event three times.
    for pause in [0, 60, 120] {
        clock.sleep(SignedDuration::from_secs(pause).unsigned_abs()).await;
        assert_eq!(tell(&ses, 5, event(RAISED)).await.unwrap_err().not_sent, 5);
        assert_eq!(told(&memory), (1, 5));
    }
    // The notification is now in the dead-letter queue. Replaying it an hour later sends the mails once more.
    clock.sleep(SignedDuration::from_hours(1).unsigned_abs()).await;
    let prompt = Ses::sandbox(&memory, &clock);
    assert_eq!(tell(&prompt, 5, event(RAISED)).await, Ok(sent(5)));
}

#[tokio::test]
async fn a_recipient_who_is_always_throttled_blocks_nobody_else() {
    let (memory, clock) = (memory(), FixedClock::at(moment(START)));
    let ses = Ses { unwanted: Some("reader-1@example.com"), ..Ses::sandbox(&memory, &clock) };
    let error = tell(&ses, 8, event(RAISED)).await.unwrap_err();
    assert_eq!((error.not_sent, told(&memory)), (1, (1, 7)));
    let error = tell(&ses, 8, event(RAISED)).await.unwrap_err();
    assert_eq!((error.not_sent, told(&memory)), (1, (1, 7)), "the others get no second copy");
}

#[tokio::test]
async fn a_short_outage_is_retried_and_a_long_one_is_left_to_the_platforms_retry() {
    let (memory, clock) = (memory(), FixedClock::at(moment(START)));
    let ses = Ses { down_until: moment("2026-11-24T03:06:10Z"), ..Ses::sandbox(&memory, &clock) };
    assert_eq!(tell(&ses, 8, event(RAISED)).await, Ok(sent(8)));

    let (memory, clock) = (self::memory(), FixedClock::at(moment(START)));
    let ses = Ses { down_until: moment("2026-11-24T03:08:00Z"), ..Ses::sandbox(&memory, &clock) };
    assert_eq!(tell(&ses, 20, event(RAISED)).await.unwrap_err().not_sent, 20);
    assert!(ses.tries() == 5 && seconds_since_start(&clock) < 60, "nobody waits for what does not come");
    clock.sleep(SignedDuration::from_mins(2).unsigned_abs()).await;
    assert_eq!(tell(&ses, 20, event(RAISED)).await, Ok(sent(20)));
    assert_eq!(told(&memory), (1, 20));
}
