//! Parses events that ask for the import of a model file. A person sends such an event, or S3 sends it through
//! EventBridge after an upload.

use evergreen_lifecycle::digest::sha256_hex;
use evergreen_lifecycle::{RunId, Trigger};
use serde::Deserialize;
use serde_json::Value;

use super::{ModelFile, RequestError, RunRequest, RunTask, checked_note, fields};

/// Maximum length of an S3 key in bytes.
const MAX_KEY: usize = 1024;

/// Number of hexadecimal digits in the run ID of an uploaded model file. They are the first digits of a SHA-256 hash.
const DIGITS: usize = 16;

/// The `source` field of an event that S3 sends through EventBridge.
const SOURCE: &str = "aws.s3";
/// The `detail-type` field of the event that S3 sends for a new object.
const CREATED: &str = "Object Created";

/// JSON event in which a person asks for the import of a model file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ImportEvent {
    import: String,
    id: Option<String>,
    note: Option<String>,
}

/// JSON event that S3 sends for an uploaded model file. Only the needed fields are listed.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct UploadEvent {
    detail_type: String,
    detail: UploadDetail,
}

#[derive(Deserialize)]
struct UploadDetail {
    object: UploadedObject,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct UploadedObject {
    key: String,
    version_id: Option<String>,
    etag: Option<String>,
    sequencer: Option<String>,
}

/// Returns whether the event comes from S3.
pub(super) fn is_upload(event: &Value) -> bool {
    event.get("source").and_then(Value::as_str) == Some(SOURCE)
}

/// Returns the S3 key of the model file in an import event. `None` if the event does not ask for an import.
pub(super) fn key_of(event: &Value) -> Option<String> {
    let key = match event.get("import") {
        Some(key) => Some(key),
        None if is_upload(event) => event.pointer("/detail/object/key"),
        None => return None,
    };
    // A key that is not a string becomes an empty text. A key that is too long is cut.
    let key = key.and_then(Value::as_str).unwrap_or_default();
    Some(key.get(..key.floor_char_boundary(MAX_KEY)).unwrap_or_default().to_owned())
}

/// Parses an event in which a person asks for the import of a model file. `invocation` is the request ID of the Lambda
/// invocation.
pub(super) fn by_hand(event: Value, invocation: &str) -> Result<RunRequest, RequestError> {
    let ImportEvent { import: key, id, note } = fields(event)?;
    // If the event has no ID, the run's ID is derived from the request ID.
    let id = RunId::import(id.as_deref().unwrap_or(invocation)).map_err(RequestError::Id)?;
    request(id, ModelFile { key, etag: None }, checked_note(note)?)
}

/// Parses the event that S3 sends for an uploaded model file. The run's ID is derived from the file's key and content.
pub(super) fn upload(event: Value) -> Result<RunRequest, RequestError> {
    let UploadEvent { detail_type, detail: UploadDetail { object } } = fields(event)?;
    if detail_type != CREATED {
        return Err(RequestError::NotCreated(detail_type));
    }
    // A second delivery of the event is the same run. New content under the same key is a new run.
    let parts = [Some(&object.key), object.version_id.as_ref(), object.etag.as_ref(), object.sequencer.as_ref()];
    // The parts are separated by line breaks. Only the S3 key can contain a line break, and the key comes first. So
    // different files never give the same text.
    let identity = parts.map(|part| part.map_or("", String::as_str)).join("\n");
    let digest = sha256_hex(identity.as_bytes());
    let id = RunId::import(digest.get(..DIGITS).unwrap_or(&digest)).map_err(RequestError::Id)?;
    request(id, ModelFile { key: object.key, etag: object.etag }, None)
}

fn request(id: RunId, file: ModelFile, note: Option<String>) -> Result<RunRequest, RequestError> {
    if file.key.len() > MAX_KEY {
        return Err(RequestError::KeyTooLong(file.key.len()));
    }
    Ok(RunRequest { id, trigger: Trigger::Import { key: file.key.clone(), note }, task: RunTask::Import(file) })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::event::TrainEvent;
    use crate::event::tests::parse;

    const KEY: &str = "incoming/iris/forest.onnx";

    fn uploaded(object: Value) -> Value {
        json!({"source": "aws.s3", "detail-type": "Object Created", "detail": {"bucket": {"name": "b"}, "object": object}})
    }

    #[test]
    fn a_manual_event_may_name_a_file() {
        let request = parse(json!({"import": KEY, "id": "a", "note": "from the lab"})).unwrap();
        let trigger = Trigger::Import { key: KEY.into(), note: Some("from the lab".into()) };
        assert_eq!((request.id.as_str(), request.trigger), ("import-a", trigger));
        assert_eq!(request.task, RunTask::Import(ModelFile { key: KEY.into(), etag: None }));
        assert_eq!(parse(json!({"import": KEY})).unwrap().id.as_str(), "import-7f3c");
    }

    #[test]
    fn an_upload_that_is_reported_twice_is_one_run_and_another_upload_is_another_run() {
        let object = |version: &str| uploaded(json!({"key": KEY, "version-id": version, "etag": "e", "size": 5}));
        let id = |event| parse(event).unwrap().id;
        assert_eq!(id(object("1")), id(object("1")));
        assert_ne!(id(object("1")), id(object("2")));
        assert_ne!(id(uploaded(json!({"key": "a"}))), id(uploaded(json!({"key": "b"}))));
        assert!(id(object("1")).as_str().starts_with("import-"));
    }

    #[test]
    fn an_upload_event_names_key_and_entity_tag() {
        let request = parse(uploaded(json!({"key": KEY, "etag": "e"}))).unwrap();
        assert_eq!(request.task, RunTask::Import(ModelFile { key: KEY.into(), etag: Some("e".into()) }));
    }

    #[test]
    fn an_invalid_import_event_is_recorded_as_an_import() {
        for (event, key) in [
            (json!({"import": KEY, "seed": 1}), Some(KEY)),
            (json!({"import": 5}), Some("")),
            (json!({"import": "ü".repeat(1000)}), Some("ü".repeat(512).as_str())),
            (json!({"source": "aws.s3", "detail": {"object": {"key": KEY}}}), Some(KEY)),
            (uploaded(json!({})), Some("")),
            (json!({"sead": 1}), None),
            (json!([]), None),
        ] {
            let expected = match key {
                Some(key) => Trigger::Import { key: key.into(), note: None },
                None => Trigger::Manual { note: None },
            };
            let invalid = TrainEvent::parse(event.clone(), "7f3c").unwrap_err();
            assert_eq!(invalid.trigger, Some(expected), "{event}");
        }
    }

    #[test]
    fn an_invalid_event_is_named() {
        for (event, named) in [
            (json!({"import": 5}), "5"),
            (json!({"import": KEY, "seed": 1}), "seed"),
            (json!({"import": KEY, "id": "a/b"}), "\"id\""),
            (json!({"import": "x".repeat(1025)}), "1025"),
            (json!({"import": KEY, "note": "x".repeat(1001)}), "1001"),
            (uploaded(json!({})), "key"),
            (
                json!({"source": "aws.s3", "detail-type": "Object Deleted", "detail": {"object": {"key": KEY}}}),
                "Deleted",
            ),
        ] {
            let error = parse(event).unwrap_err();
            assert!(error.contains(named), "{error}");
        }
    }
}
