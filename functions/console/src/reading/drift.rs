//! How the served rows compare with the training data.

use evergreen_http::{Problem, maybe_moment, moment};
use evergreen_lifecycle::RunId;
use evergreen_lifecycle::VersionNumber;
use evergreen_lifecycle::drift::{CountedHour, DriftComparison, DriftVerdict, SkewCheck, Window, WindowLength};
use evergreen_lifecycle::ports::{Reactions, ServedRecord, SkewRecord};
use evergreen_lifecycle::reaction::{Reaction, ReactionCause, TakenReaction};
use jiff::Timestamp;
use serde::Serialize;

use crate::console::Console;
use crate::ports::ConsoleWorld;
use crate::reply::{Reply, read};

/// The answer to `GET /drift`.
#[derive(Serialize)]
struct DriftView<'a> {
    /// The end of the last hour that was compared. `None` before the first comparison.
    #[serde(serialize_with = "maybe_moment")]
    judged_until: Option<Timestamp>,
    /// The number of rows that were served in this hour.
    rows: u64,
    /// The number of columns and predictions that have drifted, as the metric `DriftedColumns` has it.
    drifted: usize,
    sentence: Option<&'a str>,
    comparisons: Vec<ComparisonView<'a>>,
    /// Whether the champion answers as in training.
    skew: Option<SkewView>,
    /// What the stack has done by itself, newest first.
    reactions: Vec<ReactionView<'a>>,
}

#[derive(Serialize)]
struct SkewView {
    #[serde(flatten)]
    check: SkewCheck,
    sentence: String,
}

#[derive(Serialize)]
struct ReactionView<'a> {
    #[serde(serialize_with = "moment")]
    at: Timestamp,
    cause: ReactionCause,
    reaction: Reaction,
    /// The champion at that time.
    version: VersionNumber,
    /// The training run that the stack asked for.
    run: Option<&'a RunId>,
    /// The version that became the champion.
    to: Option<VersionNumber>,
    sentence: String,
}

#[derive(Serialize)]
struct ComparisonView<'a> {
    length: WindowLength,
    #[serde(serialize_with = "maybe_moment")]
    from: Option<Timestamp>,
    #[serde(serialize_with = "maybe_moment")]
    until: Option<Timestamp>,
    version: VersionNumber,
    #[serde(flatten)]
    verdict: &'a DriftVerdict,
}

impl<W: ConsoleWorld> Console<W> {
    pub(crate) async fn show_drift(&self) -> Result<Reply, Problem> {
        let registry = self.world.registry();
        let summary = read(registry.drift_summary()).await?;
        let comparisons = read(registry.drift_comparisons()).await?;
        let reactions = read(registry.reactions()).await?;
        let skew = read(registry.skew()).await?;
        let summary = summary.as_ref();
        Reply::ok(&DriftView {
            judged_until: summary.and_then(|summary| summary.judged.next().start()),
            rows: summary.map_or(0, |summary| summary.rows),
            drifted: summary.map_or(0, |summary| summary.drifted()),
            sentence: summary.and_then(|summary| summary.sentence()),
            comparisons: comparisons.iter().map(view).collect(),
            skew: skew.map(|check| SkewView { sentence: check.sentence(), check }),
            reactions: reactions.taken.iter().rev().map(taken).collect(),
        })
    }
}

fn view(comparison: &DriftComparison) -> ComparisonView<'_> {
    let DriftComparison { window, version, verdict } = comparison;
    let (from, until) = span(*window);
    ComparisonView { length: window.length, from, until, version: *version, verdict }
}

fn taken(taken: &TakenReaction) -> ReactionView<'_> {
    let TakenReaction { at, cause, reaction, version, run, champion } = taken;
    let to = champion.map(|champion| champion.version);
    let (at, cause, reaction, version, run) = (*at, *cause, *reaction, *version, run.as_ref());
    ReactionView { at, cause, reaction, version, run, to, sentence: taken.sentence() }
}

/// Returns the begin and the end of a window.
pub(crate) fn span(window: Window) -> (Option<Timestamp>, Option<Timestamp>) {
    let hours = window.hours();
    (CountedHour(hours.start).start(), CountedHour(hours.end).start())
}
