//! The overview: the champion and why it was promoted, the quality of all versions, and the state of everything else.

use askama::Template;
use evergreen_lifecycle::listing::{MAX_SEARCHED, Span, VersionSummary};
use evergreen_lifecycle::ports::{
    AlarmCondition, AlarmStatus, Champions, Listing, LiveRecord, Schedules, StoredSchedule,
};
use evergreen_lifecycle::{Champion, Pointer, PrimaryMetric, RunStatus};
use jiff::{SignedDuration, Timestamp};

use super::facts::{Known, UsageFact};
use super::frame::PageFrame;
use super::markup::{Fact, Markup, run_link, status, version_link, when, when_short};
use super::plot::{HistoryPoint, QualityHistory, sparkline};
use super::request::PageRequest;
use super::{PageError, text};
use crate::ports::ConsoleWorld;

/// Number of runs on the overview.
const RUNS: u32 = 6;
/// Number of parts of the cost that have a line of their own.
const COSTS: usize = 4;
/// Number of changes of the champion that the line of the plot follows. Each is read as a whole.
const CHAMPIONS: u32 = 50;

#[derive(Template)]
#[template(path = "overview.html")]
struct Overview<'a> {
    frame: &'a PageFrame<'a>,
    champion: Result<ChampionCard, String>,
    /// The newest judgement of the live accuracy, as a badge and a sentence.
    live: Option<(Markup, String)>,
    plot: Option<Markup>,
    plot_note: String,
    metrics: Vec<Choice>,
    freshness: Vec<Fact>,
    alarms: Known<AlarmsCard>,
    runs: Vec<RunLine>,
    usage: Known<UsageCard>,
    cost: Known<CostCard>,
    /// The address of the dashboard in AWS's own console. An emulated stack has no dashboard there.
    dashboard: Option<&'a str>,
    is_emulated: bool,
    act_train: Markup,
}

/// The champion, as the overview shows it.
struct ChampionCard {
    number: String,
    family: String,
    reason: String,
    scores: Vec<Fact>,
    facts: Vec<Fact>,
}

/// A metric that the plot can show.
struct Choice {
    name: String,
    href: String,
    is_here: bool,
}

struct AlarmsCard {
    raised: Vec<(String, String, Option<Markup>)>,
    unclear: usize,
    total: usize,
}

struct RunLine {
    link: Markup,
    status: Markup,
    at: Markup,
    text: String,
}

struct UsageCard {
    plot: Markup,
    facts: Vec<Fact>,
}

struct CostCard {
    so_far: String,
    facts: Vec<Fact>,
    source: String,
}

/// Loads and writes the overview.
pub(super) async fn show<W: ConsoleWorld>(world: &W, request: &PageRequest<'_>) -> Result<String, PageError> {
    let registry = world.registry();
    let pointer = registry.champion().await?;
    let versions = registry.version_summaries(MAX_SEARCHED).await?;
    let runs = registry.run_summaries(Span::default(), RUNS, request.now).await?;
    // The overview is useful without the schedule.
    let schedule = world.scheduler().schedule().await.ok().flatten();
    let next = super::schedule::next_times(world, schedule.as_ref(), request.now).await?;
    let pointer = pointer.as_ref().and_then(|record| record.as_ref().ok());
    let live = registry.live_summary().await?;
    let frame = PageFrame::of(request, "Overview");
    let metric = plotted_metric(request, &versions, pointer);
    let champions = registry.recent_champions(CHAMPIONS).await?;
    let changes = champions.iter().flatten().filter_map(|champion| Some((champion.promoted_at()?, champion.number)));
    let history = QualityHistory { champions: changes.collect(), ..quality(&versions, pointer, &metric, request) };
    let mut champion = champion_card(pointer, request);
    if let Ok(card) = &mut champion {
        card.facts.extend(super::watched::facts(registry, pointer, &frame.base).await?);
    }
    let page = Overview {
        champion,
        live: live.map(|summary| (super::live::state(Some(&summary)), summary.sentence)),
        plot: (history.points.len() > 1).then(|| history.draw(&frame.base)),
        plot_note: plot_note(&history),
        metrics: choices(&versions, &metric, request),
        freshness: freshness(pointer, schedule.as_ref(), &next, request),
        alarms: super::alarms::states(world).await.map(|alarms| alarms_card(&alarms, request)),
        runs: runs.iter().map(|run| run_line(run, &frame.base)).collect(),
        usage: request.facts.usage.as_ref().map(usage).map_err(Clone::clone),
        cost: cost(request),
        dashboard: request.facts.stack.dashboard_url.as_deref(),
        is_emulated: request.facts.stack.is_emulated,
        act_train: super::schedule::train_form(&frame)?,
        frame: &frame,
    };
    Ok(page.render()?)
}

fn champion_card(pointer: Option<&Pointer>, request: &PageRequest<'_>) -> Result<ChampionCard, String> {
    let Some(pointer) = pointer else {
        return Err(
            "There is no champion: no version has passed the gate yet. A training run makes the first version."
                .to_owned(),
        );
    };
    let Some(champion) = pointer.champion() else {
        return Err(format!("Version {} is the champion. This release cannot read its record.", pointer.number));
    };
    Ok(card(champion, request))
}

fn card(champion: &Champion, request: &PageRequest<'_>) -> ChampionCard {
    let (version, base) = (&champion.version, request.base());
    let decision = &version.decision;
    let score = |metric: PrimaryMetric| {
        let value = version.evaluation.figure(metric)?;
        Some(Fact::new(text::metric(metric.name()), text::score(value)))
    };
    let headline = PrimaryMetric::headline_of(version.evaluation.task());
    let primary = Some(decision.metric).filter(|metric| *metric != headline);
    let previous = champion.previous.map(|number| Fact::rich("Replaced", version_link(&base, number)));
    let facts = [Fact::rich("Champion since", when(champion.promoted_at, request.now))]
        .into_iter()
        .chain([Fact::rich("Trained", when(version.trained_at, request.now))])
        .chain(previous)
        .chain([Fact::rich("By run", run_link(&base, version.run_id.as_str()))]);
    ChampionCard {
        number: version.number.to_string(),
        family: if version.imported.is_some() {
            "imported model".to_owned()
        } else {
            text::spaced(version.family.name())
        },
        reason: sentence(&champion.why(), champion.by_hand.is_some() || decision.promotes()),
        scores: [Some(headline), primary].into_iter().flatten().filter_map(score).collect(),
        facts: facts.collect(),
    }
}

/// Returns the gate's sentence. Somebody promoted the champion by hand if the gate had refused it.
fn sentence(reason: &str, promotes: bool) -> String {
    if promotes { text::sentence(reason) } else { format!("A person promoted it. The gate had refused it: {reason}.") }
}

/// Returns the metric of the plot: the one in the query, or else that of the gate, accuracy or R².
fn plotted_metric(request: &PageRequest<'_>, versions: &[VersionSummary], pointer: Option<&Pointer>) -> String {
    let known = |name: &&str| versions.iter().any(|version| version.metrics.contains_key(*name));
    let of_champion = pointer.and_then(Pointer::decision).map(|decision| decision.metric.name());
    let gate = of_champion.or(versions.first().map(|newest| newest.primary_metric.as_str()));
    let wanted = request.query.get("plot").filter(known).or(gate.filter(known));
    let headline = ["accuracy", "r2"].into_iter().find(|name| known(name));
    wanted.or(headline).unwrap_or("accuracy").to_owned()
}

fn quality(
    versions: &[VersionSummary],
    pointer: Option<&Pointer>,
    metric: &str,
    request: &PageRequest<'_>,
) -> QualityHistory {
    let point = |version: &VersionSummary| {
        Some(HistoryPoint {
            number: version.number,
            at: version.trained_at,
            score: *version.metrics.get(metric)?,
            is_promoted: version.promoted,
        })
    };
    let mut points: Vec<HistoryPoint> = versions.iter().filter_map(point).collect();
    points.sort_by_key(|point| (point.at, point.number));
    let decision = pointer.and_then(Pointer::decision);
    let floor = decision.and_then(|decision| {
        let metric_of_floor = decision.floor_metric.unwrap_or(decision.metric);
        decision.floor.filter(|_| metric_of_floor.name() == metric)
    });
    let is_headline = ["accuracy", "r2"].contains(&metric);
    QualityHistory {
        points,
        champion: pointer.map(|pointer| pointer.number),
        champions: Vec::new(),
        metric: metric.to_owned(),
        floor,
        threshold: request.facts.stack.quality_threshold.filter(|_| is_headline),
    }
}

fn plot_note(history: &QualityHistory) -> String {
    let promoted = history.points.iter().filter(|point| point.is_promoted).count();
    match history.points.len() {
        0 => "No version is registered yet.".to_owned(),
        1 => "The plot begins with the second version.".to_owned(),
        count => format!(
            "{} on the hold-out of each of {} versions; the gate promoted {}. The line follows the champions.",
            text::metric(&history.metric),
            text::count(count as u64),
            text::count(promoted as u64)
        ),
    }
}

fn choices(versions: &[VersionSummary], shown: &str, request: &PageRequest<'_>) -> Vec<Choice> {
    let names = versions.first().map(|version| version.metrics.keys()).into_iter().flatten();
    let choice = |name: &String| Choice {
        name: text::metric(name),
        href: request.query.with("plot", name),
        is_here: name == shown,
    };
    names.map(choice).collect()
}

fn freshness(
    pointer: Option<&Pointer>,
    schedule: Option<&StoredSchedule>,
    next: &Known<Vec<Timestamp>>,
    request: &PageRequest<'_>,
) -> Vec<Fact> {
    let trained = pointer.and_then(Pointer::trained_at);
    let age = match trained {
        Some(at) => text::span(request.now.duration_since(at).as_secs_f64()),
        None => "not known: there is no readable champion".to_owned(),
    };
    let too_old = trained.zip(request.facts.stack.max_age_hours).and_then(|(at, hours)| {
        let limit = at.checked_add(SignedDuration::from_secs((hours * 3600.0) as i64)).ok()?;
        Some(Fact::rich("Too old", when(limit, request.now)))
    });
    let next = match (next, schedule) {
        (_, Some(schedule)) if !schedule.is_enabled => Fact::new("Next training", "none: the schedule is paused"),
        (Ok(times), _) => match times.first() {
            Some(at) => Fact::rich("Next training", when(*at, request.now)),
            None => Fact::new("Next training", "none: the schedule has no further time"),
        },
        (Err(reason), _) => Fact::new("Next training", format!("not known: {reason}")),
    };
    let grace = text::span(request.facts.stack.grace.as_secs_f64());
    let deadline = Fact::new("Deadline", format!("{grace} after each scheduled time"));
    let expression = schedule.map(|schedule| Fact::code("Schedule", &schedule.expression));
    [Some(Fact::new("Age", age)), too_old, Some(next), Some(deadline), expression].into_iter().flatten().collect()
}

fn alarms_card(alarms: &[AlarmStatus], request: &PageRequest<'_>) -> AlarmsCard {
    let of = |condition: AlarmCondition| alarms.iter().filter(move |alarm| alarm.condition == condition);
    let raised = of(AlarmCondition::Alarm).map(|alarm| {
        (alarm.name.clone(), alarm.description.clone(), alarm.since.map(|since| when(since, request.now)))
    });
    AlarmsCard { raised: raised.collect(), unclear: of(AlarmCondition::InsufficientData).count(), total: alarms.len() }
}

fn run_line(run: &evergreen_lifecycle::listing::RunSummary, base: &str) -> RunLine {
    let reason = run.reason.clone().unwrap_or_else(|| match run.status {
        RunStatus::Running => "The training is in progress.".to_owned(),
        _ => "It was stopped before it recorded a result.".to_owned(),
    });
    RunLine {
        link: run_link(base, run.id.as_str()),
        status: status(run.status),
        at: when_short(run.started_at),
        text: reason,
    }
}

fn usage(usage: &UsageFact) -> UsageCard {
    let sum = |of: fn(&super::facts::UsageHour) -> u64| usage.hours.iter().map(of).sum::<u64>();
    let (answered, refused, failed) = (sum(|hour| hour.answered), sum(|hour| hour.refused), sum(|hour| hour.failed));
    let stacks: Vec<Vec<u64>> = usage.hours.iter().map(|hour| vec![hour.answered, hour.refused, hour.failed]).collect();
    let hours = usage.hours.len();
    let label =
        format!("Requests of each of the last {hours} hours: {answered} answered, {refused} refused, {failed} failed");
    let p99 = usage.p99_milliseconds.map(|value| Fact::new("Response time, p99", format!("{value:.0} ms")));
    let facts = [("Answered", answered), ("Refused", refused), ("Failed", failed)];
    UsageCard {
        plot: sparkline(&stacks, &["answered", "refused", "failed"], &label),
        facts: facts.into_iter().map(|(name, value)| Fact::new(name, text::count(value))).chain(p99).collect(),
    }
}

fn cost(request: &PageRequest<'_>) -> Known<CostCard> {
    let cost = request.facts.cost.as_ref().map_err(Clone::clone)?;
    let dollars = |value: f64| format!("${value:.2}");
    let expected = cost.expected.map(|value| Fact::new("Expected for the month", dollars(value)));
    let (named, rest) = cost.services.split_at(cost.services.len().min(COSTS));
    let services = named.iter().map(|(name, value)| Fact::new(name, dollars(*value)));
    let rest = (!rest.is_empty()).then(|| Fact::new("The rest", dollars(rest.iter().map(|(_, value)| value).sum())));
    Ok(CostCard {
        so_far: dollars(cost.so_far),
        facts: expected.into_iter().chain(services).chain(rest).collect(),
        source: cost.source.clone(),
    })
}
