//! Parses events that ask for upkeep of the registry: verification, rebuild and retention.

use std::num::NonZeroU32;

use evergreen_lifecycle::{RetentionRule, VersionNumber};
use serde::Deserialize;
use serde_json::Value;

use super::{RequestError, fields};
use crate::config::DEFAULT_CHAMPION_DAYS;

/// A request for upkeep of the registry. It makes no run and no version, and never changes which version serves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UpkeepRequest {
    /// Train this version again, and compare the result with its artifact.
    Verify(VersionNumber),
    /// Restore the records that the registry lacks, from the journal and the manifests in the bucket.
    Rebuild {
        /// The id of the event, by which the requester finds the result. `None` if it has none.
        request: Option<String>,
    },
    /// Delete old versions by a rule.
    Retention {
        /// The versions that stay.
        rule: RetentionRule,
        /// Whether the answer only names the versions, and nothing is deleted.
        is_dry_run: bool,
    },
}

/// JSON event that asks for the verification of a version.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct VerifyEvent {
    verify: VersionNumber,
    // Makes requests distinguishable in the log of events. A verification may be repeated without harm.
    #[serde(rename = "id")]
    _id: Option<String>,
}

/// JSON event that asks for a rebuild of the registry. The value of its only field must be `true`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RebuildEvent {
    rebuild: bool,
    id: Option<String>,
}

/// JSON event that asks to delete old versions.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RetentionEvent {
    retention: RetentionFields,
    #[serde(rename = "id")]
    _id: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RetentionFields {
    keep: NonZeroU32,
    champion_days: Option<u16>,
    #[serde(default)]
    dry_run: bool,
}

/// Returns whether an event asks for upkeep of the registry.
pub(super) fn is_upkeep(event: &Value) -> bool {
    ["verify", "rebuild", "retention"].iter().any(|name| event.get(name).is_some())
}

/// Parses an event that asks for upkeep of the registry.
pub(super) fn parse(event: Value) -> Result<UpkeepRequest, RequestError> {
    if event.get("verify").is_some() {
        return fields(event).map(|VerifyEvent { verify, .. }| UpkeepRequest::Verify(verify));
    }
    if event.get("retention").is_some() {
        let RetentionEvent { retention: RetentionFields { keep, champion_days, dry_run }, .. } = fields(event)?;
        let champion_days = champion_days.unwrap_or(DEFAULT_CHAMPION_DAYS);
        return Ok(UpkeepRequest::Retention { rule: RetentionRule { keep, champion_days }, is_dry_run: dry_run });
    }
    match fields(event)? {
        RebuildEvent { rebuild: true, id } => Ok(UpkeepRequest::Rebuild { request: id }),
        RebuildEvent { rebuild: false, .. } => Err(RequestError::NotTrue("rebuild")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::event::{InvalidEvent, TrainEvent};

    fn parsed(event: Value) -> Result<TrainEvent, (bool, String)> {
        TrainEvent::parse(event, "7f3c")
            .map_err(|InvalidEvent { trigger, error }| (trigger.is_some(), error.to_string()))
    }

    #[test]
    fn upkeep_is_asked_for_by_name() {
        let seven = VersionNumber::new(7).unwrap();
        let verify = TrainEvent::Upkeep(UpkeepRequest::Verify(seven));
        assert_eq!(parsed(json!({"verify": 7, "id": "a"})), Ok(verify));
        let rule = RetentionRule { keep: NonZeroU32::MIN, champion_days: 30 };
        let retention = json!({"retention": {"keep": 1, "champion_days": 30}});
        assert_eq!(parsed(retention), Ok(TrainEvent::Upkeep(UpkeepRequest::Retention { rule, is_dry_run: false })));
        for (event, request) in [(json!({"rebuild": true}), None), (json!({"rebuild": true, "id": "a"}), Some("a"))] {
            let request = request.map(String::from);
            assert_eq!(parsed(event), Ok(TrainEvent::Upkeep(UpkeepRequest::Rebuild { request })));
        }
    }

    #[test]
    fn a_wrong_request_for_upkeep_is_no_failed_run() {
        for (event, named) in [
            (json!({"verify": 0}), "verify"),
            (json!({"verify": 7, "seed": 1}), "seed"),
            (json!({"retention": {"keep": 0}}), "retention.keep"),
            (json!({"rebuild": false}), "expected true"),
        ] {
            let (has_run, error) = parsed(event).unwrap_err();
            assert!(!has_run && error.contains(named), "{error}");
        }
    }
}
