//! Drift: how the rows that the champion serves compare with its training data.

use askama::Template;
use evergreen_lifecycle::drift::{ColumnDrift, DriftComparison, WindowLength};
use evergreen_lifecycle::ports::{Reactions, ServedRecord};
use jiff::Timestamp;

use super::frame::PageFrame;
use super::markup::{Markup, badge, when};
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
    /// What the stack has done by itself, newest first.
    reactions: Vec<String>,
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
struct ColumnView {
    name: String,
    state: Markup,
    psi: String,
    shift: String,
    missing: String,
    moved: Vec<String>,
    sentence: String,
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
        reactions: super::watched::sentences(&world.registry().reactions().await?),
        frame: &frame,
    };
    Ok(page.render()?)
}

fn window(comparison: &DriftComparison, now: Timestamp) -> WindowView {
    let verdict = &comparison.verdict;
    let (id, title) = match comparison.window.length {
        WindowLength::Hour => ("hour", "An hour"),
        WindowLength::Day => ("day", "A day"),
        WindowLength::Week => ("week", "A week"),
        WindowLength::FourWeeks => ("four-weeks", "Four weeks"),
    };
    let state = match verdict.is_drifted {
        true => badge("bad", &format!("{} drifted", verdict.drifted)),
        false => badge("good", "no drift"),
    };
    let mut columns: Vec<&ColumnDrift> = verdict.columns.iter().collect();
    columns.sort_by(|a, b| b.is_drifted.cmp(&a.is_drifted).then(b.psi.total_cmp(&a.psi)));
    let until = span(comparison.window).1.map(|until| format!(", until {}", text::moment(until.min(now))));
    let refused = match verdict.refused {
        0 => String::new(),
        refused => format!(", {} refused requests", text::count(refused)),
    };
    WindowView {
        id,
        title,
        state,
        sentence: verdict.sentence.clone(),
        facts: format!(
            "{} rows of version {}{refused}{}. Drift is a PSI of {} or more, beyond noise.",
            text::count(verdict.rows),
            comparison.version,
            until.unwrap_or_default(),
            verdict.limits.psi,
        ),
        columns: columns.into_iter().map(column).collect(),
    }
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
