//! Records the end of a rebuild in the audit trail, with an event in the same transaction.

use std::collections::BTreeMap;

use evergreen_lifecycle::journal::{RecordCounts, RecordKind};
use evergreen_lifecycle::{Actor, ActorKind, Announcement, AuditEntry, AuditedAction, Change, time};

use super::RebuildReport;
use crate::error::TrainError;
use crate::ports::TrainWorld;
use crate::trainer::{Invocation, Trainer};
use crate::verifying::apply;

/// The name of the actor in the audit entry of a rebuild.
const ACTOR: &str = "rebuild";

impl<W: TrainWorld> Trainer<'_, W> {
    /// Stores what a rebuild restored.
    pub(super) async fn record_rebuild(
        &self,
        report: &RebuildReport,
        request: Option<String>,
        invocation: &Invocation,
    ) -> Result<(), TrainError> {
        let entry = AuditEntry {
            id: format!("rebuild-{}", invocation.id),
            at: time::to_millis(self.world.clock().now()),
            actor: Actor { kind: ActorKind::Stack, name: ACTOR.to_owned() },
            action: AuditedAction::RegistryRebuilt,
            subject: "registry".to_owned(),
            reason: None,
            details: details(report, request),
        };
        let announcement = Announcement::of_change(&entry, &self.settings.model, None, None)?;
        let change = Change { edits: Vec::new(), entry, announcements: vec![announcement], key: None };
        self.retries(invocation).call(async || apply(self.world.registry(), &change).await).await?;
        self.publish(&change.announcements, invocation).await;
        Ok(())
    }
}

/// Returns the details of the audit entry. Empty details are left out.
fn details(report: &RebuildReport, request: Option<String>) -> BTreeMap<String, String> {
    let texts = [
        ("request", request),
        ("restored", counted(&report.restored)),
        ("present", counted(&report.present)),
        ("champion", report.champion.map(|number| number.to_string())),
        ("unreadable", (!report.unreadable_keys.is_empty()).then(|| report.unreadable_keys.join(", "))),
    ];
    texts.into_iter().filter_map(|(name, text)| Some((name.to_owned(), text?))).collect()
}

/// Returns numbers of records as text, such as `4 runs, 3 versions`. `None` if there are none.
fn counted(counts: &RecordCounts) -> Option<String> {
    let texts: Vec<_> = counts.iter().map(|(kind, count)| format!("{count} {}", words(*kind, *count))).collect();
    (!texts.is_empty()).then(|| texts.join(", "))
}

fn words(kind: RecordKind, count: usize) -> &'static str {
    let (one, many) = match kind {
        RecordKind::Run => ("run", "runs"),
        RecordKind::Version => ("version", "versions"),
        RecordKind::Champion => ("promotion", "promotions"),
        RecordKind::Alias => ("alias", "aliases"),
        RecordKind::Annotations => ("record of tags", "records of tags"),
        RecordKind::Verification => ("verification", "verifications"),
        RecordKind::Audit => ("audit entry", "audit entries"),
        RecordKind::Other => ("other record", "other records"),
    };
    if count == 1 { one } else { many }
}
