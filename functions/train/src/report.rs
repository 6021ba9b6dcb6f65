//! The answer of the train function about a run.

use evergreen_lifecycle::{Family, Imported, Run, RunId, RunMetrics, RunStatus, SearchSummary, VersionNumber};
use jiff::Timestamp;
use serde::Serialize;

/// JSON answer of the train function to an event that asked for a run (a training or an import).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TrainReport {
    /// ID of the run (a training or an import).
    pub run_id: RunId,
    /// Status of the run (for example, failed) at the time of the answer.
    pub status: RunStatus,
    /// Number of the model version that the run created. `None` if the run created no version.
    pub version: Option<VersionNumber>,
    /// Why the gate promoted or refused the model version, or the error message of a failed run. `None` while the run
    /// goes on.
    pub reason: Option<String>,
    /// Model family of the version that the run created, such as random forest. `None` if the run created no version.
    pub family: Option<Family>,
    /// The most important metrics of the model version that the run created. `None` if the run created no version.
    pub metrics: Option<RunMetrics>,
    /// Summary of the hyperparameter search: how far it came. `None` if there was no search.
    pub search: Option<SearchSummary>,
    /// The imported model file. `None` if the run trained a model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub imported: Option<Imported>,
    /// Warnings about the data set and the training.
    pub warnings: Vec<String>,
    /// `true` if this invocation did nothing because another invocation does or did the same run.
    pub duplicate: bool,
}

impl TrainReport {
    /// Creates the answer about `run` at the time `now`. `duplicate` is true if this invocation did nothing.
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
