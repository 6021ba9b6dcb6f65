//! Deletion of a version.

use evergreen_http::Problem;
use evergreen_lifecycle::journal::kept_manifest_key;
use evergreen_lifecycle::ports::{ArtifactReadError, ArtifactWriter, Artifacts, NewObject, ObjectRemoval, StoreError};
use evergreen_lifecycle::{AuditedAction, Edit, Version, VersionNumber};
use serde::Deserialize;
use serde_json::json;

use super::{By, DraftedChange, Steered, checked_reason};
use crate::console::Console;
use crate::ports::ConsoleWorld;
use crate::reply::{Reply, read};
use crate::{problem, token};

/// The mark of the objects that a deletion stores. The retention has the same one, so both may store the same manifest.
const MARK: &str = "retention";

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
        self.keep_manifest(&version).await?;
        let draft = DraftedChange {
            reason: Some(reason),
            version: Some(number),
            edits: vec![Edit::RemoveVersion { version: number, seen_revision }],
            ..DraftedChange::new(AuditedAction::VersionDeleted, subject)
                .with("sha256", &version.artifact.sha256)
                .with("run", &version.run_id)
                .with("manifest", kept_manifest_key(self.model(), number))
        };
        let steered = self.commit(by, token::id()?, draft).await?;
        self.remove_objects(number, &steered).await
    }

    // It is copied before the record goes. If the deletion is refused afterwards, the copy does no harm.
    /// Copies the manifest of a version to the place of kept manifests. A missing manifest is not an error.
    async fn keep_manifest(&self, version: &Version) -> Result<(), Problem> {
        let artifacts = self.world.artifacts();
        let content = match artifacts.get(&version.manifest_key).await {
            Ok(content) => content,
            Err(ArtifactReadError::NotFound(_)) => return Ok(()),
            Err(ArtifactReadError::Unavailable(error)) => return Err(problem::unavailable(error)),
        };
        let key = &kept_manifest_key(self.model(), version.number);
        let object = NewObject { key, content: &content, media_type: "application/json", mark: MARK };
        match artifacts.create(object).await {
            Ok(_) | Err(StoreError::Taken(_)) => Ok(()),
            Err(StoreError::Unavailable(error)) => Err(problem::unavailable(error)),
        }
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
