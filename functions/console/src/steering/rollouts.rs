//! The steps of a rollout that people take: its start, the next stage, its end, and the promotion of its challenger.

use evergreen_http::Problem;
use evergreen_lifecycle::ports::{ObjectRetention, RecordRetention};
use evergreen_lifecycle::rollout::{Rollout, RolloutOutcome};
use evergreen_lifecycle::{AuditedAction, VersionNumber};
use serde::Deserialize;

use super::{By, DraftedChange, Reason, checked_reason};
use crate::console::Console;
use crate::ports::ConsoleWorld;
use crate::reply::{Reply, read};
use crate::{problem, token};

/// The body of a request to start the rollout of a version.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RolloutOrder {
    /// The version.
    pub version: VersionNumber,
    /// Why.
    pub reason: String,
}

impl<W: ConsoleWorld> Console<W> {
    /// Starts the rollout of a version, whatever the gate has decided about it. A running rollout is replaced.
    pub(crate) async fn start_rollout(&self, by: &By, order: RolloutOrder) -> Result<Reply, Problem> {
        let reason = checked_reason(&order.reason)?;
        let subject = format!("version {}", order.version);
        if let Some(earlier) = self.earlier(by, AuditedAction::RolloutStarted, &subject).await? {
            return Reply::ok(&earlier);
        }
        let champion = self.pointer().await?;
        let champion = champion.ok_or_else(|| problem::unknown("champion to compare the version with", "version"))?;
        if champion.number == order.version {
            return Err(problem::invalid_field(
                "version",
                format!("Version {} is the champion.", order.version),
                "another version",
            ));
        }
        let version = self.version(order.version).await?;
        self.sound_artifact(&version).await?;
        if !read(self.world.registry().keep_records(&version)).await? {
            return Err(problem::unknown(&subject, "version"));
        }
        read(self.world.artifacts().keep_objects(&version)).await?;
        let former = self.rollout().await?;
        let beside = (champion.number, champion.revision);
        let rollout = Rollout::beginning(former.as_ref(), beside, version, self.stack.rollout.clone(), self.now())
            .started_by(by.actor.clone());
        self.commit_step(by, rollout.start(reason)).await
    }

    /// Begins the next stage, without waiting for its time, rows or alarms.
    pub(crate) async fn advance_rollout(&self, by: &By, Reason { reason }: Reason) -> Result<Reply, Problem> {
        let reason = checked_reason(&reason)?;
        if let Some(earlier) = self.earlier(by, AuditedAction::RolloutAdvanced, "").await? {
            return Reply::ok(&earlier);
        }
        let rollout = self.running_rollout().await?;
        if rollout.is_in_last_stage() {
            return Err(problem::no_step("The rollout is in its last stage.", "POST /rollout/promote"));
        }
        self.commit_step(by, rollout.next_stage(reason, self.now())).await
    }

    /// Ends the rollout. The champion stays.
    pub(crate) async fn stop_rollout(&self, by: &By, Reason { reason }: Reason) -> Result<Reply, Problem> {
        let reason = checked_reason(&reason)?;
        if let Some(earlier) = self.earlier(by, AuditedAction::RolloutStopped, "").await? {
            return Reply::ok(&earlier);
        }
        let rollout = self.running_rollout().await?;
        let reason = format!("{} stopped it: {reason}", by.actor);
        self.commit_step(by, rollout.end_without_promotion(RolloutOutcome::Stopped, reason, self.now())).await
    }

    /// Makes the challenger the champion, without waiting for the last stage.
    pub(crate) async fn promote_rollout(&self, by: &By, Reason { reason }: Reason) -> Result<Reply, Problem> {
        let reason = checked_reason(&reason)?;
        if let Some(earlier) = self.earlier(by, AuditedAction::Promoted, "").await? {
            return Reply::ok(&earlier);
        }
        let rollout = self.running_rollout().await?;
        let champion = self.pointer().await?;
        let number = rollout.challenger.number;
        let draft = self.succession(by, AuditedAction::Promoted, number, reason.clone(), champion.as_ref()).await?;
        let reason = format!("{} promoted it: {reason}", by.actor);
        self.commit_step(by, rollout.end_with(draft, reason, self.now())).await
    }

    async fn commit_step(&self, by: &By, draft: DraftedChange) -> Result<Reply, Problem> {
        Reply::ok(&self.commit(by, token::id()?, draft).await?)
    }

    /// Returns the rollout that runs beside the current champion.
    async fn running_rollout(&self) -> Result<Rollout, Problem> {
        let revision = self.pointer().await?.map_or(0, |champion| champion.revision);
        let rollout = self.rollout().await?.filter(|rollout| rollout.runs_beside(revision));
        rollout.ok_or_else(|| problem::no_step("No rollout is running.", "POST /rollout/start"))
    }
}
