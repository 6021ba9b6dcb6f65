//! Parses events that the console sends over the event bus for a person.
//!
//! Everybody who may send events to the bus can send such an event. So it only names an entry of the audit trail, and the
//! entry says what to do.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::{RequestError, fields};

/// A request of a person through the console: which entry of the audit trail asks for the work.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct AuditedRequest {
    /// Id of the entry.
    pub id: String,
    /// Time of the entry.
    #[serde(rename = "occurred_at")]
    pub at: Timestamp,
}

// The rule in the template passes the detail of an event, which always has the name of the model. Direct invocations never
// have it. A queue may keep the whole event, and a person may send it from there.
/// Returns whether an event came over the event bus.
pub(super) fn is_audited(event: &Value) -> bool {
    event.get("model").is_some() || event.get("source").is_some_and(|source| source == "evergreen")
}

/// Parses an event of the event bus, or its detail. Its other fields are for other readers.
pub(super) fn parse(mut event: Value) -> Result<AuditedRequest, RequestError> {
    fields(event.get_mut("detail").map(Value::take).unwrap_or(event))
}
