//! Drift: how the rows that the champion serves compare with its training data.

mod cells;

use askama::Template;
use evergreen_lifecycle::drift::{ColumnDrift, DriftComparison, DriftVerdict, SkewCheck, TableDrift, WindowLength};
use evergreen_lifecycle::ports::{Reactions, ServedRecord, SkewRecord};
use jiff::Timestamp;

use self::cells::CellTable;
use super::frame::PageFrame;
use super::markup::{Markup, badge, escaped, version_link, when};
use super::query::encoded;
use super::request::PageRequest;
use super::{PageError, text};
use crate::ports::ConsoleWorld;
use crate::reading::span;

/// Maximum number of columns whose cells the page of a version shows.
const SHOWN_TABLES: usize = 6;

#[derive(Template)]
#[template(path = "drift.html")]
struct DriftPage<'a> {
    frame: &'a PageFrame<'a>,
    /// When the last hour ended that was compared. `None` before the first comparison.
    judged: Option<Markup>,
    /// The cells of one column. `None` before the first comparison.
    cells: Option<CellsView>,
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

/// One column with all its cells, for all periods.
struct CellsView {
    column: String,
    /// The columns that can be shown, those that have drifted first.
    choices: Vec<String>,
    /// One table for each version that has served.
    tables: Vec<Markup>,
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
    pub(super) name: Markup,
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
        cells: cells(&comparisons, request.query.get("column"))?,
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

fn cells(comparisons: &[DriftComparison], wanted: Option<&str>) -> Result<Option<CellsView>, askama::Error> {
    let mut columns: Vec<&ColumnDrift> =
        comparisons.iter().flat_map(|comparison| &comparison.verdict.columns).filter(|it| it.cells.is_some()).collect();
    most_changed_first(&mut columns);
    let mut choices: Vec<String> = Vec::new();
    for name in columns.into_iter().map(column_name) {
        if !choices.contains(&name) {
            choices.push(name);
        }
    }
    let wanted = choices.iter().find(|name| Some(name.as_str()) == wanted);
    let Some(column) = wanted.or(choices.first()).cloned() else { return Ok(None) };
    let tables = CellTable::of_periods(comparisons, &column);
    Ok(Some(CellsView { tables: tables.iter().map(CellTable::markup).collect::<Result<_, _>>()?, column, choices }))
}

/// Returns the id and the title of a period.
fn period(length: WindowLength) -> (&'static str, &'static str) {
    match length {
        WindowLength::Hour => ("hour", "An hour"),
        WindowLength::Day => ("day", "A day"),
        WindowLength::Week => ("week", "A week"),
        WindowLength::FourWeeks => ("four-weeks", "Four weeks"),
    }
}

fn window(comparison: &DriftComparison, now: Timestamp) -> WindowView {
    let verdict = &comparison.verdict;
    let (id, title) = period(comparison.window.length);
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
        columns: columns(verdict, cell_link),
    }
}

/// Returns a column's name as a link to its cells.
fn cell_link(column: &ColumnDrift) -> Markup {
    let name = column_name(column);
    match column.cells {
        Some(_) => Markup(format!(r##"<a href="?column={}#cells">{}</a>"##, encoded(&name), escaped(&name))),
        None => Markup(escaped(&name)),
    }
}

/// The comparison of a version's data set with that of the champion before it.
pub(super) struct TableDriftView {
    /// A link to the version whose data set it is compared with.
    pub(super) version: Markup,
    pub(super) state: Markup,
    pub(super) sentence: String,
    pub(super) columns: Vec<ColumnView>,
    /// The cells of the columns that have drifted.
    pub(super) cells: Vec<Markup>,
}

impl TableDriftView {
    pub(super) fn of(found: &TableDrift, base: &str) -> Result<Self, askama::Error> {
        let mut drifted: Vec<&ColumnDrift> = found.verdict.columns.iter().filter(|column| column.is_drifted).collect();
        most_changed_first(&mut drifted);
        let tables = drifted.into_iter().filter_map(|column| CellTable::of_one(column, "This data set"));
        Ok(Self {
            version: version_link(base, found.version),
            state: state(&found.verdict),
            sentence: found.verdict.sentence.clone(),
            columns: columns(&found.verdict, |column| Markup(escaped(&column_name(column)))),
            cells: tables.take(SHOWN_TABLES).map(|table| table.markup()).collect::<Result<_, _>>()?,
        })
    }
}

fn state(verdict: &DriftVerdict) -> Markup {
    match verdict.is_drifted {
        true => badge("bad", &format!("{} drifted", verdict.drifted)),
        false => badge("good", "no drift"),
    }
}

/// Sorts columns: first those that have drifted, then by their PSI.
fn most_changed_first(columns: &mut [&ColumnDrift]) {
    columns.sort_by(|a, b| b.is_drifted.cmp(&a.is_drifted).then(b.psi.total_cmp(&a.psi)));
}

/// Returns the name by which people know a column or a number of the predictions.
fn column_name(column: &ColumnDrift) -> String {
    if column.is_prediction { format!("predicted {}", column.name) } else { column.name.clone() }
}

fn columns(verdict: &DriftVerdict, name: impl Fn(&ColumnDrift) -> Markup) -> Vec<ColumnView> {
    let mut columns: Vec<&ColumnDrift> = verdict.columns.iter().collect();
    most_changed_first(&mut columns);
    columns.into_iter().map(|found| column(found, name(found))).collect()
}

fn column(column: &ColumnDrift, name: Markup) -> ColumnView {
    let state = match (column.is_drifted, column.is_beyond_noise) {
        (true, _) => badge("bad", "drifted"),
        (false, true) => badge("warn", "small"),
        (false, false) => badge("quiet", "noise"),
    };
    let both = |served: f64, baseline: f64| format!("{} (was {})", text::percent(served), text::percent(baseline));
    let moved =
        column.moved.iter().map(|cell| format!("{}: {}", cell.cell, both(cell.shares.served, cell.shares.baseline)));
    ColumnView {
        name,
        state,
        psi: format!("{:.2}", column.psi),
        shift: column.shift.map(|shift| format!("{shift:+.2}")).unwrap_or_default(),
        missing: both(column.missing.served, column.missing.baseline),
        moved: moved.collect(),
        sentence: column.sentence.clone(),
    }
}
