//! The champion: the version that serves, and how it came to.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Version, VersionNumber, time};

/// The pointer to the version that serves. It carries the version's whole record, so that who serves reads one item.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Champion {
    /// Counts the promotions of this model, from 1 up: what a conditional write compares.
    pub revision: u32,
    /// When it became champion.
    #[serde(with = "crate::time")]
    pub promoted_at: Timestamp,
    /// The version that it replaced.
    pub previous: Option<VersionNumber>,
    /// The version that serves.
    pub version: Version,
}

impl Champion {
    /// The champion that follows `before` when `version` is promoted.
    pub fn succeeding(before: Option<&Self>, version: Version, promoted_at: Timestamp) -> Self {
        Self::above(Self::revision_of(before), before, version, promoted_at)
    }

    /// The same where the history may have come further than the pointer, which somebody has deleted or replaced: up to
    /// `last_revision`.
    pub fn above(last_revision: u32, before: Option<&Self>, version: Version, promoted_at: Timestamp) -> Self {
        Self {
            revision: Self::revision_of(before).max(last_revision).saturating_add(1),
            promoted_at: time::to_millis(promoted_at),
            previous: before.map(|champion| champion.version.number),
            version,
        }
    }

    /// The revision of a pointer that may not be there yet: 0 then.
    pub fn revision_of(champion: Option<&Self>) -> u32 {
        champion.map_or(0, |champion| champion.revision)
    }

    /// Its accuracy, 0–1, or R², at most 1, on the hold-out when it was trained.
    pub fn headline(&self) -> f64 {
        self.version.evaluation.headline()
    }

    /// Hours since it was trained.
    pub fn age_hours(&self, now: Timestamp) -> f64 {
        time::hours_between(self.version.trained_at, now)
    }
}

/// Accuracy served over the `days` before `now`, each champion weighed by the time that it served; 0–1.
///
/// `history` holds champions in any order, including the one that served when the window began, where there was one.
/// Time before the first champion does not count. With no champion there is no average; a champion that has not served
/// yet, by a clock that runs behind, stands for itself.
pub fn average_accuracy(history: &[Champion], now: Timestamp, days: u32) -> Option<f64> {
    let window_hours = f64::from(days) * 24.0;
    let hours_ago = |moment: Timestamp| time::hours_between(moment, now).clamp(0.0, window_hours);
    let mut ordered: Vec<&Champion> = history.iter().collect();
    ordered.sort_by_key(|champion| champion.revision);
    let ends = ordered.iter().skip(1).map(|next| next.promoted_at).chain([now]);
    let (mut weighted, mut total) = (0.0, 0.0);
    for (champion, end) in ordered.iter().zip(ends) {
        // Two promotions by two machines may be dated the wrong way round: then the first served no time.
        let served = (hours_ago(champion.promoted_at) - hours_ago(end)).max(0.0);
        weighted += champion.headline() * served;
        total += served;
    }
    let last = ordered.last()?;
    Some(if total > 0.0 { weighted / total } else { last.headline() })
}
