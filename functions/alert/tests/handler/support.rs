//! Test helpers: events, a model, and the alert function with in-memory ports.

use aws_lambda_events::event::sns::SnsEvent;
use evergreen_alert::{AlertError, AlertHandler, AlertPorts, AlertReport, Letterhead, Recipients};
use evergreen_lifecycle::Champion;
use evergreen_lifecycle::ports::{Clock, Mailer};
use evergreen_testkit::{FixedClock, Memory, SentMail, champion, moment, version};
use jiff::SignedDuration;
use jiff::tz::TimeZone;

pub const RAISED: &str = include_str!("../../../../events/alert-alarm.json");
pub const FAILED: &str = include_str!("../../../../events/alert-training-failed.json");
pub const CLEARED: &str = include_str!("../../../../events/alert-ok.json");
pub const CONSOLE: &str = "https://console.example.com/v1";
pub const FIRST: &str = "first@example.com";
pub const SECOND: &str = "second@example.com";

pub fn event(json: &str) -> SnsEvent {
    serde_json::from_str(json).unwrap()
}

/// Test helper: merges the notifications of several SNS events into one event.
pub fn together(events: &[&str]) -> SnsEvent {
    let mut all = event(RAISED);
    all.records = events.iter().flat_map(|json| event(json).records).collect();
    all
}

/// Test helper: returns the SNS event of [`RAISED`] with another state and another time of the alarm's change.
pub fn changed(state: &str, since: &str) -> SnsEvent {
    let mut event = event(RAISED);
    let message = &mut event.records[0].sns.message;
    *message = message.replace(r#""NewStateValue": "ALARM""#, &format!(r#""NewStateValue": "{state}""#));
    *message = message.replace(r#""OldStateValue": "OK""#, r#""OldStateValue": "ALARM""#);
    *message = message.replace("2026-11-24T03:05:12.345+0000", since);
    assert!(message.contains(since), "{message}");
    event
}

/// Test helper: returns an in-memory registry whose champion is model version 2.
pub fn memory() -> Memory {
    let memory = Memory::default();
    let first = champion(version(1, 0.8333, moment("2026-11-22T03:00:00Z")));
    let promoted_at = moment("2026-11-23T03:00:00Z");
    let second = Champion::succeeding(Some(&first), version(2, 0.9667, promoted_at), promoted_at);
    memory.state().champions.extend([first, second]);
    memory
}

/// Test helper: lets the alert function handle the event, for two recipients.
pub async fn handle(memory: &Memory, event: SnsEvent) -> Result<AlertReport, AlertError> {
    // The time is less than a minute after the alarm's change in `RAISED`.
    handle_at(memory, event, "2026-11-24T03:06:00Z").await
}

pub async fn handle_at(memory: &Memory, event: SnsEvent, now: &str) -> Result<AlertReport, AlertError> {
    handle_with(memory, memory, &FixedClock::at(moment(now)), &format!("{FIRST},{SECOND}"), event).await
}

/// Test helper: lets the alert function handle the event, in an invocation that ends after five minutes.
pub async fn handle_with(
    memory: &Memory,
    mailer: &impl Mailer,
    clock: &FixedClock,
    recipients: &str,
    event: SnsEvent,
) -> Result<AlertReport, AlertError> {
    let recipients: Recipients = recipients.parse().unwrap();
    let letterhead = Letterhead {
        model: "iris".parse().unwrap(),
        stack: "evergreen".into(),
        table: "evergreen-registry".into(),
        dashboard_url: "https://example.com/dashboard?a=1&b=2".into(),
        console_url: Some(CONSOLE.into()),
        zone: TimeZone::UTC,
    };
    let ports = AlertPorts { registry: memory, mailer, alarm_states: memory, history: memory, clock };
    let handler = AlertHandler { ports: &ports, recipients: &recipients, letterhead: &letterhead };
    let until = clock.now() + SignedDuration::from_mins(5);
    handler.handle(event, "invocation-7", until).await
}

pub fn mails(memory: &Memory) -> Vec<SentMail> {
    memory.state().mails.clone()
}

pub fn readers(memory: &Memory) -> Vec<String> {
    mails(memory).into_iter().map(|(reader, _)| reader).collect()
}

/// Test helper: returns each sent mail as text: its recipient and the alarm's state, such as `first@example.com [OK]`.
pub fn kinds(memory: &Memory) -> Vec<String> {
    let kind = |subject: &str| subject.split(' ').next().unwrap().to_owned();
    mails(memory).into_iter().map(|(reader, mail)| format!("{reader} {}", kind(&mail.subject))).collect()
}

pub fn sent(sent: usize) -> AlertReport {
    AlertReport { sent, ..AlertReport::default() }
}
