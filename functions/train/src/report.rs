//! What the function answers to whoever invoked it.

use evergreen_lifecycle::{Family, Imported, Run, RunId, RunMetrics, RunStatus, SearchSummary, VersionNumber};
use jiff::Timestamp;
use serde::Serialize;

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// The run.
    pub run_id: RunId,
    /// How it stands.
    pub status: RunStatus,
    /// The version that it made, if it made one.
    pub version: Option<VersionNumber>,
    /// What the gate said.
    pub reason: Option<String>,
    /// The kind of model that it made.
    pub family: Option<Family>,
    /// Its headline figures.
    pub metrics: Option<RunMetrics>,
    /// How far the search for hyperparameters came.
    pub search: Option<SearchSummary>,
    /// The file made elsewhere that it judged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub imported: Option<Imported>,
    /// What is odd about the table, or about what was learnt of it.
    pub warnings: Vec<String>,
    /// Whether this invocation did nothing, because another one had done it or is at it.
    pub duplicate: bool,
}

impl Report {
    /// The report of `run`, which made a model of `family`, as it stands at `now`; `duplicate` when this invocation had no
    /// part in it.
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
