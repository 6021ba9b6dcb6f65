//! The champion: the version that serves, and how it came to.

mod pointer;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use pointer::Pointer;

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
        Self::after(before.map(|champion| (champion.revision, champion.version.number)), 0, version, promoted_at)
    }

    /// The same after a pointer of which this release may read a part only. The history may have come further than the
    /// pointer, which somebody has deleted or replaced: up to `last_revision`.
    pub fn following(before: Option<&Pointer>, last_revision: u32, version: Version, promoted_at: Timestamp) -> Self {
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

/// A champion's time in office, as the average of what was served needs it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tenure {
    /// Orders the tenures.
    pub revision: u32,
    /// When it began.
    pub promoted_at: Timestamp,
    /// The champion's accuracy, 0–1, or R², at most 1, on its hold-out.
    pub headline: f64,
}

impl Tenure {
    /// The tenure of a champion, where its record says when it began and how accurate it is.
    pub fn of(pointer: &Pointer) -> Option<Self> {
        let (promoted_at, headline) = (pointer.promoted_at()?, pointer.headline()?);
        Some(Self { revision: pointer.revision, promoted_at, headline })
    }
}

/// Accuracy served over the `days` before `now`, each champion weighed by the time that it served; 0–1.
///
/// `history` holds tenures in any order, including the one that ran when the window began, where there was one.
/// Time before the first champion does not count. With no champion there is no average; a champion that has not served
/// yet, by a clock that runs behind, stands for itself.
pub fn average_accuracy(history: &[Tenure], now: Timestamp, days: u32) -> Option<f64> {
    let window_hours = f64::from(days) * 24.0;
    let hours_ago = |moment: Timestamp| time::hours_between(moment, now).clamp(0.0, window_hours);
    let mut ordered = history.to_vec();
    ordered.sort_by_key(|tenure| tenure.revision);
    let ends = ordered.iter().skip(1).map(|next| next.promoted_at).chain([now]);
    let (mut weighted, mut total) = (0.0, 0.0);
    for (tenure, end) in ordered.iter().zip(ends) {
        // Two promotions by two machines may be dated the wrong way round: then the first served no time.
        let served = (hours_ago(tenure.promoted_at) - hours_ago(end)).max(0.0);
        weighted += tenure.headline * served;
        total += served;
    }
    let last = ordered.last()?;
    Some(if total > 0.0 { weighted / total } else { last.headline })
}
