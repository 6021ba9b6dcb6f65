//! The changes of a rollout: its start, its next stage and its end. A person and the stack make them in the same way.

use jiff::Timestamp;

use super::{Rollout, RolloutOutcome};
use crate::{AuditedAction, DraftedChange, Edit};

/// Name of the actor who takes the steps of rollouts.
pub const ROLLOUT_ACTOR: &str = "rollout";

/// Alarms about predictions: while one rings, no next stage begins. Names without the name of the stack.
pub const HOLDING_ALARMS: [&str; 4] =
    ["prediction-errors", "prediction-latency", "model-unhealthy", "model-load-failures"];

impl Rollout {
    /// Returns the change that starts this rollout.
    pub fn start(self, reason: String) -> DraftedChange {
        let draft = self.drafted(AuditedAction::RolloutStarted, reason).with("steps", &self.plan);
        match self.replaced {
            Some(replaced) => draft.with("replaces", replaced),
            None => draft,
        }
    }

    /// Returns the change with which the next stage begins now.
    pub fn next_stage(&self, reason: String, now: Timestamp) -> DraftedChange {
        self.advanced(now).drafted(AuditedAction::RolloutAdvanced, reason)
    }

    /// Returns the change with which the rollout ends now, and the champion stays.
    pub fn end_without_promotion(&self, outcome: RolloutOutcome, reason: String, now: Timestamp) -> DraftedChange {
        let action = match outcome {
            RolloutOutcome::RolledBack => AuditedAction::RolloutRolledBack,
            RolloutOutcome::Stopped | RolloutOutcome::Promoted => AuditedAction::RolloutStopped,
        };
        self.ended(outcome, reason.clone(), now).drafted(action, reason)
    }

    /// Adds the end of the rollout to `promotion`, the change that makes the challenger the champion.
    pub fn end_with(&self, mut promotion: DraftedChange, reason: String, now: Timestamp) -> DraftedChange {
        let ended = self.ended(RolloutOutcome::Promoted, reason, now);
        promotion.edits.push(Edit::SetRollout(Box::new(ended)));
        promotion.with("rollout", &self.id)
    }

    fn drafted(&self, action: AuditedAction, reason: String) -> DraftedChange {
        let number = self.challenger.number;
        let draft = DraftedChange::new(action, format!("version {number}"))
            .with("rollout", &self.id)
            .with("champion", self.champion)
            .with("percent", self.percent());
        let edits = vec![Edit::SetRollout(Box::new(self.clone()))];
        DraftedChange { reason: Some(reason), version: Some(number), edits, ..draft }
    }
}
