//! The page of one training run or import.

use askama::Template;
use evergreen_lifecycle::ports::{Runs, Steering};
use evergreen_lifecycle::{Progress, Run, RunId, RunStage, RunStatus, Trigger, text::shortened};

use super::frame::PageFrame;
use super::markup::{Fact, Markup, status, version_link, when};
use super::request::PageRequest;
use super::{PageError, text};
use crate::ports::ConsoleWorld;

#[derive(Template)]
#[template(path = "run.html")]
struct RunPage<'a> {
    frame: &'a PageFrame<'a>,
    id: String,
    status: Markup,
    is_running: bool,
    progress: Option<Stage>,
    reason: Option<String>,
    facts: Vec<Fact>,
    scores: Vec<Fact>,
    parameters: Vec<Fact>,
    warnings: &'a [String],
    has_seed: bool,
    command: String,
}

/// A run that was requested and has no record yet.
#[derive(Template)]
#[template(path = "run_requested.html")]
struct RequestedRun<'a> {
    frame: &'a PageFrame<'a>,
    id: String,
    at: Markup,
    by: String,
}

/// Number of newest audit entries among which the request for a run is found.
const RECENT_ENTRIES: u32 = 100;

/// How far a running run came, as the page shows it.
struct Stage {
    name: String,
    tried: usize,
    planned: usize,
    facts: Vec<Fact>,
}

/// Loads and writes the page.
pub(super) async fn show<W: ConsoleWorld>(world: &W, request: &PageRequest<'_>, id: &str) -> Result<String, PageError> {
    let unknown = || PageError::NotFound("No run has this ID.".to_owned());
    let id = stored_id(id).ok_or_else(unknown)?;
    let Some(record) = world.registry().run(&id).await? else {
        return requested(world, request, &id).await?.ok_or_else(unknown);
    };
    let run =
        record.map_err(|error| PageError::NotFound(format!("The record of this run cannot be read. {error}.")))?;
    render(&run, request)
}

/// Writes the page of a run that was requested and has not begun. `None` if nobody has requested it lately.
async fn requested<W: ConsoleWorld>(
    world: &W,
    request: &PageRequest<'_>,
    id: &RunId,
) -> Result<Option<String>, PageError> {
    let subject = format!("run {id}");
    let entries = world.registry().audit(None, RECENT_ENTRIES).await?;
    let Some(entry) = entries.iter().find(|entry| entry.subject == subject) else { return Ok(None) };
    let frame = PageFrame::of(request, format!("Run {}", shortened(id.as_str(), 40)));
    let (at, by) = (when(entry.at, request.now), entry.actor.to_string());
    Ok(Some(RequestedRun { id: id.to_string(), at, by, frame: &frame }.render()?))
}

fn stored_id(text: &str) -> Option<RunId> {
    serde_json::from_value(serde_json::Value::String(text.to_owned())).ok()
}

fn render(run: &Run, request: &PageRequest<'_>) -> Result<String, PageError> {
    let frame = PageFrame::of(request, format!("Run {}", shortened(run.id.as_str(), 40)));
    let state = run.status_at(request.now);
    let page = RunPage {
        id: run.id.to_string(),
        status: status(state),
        is_running: state == RunStatus::Running,
        progress: run.progress.as_ref().map(|progress| stage(progress, request)),
        reason: run.reason().map(str::to_owned),
        facts: facts(run, request),
        scores: scores(run),
        parameters: parameters(run),
        warnings: &run.warnings,
        has_seed: run.seed.is_some(),
        command: again(run),
        frame: &frame,
    };
    Ok(page.render()?)
}

fn stage(progress: &Progress, request: &PageRequest<'_>) -> Stage {
    let name = match progress.stage {
        RunStage::Reading => "Reading the data set",
        RunStage::Searching => "Searching for the best candidate",
        RunStage::Fitting => "Fitting the best candidate to all training rows",
        RunStage::Evaluating => "Evaluating the model on the hold-out",
        RunStage::Storing => "Storing the model and comparing it with the champion",
    };
    let best = progress.best.zip(progress.metric).map(|(best, metric)| {
        Fact::new("Best so far", format!("{} {} in cross-validation", text::metric(metric.name()), text::score(best)))
    });
    let updated = Fact::rich("Reported", when(progress.updated_at, request.now));
    Stage {
        name: name.to_owned(),
        tried: progress.tried,
        planned: progress.planned,
        facts: best.into_iter().chain([updated]).collect(),
    }
}

fn facts(run: &Run, request: &PageRequest<'_>) -> Vec<Fact> {
    let base = request.base();
    let cause = match &run.trigger {
        Trigger::Schedule { scheduled_at: Some(at) } => {
            Fact::rich("Cause", Markup(format!("schedule, due {}", when(*at, request.now))))
        }
        Trigger::Schedule { scheduled_at: None } => Fact::new("Cause", "schedule"),
        Trigger::Manual { note } => Fact::new("Cause", with_note("requested by a person", note.as_deref())),
        Trigger::Import { key, note } => Fact::new("Cause", with_note(&format!("import of {key}"), note.as_deref())),
    };
    let end = run.finished_at();
    let took = end.map(|end| Fact::new("Took", text::span(end.duration_since(run.started_at).as_secs_f64())));
    let attempt = (run.attempt > 1).then(|| Fact::new("Attempt", run.attempt.to_string()));
    let dataset = run.dataset.as_ref().map(|dataset| {
        let short: String = dataset.fingerprint.chars().take(12).collect();
        Fact::new(
            "Data set",
            format!(
                "{} rows, {} columns, target {}, fingerprint {short}",
                text::count(dataset.rows as u64),
                dataset.columns.len(),
                dataset.target
            ),
        )
    });
    let feedback = run.dataset.as_ref().and_then(|dataset| dataset.feedback.as_ref());
    let search = run.search.as_ref().map(|search| {
        let cut = if search.cut_short { ", cut short by the time limit" } else { "" };
        Fact::new(
            "Search",
            format!(
                "{} of {} candidates, {} folds, {}{cut}",
                search.tried,
                search.planned,
                search.folds,
                text::span(search.seconds)
            ),
        )
    });
    [
        run.version().map(|number| Fact::rich("Version", version_link(&base, number))),
        Some(cause),
        Some(Fact::rich("Started", when(run.started_at, request.now))),
        end.map(|end| Fact::rich("Ended", when(end, request.now))),
        took,
        attempt,
        dataset,
        feedback.map(|feedback| Fact::new("Feedback", feedback.to_string())),
        search,
        run.seed.map(|seed| Fact::code("Seed", seed.to_string())),
        run.retry_until().map(|until| Fact::rich("Will be tried again until", when(until, request.now))),
        Some(Fact::code("Code version", &run.code_version)),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn with_note(cause: &str, note: Option<&str>) -> String {
    note.map_or_else(|| cause.to_owned(), |note| format!("{cause}: {note}"))
}

fn scores(run: &Run) -> Vec<Fact> {
    let Some(serde_json::Value::Object(fields)) = run.metrics.and_then(|metrics| serde_json::to_value(metrics).ok())
    else {
        return Vec::new();
    };
    let number = |(name, value): (&String, &serde_json::Value)| {
        Some(Fact::new(text::metric(name), text::score(value.as_f64()?)))
    };
    fields.iter().filter(|(name, _)| *name != "duration").filter_map(number).collect()
}

fn parameters(run: &Run) -> Vec<Fact> {
    run.parameters.iter().flatten().map(|(name, value)| Fact::code(text::spaced(name), text::json(value))).collect()
}

/// Returns the command that trains again, with the same seed if it is known.
fn again(run: &Run) -> String {
    let seed = run.seed.map(|seed| format!(" --seed {seed}")).unwrap_or_default();
    format!("evergreen train{seed} --note 'again, like {}'", run.id)
}
