//! The events about changes that people make: `RegistryChanged` reports one, and `TrainingRequested` asks for a run.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::{EVENT_SCHEMA, EventKind, outbox_key};
use crate::{Actor, Announcement, AuditEntry, AuditedAction, ModelName, VersionNumber};

// `reason`, `version`, `alias` and `request` are left out if there is none.
/// The JSON of an event about a change by a person.
#[derive(Serialize)]
struct ChangeDetail<'a> {
    schema_version: u32,
    id: &'a str,
    #[serde(with = "crate::time")]
    occurred_at: Timestamp,
    model: &'a ModelName,
    action: AuditedAction,
    actor: &'a Actor,
    subject: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<VersionNumber>,
    #[serde(skip_serializing_if = "Option::is_none")]
    alias: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    details: &'a BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request: Option<&'a Value>,
}

impl Announcement {
    /// Creates the event `RegistryChanged` for a change by a person. Its id is the id of the audit entry. `version` and
    /// `alias` say what the change is about, if it is about a version or an alias.
    ///
    /// # Errors
    /// Returns an error if the event cannot be written as JSON.
    pub fn of_change(
        entry: &AuditEntry,
        model: &ModelName,
        version: Option<VersionNumber>,
        alias: Option<&str>,
    ) -> Result<Self, serde_json::Error> {
        let detail = ChangeDetail { version, alias, ..ChangeDetail::of(entry, model) };
        announcement(EventKind::RegistryChanged, entry, &detail)
    }

    // The training function reads the entry again, and does what the entry asks for.
    /// Creates the event `TrainingRequested`, which starts the training function for the event `request`. Its id is the
    /// id of the audit entry. `version` is the version to verify, if a verification was requested.
    ///
    /// # Errors
    /// Returns an error if the event cannot be written as JSON.
    pub fn of_request(
        entry: &AuditEntry,
        model: &ModelName,
        version: Option<VersionNumber>,
        request: &Value,
    ) -> Result<Self, serde_json::Error> {
        let detail = ChangeDetail { version, request: Some(request), ..ChangeDetail::of(entry, model) };
        announcement(EventKind::TrainingRequested, entry, &detail)
    }
}

impl<'a> ChangeDetail<'a> {
    fn of(entry: &'a AuditEntry, model: &'a ModelName) -> Self {
        Self {
            schema_version: EVENT_SCHEMA,
            id: &entry.id,
            occurred_at: entry.at,
            model,
            action: entry.action,
            actor: &entry.actor,
            subject: &entry.subject,
            version: None,
            alias: None,
            reason: entry.reason.as_deref(),
            details: &entry.details,
            request: None,
        }
    }
}

fn announcement(
    kind: EventKind,
    entry: &AuditEntry,
    detail: &ChangeDetail<'_>,
) -> Result<Announcement, serde_json::Error> {
    Ok(Announcement {
        key: outbox_key(entry.at, kind, &entry.id),
        kind: kind.as_str().to_owned(),
        detail: serde_json::to_string(detail)?,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::ActorKind;

    fn entry(action: AuditedAction, subject: &str, reason: Option<&str>) -> AuditEntry {
        AuditEntry {
            id: "a1".into(),
            at: "2026-11-24T03:00:01Z".parse().unwrap(),
            actor: Actor::new(ActorKind::Session, "Ada"),
            action,
            subject: subject.into(),
            reason: reason.map(String::from),
            details: BTreeMap::from([("from".to_owned(), "5".to_owned())]),
        }
    }

    fn detail(announcement: &Announcement) -> Value {
        serde_json::from_str(&announcement.detail).unwrap()
    }

    #[test]
    fn a_change_is_reported_with_who_what_and_why() {
        let entry = entry(AuditedAction::AliasSet, "alias staging", Some("for the test"));
        let version = Some(VersionNumber::new(7).unwrap());
        let event = Announcement::of_change(&entry, &"iris".parse().unwrap(), version, Some("staging")).unwrap();
        assert_eq!((event.key.as_str(), event.kind.as_str()), ("2026-11-24T03:00:01.000Z#4#a1", "RegistryChanged"));
        let expected = json!({
            "schema_version": 1, "id": "a1", "occurred_at": "2026-11-24T03:00:01.000Z", "model": "iris",
            "action": "alias_set", "actor": {"kind": "session", "name": "Ada"}, "subject": "alias staging",
            "version": 7, "alias": "staging", "reason": "for the test", "details": {"from": "5"},
        });
        assert_eq!(detail(&event), expected);
    }

    #[test]
    fn a_request_carries_the_event_of_the_training_function() {
        let entry = entry(AuditedAction::TrainingRequested, "run manual-a1", None);
        let request = json!({"id": "a1", "seed": 1});
        let event = Announcement::of_request(&entry, &"iris".parse().unwrap(), None, &request).unwrap();
        assert_eq!((event.key.as_str(), event.kind.as_str()), ("2026-11-24T03:00:01.000Z#5#a1", "TrainingRequested"));
        let detail = detail(&event);
        assert_eq!((&detail["request"], &detail["action"]), (&request, &json!("training_requested")));
        assert_eq!((detail.get("reason"), detail.get("version")), (None, None));
    }
}
