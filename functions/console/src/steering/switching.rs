//! The training schedule: switch it off and on.

use evergreen_http::Problem;
use evergreen_lifecycle::AuditedAction;
use evergreen_lifecycle::ports::ScheduleSwitch;
use serde::Deserialize;

use super::{By, DraftedChange, checked_reason, optional_reason};
use crate::console::Console;
use crate::ports::ConsoleWorld;
use crate::reply::{Reply, read};
use crate::{problem, token};

/// A body with a reason.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reason {
    /// Why.
    pub reason: String,
}

/// A body that may have a reason.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OptionalReason {
    /// Why.
    pub reason: Option<String>,
}

impl<W: ConsoleWorld> Console<W> {
    pub(crate) async fn pause(&self, by: &By, Reason { reason }: Reason) -> Result<Reply, Problem> {
        let reason = checked_reason(&reason)?;
        self.switch(by, AuditedAction::SchedulePaused, Some(reason)).await
    }

    pub(crate) async fn resume(&self, by: &By, OptionalReason { reason }: OptionalReason) -> Result<Reply, Problem> {
        let reason = optional_reason(reason.as_deref())?;
        self.switch(by, AuditedAction::ScheduleResumed, reason).await
    }

    // The scheduler is outside the registry's transaction. So one entry comes before the switch and one after it. If the
    // second is missing, the switch may have happened, and the first says who asked for it.
    async fn switch(&self, by: &By, action: AuditedAction, reason: Option<String>) -> Result<Reply, Problem> {
        if let Some(earlier) = self.earlier(by, action, "schedule").await? {
            return Reply::ok(&earlier);
        }
        let is_enabled = action == AuditedAction::ScheduleResumed;
        let intent = if is_enabled { AuditedAction::ResumeRequested } else { AuditedAction::PauseRequested };
        self.announce(by, DraftedChange { reason: reason.clone(), ..DraftedChange::new(intent, "schedule") }).await?;
        if !read(self.world.scheduler().switch(is_enabled)).await? {
            return Err(problem::unknown("training schedule", "schedule"));
        }
        let draft = DraftedChange { reason, ..DraftedChange::new(action, "schedule") };
        Reply::ok(&self.commit(by, token::id()?, draft).await?)
    }

    // The idempotency key belongs to the entry about the change itself. So a repeat makes the change that is still missing.
    /// Stores that somebody is about to make a change outside the registry's transactions.
    pub(crate) async fn announce(&self, by: &By, draft: DraftedChange) -> Result<(), Problem> {
        let by = By { key: None, ..by.clone() };
        self.commit(&by, token::id()?, draft).await.map(|_| ())
    }
}
