//! Summaries of runs and versions: what lists, filters, sorting and plots need, and no more. A summary is small, so a
//! list of thousands is read in a few calls.

mod fields;
mod invalid;
mod metric;
mod search;
mod sort;
mod summary;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use fields::{RunCondition, VersionCondition};
pub use invalid::InvalidFilter;
pub use metric::MetricCondition;
pub use search::{DEFAULT_PAGE, Facts, Listed, MAX_PAGE, Page, Search};
pub use sort::{Sort, SortValue};

use crate::{Family, RunId, RunStatus, VersionNumber};

/// Maximum number of summaries that one search looks at: the newest ones.
pub const MAX_SEARCHED: u32 = 10_000;

/// Summary of a training run or an import.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunSummary {
    /// The identifier of the run.
    pub id: RunId,
    /// The status of the run, as it is shown at the time of the read.
    pub status: RunStatus,
    /// The cause of the run: `schedule`, `manual` or `import`.
    pub trigger: String,
    /// When the newest attempt at the run began.
    #[serde(with = "crate::time")]
    pub started_at: Timestamp,
    /// Seconds from the beginning to the end of the newest attempt. `None` while it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<f64>,
    /// The version that the run made. `None` if it made none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<VersionNumber>,
    /// The model family of the version. `None` if the run made none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub family: Option<Family>,
    /// The beginning of the gate's sentence or of the error message. `None` while the run goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The metrics of the version on the hold-out, by name, such as `roc_auc`. Empty if the run made no version.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metrics: BTreeMap<String, f64>,
    /// The first twelve digits of the data set's fingerprint. `None` until the data set was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dataset: Option<String>,
    /// The version of the program that made the run.
    pub code_version: String,
}

/// Summary of a model version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VersionSummary {
    /// The number of the version.
    pub number: VersionNumber,
    /// The identifier of the run that made the version.
    pub run_id: RunId,
    /// When the training ended.
    #[serde(with = "crate::time")]
    pub trained_at: Timestamp,
    /// The model family.
    pub family: Family,
    /// Whether the version was imported.
    #[serde(default)]
    pub imported: bool,
    /// Whether the gate made the version the champion.
    pub promoted: bool,
    /// The beginning of the gate's sentence.
    pub reason: String,
    /// The metric in which the gate compared the version.
    pub primary_metric: String,
    /// The metrics of the version on the hold-out, by name, such as `roc_auc`.
    pub metrics: BTreeMap<String, f64>,
    /// The score that the gate required. `None` if it required to beat a constant answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub floor: Option<f64>,
    /// Accuracy or R² on the training rows.
    pub training_score: f64,
    /// The first twelve digits of the data set's fingerprint.
    pub dataset: String,
    /// The number of rows of the data set.
    pub rows: usize,
    /// The size of the artifact in bytes.
    pub size: u64,
    /// The version of the program that made the version.
    pub code_version: String,
    /// The tags that people gave to the version, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
}

/// The part of the history that a list reads: from a time to a time. `None` means no limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Span {
    /// The earliest time.
    pub from: Option<Timestamp>,
    /// The latest time.
    pub until: Option<Timestamp>,
}

impl Span {
    /// Returns whether the time `moment` is within the span, limits included.
    pub fn contains(&self, moment: Timestamp) -> bool {
        self.from.is_none_or(|from| from <= moment) && self.until.is_none_or(|until| moment <= until)
    }
}
