//! Which reaction the stack's parameters allow to which cause.

use std::fmt;
use std::str::FromStr;

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

/// Name of the actor in the audit entry of a reaction. Its kind is [`ActorKind::Stack`](crate::ActorKind::Stack), which
/// earlier releases can read too.
pub const REACTOR: &str = "a rule of the stack";

/// What the stack does by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reaction {
    /// Asks for a training run. The gate decides about its version as always.
    Retrain,
    /// Makes the champion before the current one the champion again.
    Rollback,
}

/// Why the stack reacts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReactionCause {
    /// The rows that the champion serves, or its predictions, have drifted.
    Drift,
    /// The champion's live accuracy is worse than its hold-out accuracy, beyond noise.
    LiveAccuracy,
}

/// Which reactions the stack's parameters allow, and how often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReactionRules {
    /// The reaction to drift. `None`: the stack only reports it.
    pub on_drift: Option<Reaction>,
    /// The reaction to a worse live accuracy. `None`: the stack only reports it.
    pub on_live_accuracy: Option<Reaction>,
    /// Minimum time between two reactions of the same kind, whatever their causes.
    pub pause: SignedDuration,
}

/// Error: the text names no reaction.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected nothing, retrain or rollback")]
pub struct InvalidReaction;

impl Reaction {
    /// Returns the value of a parameter that allows this reaction, such as `retrain`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Retrain => "retrain",
            Self::Rollback => "rollback",
        }
    }
}

impl FromStr for Reaction {
    type Err = InvalidReaction;

    fn from_str(text: &str) -> Result<Self, InvalidReaction> {
        [Self::Retrain, Self::Rollback].into_iter().find(|reaction| reaction.as_str() == text).ok_or(InvalidReaction)
    }
}

impl ReactionCause {
    /// All causes. If several hold, the stack reacts to the first one that has a reaction: wrong answers are worse than
    /// unusual questions.
    pub const ALL: [Self; 2] = [Self::LiveAccuracy, Self::Drift];

    /// Returns the name of the parameter that allows a reaction to this cause.
    pub fn parameter(self) -> &'static str {
        match self {
            Self::Drift => "OnDrift",
            Self::LiveAccuracy => "OnLiveAccuracy",
        }
    }
}

/// Writes the cause as part of a sentence, such as `the served data has drifted`.
impl fmt::Display for ReactionCause {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Drift => "the served data has drifted",
            Self::LiveAccuracy => "the live accuracy is worse than that of the hold-out",
        })
    }
}

impl ReactionRules {
    /// Returns the reaction to a cause.
    pub fn reaction(&self, cause: ReactionCause) -> Option<Reaction> {
        match cause {
            ReactionCause::Drift => self.on_drift,
            ReactionCause::LiveAccuracy => self.on_live_accuracy,
        }
    }

    /// Returns whether any reaction is allowed.
    pub fn allow_any(&self) -> bool {
        ReactionCause::ALL.into_iter().any(|cause| self.reaction(cause).is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reaction_is_read_as_it_is_written() {
        for reaction in [Reaction::Retrain, Reaction::Rollback] {
            assert_eq!(reaction.as_str().parse(), Ok(reaction));
        }
        assert_eq!("roll back".parse::<Reaction>(), Err(InvalidReaction));
    }
}
