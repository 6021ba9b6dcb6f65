//! A batch job: what is scored, with which version, and where the answers go.

use std::fmt;
use std::str::FromStr;

use evergreen_lifecycle::{Artifact, ModelName, VersionNumber};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::cost::BatchRates;
use crate::location::Location;

/// Maximum number of characters of a job's identity. The name of an execution may be a little longer.
const MAX_ID: usize = 60;

/// The identity of a batch job: 1–60 letters, digits, `-` and `_`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct JobId(String);

/// Error: a text is not the identity of a batch job.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("job {0:?}: expected 1 to {MAX_ID} letters, digits, - and _")]
pub struct InvalidJobId(String);

impl JobId {
    /// Returns the identity of a job that something other than a person has started: its time, and what distinguishes it
    /// from others of that time.
    pub fn dated(at: Timestamp, distinction: &str) -> Self {
        Self(format!("{}-{distinction}", at.strftime("%Y%m%dT%H%M%SZ")))
    }

    /// Returns the identity as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for JobId {
    type Err = InvalidJobId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        if (1..=MAX_ID).contains(&text.len()) && text.bytes().all(is_allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidJobId(text.to_owned()))
        }
    }
}

impl TryFrom<String> for JobId {
    type Error = InvalidJobId;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<JobId> for String {
    fn from(id: JobId) -> Self {
        id.0
    }
}

impl fmt::Display for JobId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// A batch job. Every part of it is scored with the same version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BatchJob {
    /// The identity.
    pub id: JobId,
    /// The model.
    pub model: ModelName,
    /// The file, or the prefix of the files, with the rows.
    pub input: Location,
    /// The prefix of the answers. It ends with a slash.
    pub output: Location,
    /// The number of the version that scores all rows.
    pub version: VersionNumber,
    /// The model file of this version.
    pub artifact: Artifact,
    /// Whether the answers have the contribution of each column.
    #[serde(default)]
    pub explain: bool,
    /// The columns of the input that the answers repeat.
    #[serde(default)]
    pub keep: Vec<String>,
    /// What the work of this job costs.
    pub rates: BatchRates,
}

/// A job as it was planned, in the object `job.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlannedJob {
    /// The job.
    #[serde(flatten)]
    pub job: BatchJob,
    /// When it was planned.
    pub planned_at: Timestamp,
    /// The key of the list of all parts.
    pub plan: String,
    /// Number of files.
    pub files: u32,
    /// Number of parts.
    pub parts: u32,
    /// Number of rows.
    pub rows: u64,
}

/// The keys of a job's objects in the stack's bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobKeys(String);

impl JobKeys {
    /// Returns the prefix under which the jobs of a model are. It ends with a slash.
    pub fn jobs(model: &ModelName) -> String {
        format!("jobs/{model}/")
    }

    /// Returns the keys of a job.
    pub fn of(model: &ModelName, job: &JobId) -> Self {
        Self(format!("{}{job}/", Self::jobs(model)))
    }

    /// Returns the key of the description of the job ([`PlannedJob`]).
    pub fn job(&self) -> String {
        format!("{}job.json", self.0)
    }

    /// Returns the key of the list of all parts, as the execution with this name planned it.
    pub fn plan(&self, execution: &str) -> String {
        format!("{}plan/{execution}.json", self.0)
    }

    /// Returns the key of the list of the parts that the execution with this name scores.
    pub fn work(&self, execution: &str) -> String {
        format!("{}work/{execution}.json", self.0)
    }

    /// Returns the prefix of the receipts. It ends with a slash.
    pub fn receipts(&self) -> String {
        format!("{}receipts/", self.0)
    }

    /// Returns the prefix of the notes about parts that failed. It ends with a slash.
    pub fn failures(&self) -> String {
        format!("{}failures/", self.0)
    }

    /// Returns the key of the note that says why the last attempt at a part failed.
    pub fn failure(&self, part: u32) -> String {
        format!("{}{part:05}.json", self.failures())
    }

    /// Returns the key of the manifest. A copy lies beside the answers.
    pub fn manifest(&self) -> String {
        format!("{}{MANIFEST}", self.0)
    }
}

/// Name of the manifest beside the answers.
pub const MANIFEST: &str = "manifest.json";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_begins_with_its_time_and_has_no_other_characters() {
        let id = JobId::dated("2026-11-30T09:12:44Z".parse().unwrap(), "b4c42320");
        assert_eq!(id.as_str(), "20261130T091244Z-b4c42320");
        assert_eq!(id.as_str().parse(), Ok(id));
        for text in ["", "a/b", "a b", &"a".repeat(61)] {
            assert!(text.parse::<JobId>().is_err(), "{text}");
        }
    }

    #[test]
    fn all_objects_of_a_job_lie_under_its_prefix() {
        let keys = JobKeys::of(&"iris".parse().unwrap(), &"a1".parse().unwrap());
        let found = [keys.job(), keys.plan("e"), keys.work("e"), keys.receipts(), keys.failure(7), keys.manifest()];
        insta::assert_compact_debug_snapshot!(found, @r#"["jobs/iris/a1/job.json", "jobs/iris/a1/plan/e.json", "jobs/iris/a1/work/e.json", "jobs/iris/a1/receipts/", "jobs/iris/a1/failures/00007.json", "jobs/iris/a1/manifest.json"]"#);
    }
}
