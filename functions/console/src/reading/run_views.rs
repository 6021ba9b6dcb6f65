//! JSON bodies of the answers about runs: trainings and imports. A run that a newer release wrote and this release
//! cannot read is marked as unreadable, and shown with the fields that can be read.

use evergreen_http::{maybe_moment, moment};
use evergreen_lifecycle::{
    Dataset, Imported, ModelName, Parameters, Progress, Run, RunId, RunMetrics, RunStatus, SearchSummary, Trigger,
    Unreadable, VersionNumber,
};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

/// Prefix of the DynamoDB key of a run. The run's ID follows the prefix.
const PREFIX: &str = "RUN#";

/// Entry of `GET /runs` for a run that this release of the software can read.
#[derive(Debug, Serialize)]
pub struct RunView<'a> {
    id: &'a RunId,
    status: RunStatus,
    trigger: &'a Trigger,
    #[serde(serialize_with = "moment")]
    started_at: Timestamp,
    #[serde(serialize_with = "maybe_moment")]
    finished_at: Option<Timestamp>,
    version: Option<VersionNumber>,
    reason: Option<&'a str>,
    parameters: Option<&'a Parameters>,
    search: Option<&'a SearchSummary>,
    metrics: Option<RunMetrics>,
    warnings: &'a [String],
}

impl<'a> RunView<'a> {
    /// Creates the JSON of `run`, with its status at the time `now`.
    pub fn new(run: &'a Run, now: Timestamp) -> Self {
        Self {
            id: &run.id,
            status: run.status_at(now),
            trigger: &run.trigger,
            started_at: run.started_at,
            finished_at: run.finished_at(),
            version: run.version(),
            reason: run.reason(),
            parameters: run.parameters.as_ref(),
            search: run.search.as_ref(),
            metrics: run.metrics,
            warnings: &run.warnings,
        }
    }
}

/// JSON answer to `GET /runs/{id}`: all fields of one run.
#[derive(Debug, Serialize)]
pub struct WholeRunView<'a> {
    #[serde(flatten)]
    run: RunView<'a>,
    model: &'a ModelName,
    attempt: u32,
    code_version: &'a str,
    dataset: Option<&'a Dataset>,
    seed: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    imported: Option<&'a Imported>,
    // Only a run that goes on has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    progress: Option<&'a Progress>,
}

impl<'a> WholeRunView<'a> {
    /// Creates the answer to `GET /runs/{id}` for `run`, with its status at the time `now`.
    pub fn new(run: &'a Run, now: Timestamp) -> Self {
        Self {
            run: RunView::new(run, now),
            model: &run.model,
            attempt: run.attempt,
            code_version: &run.code_version,
            dataset: run.dataset.as_ref(),
            seed: run.seed,
            imported: run.imported.as_ref(),
            progress: run.progress.as_ref(),
        }
    }
}

// It has the same fields as a readable run. Fields that cannot be read are empty.
/// JSON of a run that a newer release of the software wrote and this release cannot read.
#[derive(Debug, Serialize)]
pub struct UnreadableRunView<'a> {
    id: &'a str,
    status: &'static str,
    /// The run's status as stored in the registry. `None` if the status cannot be read.
    stored_status: Option<String>,
    trigger: Value,
    #[serde(serialize_with = "maybe_moment")]
    started_at: Option<Timestamp>,
    #[serde(serialize_with = "maybe_moment")]
    finished_at: Option<Timestamp>,
    version: Option<VersionNumber>,
    reason: String,
    parameters: Option<Parameters>,
    search: Option<SearchSummary>,
    metrics: Option<RunMetrics>,
    warnings: Vec<String>,
}

impl<'a> UnreadableRunView<'a> {
    /// Creates the JSON from the fields of `record` that this release can read.
    pub fn new(record: &'a Unreadable) -> Self {
        Self {
            id: record.key.strip_prefix(PREFIX).unwrap_or(&record.key),
            status: "UNREADABLE",
            stored_status: record.field("status"),
            trigger: record.field("trigger").unwrap_or_default(),
            started_at: record.moment("started_at"),
            finished_at: record.moment("finished_at"),
            version: record.field("version").and_then(VersionNumber::new),
            reason: record.to_string(),
            parameters: record.field("parameters"),
            search: record.field("search"),
            metrics: record.field("metrics"),
            warnings: record.field("warnings").unwrap_or_default(),
        }
    }
}
