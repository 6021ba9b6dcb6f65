//! How the JSON of an answer writes times: RFC 3339 in UTC with milliseconds, as the registry stores them.

use evergreen_lifecycle::time;
use jiff::Timestamp;
use serde::Serializer;

/// Writes a time such as `2026-11-24T03:00:00.000Z`, for `#[serde(serialize_with = "…")]`.
///
/// # Errors
/// The serializer's own error.
pub fn moment<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&time::format(*at))
}

/// Writes a time as [`moment`] does, or `null` without one.
///
/// # Errors
/// The serializer's own error.
pub fn maybe_moment<S: Serializer>(at: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
    match at {
        Some(at) => moment(at, serializer),
        None => serializer.serialize_none(),
    }
}
