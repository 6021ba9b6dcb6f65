//! Why the metrics function was invoked.

use serde_json::Value;

/// Why the metrics function was invoked: by the stack itself or by a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Occasion {
    /// The schedule or an event of the registry invoked the function. It publishes the metrics that are due.
    Routine,
    /// A person invoked the function, for example after they created an alarm. It publishes every metric.
    ByHand,
}

impl Occasion {
    /// Reads the occasion from the event of an invocation. Every other content means that a person sent it.
    pub fn of(event: &Value) -> Self {
        let text = |field| event.get(field).and_then(Value::as_str);
        // The schedule's input is in the template. Each event of the bus has a source.
        let is_routine = text("trigger") == Some("schedule") || text("source") == Some("evergreen");
        if is_routine { Self::Routine } else { Self::ByHand }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(event: &str) -> Occasion {
        Occasion::of(&serde_json::from_str(event).unwrap())
    }

    #[test]
    fn the_schedule_and_the_bus_are_routine() {
        assert_eq!(of(include_str!("../../../events/metrics-schedule.json")), Occasion::Routine);
        assert_eq!(of(include_str!("../../../events/metrics-event.json")), Occasion::Routine);
    }

    #[test]
    fn any_other_event_is_sent_by_a_person() {
        for event in ["null", "{}", "\"text\"", r#"{"trigger": 1}"#, r#"{"source": "aws.s3"}"#] {
            assert_eq!(of(event), Occasion::ByHand, "{event}");
        }
    }
}
