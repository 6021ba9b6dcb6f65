//! Deletion of a version.

use evergreen_http::Problem;
use evergreen_lifecycle::ports::ObjectRemoval;
use evergreen_lifecycle::{AuditedAction, Edit, VersionNumber};
use serde::Deserialize;
use serde_json::json;

use super::{By, DraftedChange, Steered, checked_reason};
use crate::console::Console;
use crate::ports::ConsoleWorld;
use crate::reply::{Reply, read};
use crate::{problem, token};

/// The body of a request to delete a version.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deletion {
    /// Why.
    pub reason: String,
    /// The revision of the champion that the caller saw. `None`: any.
    pub seen_revision: Option<u32>,
}

impl<W: ConsoleWorld> Console<W> {
    pub(crate) async fn delete_version(
        &self,
        by: &By,
        number: VersionNumber,
        order: Deletion,
    ) -> Result<Reply, Problem> {
        let reason = checked_reason(&order.reason)?;
        let subject = format!("version {number}");
        if let Some(earlier) = self.earlier(by, AuditedAction::VersionDeleted, &subject).await? {
            return self.remove_objects(number, &earlier).await;
        }
        let version = self.version(number).await?;
        let present = self.pointer().await?.map_or(0, |pointer| pointer.revision);
        let seen_revision = order.seen_revision.or(by.seen).unwrap_or(present);
        if seen_revision != present {
            return Err(problem::conflict("The champion"));
        }
        let draft = DraftedChange {
            reason: Some(reason),
            version: Some(number),
            edits: vec![Edit::RemoveVersion { version: number, seen_revision }],
            ..DraftedChange::new(AuditedAction::VersionDeleted, subject)
                .with("sha256", &version.artifact.sha256)
                .with("run", &version.run_id)
        };
        let steered = self.commit(by, token::id()?, draft).await?;
        self.remove_objects(number, &steered).await
    }

    // The record is gone, so nothing names the objects. If they cannot be deleted now, the retention finds them.
    async fn remove_objects(&self, number: VersionNumber, steered: &Steered) -> Result<Reply, Problem> {
        let removed = read(self.world.artifacts().remove_objects(self.model(), number)).await;
        if removed.is_err() {
            tracing::warn!(%number, "the objects of a deleted version remain in the bucket");
        }
        let (audit, repeated) = (&steered.audit, steered.repeated);
        let is_removed = removed.is_ok();
        Reply::ok(&json!({"deleted": number, "objects_removed": is_removed, "audit": audit, "repeated": repeated}))
    }
}
