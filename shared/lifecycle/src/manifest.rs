//! The manifest: a JSON file that describes one model version. It is stored in S3 beside the model file.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::drift::TableDrift;
use crate::feedback::HoldOutLosses;
use crate::{Baseline, Candidate, Curves, DatasetProfile, Family, ModelName, Parameters, Signature, Trigger, Version};

// The number is increased when a program for the older format would misread a new manifest.
/// The version of the JSON format of manifests. A manifest is a file that describes one model version.
pub const MANIFEST_FORMAT: u32 = 2;

/// The options with which a version was trained, apart from its table and its seed. A verification needs them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RecordedOptions {
    /// The only model family that the training tried. `None` if it tried all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub family: Option<Family>,
    /// The hyperparameter values that the request set, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub hyperparameters: Parameters,
    /// The column that the stack's settings name as the target.
    pub target: String,
    // With less memory, fewer features may be derived from the columns.
    /// The maximum memory in bytes for the table and the model together.
    pub memory: u64,
}

// The model registry only holds the facts that are read often. The manifest remains when the registry is deleted.
/// The manifest of one model version: all known facts about it, stored as JSON beside the model file in S3.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// The version of this manifest's JSON format: the value of [`MANIFEST_FORMAT`] when it was written.
    pub format: u32,
    /// The name of the model.
    pub model: ModelName,
    /// The record of the model version, as in the model registry.
    pub version: Version,
    /// The input columns of the model and the labels that it can predict.
    pub signature: Signature,
    /// The cause of the training run that made the model version.
    pub trigger: Trigger,
    /// How the training data set was read: its files, its columns and its warnings.
    pub profile: DatasetProfile,
    // The model should score better than this baseline.
    /// The hold-out score of a predictor that always gives the same answer. `None` in older manifests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<Baseline>,
    /// How many hold-out rows have which loss. Feedback is compared with it. `None` in older manifests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold_out: Option<HoldOutLosses>,
    /// Curves of the model on the hold-out, such as ROC or residuals. `None` in older manifests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub curves: Option<Curves>,
    /// The comparison of the data set with that of the champion. `None` without a champion that has a baseline, and in
    /// older manifests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table_drift: Option<TableDrift>,
    /// The model's answers to the rows of its self-check ([`CountShape::probes`](crate::drift::CountShape::probes)). An
    /// answer has the probabilities of all labels, or the predicted number. `None` in older manifests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probes: Option<Vec<Vec<f32>>>,
    /// The options of the training. `None` for an imported model, and in older manifests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub options: Option<RecordedOptions>,
    // It is not in the artifact, so the same training gives the same bytes on any processor.
    /// The architecture of the processor that made the version, such as `aarch64`. `None` in older manifests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub architecture: Option<String>,
    /// The candidates of the hyperparameter search, in the order of their trial. Empty for an imported model.
    pub candidates: Vec<Candidate>,
    // All values are 0 if no column helps. Empty for an imported model. For trees and random forests, a value is the
    // column's share of the decrease in impurity. For gradient boosting, it is the share of the gain. For linear
    // models, it is the share of the absolute scaled coefficients.
    /// Feature importance: how much each input column helps the model (0–1, sum 1), by column name.
    pub feature_importances: BTreeMap<String, f64>,
    // The unit is that of the explanations: the target's, log-odds, a score before softmax, or a probability.
    /// Mean absolute contribution of each input column to the predictions for hold-out rows, by column name. Empty in older
    /// manifests, and for a model that cannot explain its predictions.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub contributions: BTreeMap<String, f64>,
}
