//! Says in one sentence what an event reports.

use evergreen_lifecycle::{Actor, AuditedAction, Impact};
use serde::Deserialize;
use serde_json::Value;

use crate::RegistryEvent;

// Every field is optional, because the kinds of events have different fields.
/// The fields of an event's detail that its sentence needs.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Reported {
    run_id: Option<String>,
    version: Option<u32>,
    action: Option<AuditedAction>,
    actor: Option<Actor>,
    subject: Option<String>,
    retry_until: Option<String>,
    decision: Option<Value>,
}

/// Returns what the event reports, as one sentence without a full stop, such as `iris: version 7 is now the champion`.
pub(crate) fn sentence(event: &RegistryEvent) -> String {
    // A newer release may write a field in another way. The sentence then says less.
    let reported: Reported = serde_json::from_value(event.detail.clone()).unwrap_or_default();
    let what = match event.kind.as_str() {
        "TrainingSucceeded" => format!("run {} made {}", reported.run(), reported.version()),
        "ModelPromoted" => format!("{} is now the champion{}", reported.version(), reported.impact()),
        "ModelRejected" => format!("{} was refused, so the champion stays", reported.version()),
        "ModelPassed" => format!("{} passed the gate and does not serve yet", reported.version()),
        "TrainingFailed" if reported.retry_until.is_some() => {
            format!("run {} failed and will be retried", reported.run())
        }
        "TrainingFailed" => format!("run {} failed", reported.run()),
        "RegistryChanged" | "TrainingRequested" => reported.change(),
        kind => format!("event {kind}"),
    };
    format!("{}: {what}", event.model)
}

impl Reported {
    fn run(&self) -> &str {
        self.run_id.as_deref().unwrap_or("without an id")
    }

    fn version(&self) -> String {
        self.version.map_or_else(|| "a version".to_owned(), |number| format!("version {number}"))
    }

    /// Says how many answers the promotion changes. Empty if that is not known.
    fn impact(&self) -> String {
        let impact = self.decision.as_ref().and_then(|decision| decision.get("impact"));
        let impact = impact.and_then(|impact| serde_json::from_value::<Impact>(impact.clone()).ok());
        impact.map(|impact| format!("; {impact}")).unwrap_or_default()
    }

    /// Says who changed what.
    fn change(&self) -> String {
        let subject = self.subject.as_deref().unwrap_or("something");
        let done = match self.action {
            Some(AuditedAction::TrainingRequested) => "asked for a training run".to_owned(),
            Some(AuditedAction::Promoted) => format!("promoted {}", self.version_or(subject)),
            Some(AuditedAction::RolledBack) => format!("rolled back to {}", self.version_or(subject)),
            Some(AuditedAction::AliasSet) => format!("set {subject} to {}", self.version()),
            Some(AuditedAction::AliasRemoved) => format!("removed {subject}"),
            Some(AuditedAction::TagSet) => format!("set a tag of {}", self.version_or(subject)),
            Some(AuditedAction::TagRemoved) => format!("removed a tag of {}", self.version_or(subject)),
            Some(AuditedAction::NoteWritten) => format!("wrote a note about {}", self.version_or(subject)),
            Some(AuditedAction::VersionDeleted) => format!("deleted {}", self.version_or(subject)),
            Some(AuditedAction::VerificationRequested) => {
                format!("asked for the verification of {}", self.version_or(subject))
            }
            Some(AuditedAction::RebuildRequested) => "asked for a rebuild of the registry".to_owned(),
            Some(AuditedAction::RetentionRequested) => "asked for the deletion of old versions".to_owned(),
            Some(AuditedAction::VersionVerified) => format!("verified {}", self.version_or(subject)),
            Some(AuditedAction::PauseRequested) => "is about to pause the training schedule".to_owned(),
            Some(AuditedAction::ResumeRequested) => "is about to resume the training schedule".to_owned(),
            Some(AuditedAction::HistoryImported) => format!("imported the {subject}"),
            Some(AuditedAction::RegistryRebuilt) => "rebuilt the registry from the bucket".to_owned(),
            Some(AuditedAction::RunsDeleted) => format!("deleted {subject}"),
            Some(AuditedAction::SchedulePaused) => "paused the training schedule".to_owned(),
            Some(AuditedAction::ScheduleResumed) => "resumed the training schedule".to_owned(),
            Some(AuditedAction::AlarmMuted) => format!("muted {subject}"),
            Some(AuditedAction::AlarmUnmuted) => format!("unmuted {subject}"),
            Some(AuditedAction::RolloutStarted) => format!("started the rollout of {}", self.version_or(subject)),
            Some(AuditedAction::RolloutAdvanced) => {
                format!("began the next stage of the rollout of {}", self.version_or(subject))
            }
            Some(AuditedAction::RolloutRolledBack) => {
                format!("rolled back the rollout of {}", self.version_or(subject))
            }
            Some(AuditedAction::RolloutStopped) => format!("stopped the rollout of {}", self.version_or(subject)),
            Some(AuditedAction::LinkCreated) => "made a link to the console".to_owned(),
            Some(AuditedAction::RevocationRequested) => "is about to end all sessions and links".to_owned(),
            Some(AuditedAction::SessionsRevoked) => "ended all sessions and links".to_owned(),
            None => format!("changed {subject}"),
        };
        format!("{} {done}", self.actor())
    }

    fn version_or(&self, subject: &str) -> String {
        self.version.map_or_else(|| subject.to_owned(), |number| format!("version {number}"))
    }

    /// Returns the name of the actor, and who made the link of their session. Of an ARN, it is the last part.
    fn actor(&self) -> String {
        let Some(actor) = &self.actor else { return "somebody".to_owned() };
        let link_by = actor.link_by.as_deref().map(short_name).map(str::to_owned);
        Actor { link_by, ..Actor::new(actor.kind, short_name(&actor.name)) }.to_string()
    }
}

fn short_name(name: &str) -> &str {
    if name.starts_with("arn:") { name.rsplit(['/', ':']).next().unwrap_or(name) } else { name }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn said(kind: &str, detail: Value) -> String {
        sentence(&RegistryEvent {
            kind: kind.into(),
            id: "a".into(),
            occurred_at: "2026-11-24T03:00:00.000Z".into(),
            model: "iris".into(),
            schema_version: 1,
            detail,
        })
    }

    #[test]
    fn each_event_of_a_run_is_one_sentence() {
        let detail = json!({"run_id": "manual-7", "version": 7});
        insta::assert_snapshot!(said("TrainingSucceeded", detail.clone()), @"iris: run manual-7 made version 7");
        insta::assert_snapshot!(said("ModelPromoted", detail.clone()), @"iris: version 7 is now the champion");
        insta::assert_snapshot!(said("ModelRejected", detail), @"iris: version 7 was refused, so the champion stays");
        let passed = json!({"run_id": "manual-7", "version": 7});
        insta::assert_snapshot!(said("ModelPassed", passed), @"iris: version 7 passed the gate and does not serve yet");
        let failed = json!({"run_id": "manual-7", "version": null});
        insta::assert_snapshot!(said("TrainingFailed", failed), @"iris: run manual-7 failed");
        let retried = json!({"run_id": "manual-7", "retry_until": "2026-11-24T03:03:01Z"});
        insta::assert_snapshot!(said("TrainingFailed", retried), @"iris: run manual-7 failed and will be retried");
    }

    #[test]
    fn a_promotion_says_how_many_answers_change() {
        let place = json!({"condition": "plan = pro", "rows": 2104, "changed": 281});
        let changes = json!({"answers": "labels", "transitions": []});
        let impact =
            json!({"basis": {"source": "hold_out"}, "rows": 9841, "changed": 312, "changes": changes, "mostly": place});
        let said_with = |impact: Value| said("ModelPromoted", json!({"version": 7, "decision": {"impact": impact}}));
        insta::assert_snapshot!(said_with(impact), @"iris: version 7 is now the champion; 312 of 9,841 answers change, most of them where plan = pro (281 of 312)");
        insta::assert_snapshot!(said_with(json!({"of": "a newer release"})), @"iris: version 7 is now the champion");
    }

    #[test]
    fn a_change_says_who_changed_what() {
        let by = |kind: &str, name: &str, action: &str, subject: &str, version: Option<u32>| {
            let actor = json!({"kind": kind, "name": name});
            let detail = json!({"actor": actor, "action": action, "subject": subject, "version": version});
            said("RegistryChanged", detail)
        };
        let arn = "arn:aws:sts::123456789012:assumed-role/Operators/ada";
        insta::assert_snapshot!(by("iam", arn, "alias_set", "alias staging", Some(7)), @"iris: ada set alias staging to version 7");
        insta::assert_snapshot!(by("session", "Grace", "rolled_back", "version 6", None), @"iris: Grace rolled back to version 6");
        insta::assert_snapshot!(by("session", "Grace", "alarm_muted", "alarm throttles", None), @"iris: Grace muted alarm throttles");
        insta::assert_snapshot!(by("session", "Grace", "schedule_paused", "schedule", None), @"iris: Grace paused the training schedule");
    }

    #[test]
    fn a_name_that_came_with_a_link_says_who_made_the_link() {
        let actor = json!({"kind": "session", "name": "Grace", "link_by": "arn:aws:iam::123456789012:user/ada"});
        let detail = json!({"actor": actor, "action": "schedule_paused", "subject": "schedule"});
        insta::assert_snapshot!(said("RegistryChanged", detail), @"iris: Grace (link made by ada) paused the training schedule");
    }

    #[test]
    fn an_event_of_a_newer_release_is_named_at_least() {
        insta::assert_snapshot!(said("ModelArchived", json!({"version": "seven"})), @"iris: event ModelArchived");
        insta::assert_snapshot!(said("RegistryChanged", json!({"action": "archived"})), @"iris: somebody changed something");
    }
}
