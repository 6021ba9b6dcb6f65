//! The manifest: a JSON description of an artifact, stored beside it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Baseline, Candidate, DatasetProfile, ModelName, Signature, Trigger, Version};

/// Version of the manifest's format. It increases when readers of the older format would misread a new manifest.
pub const MANIFEST_FORMAT: u32 = 2;

/// Everything known about one version, stored as JSON beside its artifact. The registry holds what is read often.
/// The manifest holds everything and outlives the registry.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// The value of [`MANIFEST_FORMAT`] at the time of writing.
    pub format: u32,
    /// The model's name.
    pub model: ModelName,
    /// The version's record.
    pub version: Version,
    /// The input columns and the labels.
    pub signature: Signature,
    /// What started the run.
    pub trigger: Trigger,
    /// How the data set was read.
    pub profile: DatasetProfile,
    /// The score of a constant answer on the hold-out, which the model should beat. Older manifests do not have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<Baseline>,
    /// The candidates of the search, in the order in which they were tried. Empty for an imported model.
    pub candidates: Vec<Candidate>,
    /// The importance of each column, 0–1, in total 1. All values are 0 if no column helps. For trees it is the share
    /// of the decrease in impurity, for boosting the share of the gain, and for linear models the share of the scaled
    /// coefficients. Empty for an imported model.
    pub feature_importances: BTreeMap<String, f64>,
}
