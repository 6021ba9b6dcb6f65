//! The data set's page: how each column is used, warnings, and what changed since the champion's table.

use askama::Template;
use evergreen_lifecycle::ports::{Champions, Listing, Versions};
use evergreen_lifecycle::{Manifest, Version, VersionNumber};

use super::drift::TableDriftView;
use super::frame::PageFrame;
use super::markup::{Fact, Markup, version_link};
use super::profile::{ColumnRow, drift};
use super::request::PageRequest;
use super::{PageError, evidence, text};
use crate::ports::ConsoleWorld;

#[derive(Template)]
#[template(path = "dataset.html")]
struct DatasetPage<'a> {
    frame: &'a PageFrame<'a>,
    nothing: Option<String>,
    facts: Vec<Fact>,
    comparison: String,
    warnings: Vec<String>,
    table_drift: Option<TableDriftView>,
    columns: Vec<ColumnRow>,
    gone: Vec<String>,
    files: Vec<File>,
}

/// A file of the data set.
struct File {
    name: String,
    rows: String,
    size: String,
    read_as: String,
    sha256: String,
}

/// A version's table: its record and its manifest.
struct Table {
    version: Version,
    manifest: Manifest,
}

/// Loads and writes the page.
pub(super) async fn show<W: ConsoleWorld>(world: &W, request: &PageRequest<'_>) -> Result<String, PageError> {
    let registry = world.registry();
    let newest = registry.version_summaries(1).await?.first().map(|version| version.number);
    let champion = registry.champion().await?.and_then(Result::ok).map(|pointer| pointer.number);
    let (table, nothing) = match newest {
        None => (None, "No version is registered yet, so no data set is known.".to_owned()),
        Some(number) => match load(world, number).await? {
            Ok(table) => (Some(table), String::new()),
            Err(reason) => (None, reason),
        },
    };
    let before = match champion.filter(|champion| Some(*champion) != newest) {
        Some(champion) => load(world, champion).await?.ok(),
        None => None,
    };
    render(table.as_ref(), before.as_ref(), champion, nothing, request)
}

async fn load<W: ConsoleWorld>(world: &W, number: VersionNumber) -> Result<Result<Table, String>, PageError> {
    let Some(Ok(version)) = world.registry().version(number).await? else {
        return Ok(Err(format!("The record of version {number} cannot be read.")));
    };
    let manifest = evidence::read(world, &version).await?;
    Ok(manifest.map(|manifest| Table { version, manifest }))
}

fn render(
    table: Option<&Table>,
    before: Option<&Table>,
    champion: Option<VersionNumber>,
    nothing: String,
    request: &PageRequest<'_>,
) -> Result<String, PageError> {
    let frame = PageFrame::of(request, "Data set");
    let profile = table.map(|table| &table.manifest.profile);
    let page = DatasetPage {
        nothing: table.is_none().then_some(nothing),
        facts: table.map(|table| facts(table, &frame.base)).unwrap_or_default(),
        comparison: comparison(table, before, champion),
        warnings: profile.map(|profile| profile.warnings.clone()).unwrap_or_default(),
        table_drift: table
            .and_then(|table| table.manifest.table_drift.as_ref())
            .map(|found| TableDriftView::of(found, &frame.base))
            .transpose()?,
        columns: table.map(|table| columns(table, before)).unwrap_or_default(),
        gone: table.zip(before).map(|(table, before)| gone(table, before)).unwrap_or_default(),
        files: profile.iter().flat_map(|profile| profile.files.iter().chain(&profile.feedback)).map(file).collect(),
        frame: &frame,
    };
    Ok(page.render()?)
}

fn facts(table: &Table, base: &str) -> Vec<Fact> {
    let (dataset, profile) = (&table.version.dataset, &table.manifest.profile);
    let feedback = dataset.feedback.as_ref().map(|feedback| Fact::new("Feedback", feedback.to_string()));
    let sample = profile.sample_rows.map(|rows| {
        let rows = text::count(rows as u64);
        Fact::new(
            "Sample",
            format!("{rows} rows. Types and hold-out are those of the sample; the model was fitted to all rows."),
        )
    });
    let mut facts = vec![
        Fact::rich("Read for", version_link(base, table.version.number)),
        Fact::code("Source", &dataset.source),
        Fact::new("Rows", text::count(dataset.rows as u64)),
        Fact::new("Hold-out", format!("{} rows. {}", text::count(profile.holdout_rows as u64), profile.holdout_rule)),
        Fact::new("Predicts", format!("{} ({})", dataset.target, dataset.task.name())),
        Fact::rich("Fingerprint", Markup(format!("<code>{}</code>", super::markup::escaped(&dataset.fingerprint)))),
    ];
    facts.extend(sample);
    facts.extend(feedback);
    facts
}

fn comparison(table: Option<&Table>, before: Option<&Table>, champion: Option<VersionNumber>) -> String {
    match (table, before, champion) {
        (None, _, _) => String::new(),
        (Some(table), Some(before), _) if table.version.dataset.fingerprint == before.version.dataset.fingerprint => {
            format!("It is the same table as that of the champion, version {}.", before.version.number)
        }
        (Some(_), Some(before), _) => {
            format!(
                "The column “Changed” compares it with the table of the champion, version {}.",
                before.version.number
            )
        }
        (Some(table), None, Some(champion)) if table.version.number == champion => {
            "The champion was trained on this table.".to_owned()
        }
        _ => "The champion's table is not known, so nothing is compared.".to_owned(),
    }
}

fn columns(table: &Table, before: Option<&Table>) -> Vec<ColumnRow> {
    let rows = table.version.dataset.rows;
    let row = |column| {
        let row = ColumnRow::of(column, rows);
        let Some(before) = before else { return row };
        let known = before.manifest.profile.columns.iter().find(|known| known.name == column.name);
        let drift = match known {
            Some(known) => drift(known, before.version.dataset.rows, column, rows),
            None => vec!["the column is new".to_owned()],
        };
        ColumnRow { drift, ..row }
    };
    table.manifest.profile.columns.iter().map(row).collect()
}

/// Returns the columns that the table no longer has.
fn gone(table: &Table, before: &Table) -> Vec<String> {
    let has = |name: &str| table.manifest.profile.columns.iter().any(|column| column.name == name);
    let names = before.manifest.profile.columns.iter().map(|column| column.name.clone());
    names.filter(|name| !has(name)).collect()
}

fn file(file: &evergreen_lifecycle::DatasetFile) -> File {
    File {
        name: file.name.clone(),
        rows: text::count(file.rows as u64),
        size: text::bytes(file.size),
        read_as: file.read_as.clone(),
        sha256: file.sha256.chars().take(12).collect(),
    }
}
