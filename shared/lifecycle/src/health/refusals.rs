//! Counts what the gate refused since it last let a version serve.

use jiff::Timestamp;

use super::values::count;
use super::{Metric, MetricValues};
use crate::champion::Pointer;
use crate::time::hours_between;
use crate::{Run, RunStatus, VersionNumber};

/// Number of refusals that matter. A single one may be due to bad data.
const NEWS: usize = 2;

/// The gate's recent history.
#[derive(Debug, Clone, Copy)]
pub struct Refusals<'a> {
    /// The newest runs, in any order.
    pub recent: &'a [Run],
    /// The champion, if there is one.
    pub champion: Option<&'a Pointer>,
    /// The highest version number that was ever promoted.
    pub highest: Option<VersionNumber>,
}

/// Returns how many versions were refused since the champion's promotion, and for how long this has gone on. Imported
/// models count as refusals. Only training runs count for the time in which the model was not renewed.
pub fn refusals(known: &Refusals<'_>, now: Timestamp) -> MetricValues {
    let refused = || known.recent.iter().filter(|run| known.is_refused(run, now));
    let trained: Vec<&Run> = refused().filter(|run| run.trigger.is_training()).collect();
    let first = trained.iter().filter_map(|run| run.finished_at()).min();
    let since = if known.reaches_back() { first } else { known.champion.and_then(Pointer::promoted_at).or(first) };
    let hours = since.filter(|_| trained.len() >= NEWS).map_or(0.0, |since| hours_between(since, now).max(0.0));
    let mut values = MetricValues::default();
    values.know(Metric::Rejections, count(refused()));
    values.know(Metric::RefusedHours, hours);
    values
}

impl Refusals<'_> {
    /// Checks whether the gate refused the run's version after it last let a version serve. Numbers only grow, so a
    /// later version has a higher number, whatever the clocks say. If somebody went back to an earlier version, the
    /// date of that promotion decides.
    fn is_refused(&self, run: &Run, now: Timestamp) -> bool {
        let is_newer = run.version() > self.highest.max(self.champion.map(|champion| champion.number));
        let gone_back = self.champion.filter(|champion| self.highest > Some(champion.number));
        let since = gone_back.and_then(Pointer::promoted_at);
        run.status_at(now) == RunStatus::Rejected && is_newer && run.finished_at() >= since
    }

    /// Checks whether the newest runs include a version from before these refusals.
    fn reaches_back(&self) -> bool {
        let made = |run: &Run| run.version().is_some() && run.version() <= self.highest;
        self.recent.iter().any(made)
    }
}
