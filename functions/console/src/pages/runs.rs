//! The table of training runs and imports.

use askama::Template;
use evergreen_lifecycle::Family;
use evergreen_lifecycle::listing::{MAX_SEARCHED, RunSummary, Span};
use evergreen_lifecycle::ports::Listing;

use super::frame::PageFrame;
use super::markup::{Markup, run_link, status, version_link, when_short};
use super::request::PageRequest;
use super::rows::{FilterField, FilterKind, Found, Head, Pager, search};
use super::{PageError, text};
use crate::ports::ConsoleWorld;

const SORT: &str = "-started_at";

#[derive(Template)]
#[template(path = "runs.html")]
struct RunsTable<'a> {
    frame: &'a PageFrame<'a>,
    filter: Vec<FilterField>,
    heads: Vec<Head>,
    rows: Vec<Row>,
    /// The name of the metric in the table.
    score: String,
    pager: Pager,
    act_train: Markup,
}

struct Row {
    link: Markup,
    status: Markup,
    trigger: String,
    started: Markup,
    seconds: String,
    family: String,
    version: Markup,
    score: String,
    reason: String,
    is_running: bool,
}

/// Loads and writes the table.
pub(super) async fn show<W: ConsoleWorld>(world: &W, request: &PageRequest<'_>) -> Result<String, PageError> {
    let runs = world.registry().run_summaries(Span::default(), MAX_SEARCHED, request.now).await?;
    let score = ["accuracy", "r2"].into_iter().find(|name| runs.iter().any(|run| run.metrics.contains_key(*name)));
    let score = score.unwrap_or("accuracy");
    let Found { entries, pager } = search(runs, request.query, &[]);
    let frame = PageFrame::of(request, "Runs");
    let page = RunsTable {
        filter: filter(request),
        heads: heads(request, score),
        rows: entries.iter().map(|run| row(run, &frame.base, score)).collect(),
        score: text::metric(score),
        pager,
        act_train: super::schedule::train_form(&frame)?,
        frame: &frame,
    };
    Ok(page.render()?)
}

fn filter(request: &PageRequest<'_>) -> Vec<FilterField> {
    let query = request.query;
    vec![
        FilterField::choice(query, "status", "Status", &["running", "succeeded", "rejected", "failed", "lost"]),
        FilterField::choice(query, "family", "Family", &Family::ALL.map(Family::name)),
        FilterField::choice(query, "trigger", "Cause", &["schedule", "manual", "import"]),
        FilterField::text(query, "metric", "Metric", "accuracy>=0.9"),
        FilterField::text(query, "dataset", "Data set", "1f0ce2"),
        FilterField::date(query, "from", "From"),
        FilterField::date(query, "until", "Until"),
    ]
}

fn heads(request: &PageRequest<'_>, score: &str) -> Vec<Head> {
    let sorting = |key: &str, name: &str, is_number| Head::sorting(request.query, SORT, key, name, is_number);
    let newest = |key: &str, name: &str| Head::sorting_newest(request.query, SORT, key, name);
    vec![
        Head::plain("Run"),
        sorting("status", "Status", false),
        newest("started_at", "Started"),
        sorting("seconds", "Took", true),
        sorting("trigger", "Cause", false),
        newest("version", "Version"),
        sorting("family", "Family", false),
        sorting(score, &text::metric(score), true),
        Head::plain("Why"),
    ]
}

fn row(run: &RunSummary, base: &str, score: &str) -> Row {
    Row {
        link: run_link(base, run.id.as_str()),
        status: status(run.status),
        trigger: run.trigger.clone(),
        started: when_short(run.started_at),
        seconds: run.seconds.map(text::span).unwrap_or_default(),
        family: run.family.map(|family| text::spaced(family.name())).unwrap_or_default(),
        version: run.version.map(|number| version_link(base, number)).unwrap_or_default(),
        score: run.metrics.get(score).copied().map(text::score).unwrap_or_default(),
        reason: run.reason.clone().unwrap_or_default(),
        is_running: run.status == evergreen_lifecycle::RunStatus::Running,
    }
}
