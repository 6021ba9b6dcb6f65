//! The comparison of two to ten versions: what differs stands out, and their curves are in one plot.

mod plots;

use std::collections::BTreeSet;

use askama::Template;
use evergreen_lifecycle::ports::{Champions, Versions};
use evergreen_lifecycle::{Manifest, PrimaryMetric, Version, VersionNumber};
use futures_util::future::try_join_all;

use self::plots::{OverlaidPlot, plots};
use super::frame::PageFrame;
use super::markup::{Markup, version_link};
use super::request::PageRequest;
use super::{PageError, evidence, text};
use crate::ports::ConsoleWorld;

/// Maximum number of versions in one comparison.
const MOST: usize = 10;

#[derive(Template)]
#[template(path = "compare.html")]
struct Comparison<'a> {
    frame: &'a PageFrame<'a>,
    /// The names of the versions, for narrow screens.
    versions: Vec<String>,
    heads: Vec<(Markup, bool)>,
    groups: Vec<Group>,
    plots: Vec<OverlaidPlot>,
    tests: Vec<String>,
    problem: Option<String>,
    only_differences: bool,
    toggle: String,
}

/// Rows of the comparison under one heading.
struct Group {
    name: &'static str,
    rows: Vec<Row>,
}

/// One property of all versions.
struct Row {
    name: String,
    cells: Vec<Cell>,
    differs: bool,
    is_number: bool,
}

/// A property of one version.
#[derive(Clone)]
struct Cell {
    text: String,
    /// The difference from the first version. Empty for the first one, and for texts.
    difference: String,
    is_best: bool,
    /// Whether a text differs from the first version's.
    is_other: bool,
}

/// A version with what the comparison needs.
struct Compared {
    version: Version,
    manifest: Option<Manifest>,
}

/// Loads and writes the comparison.
pub(super) async fn show<W: ConsoleWorld>(world: &W, request: &PageRequest<'_>) -> Result<String, PageError> {
    let (numbers, problem) = wanted(request);
    let compared: Vec<Compared> =
        try_join_all(numbers.iter().map(|number| load(world, *number))).await?.into_iter().flatten().collect();
    let champion = world.registry().champion().await?.and_then(Result::ok).map(|pointer| pointer.number);
    let frame = PageFrame::of(request, "Compare");
    let only = request.query.get("only") == Some("differences");
    let missing = numbers.len() - compared.len();
    let missing = (missing > 0).then(|| format!("{missing} of the versions are not registered."));
    let too_few = (compared.len() < 2).then(|| "Select two to ten versions in the list of versions.".to_owned());
    let page = Comparison {
        versions: compared.iter().map(|one| format!("version {}", one.version.number)).collect(),
        heads: compared.iter().map(|one| head(one, champion, &frame.base)).collect(),
        groups: groups(&compared, only),
        plots: plots(&compared),
        tests: tests(&compared),
        problem: problem.or(missing).or(too_few),
        only_differences: only,
        toggle: request.query.with("only", if only { "" } else { "differences" }),
        frame: &frame,
    };
    Ok(page.render()?)
}

/// Returns the versions in the query, and what is wrong with it.
fn wanted(request: &PageRequest<'_>) -> (Vec<VersionNumber>, Option<String>) {
    let mut numbers: Vec<VersionNumber> = Vec::new();
    let mut problem = None;
    for text in request.query.all("versions").flat_map(|list| list.split(',')).filter(|text| !text.trim().is_empty()) {
        match text.trim().parse().ok().and_then(VersionNumber::new) {
            Some(number) if numbers.contains(&number) => {}
            Some(number) => numbers.push(number),
            None => problem = Some("A version is a whole number from 1 up.".to_owned()),
        }
    }
    if numbers.len() > MOST {
        numbers.truncate(MOST);
        problem = Some(format!("Only the first {MOST} versions are compared."));
    }
    (numbers, problem)
}

async fn load<W: ConsoleWorld>(world: &W, number: VersionNumber) -> Result<Option<Compared>, PageError> {
    let Some(Ok(version)) = world.registry().version(number).await? else { return Ok(None) };
    let manifest = evidence::read(world, &version).await?.ok();
    Ok(Some(Compared { version, manifest }))
}

fn head(one: &Compared, champion: Option<VersionNumber>, base: &str) -> (Markup, bool) {
    (version_link(base, one.version.number), champion == Some(one.version.number))
}

fn groups(compared: &[Compared], only_differences: bool) -> Vec<Group> {
    let groups = [
        Group { name: "Metrics on the hold-out", rows: metrics(compared) },
        Group { name: "Training", rows: training(compared) },
        Group { name: "Hyperparameters", rows: parameters(compared) },
        Group { name: "Columns", rows: columns(compared) },
    ];
    let kept = |mut group: Group| {
        group.rows.retain(|row| !only_differences || row.differs);
        (!group.rows.is_empty()).then_some(group)
    };
    groups.into_iter().filter_map(kept).collect()
}

fn metrics(compared: &[Compared]) -> Vec<Row> {
    let row = |metric: PrimaryMetric| {
        let values: Vec<Option<f64>> = compared.iter().map(|one| one.version.evaluation.figure(metric)).collect();
        values.iter().any(Option::is_some).then(|| score_row(metric, &values))
    };
    PrimaryMetric::ALL.into_iter().filter_map(row).collect()
}

fn score_row(metric: PrimaryMetric, values: &[Option<f64>]) -> Row {
    let known = values.iter().flatten().copied();
    let best = known.reduce(|a, b| if metric.gain(b, a) > 0.0 { b } else { a });
    let first = values.first().copied().flatten();
    let differs = values.iter().any(|value| *value != first);
    let cell = |(index, value): (usize, &Option<f64>)| Cell {
        text: value.map(text::score).unwrap_or_default(),
        difference: value
            .zip(first)
            .filter(|_| index > 0)
            .map(|(value, first)| text::difference(value - first))
            .unwrap_or_default(),
        is_best: differs && *value == best,
        is_other: false,
    };
    let cells = values.iter().enumerate().map(cell).collect();
    Row { name: text::metric(metric.name()), cells, differs, is_number: true }
}

fn training(compared: &[Compared]) -> Vec<Row> {
    let row = |name: &str, of: &dyn Fn(&Version) -> String| text_row(name, compared.iter().map(|one| of(&one.version)));
    vec![
        row("Gate", &|version| if version.decision.promotes() { "promoted" } else { "refused" }.to_owned()),
        row("Family", &|version| text::spaced(version.family.name())),
        row("Trained", &|version| text::moment(version.trained_at)),
        row("Rows", &|version| text::count(version.dataset.rows as u64)),
        row("Data set", &|version| version.dataset.fingerprint.chars().take(12).collect()),
        row("Predicts", &|version| version.dataset.target.clone()),
        row("Hold-out rows", &|version| text::count(version.evaluation.rows() as u64)),
        row(&in_training(compared), &|version| text::score(version.training_score)),
        row("Candidates", &|version| {
            version.search.as_ref().map_or_else(String::new, |search| search.tried.to_string())
        }),
        row("Seed", &|version| version.seed.to_string()),
        row("Size", &|version| text::bytes(version.artifact.size)),
        row("Took", &|version| text::span(version.durations.total)),
        row("Code version", &|version| version.code_version.clone()),
    ]
}

/// Returns the name of the score on the training rows: accuracy or R², as the versions have it.
fn in_training(compared: &[Compared]) -> String {
    let headline = |one: &Compared| PrimaryMetric::headline_of(one.version.evaluation.task()).name();
    let mut names: Vec<&str> = compared.iter().map(headline).collect();
    names.dedup();
    names.into_iter().map(text::in_training).collect::<Vec<_>>().join(" or ")
}

fn text_row(name: &str, values: impl Iterator<Item = String>) -> Row {
    let values: Vec<String> = values.collect();
    let differs = values.iter().any(|value| Some(value) != values.first());
    let first = values.first().cloned();
    let cell = |text: String| {
        let is_other = first.as_ref() != Some(&text);
        Cell { text, difference: String::new(), is_best: false, is_other }
    };
    let cells = values.into_iter().map(cell).collect();
    Row { name: name.to_owned(), cells, differs, is_number: false }
}

fn parameters(compared: &[Compared]) -> Vec<Row> {
    let names: BTreeSet<&String> = compared.iter().flat_map(|one| one.version.parameters.keys()).collect();
    let value = |one: &Compared, name: &str| one.version.parameters.get(name).map(text::json).unwrap_or_default();
    names.into_iter().map(|name| text_row(&text::spaced(name), compared.iter().map(|one| value(one, name)))).collect()
}

/// Returns a row for each column that a version expects: its type in each version.
fn columns(compared: &[Compared]) -> Vec<Row> {
    let signatures = || compared.iter().map(|one| one.manifest.as_ref().map(|manifest| &manifest.signature));
    let names: BTreeSet<&String> =
        signatures().flatten().flat_map(|signature| signature.columns()).map(|column| &column.name).collect();
    let kind = |signature: Option<&evergreen_lifecycle::Signature>, name: &str| {
        let Some(signature) = signature else { return "not known".to_owned() };
        let found = signature.columns().iter().find(|column| column.name == name);
        found.map_or_else(|| "none".to_owned(), |column| column.kind.name().to_owned())
    };
    names.into_iter().map(|name| text_row(name, signatures().map(|signature| kind(signature, name)))).collect()
}

/// Returns the gate's tests in which one of the versions was compared with another one.
fn tests(compared: &[Compared]) -> Vec<String> {
    let numbers: Vec<VersionNumber> = compared.iter().map(|one| one.version.number).collect();
    let sentence = |one: &Compared| {
        let decision = &one.version.decision;
        let champion = decision.champion_version.filter(|champion| numbers.contains(champion))?;
        let test = decision.test?;
        let (number, reason, test) = (one.version.number, decision.to_string(), test.to_string());
        let test = if reason.contains(&test) { String::new() } else { format!(" The test: {test}.") };
        let opening = format!("The gate compared version {number} with version {champion} on the same hold-out rows");
        let impact = decision.impact_sentence().map(|impact| format!(" Answers that change: {impact}."));
        Some(format!("{opening}: {reason}.{test}{}", impact.unwrap_or_default()))
    };
    compared.iter().filter_map(sentence).collect()
}
