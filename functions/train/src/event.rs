//! Parses the event that invokes the train function. The event asks for a training, for the import of a model file, for
//! the promotion of an earlier version, or for upkeep of the registry.

mod audited;
mod import;
mod upkeep;

use std::collections::BTreeMap;
use std::fmt;

use evergreen_lifecycle::digest::sha256_hex;
use evergreen_lifecycle::text::shortened;
use evergreen_lifecycle::{Family, InvalidRunId, RunId, Trigger, VersionNumber};
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use audited::AuditedRequest;
pub use upkeep::UpkeepRequest;

/// Maximum number of characters in the `note` field of an event.
const NOTE_LIMIT: usize = 1000;

/// A parsed event that invokes the train function.
#[derive(Debug, Clone, PartialEq)]
pub enum TrainEvent {
    /// Request for a run: to train or to import a model. It comes from the schedule, a person or an upload.
    Run(RunRequest),
    /// Request of a person to make an earlier model version the champion, which answers predictions.
    Promotion(PromotionRequest),
    /// Request for upkeep of the registry, such as the verification of a version. It makes no run and no version.
    Upkeep(UpkeepRequest),
    /// Request of a person through the console. An entry of the audit trail says what to do.
    Audited(AuditedRequest),
    /// Request to go on with a training run whose attempt has paused. Its checkpoint says what to do.
    Continuation(RunId),
}

/// A request for a run: a training, or the import of a model file.
#[derive(Debug, Clone, PartialEq)]
pub struct RunRequest {
    /// ID of the run. A repeated request has the same ID.
    pub id: RunId,
    /// Cause of the run: the schedule, a person or an upload of a model file.
    pub trigger: Trigger,
    /// The work of the run: training a model or importing a model file.
    pub task: RunTask,
}

/// How a run creates its model version: by training or by import.
#[derive(Debug, Clone, PartialEq)]
pub enum RunTask {
    /// The run trains a model on the data set, with these options.
    Training(TrainingOptions),
    /// The run imports this uploaded model file.
    Import(ModelFile),
}

/// The model file that an event asks to import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelFile {
    /// S3 key of the model file.
    pub key: String,
    /// Entity tag (`ETag`) of the uploaded file's content. `None` means any content under the S3 key.
    pub etag: Option<String>,
}

/// Options of an event that asks for a training.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrainingOptions {
    // An event without a seed gets a seed that is derived from the run's ID.
    /// Seed of all random choices in the training.
    pub seed: u64,
    /// The only model family that the training tries. `None` tries all model families.
    pub family: Option<Family>,
    // Their validity is checked later: the data set decides which hyperparameters exist.
    /// Hyperparameter values that the event sets, by hyperparameter name (for example `n_estimators`).
    pub overrides: BTreeMap<String, Value>,
}

/// Request of a person to make an earlier model version the champion, which answers predictions.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PromotionRequest {
    /// Number of the model version that should become the champion.
    pub promote: VersionNumber,
    /// Reason for the promotion, as the person wrote it. `None` if the event has no reason.
    pub note: Option<String>,
    // Lambda does not pass the function the name of the person who invoked it.
    /// Name of the person, for the audit trail. `None` if the event does not say who asks.
    #[serde(default)]
    pub by: Option<String>,
}

/// Error: the event that invoked the train function is not a valid request.
#[derive(Debug)]
pub struct InvalidEvent {
    /// Cause of the run that records the error, for example an upload. `None` for requests without a run, such as a
    /// promotion.
    pub trigger: Option<Trigger>,
    /// The error that was found in the event.
    pub error: RequestError,
}

/// Error: why the event that invoked the train function is not a valid request.
#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    /// The event is not a JSON object.
    #[error("event: expected a JSON object")]
    NotAnObject,
    /// A field of the event is missing or unknown, or has the wrong type.
    #[error("{}", ShapeError(.0))]
    Shape(#[source] serde_path_to_error::Error<serde_json::Error>),
    /// The `id` field of the event is not a valid run ID.
    #[error("event field \"id\": {0}")]
    Id(#[source] InvalidRunId),
    /// The `scheduled_time` field of the event is not an RFC 3339 time.
    #[error("event field \"scheduled_time\": expected an RFC 3339 time, got {0:?}")]
    ScheduledTime(String),
    /// A field that asks for upkeep of the registry is `false`. The variant holds the field's name.
    #[error("event field \"{0}\": expected true, got false")]
    NotTrue(&'static str),
    /// The `note` field of the event is too long. The variant holds the note's length in characters.
    #[error("event field \"note\": expected at most {NOTE_LIMIT} characters, got {0}")]
    NoteTooLong(usize),
    /// The S3 key of the model file is too long. The variant holds the key's length in bytes.
    #[error("event: expected the key of a model file, of at most 1024 bytes, got one of {0}")]
    KeyTooLong(usize),
    /// S3 sent an event that does not report a new object. The variant holds the event's detail type.
    #[error("event: expected \"Object Created\" of S3, got {0:?}")]
    NotCreated(String),
}

/// Error in a JSON event, displayed after the path of the wrong field, such as `event field "detail.object"`.
struct ShapeError<'a>(&'a serde_path_to_error::Error<serde_json::Error>);

impl fmt::Display for ShapeError<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(error) = self;
        let path = error.path();
        // The path is empty if the event as a whole is wrong, for example if it lacks a field.
        match path.iter().len() {
            0 => write!(formatter, "event: {}", error.inner()),
            _ => write!(formatter, "event field \"{path}\": {}", error.inner()),
        }
    }
}

/// The kinds of events that invoke the train function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum EventKind {
    Audited,
    Continuation,
    Promotion,
    Upkeep,
    Schedule,
    Import,
    Upload,
    Manual,
}

impl EventKind {
    /// Returns which kind of request an event is. The fields of the event decide.
    fn of(event: &Value) -> Self {
        // Each kind has a field that no other kind has. A person's request for a training may have no field.
        if audited::is_audited(event) {
            Self::Audited
        } else if event.get("continue").is_some() {
            Self::Continuation
        } else if event.get("promote").is_some() {
            Self::Promotion
        } else if upkeep::is_upkeep(event) {
            Self::Upkeep
        } else if event.get("trigger").and_then(Value::as_str) == Some("schedule") {
            Self::Schedule
        } else if event.get("import").is_some() {
            Self::Import
        } else if import::is_upload(event) {
            Self::Upload
        } else {
            Self::Manual
        }
    }
}

/// JSON event that the schedule sends to start a training.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ScheduledEvent {
    #[serde(rename = "trigger")]
    _trigger: String,
    scheduled_time: Option<String>,
}

/// JSON event that asks to go on with a paused training run.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ContinuationEvent {
    #[serde(rename = "continue")]
    run: RunId,
    // The id of the audit entry that asks for it.
    #[serde(rename = "id")]
    _id: Option<String>,
}

/// JSON event that a person sends to start a training. Every field is optional.
#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
struct ManualEvent {
    id: Option<String>,
    seed: Option<u64>,
    #[serde(deserialize_with = "trainable")]
    family: Option<Family>,
    hyperparameters: Option<BTreeMap<String, Value>>,
    note: Option<String>,
}

impl TrainEvent {
    /// Parses the event that invoked the train function. `invocation` is the request ID of the Lambda invocation.
    ///
    /// # Errors
    /// [`InvalidEvent`] names the field that is unknown or invalid.
    pub fn parse(event: Value, invocation: &str) -> Result<Self, InvalidEvent> {
        // If the event has no ID, the run's ID is derived from the request ID.
        let kind = EventKind::of(&event);
        let has_run =
            !matches!(kind, EventKind::Audited | EventKind::Continuation | EventKind::Promotion | EventKind::Upkeep);
        let trigger = has_run.then(|| trigger_if_invalid(&event));
        let parsed = match kind {
            EventKind::Audited => audited::parse(event).map(Self::Audited),
            EventKind::Continuation => fields(event).map(|ContinuationEvent { run, .. }| Self::Continuation(run)),
            EventKind::Promotion => fields(event).map(Self::Promotion),
            EventKind::Upkeep => upkeep::parse(event).map(Self::Upkeep),
            EventKind::Schedule => scheduled(event, invocation).map(Self::Run),
            EventKind::Import => import::by_hand(event, invocation).map(Self::Run),
            EventKind::Upload => import::upload(event).map(Self::Run),
            EventKind::Manual => manual(event, invocation).map(Self::Run),
        };
        parsed.map_err(|error| InvalidEvent { trigger, error })
    }
}

/// Returns the cause of a run whose event is invalid, for the run's record. An event with the S3 key of a model file
/// counts as an import request, any other event as a person's request for a training.
fn trigger_if_invalid(event: &Value) -> Trigger {
    import::key_of(event).map_or(Trigger::Manual { note: None }, |key| Trigger::Import { key, note: None })
}

fn scheduled(event: Value, invocation: &str) -> Result<RunRequest, RequestError> {
    let event: ScheduledEvent = fields(event)?;
    let scheduled_at = event.scheduled_time.map_or(Ok(None), parse_scheduled_time)?;
    let id = match scheduled_at {
        Some(at) => RunId::scheduled(at),
        None => format!("scheduled-{invocation}").parse().map_err(RequestError::Id)?,
    };
    let options = TrainingOptions { seed: seed_of(&id), family: None, overrides: BTreeMap::new() };
    Ok(RunRequest { id, trigger: Trigger::Schedule { scheduled_at }, task: RunTask::Training(options) })
}

fn manual(event: Value, invocation: &str) -> Result<RunRequest, RequestError> {
    let event: ManualEvent = match event {
        Value::Null => ManualEvent::default(),
        Value::Object(_) => fields(event)?,
        _ => return Err(RequestError::NotAnObject),
    };
    let note = checked_note(event.note)?;
    let id = RunId::requested(event.id.as_deref().unwrap_or(invocation)).map_err(RequestError::Id)?;
    let options = TrainingOptions {
        seed: event.seed.unwrap_or_else(|| seed_of(&id)),
        family: event.family,
        overrides: event.hyperparameters.unwrap_or_default(),
    };
    Ok(RunRequest { id, trigger: Trigger::Manual { note }, task: RunTask::Training(options) })
}

/// Deserializes a model family that can be trained.
fn trainable<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Family>, D::Error> {
    let Some(name) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
    let found = Family::ALL.into_iter().find(|family| family.name() == name);
    found.map(Some).ok_or_else(|| {
        let known = Family::ALL.map(Family::name).join(", ");
        serde::de::Error::custom(format!(
            "{:?} is not a model family that can be trained; expected one of {known}",
            shortened(&name, 60)
        ))
    })
}

/// Deserializes an event. An error contains the path of the wrong field.
fn fields<T: DeserializeOwned>(event: Value) -> Result<T, RequestError> {
    serde_path_to_error::deserialize(event).map_err(RequestError::Shape)
}

fn checked_note(note: Option<String>) -> Result<Option<String>, RequestError> {
    match note.as_ref().map(|note| note.chars().count()).filter(|length| *length > NOTE_LIMIT) {
        Some(length) => Err(RequestError::NoteTooLong(length)),
        None => Ok(note),
    }
}

/// Returns a random seed for a training, derived from the run's ID. A retry of the run gets the same seed.
fn seed_of(id: &RunId) -> u64 {
    // Four bytes of the SHA-256: every JSON reader represents a number of this size exactly.
    let digest = sha256_hex(id.as_str().as_bytes());
    let first = digest.get(..8).and_then(|first| u64::from_str_radix(first, 16).ok());
    debug_assert!(first.is_some(), "a SHA-256 in hexadecimal begins with eight digits");
    first.unwrap_or_default()
}

/// Parses the `scheduled_time` field of the event from the schedule. `None` if AWS did not fill in the time.
fn parse_scheduled_time(text: String) -> Result<Option<Timestamp>, RequestError> {
    // AWS replaces a placeholder in angle brackets with the time.
    if text.starts_with('<') {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| RequestError::ScheduledTime(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// Parses an event that asks for a run. An error is returned as its text.
    pub(super) fn parse(event: Value) -> Result<RunRequest, String> {
        match TrainEvent::parse(event, "7f3c") {
            Ok(TrainEvent::Run(request)) => Ok(request),
            Ok(other) => panic!("expected a run, got {other:?}"),
            Err(InvalidEvent { error, .. }) => Err(error.to_string()),
        }
    }

    fn options(event: Value) -> TrainingOptions {
        match parse(event).unwrap().task {
            RunTask::Training(options) => options,
            RunTask::Import(file) => panic!("expected a training, got the import of {}", file.key),
        }
    }

    #[test]
    fn an_empty_event_asks_for_a_run_with_the_defaults() {
        for event in [Value::Null, json!({})] {
            assert_eq!(parse(event.clone()).unwrap().id.as_str(), "manual-7f3c");
            let options = options(event);
            assert_eq!((options.family, options.overrides.len()), (None, 0));
        }
    }

    #[test]
    fn a_run_without_a_seed_gets_one_from_its_id() {
        let seed = |event: Value| options(event).seed;
        assert_eq!(seed(Value::Null), seed(json!({"id": "7f3c"})));
        assert_ne!(seed(json!({"id": "a"})), seed(json!({"id": "b"})));
        assert!(seed(Value::Null) <= u64::from(u32::MAX));
        assert_eq!(seed(json!({"seed": 7})), 7);
    }

    #[test]
    fn a_family_and_hyperparameters_may_be_chosen() {
        let options = options(json!({"family": "gradient_boosting", "hyperparameters": {"l2": 0.5}}));
        assert_eq!(options.family, Some(Family::GradientBoosting));
        assert_eq!(options.overrides, [("l2".to_owned(), json!(0.5))].into());
    }

    #[test]
    fn a_scheduled_time_is_the_runs_identity() {
        let event = json!({"trigger": "schedule", "scheduled_time": "2026-11-24T03:00:00Z"});
        assert_eq!(parse(event).unwrap().id.as_str(), "scheduled-20261124T030000Z");
    }

    #[test]
    fn a_placeholder_that_was_not_replaced_falls_back_to_the_invocation() {
        let event = json!({"trigger": "schedule", "scheduled_time": "<aws.scheduler.scheduled-time>"});
        let request = parse(event).unwrap();
        assert_eq!(request.id.as_str(), "scheduled-7f3c");
        assert_eq!(request.trigger, Trigger::Schedule { scheduled_at: None });
    }

    #[test]
    fn a_paused_run_is_named_by_the_event_that_continues_it() {
        let event = json!({"continue": "scheduled-20261124T030000Z", "id": "continue-1"});
        let parsed = TrainEvent::parse(event, "7f3c").unwrap();
        assert_eq!(parsed, TrainEvent::Continuation("scheduled-20261124T030000Z".parse().unwrap()));
        let error = TrainEvent::parse(json!({"continue": "a/b"}), "7f3c").unwrap_err();
        assert!(error.trigger.is_none() && error.error.to_string().contains("continue"), "{}", error.error);
    }

    #[test]
    fn a_repeated_request_with_the_callers_own_id_is_the_same_run() {
        assert_eq!(parse(json!({"id": "retrain-7"})).unwrap().id.as_str(), "manual-retrain-7");
    }

    #[test]
    fn the_path_of_a_wrong_field_is_named() {
        let error = |event| parse(event).unwrap_err();
        insta::assert_snapshot!(error(json!({"sead": 1})), @r#"event field "sead": unknown field `sead`, expected one of `id`, `seed`, `family`, `hyperparameters`, `note`"#);
        insta::assert_snapshot!(error(json!({"seed": -1})), @r#"event field "seed": invalid value: integer `-1`, expected u64"#);
        insta::assert_snapshot!(error(json!({"hyperparameters": [3]})), @r#"event field "hyperparameters": invalid type: sequence, expected a map"#);
        let upload = json!({"source": "aws.s3", "detail-type": "Object Created", "detail": {"object": {"key": 5}}});
        insta::assert_snapshot!(error(upload), @r#"event field "detail.object.key": invalid type: integer `5`, expected a string"#);
        let upload = json!({"source": "aws.s3", "detail-type": "Object Created", "detail": {"object": {}}});
        insta::assert_snapshot!(error(upload), @r#"event field "detail.object": missing field `key`"#);
    }

    #[test]
    fn a_field_that_is_unknown_or_wrong_is_named() {
        for (event, named) in [
            (json!({"sead": 1}), "sead"),
            (json!({"family": "forest"}), "random_forest"),
            (json!({"family": "onnx_graph"}), "random_forest"),
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
