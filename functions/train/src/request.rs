//! What the function is asked: an event as it arrives, made into a request for a run.

mod import;

use std::collections::BTreeMap;

use evergreen_lifecycle::{Family, InvalidRunId, RunId, Trigger};
use evergreen_scoring::sha256_hex;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

/// Characters that a note may have.
const NOTE_LIMIT: usize = 1000;

/// A request for a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// The run's identity: the same request sent again has the same.
    pub id: RunId,
    /// What asked for it.
    pub trigger: Trigger,
    /// What it is to make a version of.
    pub wanted: Wanted,
}

/// What a run is to make a version of.
#[derive(Debug, Clone, PartialEq)]
pub enum Wanted {
    /// What is learnt from the table.
    Training(Wishes),
    /// A model file made elsewhere.
    Import(File),
}

/// A model file made elsewhere, as far as the event tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its key.
    pub key: String,
    /// The entity tag of what was put there; nothing where whatever is there now is meant.
    pub etag: Option<String>,
}

/// How to learn, as far as the event says.
#[derive(Debug, Clone, PartialEq)]
pub struct Wishes {
    /// What everything drawn follows from: the event's seed, or one of the run's own identity.
    pub seed: u64,
    /// The only kind of model to try, where the event names one.
    pub family: Option<Family>,
    /// Hyperparameters that are not to be drawn, by name; not yet checked, since the table decides which there are.
    pub overrides: BTreeMap<String, Value>,
}

/// The event is no request for a run.
#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    /// The event is a list, a string, a number or a truth value.
    #[error("event: expected a JSON object")]
    NotAnObject,
    /// A field is unknown or has the wrong type.
    #[error("event: {0}")]
    Shape(#[source] serde_json::Error),
    /// The identity that the caller chose cannot stand in a key.
    #[error("event field \"id\": {0}")]
    Id(#[source] InvalidRunId),
    /// The scheduled time is no time.
    #[error("event field \"scheduled_time\": expected an RFC 3339 time, got {0:?}")]
    ScheduledTime(String),
    /// The note is too long.
    #[error("event field \"note\": expected at most {NOTE_LIMIT} characters, got {0}")]
    NoteTooLong(usize),
    /// The key of the model file is longer than a key can be.
    #[error("event: expected the key of a model file, of at most 1024 bytes, got one of {0}")]
    KeyTooLong(usize),
    /// The bucket tells of something else than a file that was put there.
    #[error("event: expected \"Object Created\" of S3, got {0:?}")]
    NotCreated(String),
}

/// The schedule's input.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ScheduledEvent {
    #[serde(rename = "trigger")]
    _trigger: String,
    scheduled_time: Option<String>,
}

/// Somebody's input; every field may be left out.
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
    /// The request that `event` makes; `invocation` identifies it where the event itself does not.
    ///
    /// # Errors
    /// [`RequestError`] names the field that is unknown or wrong.
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

    /// What asks for the run of an `event` that is no request, as far as that can be told: who asks for an import gets an
    /// import that failed, no training.
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

/// The note, if it is not too long.
fn checked_note(note: Option<String>) -> Result<Option<String>, RequestError> {
    match note.as_ref().map(|note| note.chars().count()).filter(|length| *length > NOTE_LIMIT) {
        Some(length) => Err(RequestError::NoteTooLong(length)),
        None => Ok(note),
    }
}

/// The seed of a run that was given none: another one for every run, and the same when the run is tried again. The first
/// four bytes of the identity's SHA-256, as a number, so that it can be written anywhere without losing digits.
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

/// The scheduler replaces a placeholder with the time; a scheduler that does not know it leaves it as it is.
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
