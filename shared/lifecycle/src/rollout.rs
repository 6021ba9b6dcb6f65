//! Rollouts: the time in which a version that passed the gate proves itself on live traffic beside the champion.
//!
//! A rollout begins with the shadow stage: the challenger scores what the champion answers, and nobody sees its
//! predictions. In each later stage it answers a share of the requests. [`step`] decides from the counts of both when the
//! next stage begins, and how the rollout ends.

mod arm;
mod change;
mod counts;
mod evidence;
pub mod noise;
mod plan;
mod sentence;
mod step;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use arm::is_for_challenger;
pub use change::{HOLDING_ALARMS, ROLLOUT_ACTOR};
pub use counts::{ArmCounts, DISTANCE_EDGES, RolloutCounts, ShadowCounts};
pub use evidence::{Evidence, LossDifferences};
pub use plan::{InvalidPlan, MAX_STEPS, PromotionMode, RolloutPlan};
pub use sentence::figures;
pub use step::{RolloutLimits, Step, step};

use crate::{Actor, Champion, Version, VersionNumber, time};

// A model has one record: a new rollout replaces the former one.
/// Record of the model's newest rollout, which may have ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rollout {
    /// The unique id of the rollout, such as `1795489200000-8`: the start in milliseconds since 1970, and the challenger.
    pub id: String,
    // A conditional write compares this number.
    /// Number of changes of the model's rollout record so far, from 1 up. A new rollout goes on counting.
    pub revision: u32,
    /// The version that was the champion when the rollout began.
    pub champion: VersionNumber,
    /// The champion's revision when the rollout began. With another one, the rollout is over.
    pub champion_revision: u32,
    /// The version that proves itself.
    pub challenger: Version,
    /// The stages after the shadow stage, and the minimum time of each stage.
    pub plan: RolloutPlan,
    /// The current stage: 0 is the shadow stage, 1 the first step of the plan.
    pub stage: u32,
    // An index of the registry lists every item that has the field `started_at`, and it is an index of runs.
    /// When the rollout began.
    #[serde(rename = "began_at", with = "crate::time")]
    pub started_at: Timestamp,
    /// When the current stage began.
    #[serde(with = "crate::time")]
    pub stage_since: Timestamp,
    /// The person who started the rollout. `None` if the gate did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_by: Option<Actor>,
    /// The challenger of the rollout that was running and that this one replaced. `None` if none was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaced: Option<VersionNumber>,
    /// How the rollout ended. `None` while it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<RolloutEnd>,
}

/// How a rollout ended, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RolloutEnd {
    /// How the rollout ended.
    pub outcome: RolloutOutcome,
    /// When the rollout ended.
    #[serde(with = "crate::time")]
    pub at: Timestamp,
    /// The values that decided, or a person's reason, as text for a person.
    pub reason: String,
}

/// How a rollout ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RolloutOutcome {
    /// The challenger became the champion.
    Promoted,
    /// The challenger was worse, so the champion stays.
    RolledBack,
    /// A person stopped the rollout, a newer challenger replaced it, or another version became the champion.
    Stopped,
}

impl RolloutOutcome {
    /// Returns the name in JSON, such as `rolled_back`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Promoted => "promoted",
            Self::RolledBack => "rolled_back",
            Self::Stopped => "stopped",
        }
    }

    /// Returns the words for a sentence, such as `rolled back`.
    pub fn words(self) -> &'static str {
        match self {
            Self::Promoted => "promoted",
            Self::RolledBack => "rolled back",
            Self::Stopped => "stopped",
        }
    }
}

impl Rollout {
    /// Creates a rollout that begins now, with the shadow stage. `former` is the model's rollout record so far.
    pub fn beginning(
        former: Option<&Self>,
        (champion, champion_revision): (VersionNumber, u32),
        challenger: Version,
        plan: RolloutPlan,
        now: Timestamp,
    ) -> Self {
        let now = time::to_millis(now);
        Self {
            id: format!("{}-{}", now.as_millisecond(), challenger.number),
            revision: former.map_or(0, |former| former.revision).saturating_add(1),
            champion,
            champion_revision,
            challenger,
            plan,
            stage: 0,
            started_at: now,
            stage_since: now,
            started_by: None,
            replaced: former
                .filter(|former| former.runs_beside(champion_revision))
                .map(|former| former.challenger.number),
            end: None,
        }
    }

    /// Returns the record with the person who started the rollout.
    #[must_use]
    pub fn started_by(self, actor: Actor) -> Self {
        Self { started_by: Some(actor), ..self }
    }

    /// Returns the share of the requests that the challenger answers, in percent. 0 in the shadow stage.
    pub fn percent(&self) -> u8 {
        self.percent_of(self.stage)
    }

    /// Returns the share of a stage in percent, from 0 for the shadow stage up.
    pub fn percent_of(&self, stage: u32) -> u8 {
        let step = stage.checked_sub(1).and_then(|step| usize::try_from(step).ok());
        // A stage after the last one does not occur. It would have the last share.
        step.map_or(0, |step| {
            let steps = self.plan.steps();
            steps.get(step).or(steps.last()).copied().unwrap_or(0)
        })
    }

    /// Returns whether the current stage is the last one.
    pub fn is_in_last_stage(&self) -> bool {
        usize::try_from(self.stage).is_ok_and(|stage| stage >= self.plan.steps().len())
    }

    // A promotion or rollback by hand therefore ends a rollout at once, whoever made it.
    /// Returns whether the rollout runs beside the champion with this revision.
    pub fn runs_beside(&self, champion_revision: u32) -> bool {
        self.end.is_none() && self.champion_revision == champion_revision
    }

    /// Returns whether the rollout was rolled back, and the champion with this revision still serves.
    pub fn is_rolled_back_beside(&self, champion_revision: u32) -> bool {
        let outcome = self.end.as_ref().map(|end| end.outcome);
        self.champion_revision == champion_revision && outcome == Some(RolloutOutcome::RolledBack)
    }

    /// Returns the record with the next stage, which begins now.
    #[must_use]
    pub fn advanced(&self, now: Timestamp) -> Self {
        let stage = self.stage.saturating_add(1);
        Self { stage, stage_since: time::to_millis(now), revision: self.revision.saturating_add(1), ..self.clone() }
    }

    /// Returns the record with its end.
    #[must_use]
    pub fn ended(&self, outcome: RolloutOutcome, reason: String, now: Timestamp) -> Self {
        let end = RolloutEnd { outcome, at: time::to_millis(now), reason };
        Self { end: Some(end), revision: self.revision.saturating_add(1), ..self.clone() }
    }

    /// Returns the champion record with the challenger, if the rollout promotes it now. `last_revision` is the highest
    /// revision in the stored history of champions.
    pub fn promotion(&self, last_revision: u32, now: Timestamp) -> Champion {
        let promoted =
            Champion::following(None, last_revision.max(self.champion_revision), self.challenger.clone(), now);
        Champion { previous: Some(self.champion), ..promoted }
    }
}
