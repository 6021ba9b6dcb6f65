//! Stored records that this release of the software may be unable to read.
//!
//! A newer release may have written a record, or the record may be damaged. The model registry holds records of older
//! and newer releases, so each record is decoded separately. An unreadable record is counted, reported and skipped. The
//! other records can still be read.

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The result of reading one stored record: the decoded record, or a description of the unreadable record.
pub type Record<T> = Result<T, Unreadable>;

/// Maximum length, in characters, of the stored error message of an unreadable record.
const MAX_WORDS: usize = 200;

/// Error: this release of the software cannot read a stored record.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("this release cannot read the record {key}: {cause}")]
pub struct Unreadable {
    /// The key of the record in the model registry, such as `RUN#manual-7`.
    pub key: String,
    /// The error message of the decoder, such as ``unknown variant `PAUSED` ``, shortened.
    pub cause: String,
    /// The unreadable record as a JSON object of its fields. Null if the fields cannot be read.
    fields: Value,
}

impl Unreadable {
    /// Creates the error for a stored record that cannot be read. `cause` is the error message of the decoder.
    pub fn new(key: impl Into<String>, cause: impl ToString, fields: Value) -> Self {
        let cause = cause.to_string().chars().take(MAX_WORDS).collect();
        Self { key: key.into(), cause, fields }
    }

    /// Returns the value of one field of the unreadable record. `None` if it is missing or does not have the type `T`.
    pub fn field<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        // The name `a/b` means the field `b` inside the field `a`.
        field(&self.fields, name)
    }

    /// Returns the time in one field of the unreadable record. `None` if the field is missing or is not a time.
    pub fn moment(&self, name: &str) -> Option<Timestamp> {
        moment(&self.fields, name)
    }

    /// Returns the unreadable record as a JSON object of its fields. Null if the fields cannot be read.
    pub fn fields(&self) -> &Value {
        &self.fields
    }
}

/// Returns the value of one field of a JSON object. `None` if it is missing, null, or does not have the type `T`.
pub(crate) fn field<T: DeserializeOwned>(fields: &Value, name: &str) -> Option<T> {
    let value = fields.pointer(&format!("/{name}")).filter(|value| !value.is_null())?;
    serde_json::from_value(value.clone()).ok()
}

/// Returns the time in one field of a JSON object. `None` if the field is missing or is not a time.
pub(crate) fn moment(fields: &Value, name: &str) -> Option<Timestamp> {
    field::<String>(fields, name)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn fields_that_can_be_read_are_returned_and_the_others_are_absent() {
        let fields = json!({"status": "PAUSED", "attempt": 2, "trigger": {"kind": "tide"}, "started_at": "2026-11-24T03:00:00Z"});
        let run = Unreadable::new("RUN#manual-7", "unknown variant `PAUSED`", fields);
        assert_eq!(run.field::<String>("status").as_deref(), Some("PAUSED"));
        assert_eq!(run.field::<String>("trigger/kind").as_deref(), Some("tide"));
        assert_eq!(
            (run.field::<u32>("attempt"), run.field::<u32>("status"), run.field::<u32>("gone")),
            (Some(2), None, None)
        );
        assert_eq!(run.moment("started_at"), Some("2026-11-24T03:00:00Z".parse().unwrap()));
        insta::assert_snapshot!(run, @"this release cannot read the record RUN#manual-7: unknown variant `PAUSED`");
    }

    #[test]
    fn a_record_without_fields_has_only_its_key() {
        let run = Unreadable::new("RUN#manual-7", "ü".repeat(1000), Value::Null);
        assert_eq!((run.field::<String>("status"), run.moment("started_at")), (None, None));
        assert_eq!(run.cause.chars().count(), MAX_WORDS);
    }
}
