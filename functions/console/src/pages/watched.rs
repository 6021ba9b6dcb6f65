//! What the stack has found in the served rows, and what it has done by itself, in short.

use evergreen_lifecycle::ports::{Reactions, ServedRecord, Unavailable};
use evergreen_lifecycle::reaction::{ReactionLog, TakenReaction};
use evergreen_lifecycle::{Pointer, VersionNumber};

use super::markup::{Fact, Markup, escaped};

/// Number of reactions that a page shows, newest first.
const SHOWN: usize = 5;

/// Returns the facts for the overview: the newest comparison of the champion's rows with its training data, and the
/// newest reaction. Empty if there is neither.
pub(super) async fn facts(
    registry: &(impl Reactions + ServedRecord),
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
    Ok(drift.into_iter().chain(reaction).collect())
}

/// Returns the newest reactions as sentences, newest first.
pub(super) fn sentences(log: &ReactionLog) -> Vec<String> {
    log.taken.iter().rev().take(SHOWN).map(TakenReaction::sentence).collect()
}
