//! The answer of the function to its caller.

use evergreen_lifecycle::{Family, Imported, Run, RunId, RunMetrics, RunStatus, SearchSummary, VersionNumber};
use jiff::Timestamp;
use serde::Serialize;

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TrainReport {
    /// ID of the run.
    pub run_id: RunId,
    /// Status of the run at the time of the answer.
    pub status: RunStatus,
    /// The version that the run created, if any.
    pub version: Option<VersionNumber>,
    /// Reason of the gate's decision or of the failure.
    pub reason: Option<String>,
    /// Family of the model that the run created.
    pub family: Option<Family>,
    /// The most important metrics of the version.
    pub metrics: Option<RunMetrics>,
    /// How far the hyperparameter search came.
    pub search: Option<SearchSummary>,
    /// The imported model file, if the run judged one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub imported: Option<Imported>,
    /// Warnings about the data set and the training.
    pub warnings: Vec<String>,
    /// Whether this invocation did nothing because another one did the work or is doing it.
    pub duplicate: bool,
}

impl TrainReport {
    /// Creates the report of `run` with its status at `now`. `family` is that of its model. `duplicate` is set if this
    /// invocation did nothing.
    pub fn of(run: &Run, family: Option<Family>, duplicate: bool, now: Timestamp) -> Self {
        Self {
            run_id: run.id.clone(),
            status: run.status_at(now),
            version: run.version(),
            reason: run.reason().map(str::to_owned),
            family,
            metrics: run.metrics,
            search: run.search.clone(),
            imported: run.imported.clone(),
            warnings: run.warnings.clone(),
            duplicate,
        }
    }
}
