//! Reactions: what the stack does by itself when the served data has drifted, or when live accuracy is worse than the
//! hold-out's.
//!
//! Parameters allow each reaction; by default there is none. A reaction is a change like that of a person: one
//! transaction with an audit entry and an event. The same transaction stores the reaction in the [`ReactionLog`], on
//! condition of the log's revision. So two measurements at the same time react once.

mod decision;
mod log;
mod rules;

pub use decision::{ReactionDecision, ReactionSituation, Reluctance};
pub use log::{MAX_TAKEN, ReactionLog, ReturnedChampion, TakenReaction};
pub use rules::{InvalidReaction, REACTOR, Reaction, ReactionCause, ReactionRules};
