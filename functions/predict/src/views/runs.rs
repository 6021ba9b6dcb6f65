//! What is shown of the runs. One that this release cannot read is shown as such, with what can be told of it.

use evergreen_lifecycle::{
    Dataset, Imported, ModelName, Parameters, Record, Run, RunId, RunMetrics, RunStatus, SearchSummary, Trigger,
    Unreadable, VersionNumber,
};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::{maybe_moment, moment};

/// What the key of a run begins with.
const PREFIX: &str = "RUN#";

/// What `GET /runs` answers.
#[derive(Debug, Serialize)]
pub struct RunsView<'a> {
    runs: Vec<Listed<'a>>,
}

/// A run in a list, readable or not.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Listed<'a> {
    Run(RunView<'a>),
    Unreadable(Box<UnreadableRunView<'a>>),
}

impl<'a> RunsView<'a> {
    /// The view of `runs`, in their order, as they stand at `now`.
    pub fn new(runs: &'a [Record<Run>], now: Timestamp) -> Self {
        let listed = |run: &'a Record<Run>| match run {
            Ok(run) => Listed::Run(RunView::new(run, now)),
            Err(record) => Listed::Unreadable(Box::new(UnreadableRunView::new(record))),
        };
        Self { runs: runs.iter().map(listed).collect() }
    }
}

/// A run in a list.
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
    fn new(run: &'a Run, now: Timestamp) -> Self {
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

/// What `GET /runs/{id}` answers: a run in a list, and the rest of it.
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
}

impl<'a> WholeRunView<'a> {
    /// The view of `run` as it stands at `now`.
    pub fn new(run: &'a Run, now: Timestamp) -> Self {
        Self {
            run: RunView::new(run, now),
            model: &run.model,
            attempt: run.attempt,
            code_version: &run.code_version,
            dataset: run.dataset.as_ref(),
            seed: run.seed,
            imported: run.imported.as_ref(),
        }
    }
}

/// A run that this release cannot read, in a list or alone. It has the fields of a readable one as far as they can be told.
#[derive(Debug, Serialize)]
pub struct UnreadableRunView<'a> {
    id: &'a str,
    status: &'static str,
    /// The status as it is stored.
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
    /// What can be told of `record`.
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
