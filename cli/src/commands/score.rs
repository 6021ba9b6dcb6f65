//! The command `score`.

use evergreen_batch::{BatchProgress, JobId, PlannedJob};
use evergreen_lifecycle::text::grouped;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::answer::Answer;
use crate::arguments::{ScoreOptions, WaitOptions};
use crate::failure::Failure;
use crate::jobs::{BatchService, ExecutionState};
use crate::random::digits;
use crate::waiting::{Wait, WaitProgress};

/// Number of random digits in the names of jobs and executions.
const DIGITS: usize = 6;

/// Starts a batch job or goes on with one, and waits for its end if that was asked. Or shows how far one is.
pub async fn score(jobs: &BatchService, options: ScoreOptions) -> Result<Answer, Failure> {
    if let Some(job) = &options.status {
        return status(jobs, job).await;
    }
    let waiting = WaitOptions { wait: options.follow, timeout: options.timeout };
    let (job, execution) = match &options.resume {
        Some(job) => resume(jobs, job).await?,
        None => begin(jobs, options).await?,
    };
    if !waiting.wait {
        let text = format!("The batch job {job} is started. `evergreen score --status {job}` shows how far it is.");
        return Ok(Answer::new(json!({"job": job, "execution": execution}), text));
    }
    let wait = Wait::begin(&waiting, format!("batch job {job}"), format!("evergreen score --status {job}"));
    let end = wait.until(|| progress(jobs, &job, &execution)).await?;
    ended(jobs, &job, &end).await
}

async fn begin(jobs: &BatchService, options: ScoreOptions) -> Result<(JobId, String), Failure> {
    let job = JobId::dated(Timestamp::now(), &digits(DIGITS));
    let mut request = Map::new();
    request.insert("job".to_owned(), json!(job));
    request.extend(options.input.map(|input| ("in".to_owned(), json!(input))));
    request.extend(options.output.map(|output| ("out".to_owned(), json!(output))));
    request.extend(options.version.map(|version| ("version".to_owned(), json!(version))));
    request.insert("explain".to_owned(), json!(options.explain));
    request.insert("keep".to_owned(), json!(options.keep));
    let execution = jobs.start(job.as_str(), &Value::Object(request)).await?;
    Ok((job, execution))
}

async fn resume(jobs: &BatchService, job: &JobId) -> Result<(JobId, String), Failure> {
    if jobs.planned(job).await?.is_none() {
        return Err(unknown(job));
    }
    let name = format!("{job}-resumed-{}", digits(DIGITS));
    let execution = jobs.start(&name, &json!({"job": job, "resume": true})).await?;
    Ok((job.clone(), execution))
}

async fn status(jobs: &BatchService, job: &JobId) -> Result<Answer, Failure> {
    let Some(planned) = jobs.planned(job).await? else { return unplanned(jobs, job).await };
    let progress = jobs.progress(&planned).await?;
    let manifest = jobs.manifest(job).await?;
    let end = manifest.as_ref().map(|manifest| match &manifest.problem {
        None => format!("\nEvery row was answered once. The manifest is {}manifest.json.", manifest.output),
        Some(problem) => format!("\nThe last check found a problem: {problem}."),
    });
    let text = format!("Batch job {job}: {}{}", told(&planned, &progress), end.unwrap_or_default());
    Ok(Answer::new(described(&planned, &progress, manifest.map(|manifest| manifest.complete)), text))
}

/// Says why a job has no plan: it is still being planned, or its planning has failed.
async fn unplanned(jobs: &BatchService, job: &JobId) -> Result<Answer, Failure> {
    let (text, problem) = match jobs.state(&jobs.execution(job)).await? {
        Some(ExecutionState::Running) => (format!("Batch job {job}: its plan is being made."), None),
        Some(ExecutionState::Failed(problem)) => {
            (format!("Batch job {job} could not be planned: {problem}"), Some(problem))
        }
        Some(ExecutionState::Succeeded) | None => return Err(unknown(job)),
    };
    let complete = problem.as_ref().map(|_| false);
    Ok(Answer::new(json!({"job": job, "planned": null, "complete": complete, "problem": problem}), text))
}

/// Returns the progress of the job, or how its execution has ended.
async fn progress(jobs: &BatchService, job: &JobId, execution: &str) -> Result<WaitProgress, Failure> {
    match jobs.state(execution).await? {
        Some(ExecutionState::Succeeded) => return Ok(WaitProgress::Done(Value::Null)),
        Some(ExecutionState::Failed(problem)) => return Ok(WaitProgress::Done(Value::String(problem))),
        // A new execution is not visible at once.
        Some(ExecutionState::Running) | None => {}
    }
    let Some(planned) = jobs.planned(job).await? else { return Ok(WaitProgress::Waiting("planning".to_owned())) };
    let progress = jobs.progress(&planned).await?;
    let text =
        format!("{} rows, {} errors, ${:.4}", grouped(progress.rows), grouped(progress.errors), progress.dollars);
    Ok(WaitProgress::Steps { text, done: progress.parts, planned: planned.parts.into(), unit: "parts" })
}

/// Returns the result of a job whose execution has ended. `problem` is null if it ended well.
async fn ended(jobs: &BatchService, job: &JobId, problem: &Value) -> Result<Answer, Failure> {
    let failure = problem.as_str().map(|problem| Failure::EndedBadly(format!("the batch job {job} failed: {problem}")));
    let Some(planned) = jobs.planned(job).await? else {
        return Err(failure.unwrap_or_else(|| unknown(job)));
    };
    let progress = jobs.progress(&planned).await?;
    let text = format!("Batch job {job}: {}\nThe answers are at {}.", told(&planned, &progress), planned.job.output);
    let answer = Answer::new(described(&planned, &progress, Some(failure.is_none())), text);
    Ok(match failure {
        Some(failure) => answer.but(failure),
        None => answer,
    })
}

fn told(planned: &PlannedJob, progress: &BatchProgress) -> String {
    format!(
        "{} of {} parts with version {}; {} of {} rows, {} with an error; about ${:.4} so far",
        grouped(progress.parts),
        grouped(planned.parts.into()),
        planned.job.version,
        grouped(progress.rows),
        grouped(planned.rows),
        grouped(progress.errors),
        progress.dollars,
    )
}

fn described(planned: &PlannedJob, progress: &BatchProgress, complete: Option<bool>) -> Value {
    json!({
        "job": planned.job.id, "version": planned.job.version, "input": planned.job.input, "output": planned.job.output,
        "planned": {"files": planned.files, "parts": planned.parts, "rows": planned.rows}, "done": progress,
        "complete": complete,
    })
}

fn unknown(job: &JobId) -> Failure {
    Failure::Usage(format!("no batch job {job} was planned in this stack; expected one of the last 90 days"))
}
