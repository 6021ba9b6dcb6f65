//! The rollout of a version: its stages, the values of both versions, and what is decided next.

use askama::Template;
use evergreen_lifecycle::VersionNumber;
use evergreen_lifecycle::ports::{Champions, Rollouts};
use evergreen_lifecycle::rollout::{ArmCounts, Evidence, Rollout, RolloutLimits, RolloutOutcome, Step, figures, step};

use super::act::Act;
use super::frame::PageFrame;
use super::markup::{Fact, Markup, badge, when};
use super::request::PageRequest;
use super::{PageError, text};
use crate::ports::ConsoleWorld;
use crate::reading::evidence_of_rollout;

#[derive(Template)]
#[template(path = "rollout.html")]
struct RolloutPage<'a> {
    frame: &'a PageFrame<'a>,
    /// `None` if there was no rollout.
    rollout: Option<RolloutView>,
    actions: Vec<Markup>,
}

/// The newest rollout.
struct RolloutView {
    champion: VersionNumber,
    challenger: VersionNumber,
    state: Markup,
    sentence: String,
    facts: Vec<Fact>,
    stages: Vec<StageRow>,
}

/// One stage with the values of both versions.
struct StageRow {
    name: String,
    state: Markup,
    compared: String,
    agreement: String,
    distance: String,
    champion: String,
    challenger: String,
    times: String,
}

/// Loads and writes the page.
pub(super) async fn show<W: ConsoleWorld>(world: &W, request: &PageRequest<'_>) -> Result<String, PageError> {
    let frame = PageFrame::of(request, "Rollout");
    // A record of a newer release is shown as if there was none. The alarm about unreadable records does not read it.
    let rollout = world.registry().rollout().await?.and_then(Result::ok);
    let revision = world.registry().champion().await?.and_then(Result::ok).map_or(0, |pointer| pointer.revision);
    let (view, actions) = match &rollout {
        Some(rollout) => {
            let evidence = evidence_of_rollout(world, rollout).await?;
            let runs = rollout.runs_beside(revision);
            let actions = if runs { actions(&frame, rollout)? } else { Vec::new() };
            (Some(view(rollout, &evidence, runs, request)), actions)
        }
        None => (None, Vec::new()),
    };
    Ok(RolloutPage { rollout: view, actions, frame: &frame }.render()?)
}

fn view(rollout: &Rollout, evidence: &Evidence, runs: bool, request: &PageRequest<'_>) -> RolloutView {
    let sentence = match &rollout.end {
        Some(end) => text::sentence(&end.reason),
        None if !runs => "Another version became the champion, so the rollout is over.".to_owned(),
        None => next(&step(rollout, evidence, &RolloutLimits::DEFAULT, request.now)),
    };
    let mut facts = vec![
        Fact::new("Figures", text::sentence(&figures(evidence))),
        Fact::rich("Began", when(rollout.started_at, request.now)),
        Fact::new("Started by", rollout.started_by.as_ref().map_or_else(|| "the gate".to_owned(), ToString::to_string)),
    ];
    match &rollout.end {
        Some(end) => facts.push(Fact::rich("Ended", when(end.at, request.now))),
        None => facts.push(Fact::rich("Stage since", when(rollout.stage_since, request.now))),
    }
    if let Some(replaced) = rollout.replaced {
        facts.push(Fact::new("Replaced the rollout of", format!("version {replaced}")));
    }
    RolloutView {
        champion: rollout.champion,
        challenger: rollout.challenger.number,
        state: state(rollout, runs),
        sentence,
        facts,
        stages: stages(rollout, evidence),
    }
}

fn next(step: &Step) -> String {
    match step {
        Step::Hold(reason) => text::sentence(reason),
        Step::Advance(percent, reason) => format!("The stage with {percent} % begins within minutes: {reason}."),
        Step::RollBack(reason) => format!("It is rolled back within minutes: {reason}."),
        Step::Promote(reason) => format!("It becomes the champion within minutes: {reason}."),
    }
}

fn state(rollout: &Rollout, runs: bool) -> Markup {
    match rollout.end.as_ref().map(|end| end.outcome) {
        Some(RolloutOutcome::Promoted) => badge("good", "promoted"),
        Some(RolloutOutcome::RolledBack) => badge("bad", "rolled back"),
        Some(RolloutOutcome::Stopped) => badge("quiet", "stopped"),
        None if runs => badge("warn", "running"),
        None => badge("quiet", "over"),
    }
}

/// Returns a row for each stage, also for those that have not begun.
fn stages(rollout: &Rollout, evidence: &Evidence) -> Vec<StageRow> {
    let last = u32::try_from(rollout.plan.steps().len()).unwrap_or(u32::MAX);
    let row = |stage: u32| {
        let counts = evidence.of_stage(stage);
        let shadow = &counts.shadow;
        let of_row = |nanos: u64| format!("{:.1} µs", nanos as f64 / 1000.0 / shadow.rows.max(1) as f64);
        let compared = shadow.rows > 0;
        StageRow {
            name: match rollout.percent_of(stage) {
                0 => "Shadow: nobody sees its predictions".to_owned(),
                percent => format!("{percent} % of the requests"),
            },
            state: match stage.cmp(&rollout.stage) {
                std::cmp::Ordering::Less => badge("good", "done"),
                std::cmp::Ordering::Equal if rollout.end.is_none() => badge("warn", "now"),
                std::cmp::Ordering::Equal => badge("quiet", "last"),
                std::cmp::Ordering::Greater => Markup::default(),
            },
            compared: text::count(shadow.rows),
            agreement: shadow.agreement().map(text::percent).unwrap_or_default(),
            distance: shadow.mean_distance().map(text::score).unwrap_or_default(),
            champion: arm(&counts.champion),
            challenger: arm(&counts.challenger),
            times: if compared {
                format!("{} / {}", of_row(shadow.champion_nanos), of_row(shadow.challenger_nanos))
            } else {
                String::new()
            },
        }
    };
    (0..=last).map(row).collect()
}

fn arm(counts: &ArmCounts) -> String {
    format!("{} ({} failed)", text::count(counts.requests), text::count(counts.failures))
}

fn actions(frame: &PageFrame<'_>, rollout: &Rollout) -> Result<Vec<Markup>, askama::Error> {
    let number = rollout.challenger.number;
    let mut actions = Vec::new();
    if !rollout.is_in_last_stage() {
        let percent = rollout.percent_of(rollout.stage.saturating_add(1));
        let advance = Act::new(frame, "rollout-advance", "Next stage…", "Begin the next stage")
            .explain(format!("Version {number} then answers {percent} % of the requests."))
            .reason();
        actions.push(advance.finish()?);
    }
    let promote = Act::new(frame, "rollout-promote", "Promote…", &format!("Promote version {number}"))
        .explain(format!("Version {number} then answers all requests, and the rollout ends."))
        .reason();
    actions.push(promote.finish()?);
    let stop = Act::new(frame, "rollout-stop", "Stop…", "Stop the rollout")
        .explain(format!("Version {number} then answers no request, and the champion stays."))
        .reason();
    actions.push(stop.finish()?);
    Ok(actions)
}
