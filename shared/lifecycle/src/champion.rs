//! The champion (the model version that answers predictions) and the history of the champions.

mod pointer;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use pointer::Pointer;

use crate::rollout::ROLLOUT_ACTOR;
use crate::{Actor, ActorKind, Version, VersionNumber, time};

// The record contains the whole record of the model version, so the prediction function reads only one DynamoDB item.
/// Record of the champion, the model version that answers predictions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Champion {
    // A conditional write compares this number, so that it cannot overwrite a newer promotion.
    /// Number of promotions of this model so far, from 1 up.
    pub revision: u32,
    /// When this model version became champion.
    #[serde(with = "crate::time")]
    pub promoted_at: Timestamp,
    /// Version number of the previous champion; `None` for the first champion.
    pub previous: Option<VersionNumber>,
    /// The record of the model version that answers predictions.
    pub version: Version,
    // Records of earlier releases do not say whether a person promoted the version.
    /// Who promoted this model version by hand, and why. `None` if the gate promoted it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by_hand: Option<ManualPromotion>,
}

/// A decision of a person, or of a rule of the stack, that a model version becomes the champion, whatever the gate had decided about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManualPromotion {
    /// The person or the rule that promoted the version, or rolled back to it.
    pub actor: Actor,
    /// The person's reason, in their words. `None` if they gave none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl Champion {
    /// Creates the champion record of a newly promoted model version. `before` is the previous champion, if any.
    pub fn succeeding(before: Option<&Self>, version: Version, promoted_at: Timestamp) -> Self {
        Self::after(before.map(|champion| (champion.revision, champion.version.number)), 0, version, promoted_at)
    }

    /// Creates the champion record of a newly promoted model version. The previous champion's record may be damaged.
    ///
    /// `before` is the previous champion's record. `last_revision` is the highest number of promotions in the
    /// stored history.
    pub fn following(before: Option<&Pointer>, last_revision: u32, version: Version, promoted_at: Timestamp) -> Self {
        // The previous record's revision may be too low if somebody deleted or replaced the record. So the new revision
        // is higher than both.
        Self::after(before.map(|pointer| (pointer.revision, pointer.number)), last_revision, version, promoted_at)
    }

    fn after(
        before: Option<(u32, VersionNumber)>,
        last_revision: u32,
        version: Version,
        promoted_at: Timestamp,
    ) -> Self {
        Self {
            revision: before.map_or(0, |(revision, _)| revision).max(last_revision).saturating_add(1),
            promoted_at: time::to_millis(promoted_at),
            previous: before.map(|(_, number)| number),
            version,
            by_hand: None,
        }
    }

    /// Returns the record with the person who promoted the version by hand, and their reason.
    #[must_use]
    pub fn promoted_by(self, actor: Actor, reason: Option<String>) -> Self {
        Self { by_hand: Some(ManualPromotion { actor, reason }), ..self }
    }

    /// Returns why this version is the champion, as text for a person: the person's reason, or the gate's decision.
    pub fn why(&self) -> String {
        let decision = &self.version.decision;
        let Some(ManualPromotion { actor, reason }) = &self.by_hand else { return decision.to_string() };
        let reason = reason.as_deref().unwrap_or("without a reason");
        let verdict = match (decision.promotes(), self.version.promotion.is_direct()) {
            (true, true) => "promoted it",
            (true, false) => "let it pass",
            (false, _) => "refused it",
        };
        let did = match actor.kind {
            ActorKind::Stack if actor.name == ROLLOUT_ACTOR => "promoted it",
            ActorKind::Stack => "made it the champion again",
            ActorKind::Iam | ActorKind::Session | ActorKind::Mail => "promoted it by hand",
        };
        format!("{actor} {did}: {reason} (the gate had {verdict}: {decision})")
    }

    /// Returns the champion's revision (the number of promotions so far), or 0 if there is no champion.
    pub fn revision_of(champion: Option<&Self>) -> u32 {
        champion.map_or(0, |champion| champion.revision)
    }

    /// Returns the champion's accuracy (0–1) or R² (at most 1) on the hold-out rows of its training.
    pub fn headline(&self) -> f64 {
        self.version.evaluation.headline()
    }

    /// Returns the hours from the end of the champion's training to `now`.
    pub fn age_hours(&self, now: Timestamp) -> f64 {
        time::hours_between(self.version.trained_at, now)
    }
}

/// The period in which one model version was the champion, with its hold-out score.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tenure {
    /// The number of promotions of the model, up to and including this one.
    pub revision: u32,
    /// When this model version became the champion.
    pub promoted_at: Timestamp,
    /// The champion's accuracy (0–1) or R² (at most 1) on its hold-out rows.
    pub headline: f64,
}

impl Tenure {
    /// Returns the promotion date and the score of the champion in `pointer`. `None` if the record lacks one of them.
    pub fn of(pointer: &Pointer) -> Option<Self> {
        let (promoted_at, headline) = (pointer.promoted_at()?, pointer.headline()?);
        Some(Self { revision: pointer.revision, promoted_at, headline })
    }
}

/// Returns the average accuracy or R² of the champions over the last `days` days, weighted by each champion's time.
/// `None` if `history` is empty.
///
/// `history` holds the champions' periods in any order. It includes the champion that answered when these days began.
pub fn average_accuracy(history: &[Tenure], now: Timestamp, days: u32) -> Option<f64> {
    let window_hours = f64::from(days) * 24.0;
    let hours_ago = |moment: Timestamp| time::hours_between(moment, now).clamp(0.0, window_hours);
    let mut ordered = history.to_vec();
    ordered.sort_by_key(|tenure| tenure.revision);
    // Time before the first champion does not count.
    let ends = ordered.iter().skip(1).map(|next| next.promoted_at).chain([now]);
    let (mut weighted, mut total) = (0.0, 0.0);
    for (tenure, end) in ordered.iter().zip(ends) {
        // If two machines' clocks differ, the promotion dates may be in the wrong order. Then the earlier champion's
        // period gets the length 0.
        let served = (hours_ago(tenure.promoted_at) - hours_ago(end)).max(0.0);
        weighted += tenure.headline * served;
        total += served;
    }
    let last = ordered.last()?;
    // If a clock is behind, no champion may have served any time yet. Then the result is the last champion's score.
    Some(if total > 0.0 { weighted / total } else { last.headline })
}
