//! The page of one version: its model card.

mod actions;
mod facts;
mod plots;
mod verifications;

use askama::Template;
use evergreen_lifecycle::ports::{ArtifactLinks, Champions, Rollouts, Steering, Versions};
use evergreen_lifecycle::rollout::{Rollout, RolloutOutcome};
use evergreen_lifecycle::{
    Alias, Annotations, Manifest, PROTECTED_CHAMPIONS, Pointer, Protection, Verification, Version, VersionNumber,
};
use jiff::SignedDuration;

use self::facts::{ClassRow, ConfusionTable};
use self::plots::TitledPlot;
use self::verifications::VerificationRow;
use super::drift::TableDriftView;
use super::evidence;
use super::frame::PageFrame;
use super::markup::{Fact, Markup, badge};
use super::profile::ColumnRow;
use super::request::PageRequest;
use super::snippets::{Snippet, snippets};
use super::{PageError, plot, text};
use crate::ports::ConsoleWorld;

/// How long the link to the model file works.
const LINK: SignedDuration = SignedDuration::from_mins(5);

/// The number of verifications on the page.
const VERIFICATIONS: u32 = 5;

/// What is known of a version beside its record.
#[derive(Debug)]
struct Around {
    aliases: Vec<Alias>,
    annotations: Annotations,
    /// Why the version cannot be deleted. `None` if it can.
    protection: Option<Protection>,
    champion: Option<Pointer>,
    /// The newest rollout, which may be about another version.
    rollout: Option<Rollout>,
    evidence: Result<Manifest, String>,
    /// A link to the model file that works for a few minutes. `None` if the bucket does not answer.
    artifact: Option<String>,
    verifications: Vec<Verification>,
}

#[derive(Template)]
#[template(path = "version.html")]
struct VersionPage<'a> {
    frame: &'a PageFrame<'a>,
    number: VersionNumber,
    title: String,
    badges: Vec<Markup>,
    reason: String,
    impact: Option<String>,
    gate: Vec<Fact>,
    scores: Vec<Fact>,
    facts: Vec<Fact>,
    parameters: Vec<Fact>,
    lineage: Vec<Fact>,
    plots: Vec<TitledPlot>,
    confusion: Option<ConfusionTable>,
    classes: Vec<ClassRow>,
    importances: Option<Markup>,
    contributions: Option<Markup>,
    search: Option<Markup>,
    columns: Vec<ColumnRow>,
    warnings: Vec<String>,
    table_drift: Option<TableDriftView>,
    verifications: Vec<VerificationRow>,
    no_evidence: Option<String>,
    note: Option<&'a str>,
    snippets: Vec<Snippet>,
    is_champion: bool,
    compare_with: Option<VersionNumber>,
    /// Why the version cannot be deleted, as a sentence. `None` if it can, or if the session may not delete.
    kept: Option<String>,
    actions: Vec<Markup>,
    tag_actions: Vec<Markup>,
}

/// Loads and writes the page.
pub(super) async fn show<W: ConsoleWorld>(
    world: &W,
    request: &PageRequest<'_>,
    number: &str,
) -> Result<String, PageError> {
    let (version, around) = load(world, number).await?;
    render(&version, &around, request)
}

async fn load<W: ConsoleWorld>(world: &W, number: &str) -> Result<(Version, Around), PageError> {
    let unknown = || PageError::NotFound("No version has this number.".to_owned());
    let number = number.parse().ok().and_then(VersionNumber::new).ok_or_else(unknown)?;
    let registry = world.registry();
    let Some(record) = registry.version(number).await? else { return Err(unknown()) };
    let version =
        record.map_err(|error| PageError::NotFound(format!("The record of this version cannot be read. {error}.")))?;
    let (mut aliases, annotations) = (registry.aliases().await?, registry.annotations(number).await?);
    let champions = registry.recent_champions(PROTECTED_CHAMPIONS).await?;
    let champions: Vec<VersionNumber> = champions.iter().flatten().map(|champion| champion.number).collect();
    let champion = registry.champion().await?.and_then(Result::ok);
    let rollout = registry.rollout().await?.and_then(Result::ok);
    let seen = champion.as_ref().map_or(0, |pointer| pointer.revision);
    let challenger = rollout.as_ref().filter(|it| it.runs_beside(seen)).map(|it| it.challenger.number);
    let protection = Protection::of(number, &champions, challenger, &aliases, &annotations);
    aliases.retain(|alias| alias.version == number);
    let around = Around {
        aliases,
        annotations,
        protection,
        champion,
        rollout,
        evidence: evidence::read(world, &version).await?,
        artifact: world.artifacts().link(&version.artifact.key, LINK).await.ok(),
        verifications: registry.verifications(number, VERIFICATIONS).await?,
    };
    Ok((version, around))
}

fn render(version: &Version, around: &Around, request: &PageRequest<'_>) -> Result<String, PageError> {
    let frame = PageFrame::of(request, format!("Version {}", version.number));
    let manifest = around.evidence.as_ref().ok();
    let champion = around.champion.as_ref().map(|pointer| pointer.number);
    let columns = manifest.iter().flat_map(|manifest| &manifest.profile.columns);
    let page = VersionPage {
        number: version.number,
        title: facts::title(version),
        badges: badges(version, around),
        reason: text::sentence(&version.why()),
        impact: version.decision.impact_sentence().map(|impact| text::sentence(&impact)),
        gate: facts::gate(version, &frame.base),
        scores: facts::scores(version),
        facts: facts::facts(version, request),
        parameters: facts::parameters(version),
        lineage: facts::lineage(version, around.artifact.as_deref(), &frame.base),
        plots: manifest.map(plots::plots).unwrap_or_default(),
        confusion: ConfusionTable::of(version),
        classes: ClassRow::all(version),
        importances: manifest.and_then(plots::importances),
        contributions: manifest.and_then(plots::contributions),
        search: manifest.and_then(|manifest| {
            let metric = version.search.as_ref().map_or(version.decision.metric, |search| search.metric);
            plot::search(&manifest.candidates, metric)
        }),
        columns: columns.map(|column| ColumnRow::of(column, version.dataset.rows)).collect(),
        warnings: manifest.map(|manifest| manifest.profile.warnings.clone()).unwrap_or_default(),
        table_drift: manifest
            .and_then(|manifest| manifest.table_drift.as_ref())
            .map(|found| TableDriftView::of(found, &frame.base))
            .transpose()?,
        verifications: around.verifications.iter().map(|made| VerificationRow::of(made, request.now)).collect(),
        no_evidence: around.evidence.as_ref().err().cloned(),
        note: around.annotations.note.as_deref(),
        snippets: manifest.map(|manifest| snippets(&manifest.signature)).unwrap_or_default(),
        is_champion: champion == Some(version.number),
        compare_with: champion.filter(|champion| *champion != version.number),
        kept: around.protection.as_ref().filter(|_| frame.may_steer).map(|why| text::sentence(&why.to_string())),
        actions: actions::actions(&frame, version, around)?,
        tag_actions: actions::tags(&frame, version, around)?,
        frame: &frame,
    };
    Ok(page.render()?)
}

impl Around {
    /// Returns what a version does or did before it serves: its rollout, or its wait for a person. `None` if the gate alone
    /// has decided.
    fn waits(&self, version: &Version) -> Option<Markup> {
        let champion = self.champion.as_ref();
        let is_champion = champion.is_some_and(|pointer| pointer.number == version.number);
        if is_champion {
            return None;
        }
        let own = self.rollout.as_ref().filter(|rollout| rollout.challenger.number == version.number);
        let runs = own.is_some_and(|rollout| champion.is_some_and(|pointer| rollout.runs_beside(pointer.revision)));
        match own.and_then(|rollout| rollout.end.as_ref()).map(|end| end.outcome) {
            _ if runs => Some(badge("warn", "rollout")),
            Some(RolloutOutcome::Promoted) => None,
            Some(RolloutOutcome::RolledBack) => Some(badge("bad", "rolled back")),
            _ if !version.decision.promotes() || version.promotion.is_direct() => None,
            _ if champion.is_some_and(|pointer| pointer.number > version.number) => Some(badge("quiet", "passed")),
            _ => Some(badge("warn", "waits")),
        }
    }
}

fn badges(version: &Version, around: &Around) -> Vec<Markup> {
    let is_champion = around.champion.as_ref().is_some_and(|pointer| pointer.number == version.number);
    let verdict = match around.waits(version) {
        Some(state) => state,
        None if !version.decision.promotes() => badge("quiet", "refused"),
        None => badge("good", "promoted"),
    };
    let aliases = around.aliases.iter().map(|alias| badge("alias", alias.name.as_str()));
    let tags = around.annotations.tags.iter().map(|(name, value)| badge("tag", &format!("{name}={value}")));
    let imported = version.imported.is_some().then(|| badge("quiet", "imported"));
    let champion = is_champion.then(|| badge("champion", "champion"));
    champion.into_iter().chain([verdict]).chain(imported).chain(aliases).chain(tags).collect()
}
