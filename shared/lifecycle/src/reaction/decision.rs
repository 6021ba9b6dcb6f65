//! Whether the stack reacts now, and how.

use std::fmt;

use jiff::Timestamp;

use super::{Reaction, ReactionCause, ReactionLog, ReactionRules};
use crate::VersionNumber;

/// What is known when the stack decides whether to react.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ReactionSituation<'a> {
    /// The causes that hold now, each about the rows of the current champion.
    pub causes: &'a [ReactionCause],
    /// The revision of the current champion: the number of promotions so far.
    pub revision: u32,
    /// The champion before the current one. `None` if there was none.
    pub before: Option<VersionNumber>,
    /// Whether a training run, an import or a rollout is in progress.
    pub is_training: bool,
}

/// Whether the stack reacts now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReactionDecision {
    /// No cause with a reaction holds.
    Rest,
    /// The stack asks for a training run.
    Retrain(ReactionCause),
    /// The stack makes this version, the champion before the current one, the champion again.
    Rollback(ReactionCause, VersionNumber),
    /// A cause holds, but the stack does not react to it now.
    Wait(ReactionCause, Reluctance),
}

/// Why the stack does not react although a rule would allow it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reluctance {
    /// A training run, an import or a rollout is in progress. It may end with a better champion.
    Training,
    /// The last reaction of this kind is too recent. The next one is possible at this time.
    Paused(Timestamp),
    /// There was no other champion before the current one.
    NoFormerChampion,
    /// A rule has made the current champion the champion. Rules go one version back, and no further.
    WentBack,
    /// A rule has left this version before. A return to it could go back and forth.
    Left(VersionNumber),
}

impl fmt::Display for Reluctance {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Training => write!(formatter, "a training run, an import or a rollout is in progress"),
            Self::Paused(until) => {
                write!(formatter, "the last reaction of this kind is too recent; wait until {until}")
            }
            Self::NoFormerChampion => write!(formatter, "there was no champion before the current one"),
            Self::WentBack => write!(formatter, "a rule has already gone back to the current champion"),
            Self::Left(version) => write!(formatter, "a rule has left version {version} before"),
        }
    }
}

impl ReactionLog {
    /// Decides whether the stack reacts at `now`.
    ///
    /// - Each kind of reaction happens at most once in [`ReactionRules::pause`], whatever its cause. So a training whose
    ///   version the gate refused is not repeated at once, and alarms that come and go cause no series.
    /// - A rollback goes one version back. The next one is possible when the gate or a person has promoted another version.
    /// - A rollback never goes to a version that a rollback by a rule has left, as far as the log reaches back.
    ///
    /// If several causes hold, the first one with a possible reaction decides.
    pub fn decide(&self, rules: &ReactionRules, situation: &ReactionSituation<'_>, now: Timestamp) -> ReactionDecision {
        let mut reluctance = ReactionDecision::Rest;
        for cause in ReactionCause::ALL.into_iter().filter(|cause| situation.causes.contains(cause)) {
            let decision = match rules.reaction(cause) {
                None => continue,
                Some(reaction) => self.consider(cause, reaction, rules, situation, now),
            };
            match decision {
                ReactionDecision::Wait(..) if reluctance == ReactionDecision::Rest => reluctance = decision,
                ReactionDecision::Wait(..) | ReactionDecision::Rest => {}
                ReactionDecision::Retrain(_) | ReactionDecision::Rollback(..) => return decision,
            }
        }
        reluctance
    }

    fn consider(
        &self,
        cause: ReactionCause,
        reaction: Reaction,
        rules: &ReactionRules,
        situation: &ReactionSituation<'_>,
        now: Timestamp,
    ) -> ReactionDecision {
        // A reaction that a clock ahead of ours has dated counts from its date.
        let next = self.newest_of(reaction).map(|at| at.checked_add(rules.pause).unwrap_or(Timestamp::MAX));
        let wait = |reluctance| ReactionDecision::Wait(cause, reluctance);
        if let Some(until) = next.filter(|next| now < *next) {
            return wait(Reluctance::Paused(until));
        }
        match (reaction, situation.before) {
            (Reaction::Retrain, _) if situation.is_training => wait(Reluctance::Training),
            (Reaction::Retrain, _) => ReactionDecision::Retrain(cause),
            (Reaction::Rollback, None) => wait(Reluctance::NoFormerChampion),
            (Reaction::Rollback, Some(_)) if self.has_returned_to(situation.revision) => wait(Reluctance::WentBack),
            (Reaction::Rollback, Some(before)) if self.has_left(before) => wait(Reluctance::Left(before)),
            (Reaction::Rollback, Some(before)) => ReactionDecision::Rollback(cause, before),
        }
    }
}
