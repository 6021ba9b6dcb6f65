//! What the stack has found in the served rows, and what it has done by itself, in short.

use evergreen_lifecycle::ports::{Reactions, Rollouts, ServedRecord, Unavailable};
use evergreen_lifecycle::reaction::{ReactionLog, TakenReaction};
use evergreen_lifecycle::rollout::Rollout;
use evergreen_lifecycle::{Pointer, VersionNumber};

use super::markup::{Fact, Markup, escaped};

/// Number of reactions that a page shows, newest first.
const SHOWN: usize = 5;

/// Returns the facts for the overview: the newest comparison of the champion's rows with its training data, the
/// rollout beside it, and the newest reaction. Empty if none of the three exists.
pub(super) async fn facts(
    registry: &(impl Reactions + Rollouts + ServedRecord),
    pointer: Option<&Pointer>,
    base: &str,
) -> Result<Vec<Fact>, Unavailable> {
    let champion: Option<VersionNumber> = pointer.map(|pointer| pointer.number);
    let drift = registry.drift_summary().await?.filter(|drift| Some(drift.version) == champion);
    let sentence = drift.as_ref().and_then(|drift| drift.sentence());
    let drift = sentence
        .map(|sentence| Fact::rich("Drift", Markup(format!(r#"<a href="{base}drift">{}</a>"#, escaped(sentence)))));
    let reaction = registry.reactions().await?.taken.pop();
    let reaction = reaction.map(|taken| Fact::new("By itself", taken.sentence()));
    let rollout = registry.rollout().await?.and_then(Result::ok);
    let rollout = rollout.and_then(|rollout| of_rollout(&rollout, pointer?, base));
    Ok(drift.into_iter().chain(rollout).chain(reaction).collect())
}

/// Returns a fact about the rollout beside the champion: that it runs, or how it ended. `None` if the champion is another
/// one by now.
fn of_rollout(rollout: &Rollout, champion: &Pointer, base: &str) -> Option<Fact> {
    let number = rollout.challenger.number;
    let sentence = match &rollout.end {
        None if !rollout.runs_beside(champion.revision) => return None,
        None if rollout.percent() == 0 => {
            format!("Version {number} scores the same rows, and nobody sees its predictions")
        }
        None => format!("Version {number} answers {} % of the requests", rollout.percent()),
        Some(end) if rollout.champion_revision == champion.revision => {
            format!("The rollout of version {number} was {}", end.outcome.words())
        }
        Some(_) => return None,
    };
    Some(Fact::rich("Rollout", Markup(format!(r#"<a href="{base}rollout">{}</a>"#, escaped(&sentence)))))
}

/// Returns the newest reactions as sentences, newest first.
pub(super) fn sentences(log: &ReactionLog) -> Vec<String> {
    log.taken.iter().rev().take(SHOWN).map(TakenReaction::sentence).collect()
}
