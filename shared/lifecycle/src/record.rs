//! Records that this release may be unable to read: a newer release has written them, or they are damaged.
//!
//! The registry outlives every release. Records are therefore decoded one by one. One that cannot be read is counted, shown
//! and skipped; it never keeps the others from being read.

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// A record, or what can be told of it where this release cannot read it.
pub type Record<T> = Result<T, Unreadable>;

/// Maximum characters of the decoder's own words that are told.
const MAX_WORDS: usize = 200;

/// A record that this release cannot read.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("this release cannot read the record {key}: {cause}")]
pub struct Unreadable {
    /// Its key in the registry, such as `RUN#manual-7`.
    pub key: String,
    /// The decoder's words, such as ``unknown variant `PAUSED` ``; cut where they are long.
    pub cause: String,
    /// Its fields by name; null where not even these can be told.
    fields: Value,
}

impl Unreadable {
    /// The record at `key` with these `fields`, which could not be decoded because of `cause`.
    pub fn new(key: impl Into<String>, cause: impl ToString, fields: Value) -> Self {
        let cause = cause.to_string().chars().take(MAX_WORDS).collect();
        Self { key: key.into(), cause, fields }
    }

    /// The field of that name, if it is there and of that type. `a/b` names the field `b` of the field `a`.
    pub fn field<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        field(&self.fields, name)
    }

    /// The moment in the field of that name.
    pub fn moment(&self, name: &str) -> Option<Timestamp> {
        moment(&self.fields, name)
    }

    /// Everything that is known of the record.
    pub fn fields(&self) -> &Value {
        &self.fields
    }
}

/// The field of that name, if it is there and of that type.
pub(crate) fn field<T: DeserializeOwned>(fields: &Value, name: &str) -> Option<T> {
    let value = fields.pointer(&format!("/{name}")).filter(|value| !value.is_null())?;
    serde_json::from_value(value.clone()).ok()
}

/// The moment in the field of that name.
pub(crate) fn moment(fields: &Value, name: &str) -> Option<Timestamp> {
    field::<String>(fields, name)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_can_be_told_is_told_and_the_rest_is_nothing() {
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
    fn of_a_record_without_fields_only_its_key_is_told() {
        let run = Unreadable::new("RUN#manual-7", "ü".repeat(1000), Value::Null);
        assert_eq!((run.field::<String>("status"), run.moment("started_at")), (None, None));
        assert_eq!(run.cause.chars().count(), MAX_WORDS);
    }
}
