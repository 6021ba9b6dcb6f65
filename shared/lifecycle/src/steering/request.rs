//! The work that an entry of the audit trail asks the training function for.

use serde_json::{Map, Value, json};

use crate::{AuditEntry, AuditedAction};

/// Details of a requested training run that are fields of its event, as JSON text.
const OPTIONS: [&str; 3] = ["seed", "family", "hyperparameters"];

/// Detail of an entry that asks to go on with a paused training run, and the field of its event: the id of the run.
pub(crate) const CONTINUES: &str = "continue";

// The console sends this event, and the training function makes it again from the stored entry. So nobody who can only
// send events can ask for work, or for other work than was asked for.
/// Returns the event of the training function for an entry that asks for a training run, a verification, a rebuild (also
/// of an imported history) or the deletion of old versions. `None` for any other entry, or if a detail is missing.
pub fn requested_event(entry: &AuditEntry) -> Option<Value> {
    let mut event = match entry.action {
        AuditedAction::TrainingRequested => training(entry)?,
        AuditedAction::VerificationRequested => {
            let number: u32 = entry.subject.strip_prefix("version ")?.parse().ok()?;
            Map::from_iter([("verify".to_owned(), json!(number))])
        }
        // Somebody has stored the files of the other stack. The rebuild reads them.
        AuditedAction::RebuildRequested | AuditedAction::HistoryImported => {
            Map::from_iter([("rebuild".to_owned(), json!(true))])
        }
        AuditedAction::RetentionRequested => Map::from_iter([("retention".to_owned(), retention(entry)?)]),
        _ => return None,
    };
    event.insert("id".to_owned(), json!(entry.id));
    Some(Value::Object(event))
}

fn training(entry: &AuditEntry) -> Option<Map<String, Value>> {
    if let Some(run) = entry.details.get(CONTINUES) {
        return Some(Map::from_iter([(CONTINUES.to_owned(), json!(run))]));
    }
    let mut event = Map::new();
    for name in OPTIONS {
        if entry.details.contains_key(name) {
            event.insert(name.to_owned(), detail(entry, name)?);
        }
    }
    event.extend(entry.reason.iter().map(|note| ("note".to_owned(), json!(note))));
    Some(event)
}

fn retention(entry: &AuditEntry) -> Option<Value> {
    let (keep, dry_run) = (detail(entry, "keep")?, detail(entry, "dry_run")?);
    Some(json!({"keep": keep, "champion_days": detail(entry, "champion_days"), "dry_run": dry_run}))
}

/// Returns the value of a detail, which is stored as JSON text.
fn detail(entry: &AuditEntry, name: &str) -> Option<Value> {
    serde_json::from_str(entry.details.get(name)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Actor, ActorKind};

    fn event(action: AuditedAction, subject: &str, details: &[(&str, &str)]) -> Option<Value> {
        requested_event(&AuditEntry {
            id: "a1".into(),
            at: "2026-11-24T03:00:01Z".parse().unwrap(),
            actor: Actor::new(ActorKind::Session, "Ada"),
            action,
            subject: subject.into(),
            reason: Some("a test".into()),
            details: details.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        })
    }

    #[test]
    fn an_entry_has_all_that_the_training_function_needs() {
        use AuditedAction::{RebuildRequested, RetentionRequested, TrainingRequested, VerificationRequested};
        let options =
            [("run", "manual-a1"), ("seed", "7"), ("family", "\"linear\""), ("hyperparameters", r#"{"l2":0.5}"#)];
        let training = json!({
            "id": "a1", "seed": 7, "family": "linear", "hyperparameters": {"l2": 0.5}, "note": "a test",
        });
        assert_eq!(event(TrainingRequested, "run manual-a1", &options), Some(training));
        let continuation = json!({"id": "a1", "continue": "manual-a1"});
        let details = [("run", "manual-a1"), ("continue", "manual-a1")];
        assert_eq!(event(TrainingRequested, "run manual-a1", &details), Some(continuation));
        let verification = json!({"id": "a1", "verify": 7});
        assert_eq!(event(VerificationRequested, "version 7", &[("request", "a1")]), Some(verification));
        assert_eq!(event(RebuildRequested, "registry", &[]), Some(json!({"id": "a1", "rebuild": true})));
        let retention = json!({"id": "a1", "retention": {"keep": 5, "champion_days": 30, "dry_run": false}});
        let details = [("keep", "5"), ("champion_days", "30"), ("dry_run", "false")];
        assert_eq!(event(RetentionRequested, "versions", &details), Some(retention));
    }

    #[test]
    fn an_entry_about_a_change_asks_for_no_work() {
        assert_eq!(event(AuditedAction::Promoted, "version 7", &[]), None);
        assert_eq!(event(AuditedAction::RetentionRequested, "versions", &[("dry_run", "true")]), None);
        assert_eq!(event(AuditedAction::VerificationRequested, "version seven", &[]), None);
    }
}
