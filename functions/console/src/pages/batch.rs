//! The newest batch jobs, with their progress.

use std::cmp::Reverse;

use askama::Template;
use evergreen_batch::{BatchProgress, JobId, JobKeys, PlannedJob};
use evergreen_lifecycle::ModelName;
use evergreen_lifecycle::ports::{ArtifactLinks, ArtifactReadError, Artifacts, ObjectList, Unavailable};
use futures_util::future::try_join_all;
use jiff::SignedDuration;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::PageError;
use super::frame::PageFrame;
use super::markup::{Markup, badge, version_link, when_short};
use super::request::PageRequest;
use super::text;
use crate::ports::ConsoleWorld;

/// Maximum number of jobs on the page. Each takes three calls of the bucket.
const JOBS: usize = 20;
/// How long the link to a manifest is valid.
const VALID: SignedDuration = SignedDuration::from_mins(5);

#[derive(Template)]
#[template(path = "batch.html")]
struct BatchPage<'a> {
    frame: &'a PageFrame<'a>,
    rows: Vec<Row>,
    more: usize,
}

struct Row {
    id: String,
    at: Markup,
    version: Markup,
    state: Markup,
    parts: String,
    rows: String,
    errors: String,
    cost: String,
    input: String,
    problem: Option<String>,
    manifest: Option<String>,
}

/// Loads and writes the page.
pub(super) async fn show<W: ConsoleWorld>(world: &W, request: &PageRequest<'_>) -> Result<String, PageError> {
    let model = &request.facts.stack.model;
    let frame = PageFrame::of(request, "Batch jobs");
    let names = world.artifacts().names_below(&JobKeys::jobs(model)).await?;
    // The names of jobs begin with their time, unless somebody has given them another name.
    let newest = names.iter().rev().take(JOBS).filter_map(|name| name.parse().ok());
    let jobs = try_join_all(newest.map(|id: JobId| async move { job(world, model, &id).await })).await?;
    let mut jobs: Vec<Job> = jobs.into_iter().flatten().collect();
    jobs.sort_by_key(|job| Reverse(job.planned.planned_at));
    let more = names.len().saturating_sub(JOBS);
    let rows = jobs.into_iter().map(|job| row(job, &frame.base)).collect();
    Ok(BatchPage { frame: &frame, rows, more }.render()?)
}

/// What the bucket knows of a job.
struct Job {
    planned: PlannedJob,
    progress: BatchProgress,
    /// The manifest and a link to it. `None` if no execution has ended.
    manifest: Option<(JobEnd, String)>,
}

/// What the page shows of a manifest. The rest has an entry for each part, thousands of them perhaps.
#[derive(Deserialize)]
struct JobEnd {
    complete: bool,
    #[serde(default)]
    problem: Option<String>,
}

/// Reads a job. `None` if it was not planned yet, or if a newer release wrote it.
async fn job<W: ConsoleWorld>(world: &W, model: &ModelName, id: &JobId) -> Result<Option<Job>, Unavailable> {
    let keys = JobKeys::of(model, id);
    let Some(planned): Option<PlannedJob> = read(world, &keys.job()).await? else { return Ok(None) };
    let receipts = world.artifacts().list(&keys.receipts()).await?;
    let progress = BatchProgress::of(receipts.iter().map(|object| object.key.as_str()), &planned.job.rates);
    let manifest = match read(world, &keys.manifest()).await? {
        Some(manifest) => Some((manifest, world.artifacts().link(&keys.manifest(), VALID).await?)),
        None => None,
    };
    Ok(Some(Job { planned, progress, manifest }))
}

async fn read<W: ConsoleWorld, T: DeserializeOwned>(world: &W, key: &str) -> Result<Option<T>, Unavailable> {
    match world.artifacts().get(key).await {
        Ok(content) => Ok(serde_json::from_slice(&content).ok()),
        Err(ArtifactReadError::NotFound(_)) => Ok(None),
        Err(ArtifactReadError::Unavailable(error)) => Err(error),
    }
}

fn row(job: Job, base: &str) -> Row {
    let Job { planned, progress, manifest } = job;
    let of = |done: u64, all: u64| format!("{} of {}", text::count(done), text::count(all));
    let is_done = progress.parts == u64::from(planned.parts);
    let state = match &manifest {
        Some((manifest, _)) if manifest.complete => badge("good", "complete"),
        // A resumed job has the manifest of its last end, until it ends again.
        Some(_) if is_done => badge("live", "checking"),
        Some(_) => badge("bad", "parts missing"),
        None => badge("live", "running or stopped"),
    };
    Row {
        id: planned.job.id.to_string(),
        at: when_short(planned.planned_at),
        version: version_link(base, planned.job.version),
        state,
        parts: of(progress.parts, planned.parts.into()),
        rows: of(progress.rows, planned.rows),
        errors: text::count(progress.errors),
        cost: format!("${:.4}", progress.dollars),
        input: planned.job.input.to_string(),
        problem: manifest.as_ref().and_then(|(manifest, _)| manifest.problem.clone()),
        manifest: manifest.map(|(_, link)| link),
    }
}
