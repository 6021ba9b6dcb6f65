//! The reactions that the stack has taken. They limit further ones, and people read them.

use jiff::Timestamp;
use jiff::tz::Offset;
use serde::{Deserialize, Serialize};

use super::{Reaction, ReactionCause};
use crate::{RunId, VersionNumber};

// With a pause of seven days for each kind, at most two happen in a week. So the log covers a year.
/// Maximum number of reactions that the log keeps. The oldest ones are dropped first.
pub const MAX_TAKEN: usize = 104;

/// One reaction that the stack has taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TakenReaction {
    /// When the stack reacted.
    #[serde(with = "crate::time")]
    pub at: Timestamp,
    /// Why.
    pub cause: ReactionCause,
    /// What it did.
    pub reaction: Reaction,
    /// The champion at that time.
    pub version: VersionNumber,
    /// The training run that the stack asked for. `None` for a rollback.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<RunId>,
    /// The version that became the champion, with its revision. `None` if the stack asked for a training run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub champion: Option<ReturnedChampion>,
}

/// The champion after a rollback by a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReturnedChampion {
    /// The version.
    pub version: VersionNumber,
    /// The number of promotions of the model, up to and including this one.
    pub revision: u32,
}

/// All reactions that the stack has taken.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReactionLog {
    // A conditional write compares this number.
    /// Number of reactions so far. 0 if there was none.
    #[serde(default)]
    pub revision: u32,
    /// The reactions, oldest first; at most [`MAX_TAKEN`].
    #[serde(default)]
    pub taken: Vec<TakenReaction>,
}

impl ReactionLog {
    /// Returns the log after one more reaction.
    #[must_use]
    pub fn after(&self, reaction: TakenReaction) -> Self {
        let mut taken = self.taken.clone();
        taken.push(reaction);
        let first = taken.len().saturating_sub(MAX_TAKEN);
        Self { revision: self.revision.saturating_add(1), taken: taken.split_off(first) }
    }

    /// Returns the newest reaction to `cause` that was about the version `champion`, or that made it the champion.
    pub fn newest(&self, cause: ReactionCause, champion: VersionNumber) -> Option<&TakenReaction> {
        let is_about = |taken: &&TakenReaction| {
            let after = taken.champion.map(|champion| champion.version);
            taken.cause == cause && (taken.version == champion || after == Some(champion))
        };
        self.taken.iter().rev().find(is_about)
    }

    /// Returns the newest time of a reaction of this kind.
    pub(super) fn newest_of(&self, reaction: Reaction) -> Option<Timestamp> {
        self.taken.iter().filter(|taken| taken.reaction == reaction).map(|taken| taken.at).max()
    }

    /// Returns whether a rollback by a rule has made the champion with this revision.
    pub(super) fn has_returned_to(&self, revision: u32) -> bool {
        self.taken.iter().filter_map(|taken| taken.champion).any(|champion| champion.revision == revision)
    }

    /// Returns whether a rollback by a rule has left this version.
    pub(super) fn has_left(&self, version: VersionNumber) -> bool {
        self.taken.iter().any(|taken| taken.reaction == Reaction::Rollback && taken.version == version)
    }
}

impl TakenReaction {
    /// Returns what the stack did, when and why, as one sentence with the time in UTC.
    pub fn sentence(&self) -> String {
        let did = match (self.reaction, &self.champion) {
            (Reaction::Rollback, Some(champion)) => {
                format!("returned from version {} to version {}", self.version, champion.version)
            }
            (Reaction::Rollback, None) => format!("rolled version {} back", self.version),
            (Reaction::Retrain, _) => "asked for a training run".to_owned(),
        };
        let at = Offset::UTC.to_datetime(self.at).strftime("%Y-%m-%d %H:%M UTC");
        let rule = format!("{} is {}", self.cause.parameter(), self.reaction.as_str());
        format!("Evergreen {did} at {at}, because {} and {rule}.", self.cause)
    }
}
