//! Drift: how the rows that the champion serves compare with its training data.

use askama::Template;
use evergreen_lifecycle::drift::{ColumnDrift, DriftComparison, DriftVerdict, SkewCheck, TableDrift, WindowLength};
use evergreen_lifecycle::ports::{Reactions, ServedRecord, SkewRecord};
use jiff::Timestamp;

use super::frame::PageFrame;
use super::markup::{Markup, badge, version_link, when};
use super::request::PageRequest;
use super::{PageError, text};
use crate::ports::ConsoleWorld;
use crate::reading::span;

#[derive(Template)]
#[template(path = "drift.html")]
struct DriftPage<'a> {
    frame: &'a PageFrame<'a>,
    /// When the last hour ended that was compared. `None` before the first comparison.
    judged: Option<Markup>,
    windows: Vec<WindowView>,
    /// Whether the champion answers as in training. `None` before the first comparison.
    skew: Option<SkewView>,
    /// What the stack has done by itself, newest first.
    reactions: Vec<String>,
}

/// The comparison of the champion's answers with those of training.
struct SkewView {
    state: Markup,
    sentence: String,
}

/// One comparison.
struct WindowView {
    id: &'static str,
    title: &'static str,
    state: Markup,
    sentence: String,
    facts: String,
    columns: Vec<ColumnView>,
}

/// One column of a comparison.
pub(super) struct ColumnView {
    pub(super) name: String,
    pub(super) state: Markup,
    pub(super) psi: String,
    pub(super) shift: String,
    pub(super) missing: String,
    pub(super) moved: Vec<String>,
    pub(super) sentence: String,
}

/// Loads and writes the page.
pub(super) async fn show<W: ConsoleWorld>(world: &W, request: &PageRequest<'_>) -> Result<String, PageError> {
    let summary = world.registry().drift_summary().await?;
    let comparisons = world.registry().drift_comparisons().await?;
    let frame = PageFrame::of(request, "Drift");
    let judged = summary.and_then(|summary| summary.judged.next().start());
    let page = DriftPage {
        judged: judged.map(|at| when(at, request.now)),
        windows: comparisons.iter().map(|comparison| window(comparison, request.now)).collect(),
        skew: world.registry().skew().await?.as_ref().map(skew),
        reactions: super::watched::sentences(&world.registry().reactions().await?),
        frame: &frame,
    };
    Ok(page.render()?)
}

fn skew(check: &SkewCheck) -> SkewView {
    let state = match (check.rows, check.differing) {
        (0, _) => badge("quiet", "unknown"),
        (_, 0) => badge("good", "the same"),
        _ => badge("bad", "different"),
    };
    SkewView { state, sentence: check.sentence() }
}

fn window(comparison: &DriftComparison, now: Timestamp) -> WindowView {
    let verdict = &comparison.verdict;
    let (id, title) = match comparison.window.length {
        WindowLength::Hour => ("hour", "An hour"),
        WindowLength::Day => ("day", "A day"),
        WindowLength::Week => ("week", "A week"),
        WindowLength::FourWeeks => ("four-weeks", "Four weeks"),
    };
    let until = span(comparison.window).1.map(|until| format!(", until {}", text::moment(until.min(now))));
    let refused = match verdict.refused {
        0 => String::new(),
        refused => format!(", {} refused requests", text::count(refused)),
    };
    WindowView {
        id,
        title,
        state: state(verdict),
        sentence: verdict.sentence.clone(),
        facts: format!(
            "{} rows of version {}{refused}{}. Drift is a PSI of {} or more, beyond noise.",
            text::count(verdict.rows),
            comparison.version,
            until.unwrap_or_default(),
            verdict.limits.psi,
        ),
        columns: columns(verdict),
    }
}

/// The comparison of a version's data set with that of the champion before it.
pub(super) struct TableDriftView {
    /// A link to the version whose data set it is compared with.
    pub(super) version: Markup,
    pub(super) state: Markup,
    pub(super) sentence: String,
    pub(super) columns: Vec<ColumnView>,
}

impl TableDriftView {
    pub(super) fn of(found: &TableDrift, base: &str) -> Self {
        Self {
            version: version_link(base, found.version),
            state: state(&found.verdict),
            sentence: found.verdict.sentence.clone(),
            columns: columns(&found.verdict),
        }
    }
}

fn state(verdict: &DriftVerdict) -> Markup {
    match verdict.is_drifted {
        true => badge("bad", &format!("{} drifted", verdict.drifted)),
        false => badge("good", "no drift"),
    }
}

/// Returns the columns, first those that have drifted, then by their PSI.
fn columns(verdict: &DriftVerdict) -> Vec<ColumnView> {
    let mut columns: Vec<&ColumnDrift> = verdict.columns.iter().collect();
    columns.sort_by(|a, b| b.is_drifted.cmp(&a.is_drifted).then(b.psi.total_cmp(&a.psi)));
    columns.into_iter().map(column).collect()
}

fn column(column: &ColumnDrift) -> ColumnView {
    let state = match (column.is_drifted, column.is_beyond_noise) {
        (true, _) => badge("bad", "drifted"),
        (false, true) => badge("warn", "small"),
        (false, false) => badge("quiet", "noise"),
    };
    let both = |served: f64, baseline: f64| format!("{} (was {})", text::percent(served), text::percent(baseline));
    let moved =
        column.moved.iter().map(|cell| format!("{}: {}", cell.cell, both(cell.shares.served, cell.shares.baseline)));
    ColumnView {
        name: if column.is_prediction { format!("predicted {}", column.name) } else { column.name.clone() },
        state,
        psi: format!("{:.2}", column.psi),
        shift: column.shift.map(|shift| format!("{shift:+.2}")).unwrap_or_default(),
        missing: both(column.missing.served, column.missing.baseline),
        moved: moved.collect(),
        sentence: column.sentence.clone(),
    }
}
