//! Promotion by a person, and the return to the champion before the current one.

use evergreen_http::Problem;
use evergreen_lifecycle::{AuditedAction, ManualSuccession, Pointer, Version, VersionNumber, former_champion};
use evergreen_scoring::Model;
use serde::Deserialize;
use serde_json::json;

use super::{By, DraftedChange, Steered, checked_reason};
use crate::console::Console;
use crate::ports::ConsoleWorld;
use crate::reply::{Reply, read};
use crate::{problem, token};

/// The body of a request to promote a version.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PromotionOrder {
    /// The version.
    pub version: VersionNumber,
    /// Why.
    pub reason: String,
    /// The revision of the champion that the caller saw. `None`: any.
    pub seen_revision: Option<u32>,
}

/// The body of a request to return to the champion before the current one.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RollbackOrder {
    /// Why.
    pub reason: String,
    /// The revision of the champion that the caller saw. `None`: any.
    pub seen_revision: Option<u32>,
}

impl<W: ConsoleWorld> Console<W> {
    pub(crate) async fn promote(&self, by: &By, order: PromotionOrder) -> Result<Reply, Problem> {
        let reason = checked_reason(&order.reason)?;
        let subject = format!("version {}", order.version);
        if let Some(earlier) = self.earlier(by, AuditedAction::Promoted, &subject).await? {
            return answer(&earlier);
        }
        let seen = self.pointer().await?;
        check_seen(seen.as_ref(), order.seen_revision.or(by.seen))?;
        if let Some(pointer) = seen.as_ref().filter(|pointer| pointer.number == order.version) {
            return duplicate(pointer);
        }
        let draft = self.succession(by, AuditedAction::Promoted, order.version, reason, seen.as_ref()).await?;
        answer(&self.commit(by, token::id()?, draft).await?)
    }

    pub(crate) async fn roll_back(&self, by: &By, order: RollbackOrder) -> Result<Reply, Problem> {
        let reason = checked_reason(&order.reason)?;
        if let Some(earlier) = self.earlier(by, AuditedAction::RolledBack, "").await? {
            return answer(&earlier);
        }
        let Some(seen) = self.pointer().await? else { return Err(no_earlier()) };
        check_seen(Some(&seen), order.seen_revision.or(by.seen))?;
        let target = read(former_champion(self.world.registry(), &seen)).await?.ok_or_else(no_earlier)?;
        let draft = self.succession(by, AuditedAction::RolledBack, target, reason, Some(&seen)).await?;
        answer(&self.commit(by, token::id()?, draft).await?)
    }

    /// Makes the version `to` the champion again, if the champion has still the revision `seen_revision`.
    pub(crate) async fn return_to(
        &self,
        by: &By,
        to: VersionNumber,
        seen_revision: u32,
        reason: String,
    ) -> Result<Reply, Problem> {
        let seen = self.pointer().await?;
        check_seen(seen.as_ref(), Some(seen_revision))?;
        let draft = self.succession(by, AuditedAction::RolledBack, to, reason, seen.as_ref()).await?;
        answer(&self.commit(by, token::id()?, draft).await?)
    }

    /// Returns the change that makes a version the champion, after its artifact was checked.
    pub(super) async fn succession(
        &self,
        by: &By,
        action: AuditedAction,
        number: VersionNumber,
        reason: String,
        seen: Option<&Pointer>,
    ) -> Result<DraftedChange, Problem> {
        let version = self.version(number).await?;
        let artifact = self.sound_artifact(&version).await?;
        let (registry, artifacts) = (self.world.registry(), self.world.artifacts());
        let succession = ManualSuccession { action, seen, version, artifact, actor: by.actor.clone(), reason };
        let draft = read(succession.draft(registry, artifacts, self.model(), self.now())).await?;
        draft.ok_or_else(|| problem::unknown(format_args!("version {number}"), "version"))
    }

    /// Returns the content of a version's artifact, if it could answer predictions.
    pub(super) async fn sound_artifact(&self, version: &Version) -> Result<Vec<u8>, Problem> {
        let content = self.object(&version.artifact.key).await.map_err(|error| match error.kind.status.as_u16() {
            404 => problem::cannot_serve(version.number, "is missing"),
            _ => error,
        })?;
        match Model::load_registered(&content, &version.artifact, self.model()) {
            Ok(_) => Ok(content),
            Err(error) => Err(problem::cannot_serve(version.number, format_args!("has {error}"))),
        }
    }
}

fn answer(steered: &Steered) -> Result<Reply, Problem> {
    let detail = |name: &str| steered.audit.details.get(name).and_then(|text| text.parse::<u32>().ok());
    Reply::ok(&json!({
        "promoted": detail("to"),
        "replaced": detail("from"),
        "revision": detail("revision"),
        "duplicate": false,
        "audit": steered.audit,
        "repeated": steered.repeated,
    }))
}

fn duplicate(pointer: &Pointer) -> Result<Reply, Problem> {
    let (promoted, revision) = (pointer.number, pointer.revision);
    Reply::ok(&json!({
        "promoted": promoted, "replaced": pointer.previous(), "revision": revision, "duplicate": true,
        "audit": null, "repeated": false,
    }))
}

fn check_seen(pointer: Option<&Pointer>, seen: Option<u32>) -> Result<(), Problem> {
    let revision = pointer.map_or(0, |pointer| pointer.revision);
    if seen.is_none_or(|seen| seen == revision) { Ok(()) } else { Err(problem::conflict("The champion")) }
}

fn no_earlier() -> Problem {
    problem::unknown("champion before the current one", "champion")
}
