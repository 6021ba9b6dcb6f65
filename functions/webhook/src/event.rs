//! Reads an event of the registry as it comes from the EventBridge bus.

use aws_lambda_events::event::eventbridge::EventBridgeEvent;
use serde_json::Value;

// Events that a release before `schema_version` stored have no such field.
/// Version of the JSON of an event that does not say its version.
const FIRST_SCHEMA: u64 = 1;

/// An event of the registry, such as a promotion.
#[derive(Debug, Clone, PartialEq)]
pub struct RegistryEvent {
    /// The kind of the event, such as `ModelPromoted`. A newer release may send kinds that this one does not know.
    pub kind: String,
    /// The unique id of the event. An event that arrives twice has the same id.
    pub id: String,
    /// When the event happened, as RFC 3339 text.
    pub occurred_at: String,
    /// The name of the model.
    pub model: String,
    /// The version of the event's JSON.
    pub schema_version: u64,
    /// The complete detail of the event, with the fields above.
    pub detail: Value,
}

// The field is never shown with its value, because the value may contain what a person wrote.
/// Error: the event has not the fields that every event of the registry has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the event's detail has no text in the field {0}; expected an event as docs/EVENTS.md describes it")]
pub struct MissingField(pub &'static str);

impl RegistryEvent {
    /// Reads an event from the bus.
    ///
    /// # Errors
    /// [`MissingField`] names the field that is missing.
    pub fn read(event: EventBridgeEvent) -> Result<Self, MissingField> {
        let detail = event.detail;
        let text = |field: &'static str| detail.get(field).and_then(Value::as_str).ok_or(MissingField(field));
        Ok(Self {
            id: text("id")?.to_owned(),
            occurred_at: text("occurred_at")?.to_owned(),
            model: text("model")?.to_owned(),
            schema_version: detail.get("schema_version").and_then(Value::as_u64).unwrap_or(FIRST_SCHEMA),
            kind: event.detail_type,
            detail,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(detail: Value) -> Result<RegistryEvent, MissingField> {
        let event = json!({"detail-type": "ModelPromoted", "source": "evergreen", "detail": detail});
        RegistryEvent::read(serde_json::from_value(event).unwrap())
    }

    #[test]
    fn an_event_of_an_earlier_release_has_the_first_schema() {
        let detail = json!({"id": "a", "occurred_at": "2026-11-24T03:00:00.000Z", "model": "iris"});
        let event = read(detail).unwrap();
        assert_eq!((event.id.as_str(), event.schema_version), ("a", 1));
    }

    #[test]
    fn an_event_without_id_is_refused() {
        let error = read(json!({"id": 7, "model": "iris"})).unwrap_err();
        insta::assert_snapshot!(error, @"the event's detail has no text in the field id; expected an event as docs/EVENTS.md describes it");
    }
}
