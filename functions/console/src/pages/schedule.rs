//! The training schedule: its next times, the last scheduled runs, and the forms that pause, resume or train now.

use askama::Template;
use evergreen_lifecycle::Family;
use evergreen_lifecycle::listing::{RunSummary, Span};
use evergreen_lifecycle::ports::{Listing, Runs, Schedules, StoredSchedule};
use evergreen_lifecycle::schedule::Timetable;
use jiff::Timestamp;

use super::act::Act;
use super::facts::Known;
use super::frame::PageFrame;
use super::markup::{Fact, Markup, badge, run_link, status, when, when_short};
use super::request::PageRequest;
use super::{PageError, text};
use crate::ports::ConsoleWorld;

/// Number of runs among which the scheduled ones are shown.
const RUNS: u32 = 100;

/// Number of runs among which the last start of the schedule is found.
const RECENT: u32 = 20;

/// Number of next times.
const TIMES: usize = 5;

/// Number of scheduled runs on the page.
const SHOWN: usize = 15;

#[derive(Template)]
#[template(path = "schedule.html")]
struct SchedulePage<'a> {
    frame: &'a PageFrame<'a>,
    facts: Vec<Fact>,
    next: Known<Vec<Markup>>,
    runs: Vec<RunRow>,
    switch: Markup,
    train: Markup,
}

struct RunRow {
    link: Markup,
    status: Markup,
    at: Markup,
    seconds: String,
    reason: String,
}

/// Loads and writes the page.
pub(super) async fn show<W: ConsoleWorld>(world: &W, request: &PageRequest<'_>) -> Result<String, PageError> {
    let schedule = world.scheduler().schedule().await?;
    let runs = world.registry().run_summaries(Span::default(), RUNS, request.now).await?;
    let frame = PageFrame::of(request, "Schedule");
    let is_paused = schedule.as_ref().is_some_and(|schedule| !schedule.is_enabled);
    let times = next_times(world, schedule.as_ref(), request.now).await?;
    let page = SchedulePage {
        facts: facts(schedule.as_ref(), request),
        next: if is_paused {
            Err("the schedule is paused.".to_owned())
        } else {
            times.map(|times| times.iter().map(|at| when(*at, request.now)).collect())
        },
        runs: runs
            .iter()
            .filter(|run| run.trigger == "schedule")
            .take(SHOWN)
            .map(|run| row(run, &frame.base))
            .collect(),
        switch: switch(&frame, schedule.as_ref())?,
        train: train_form(&frame)?,
        frame: &frame,
    };
    Ok(page.render()?)
}

/// Returns the next times of the schedule, soonest first. The inner error says why they are not known.
pub(super) async fn next_times<W: ConsoleWorld>(
    world: &W,
    schedule: Option<&StoredSchedule>,
    now: Timestamp,
) -> Result<Known<Vec<Timestamp>>, PageError> {
    let Some(schedule) = schedule else { return Ok(Err("the schedule does not exist".to_owned())) };
    // A schedule with a rate counts from its last run.
    let recent = world.registry().recent_runs(RECENT).await?.into_iter().filter_map(Result::ok).collect::<Vec<_>>();
    Ok(Timetable::stored(schedule)
        .map(|table| table.next_times(&recent, now, TIMES))
        .map_err(|error| error.to_string()))
}

/// Returns the form that requests a training run.
pub(super) fn train_form(frame: &PageFrame<'_>) -> Result<Markup, askama::Error> {
    let any = ("".to_owned(), "the best that the search finds".to_owned());
    let families = Family::ALL.map(|family| (family.name().to_owned(), text::spaced(family.name())));
    Act::new(frame, "train", "Train now…", "Request a training run")
        .explain("Trains with the newest data set. The gate decides whether the new version becomes the champion.")
        .choice("family", "Family", [any].into_iter().chain(families).collect())
        .long("hyperparameters", "Hyperparameters", "", "A JSON object, such as {\"max_depth\": 6}. It needs a family.")
        .text("seed", "Seed", "A whole number. The same seed and table give the same model.", false)
        .text("note", "Note", "It is shown with the run.", false)
        .finish()
}

fn facts(schedule: Option<&StoredSchedule>, request: &PageRequest<'_>) -> Vec<Fact> {
    let Some(schedule) = schedule else {
        return vec![Fact::new("Schedule", "It does not exist. Deploy the stack again to create it.")];
    };
    let state = if schedule.is_enabled { badge("good", "active") } else { badge("warn", "paused") };
    let grace = text::span(request.facts.stack.grace.as_secs_f64());
    [
        Some(Fact::rich("State", state)),
        Some(Fact::code("Expression", &schedule.expression)),
        Some(Fact::new("Time zone", schedule.zone.as_deref().unwrap_or("UTC"))),
        Some(Fact::rich("Changed", when(schedule.changed_at, request.now))),
        Some(Fact::new("Deadline", format!("a scheduled run must end within {grace}, or an alarm is raised"))),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn switch(frame: &PageFrame<'_>, schedule: Option<&StoredSchedule>) -> Result<Markup, askama::Error> {
    match schedule {
        None => Ok(Markup::default()),
        Some(schedule) if schedule.is_enabled => Act::new(frame, "pause", "Pause…", "Pause the schedule")
            .explain("No training run starts by itself until the schedule is resumed. The champion grows old.")
            .reason()
            .finish(),
        Some(_) => Act::new(frame, "resume", "Resume…", "Resume the schedule")
            .explain("Training runs start again at the times of the schedule.")
            .text("reason", "Reason", "", false)
            .finish(),
    }
}

fn row(run: &RunSummary, base: &str) -> RunRow {
    RunRow {
        link: run_link(base, run.id.as_str()),
        status: status(run.status),
        at: when_short(run.started_at),
        seconds: run.seconds.map(text::span).unwrap_or_default(),
        reason: run.reason.clone().unwrap_or_default(),
    }
}
