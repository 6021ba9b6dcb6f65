//! Verification: whether a model version can be made again from its table, byte for byte.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::VersionNumber;

/// The result of training a version again, compared with the stored artifact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VerificationOutcome {
    /// The new artifact has the same bytes.
    Identical,
    /// The new artifact has other bytes.
    Differs,
    /// The version cannot be trained again, for example because its table is gone.
    NotPossible,
}

/// The record of a verification of a model version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verification {
    /// The verified model version.
    pub version: VersionNumber,
    /// When the verification ended.
    #[serde(with = "crate::time")]
    pub at: Timestamp,
    /// Whether the new artifact has the same bytes.
    pub outcome: VerificationOutcome,
    // Empty if the artifacts are identical.
    /// What differs, or why the version cannot be trained again: one sentence each.
    pub differences: Vec<String>,
    /// The version of the program that trained again.
    pub code_version: String,
    /// The version of the program that made the verified version.
    pub recorded_code_version: String,
    /// The processor architecture on which the program trained again, such as `aarch64`.
    pub architecture: String,
    /// How long the verification took, in seconds.
    pub seconds: f64,
}

impl VerificationOutcome {
    /// Returns the outcome as it is written in JSON, such as `not_possible`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Identical => "identical",
            Self::Differs => "differs",
            Self::NotPossible => "not_possible",
        }
    }
}
