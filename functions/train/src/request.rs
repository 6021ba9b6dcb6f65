//! Parses an event into a request for a run.

mod import;

use std::collections::BTreeMap;

use evergreen_lifecycle::digest::sha256_hex;
use evergreen_lifecycle::{Family, InvalidRunId, RunId, Trigger};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

/// Maximum number of characters in a note.
const NOTE_LIMIT: usize = 1000;

/// A request for a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// ID of the run. The same request sent again has the same ID.
    pub id: RunId,
    /// What caused the run.
    pub trigger: Trigger,
    /// Whether to train or to import a model.
    pub wanted: Wanted,
}

/// How a run creates its version.
#[derive(Debug, Clone, PartialEq)]
pub enum Wanted {
    /// Train on the data set.
    Training(Wishes),
    /// Import a model file.
    Import(File),
}

/// A model file to import, as the event describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Storage key of the file.
    pub key: String,
    /// Entity tag of the uploaded file. `None` accepts whatever the store has under the key.
    pub etag: Option<String>,
}

/// The event's options for training.
#[derive(Debug, Clone, PartialEq)]
pub struct Wishes {
    /// Seed of all random choices: from the event, or derived from the run's ID.
    pub seed: u64,
    /// The only model family to try. `None` tries all.
    pub family: Option<Family>,
    /// Hyperparameters with fixed values, by name. They are checked later, because the data set decides which exist.
    pub overrides: BTreeMap<String, Value>,
}

/// Why an event is not a valid request.
#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    /// The event is not a JSON object.
    #[error("event: expected a JSON object")]
    NotAnObject,
    /// A field is unknown or has the wrong type.
    #[error("event: {0}")]
    Shape(#[source] serde_json::Error),
    /// The caller's ID cannot be part of a key.
    #[error("event field \"id\": {0}")]
    Id(#[source] InvalidRunId),
    /// The scheduled time is not a valid time.
    #[error("event field \"scheduled_time\": expected an RFC 3339 time, got {0:?}")]
    ScheduledTime(String),
    /// The note is too long. The field holds its length in characters.
    #[error("event field \"note\": expected at most {NOTE_LIMIT} characters, got {0}")]
    NoteTooLong(usize),
    /// The key of the model file is too long. The field holds its length in bytes.
    #[error("event: expected the key of a model file, of at most 1024 bytes, got one of {0}")]
    KeyTooLong(usize),
    /// The S3 event is about something other than a new object.
    #[error("event: expected \"Object Created\" of S3, got {0:?}")]
    NotCreated(String),
}

/// The input of a schedule.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ScheduledEvent {
    #[serde(rename = "trigger")]
    _trigger: String,
    scheduled_time: Option<String>,
}

/// The input of a manual request. Every field is optional.
#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
struct ManualEvent {
    id: Option<String>,
    seed: Option<u64>,
    family: Option<Family>,
    hyperparameters: Option<BTreeMap<String, Value>>,
    note: Option<String>,
}

impl Request {
    /// Parses `event`. If the event has no ID of its own, the run's ID comes from `invocation`.
    ///
    /// # Errors
    /// [`RequestError`] names the field that is unknown or invalid.
    pub fn parse(event: Value, invocation: &str) -> Result<Self, RequestError> {
        if event.get("trigger").and_then(Value::as_str) == Some("schedule") {
            Self::scheduled(serde_json::from_value(event).map_err(RequestError::Shape)?, invocation)
        } else if import::is_by_hand(&event) {
            import::by_hand(event, invocation)
        } else if import::is_upload(&event) {
            import::upload(event)
        } else {
            Self::manual(parse_manual(event)?, invocation)
        }
    }

    /// Returns the trigger of an invalid `event`, as far as possible. A failed import request is recorded as an import,
    /// not as a training run.
    pub fn trigger_of(event: &Value) -> Trigger {
        import::key_of(event).map_or(Trigger::Manual { note: None }, |key| Trigger::Import { key, note: None })
    }

    fn scheduled(event: ScheduledEvent, invocation: &str) -> Result<Self, RequestError> {
        let scheduled_at = event.scheduled_time.map_or(Ok(None), parse_scheduled_time)?;
        let id = match scheduled_at {
            Some(at) => RunId::scheduled(at),
            None => format!("scheduled-{invocation}").parse().map_err(RequestError::Id)?,
        };
        let wishes = Wishes { seed: seed_of(&id), family: None, overrides: BTreeMap::new() };
        Ok(Self { id, trigger: Trigger::Schedule { scheduled_at }, wanted: Wanted::Training(wishes) })
    }

    fn manual(event: ManualEvent, invocation: &str) -> Result<Self, RequestError> {
        let note = checked_note(event.note)?;
        let id = RunId::requested(event.id.as_deref().unwrap_or(invocation)).map_err(RequestError::Id)?;
        let wishes = Wishes {
            seed: event.seed.unwrap_or_else(|| seed_of(&id)),
            family: event.family,
            overrides: event.hyperparameters.unwrap_or_default(),
        };
        Ok(Self { id, trigger: Trigger::Manual { note }, wanted: Wanted::Training(wishes) })
    }
}

fn checked_note(note: Option<String>) -> Result<Option<String>, RequestError> {
    match note.as_ref().map(|note| note.chars().count()).filter(|length| *length > NOTE_LIMIT) {
        Some(length) => Err(RequestError::NoteTooLong(length)),
        None => Ok(note),
    }
}

/// Derives a seed from the run's ID: it differs between runs and stays the same on a retry. It is the first four bytes
/// of the ID's SHA-256, so that every JSON reader can represent it exactly.
fn seed_of(id: &RunId) -> u64 {
    let digest = sha256_hex(id.as_str().as_bytes());
    digest.get(..8).and_then(|first| u64::from_str_radix(first, 16).ok()).unwrap_or_default()
}

fn parse_manual(event: Value) -> Result<ManualEvent, RequestError> {
    match event {
        Value::Null => Ok(ManualEvent::default()),
        Value::Object(_) => serde_json::from_value(event).map_err(RequestError::Shape),
        _ => Err(RequestError::NotAnObject),
    }
}

/// Parses the time that the scheduler puts in place of a placeholder. A placeholder that was not replaced gives `None`.
fn parse_scheduled_time(text: String) -> Result<Option<Timestamp>, RequestError> {
    if text.starts_with('<') {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| RequestError::ScheduledTime(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn parse(event: Value) -> Result<Request, String> {
        Request::parse(event, "7f3c").map_err(|error| error.to_string())
    }

    fn wishes(event: Value) -> Wishes {
        match parse(event).unwrap().wanted {
            Wanted::Training(wishes) => wishes,
            Wanted::Import(file) => panic!("expected a training, got the import of {}", file.key),
        }
    }

    #[test]
    fn an_empty_event_asks_for_a_run_with_the_defaults() {
        for event in [Value::Null, json!({})] {
            assert_eq!(parse(event.clone()).unwrap().id.as_str(), "manual-7f3c");
            let wishes = wishes(event);
            assert_eq!((wishes.family, wishes.overrides.len()), (None, 0));
        }
    }

    #[test]
    fn a_run_without_a_seed_has_one_of_its_own() {
        let seed = |event: Value| wishes(event).seed;
        assert_eq!(seed(Value::Null), seed(json!({"id": "7f3c"})));
        assert_ne!(seed(json!({"id": "a"})), seed(json!({"id": "b"})));
        assert!(seed(Value::Null) <= u64::from(u32::MAX));
        assert_eq!(seed(json!({"seed": 7})), 7);
    }

    #[test]
    fn a_family_and_hyperparameters_may_be_chosen() {
        let wishes = wishes(json!({"family": "gradient_boosting", "hyperparameters": {"l2": 0.5}}));
        assert_eq!(wishes.family, Some(Family::GradientBoosting));
        assert_eq!(wishes.overrides, [("l2".to_owned(), json!(0.5))].into());
    }

    #[test]
    fn a_scheduled_time_is_the_runs_identity() {
        let event = json!({"trigger": "schedule", "scheduled_time": "2026-11-24T03:00:00Z"});
        assert_eq!(parse(event).unwrap().id.as_str(), "scheduled-20261124T030000Z");
    }

    #[test]
    fn a_placeholder_that_nobody_replaced_falls_back_to_the_invocation() {
        let event = json!({"trigger": "schedule", "scheduled_time": "<aws.scheduler.scheduled-time>"});
        let request = parse(event).unwrap();
        assert_eq!(request.id.as_str(), "scheduled-7f3c");
        assert_eq!(request.trigger, Trigger::Schedule { scheduled_at: None });
    }

    #[test]
    fn a_callers_own_id_makes_a_request_sent_again_the_same_run() {
        assert_eq!(parse(json!({"id": "retrain-7"})).unwrap().id.as_str(), "manual-retrain-7");
    }

    #[test]
    fn a_field_that_is_unknown_or_wrong_is_named() {
        for (event, named) in [
            (json!({"sead": 1}), "sead"),
            (json!({"family": "forest"}), "random_forest"),
            (json!({"hyperparameters": [3]}), "expected a map"),
            (json!({"seed": -1}), "-1"),
            (json!({"id": "a/b"}), "\"id\""),
            (json!({"note": "x".repeat(1001)}), "1001"),
            (json!({"trigger": "schedule", "scheduled_time": "noon"}), "noon"),
            (json!({"trigger": "schedule", "seed": 1}), "seed"),
            (json!([]), "expected a JSON object"),
        ] {
            let error = parse(event).unwrap_err();
            assert!(error.contains(named), "{error}");
        }
    }
}
