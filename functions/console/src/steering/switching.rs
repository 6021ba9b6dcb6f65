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

    // The scheduler is outside the registry's transaction. Switching twice is harmless, so the entry comes afterwards: a
    // caller who gets an error repeats the request, and no entry reports a switch that did not happen.
    async fn switch(&self, by: &By, action: AuditedAction, reason: Option<String>) -> Result<Reply, Problem> {
        if let Some(earlier) = self.earlier(by, action, "schedule").await? {
            return Reply::ok(&earlier);
        }
        if !read(self.world.scheduler().switch(action == AuditedAction::ScheduleResumed)).await? {
            return Err(problem::unknown("training schedule", "schedule"));
        }
        let draft = DraftedChange { reason, ..DraftedChange::new(action, "schedule") };
        Reply::ok(&self.commit(by, token::id()?, draft).await?)
    }
}
