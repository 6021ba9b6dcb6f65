//! The table of model versions. Versions can be selected for a comparison.

use askama::Template;
use evergreen_lifecycle::listing::{MAX_SEARCHED, VersionSummary};
use evergreen_lifecycle::ports::{Champions, Listing, Steering};
use evergreen_lifecycle::{Alias, Family, VersionNumber};

use super::frame::PageFrame;
use super::markup::{Markup, badge, version_link, when_short};
use super::request::PageRequest;
use super::rows::{FilterField, FilterKind, Found, Head, Pager, search};
use super::{PageError, text};
use crate::ports::ConsoleWorld;

const SORT: &str = "-number";

#[derive(Template)]
#[template(path = "versions.html")]
struct VersionsTable<'a> {
    frame: &'a PageFrame<'a>,
    filter: Vec<FilterField>,
    heads: Vec<Head>,
    rows: Vec<Row>,
    pager: Pager,
}

struct Row {
    number: VersionNumber,
    link: Markup,
    badges: Vec<Markup>,
    trained: Markup,
    family: String,
    scores: Vec<String>,
    rows: String,
    size: String,
    reason: String,
}

/// Loads and writes the table.
pub(super) async fn show<W: ConsoleWorld>(world: &W, request: &PageRequest<'_>) -> Result<String, PageError> {
    let registry = world.registry();
    let mut versions = registry.version_summaries(MAX_SEARCHED).await?;
    let aliases = registry.aliases().await?;
    let champion = registry.champion().await?.and_then(Result::ok).map(|pointer| pointer.number);
    if let Some(name) = request.query.get("alias") {
        let named = aliases.iter().find(|alias| alias.name.as_str() == name).map(|alias| alias.version);
        versions.retain(|version| Some(version.number) == named);
    }
    let metrics = metrics(&versions);
    let Found { entries, pager } = search(versions, request.query, &["alias"]);
    let frame = PageFrame::of(request, "Versions");
    let page = VersionsTable {
        filter: filter(request, &aliases),
        heads: heads(request, &metrics),
        rows: entries.iter().map(|version| row(version, &aliases, champion, &metrics, &frame.base)).collect(),
        pager,
        frame: &frame,
    };
    Ok(page.render()?)
}

/// Returns the metrics that have a column: accuracy or R², and the one in which the newest version was compared.
fn metrics(versions: &[VersionSummary]) -> Vec<String> {
    let Some(newest) = versions.first() else { return Vec::new() };
    let headline = ["accuracy", "r2"].into_iter().find(|name| newest.metrics.contains_key(*name)).map(str::to_owned);
    let primary = Some(newest.primary_metric.clone()).filter(|name| Some(name) != headline.as_ref());
    headline.into_iter().chain(primary).collect()
}

fn filter(request: &PageRequest<'_>, aliases: &[Alias]) -> Vec<FilterField> {
    let query = request.query;
    let names: Vec<&str> = aliases.iter().map(|alias| alias.name.as_str()).collect();
    vec![
        FilterField::choice(query, "status", "Status", &["promoted", "refused"]),
        FilterField::choice(query, "family", "Family", &Family::ALL.map(Family::name)),
        FilterField::choice(query, "alias", "Alias", &names),
        FilterField::text(query, "metric", "Metric", "accuracy>=0.9"),
        FilterField::text(query, "tag", "Tag", "team=blue"),
        FilterField::text(query, "dataset", "Data set", "1f0ce2"),
        FilterField::date(query, "from", "From"),
        FilterField::date(query, "until", "Until"),
    ]
}

fn heads(request: &PageRequest<'_>, metrics: &[String]) -> Vec<Head> {
    let sorting = |key: &str, name: &str, is_number| Head::sorting(request.query, SORT, key, name, is_number);
    let newest = |key: &str, name: &str| Head::sorting_newest(request.query, SORT, key, name);
    let before = [
        newest("number", "Version"),
        Head::plain("Status"),
        newest("trained_at", "Trained"),
        sorting("family", "Family", false),
    ];
    let scores = metrics.iter().map(|name| sorting(name, &text::metric(name), true));
    let after = [sorting("rows", "Rows", true), sorting("size", "Size", true), Head::plain("Why")];
    before.into_iter().chain(scores).chain(after).collect()
}

fn row(
    version: &VersionSummary,
    aliases: &[Alias],
    champion: Option<VersionNumber>,
    metrics: &[String],
    base: &str,
) -> Row {
    let is_champion = Some(version.number) == champion;
    let verdict = if version.promoted { badge("good", "promoted") } else { badge("quiet", "refused") };
    let named =
        aliases.iter().filter(|alias| alias.version == version.number).map(|alias| badge("alias", alias.name.as_str()));
    let tags = version.tags.iter().map(|(name, value)| badge("tag", &format!("{name}={value}")));
    let first = if is_champion { badge("champion", "champion") } else { verdict };
    Row {
        number: version.number,
        link: version_link(base, version.number),
        badges: [first].into_iter().chain(named).chain(tags).collect(),
        trained: when_short(version.trained_at),
        family: if version.imported { "imported".to_owned() } else { text::spaced(version.family.name()) },
        scores: metrics
            .iter()
            .map(|name| version.metrics.get(name).copied().map(text::score).unwrap_or_default())
            .collect(),
        rows: text::count(version.rows as u64),
        size: text::bytes(version.size),
        reason: text::capitalised(&version.reason),
    }
}
