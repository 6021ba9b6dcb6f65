//! Health metrics of the new model versions that were refused since the last promotion.

use jiff::Timestamp;

use super::values::count;
use super::{Metric, MetricValues};
use crate::champion::Pointer;
use crate::time::hours_between;
use crate::{Run, RunState, RunStatus, VersionNumber};

// The gate refuses a few versions by chance, at any schedule. With two, a weekly schedule had a false alarm about every
// seventh year (`make year`).
/// Minimum number of refused model versions before [`Metric::RefusedHours`] counts hours.
const NEWS: usize = 4;

/// Input of the health metrics that count refused model versions.
#[derive(Debug, Clone, Copy)]
pub struct Refusals<'a> {
    /// The records of the newest runs, in any order.
    pub recent: &'a [Run],
    /// The champion's record; `None` if there is no champion.
    pub champion: Option<&'a Pointer>,
    /// The highest model version number that was ever promoted; `None` if there was no promotion yet.
    pub highest: Option<VersionNumber>,
}

/// Computes how many new model versions were refused since the last promotion, and for how many hours.
///
/// Sets the metrics [`Metric::Rejections`] and [`Metric::RefusedHours`].
pub fn refusals(known: &Refusals<'_>, now: Timestamp) -> MetricValues {
    let refused = || known.recent.iter().filter(|run| known.is_refused(run, now));
    // Refused imports count for the number, but only training runs count for the hours.
    let trained: Vec<&Run> = refused().filter(|run| run.trigger.is_training()).collect();
    let first = trained.iter().filter_map(|run| run.finished_at()).min();
    let since = if known.reaches_back() { first } else { known.champion.and_then(Pointer::promoted_at).or(first) };
    let hours = since.filter(|_| trained.len() >= NEWS).map_or(0.0, |since| hours_between(since, now).max(0.0));
    let mut values = MetricValues::default();
    values.know(Metric::Rejections, count(refused()));
    values.know(Metric::RefusedHours, hours);
    values
}

/// Returns when a training last confirmed the champion: the gate compared a new version with it, and the champion still
/// serves. The version was refused, or it passed and proves itself, waits for a person, or was rolled back. `None` if no
/// training in `recent` did. `recent` holds the newest runs in any order.
pub fn confirmed_at(champion: &Pointer, recent: &[Run]) -> Option<Timestamp> {
    let compared = |run: &&Run| run.rescored.is_some_and(|rescored| rescored.version == champion.number);
    // After a promotion by hand of an earlier version, newer versions that passed have served already.
    let waits = |run: &Run| champion.champion().is_some_and(|champion| run.version() > Some(champion.version.number));
    let still_serves = |run: &&Run| match run.state {
        RunState::Rejected { .. } => true,
        RunState::Succeeded { .. } => waits(run),
        RunState::Running | RunState::Failed { .. } => false,
    };
    let trainings = recent.iter().filter(|run| run.trigger.is_training());
    trainings.filter(still_serves).filter(compared).filter_map(Run::finished_at).max()
}

impl Refusals<'_> {
    /// Returns whether the run's model version was refused after the last promotion.
    fn is_refused(&self, run: &Run, now: Timestamp) -> bool {
        // Version numbers only grow, so they show the order even if a clock was wrong.
        let is_newer = run.version() > self.highest.max(self.champion.map(|champion| champion.number));
        // After a person went back to an earlier version, the date of that promotion decides.
        let gone_back = self.champion.filter(|champion| self.highest > Some(champion.number));
        let since = gone_back.and_then(Pointer::promoted_at);
        run.status_at(now) == RunStatus::Rejected && is_newer && run.finished_at() >= since
    }

    /// Returns whether the newest runs include the first model version that was refused since the last promotion.
    fn reaches_back(&self) -> bool {
        // A model version from before the refusals shows that the list is long enough.
        let made = |run: &Run| run.version().is_some() && run.version() <= self.highest;
        self.recent.iter().any(made)
    }
}
