//! What the function answers to whoever invoked it.

use evergreen_lifecycle::{Run, RunId, RunMetrics, RunStatus, VersionNumber};
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
    /// Its headline figures.
    pub metrics: Option<RunMetrics>,
    /// Whether this invocation did nothing, because another one had done it or is at it.
    pub duplicate: bool,
}

impl Report {
    /// The report of `run` as it stands at `now`; `duplicate` when this invocation had no part in it.
    pub fn of(run: &Run, duplicate: bool, now: Timestamp) -> Self {
        Self {
            run_id: run.id.clone(),
            status: run.status_at(now),
            version: run.version(),
            reason: run.reason().map(str::to_owned),
            metrics: run.metrics,
            duplicate,
        }
    }
}
