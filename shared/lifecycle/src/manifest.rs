//! The manifest: what is known of an artifact, stored beside it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Baseline, Candidate, DatasetProfile, ModelName, Signature, Trigger, Version};

/// The manifest's own format; it grows when a reader of the older one would go wrong.
pub const MANIFEST_FORMAT: u32 = 2;

/// Everything that is known of one version, as JSON beside its artifact. The registry holds what is looked up often;
/// this holds the whole and outlives it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// [`MANIFEST_FORMAT`] when it was written.
    pub format: u32,
    /// The model.
    pub model: ModelName,
    /// The version's record.
    pub version: Version,
    /// Columns in and labels out.
    pub signature: Signature,
    /// What asked for the run.
    pub trigger: Trigger,
    /// How the table was read.
    pub profile: DatasetProfile,
    /// What there was to beat: how one does on the hold-out without any column. Older manifests do not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<Baseline>,
    /// The hyperparameters that were tried, in the order in which they were; none of a file made elsewhere.
    pub candidates: Vec<Candidate>,
    /// How much each column brought, 0–1, summing to 1 (or all 0 where no column brought anything): the share of the
    /// decrease in impurity of trees, of the gain of boosting, of the scaled coefficients of linear models. Empty of a file
    /// made elsewhere.
    pub feature_importances: BTreeMap<String, f64>,
}
