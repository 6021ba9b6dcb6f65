//! What starts the alert function: notifications about alarms, or the schedule of the digest.

use aws_lambda_events::event::sns::SnsEvent;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

/// Value of the field `trigger` in the event of the digest's schedule.
const DIGEST: &str = "digest";

/// An event of the alert function.
#[derive(Debug)]
pub enum AlertEvent {
    /// Notifications about alarms.
    Alarms(Box<SnsEvent>),
    /// The weekly digest is due at this time. `None` if the event does not say when.
    Digest(Option<Timestamp>),
}

/// The event of the digest's schedule.
#[derive(Deserialize)]
struct DigestTrigger {
    scheduled_time: Option<String>,
}

impl AlertEvent {
    /// Reads an event.
    ///
    /// # Errors
    /// Returns an error if the event is neither from the schedule of the digest nor from SNS.
    pub fn of(event: Value) -> Result<Self, serde_json::Error> {
        if event.get("trigger").and_then(Value::as_str) != Some(DIGEST) {
            return serde_json::from_value(event).map(|event| Self::Alarms(Box::new(event)));
        }
        let DigestTrigger { scheduled_time } = serde_json::from_value(event)?;
        // The emulator does not fill in the time.
        Ok(Self::Digest(scheduled_time.and_then(|time| time.parse().ok())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(event: &str) -> AlertEvent {
        AlertEvent::of(serde_json::from_str(event).unwrap()).unwrap()
    }

    #[test]
    fn the_schedule_and_alarms_are_told_apart() {
        let due = of(include_str!("../../../../events/alert-digest.json"));
        let expected = evergreen_testkit::moment("2026-11-30T07:00:00Z");
        assert!(matches!(due, AlertEvent::Digest(Some(at)) if at == expected), "{due:?}");
        assert!(matches!(of(include_str!("../../../../events/alert-ok.json")), AlertEvent::Alarms(_)));
    }

    #[test]
    fn a_time_that_the_scheduler_did_not_fill_in_is_unknown() {
        let event = of(r#"{"trigger":"digest","scheduled_time":"<aws.scheduler.scheduled-time>"}"#);
        assert!(matches!(event, AlertEvent::Digest(None)), "{event:?}");
    }

    #[test]
    fn any_other_event_is_an_error() {
        for event in ["null", "{}", r#"{"trigger":"schedule"}"#] {
            assert!(AlertEvent::of(serde_json::from_str(event).unwrap()).is_err(), "{event}");
        }
    }
}
