//! The artifact: a pipeline stored as an ONNX file that any ONNX runtime can score.
//!
//! This is format 2, which [`encode`] writes. Format 1 (numeric columns and a forest that classifies) is still read;
//! its reader describes it. Format 3 is an imported graph: the file of its author, and behind it our metadata with the key
//! `evergreen.answer`, which says how the outputs become an answer.
//!
//! # The file
//!
//! | | |
//! |---|---|
//! | inputs | `numbers`, f32 `[N, K]`: the columns that are not categories, in the order of the signature, NaN if missing. A date is its number of days, followed by its parts. A text is a 1 or a 0 for each word. Left out if there are no such columns |
//! | | `categories`, string `[N, C]`: the category columns, in the order of the signature, empty if missing. Left out if there are no such columns |
//! | outputs of a classifier | `label`, int64 `[N]`, the class index; `probabilities`, f32 `[N, classes]` |
//! | outputs for regression | `prediction`, f32 `[N]`; with an interval also `lower` and `upper`, f32 `[N]` |
//! | operator sets | `ai.onnx.ml` 3, `ai.onnx` 13 (file format 7) |
//! | metadata | `evergreen.format`: version of this format |
//! | | `evergreen.model`: name of the model |
//! | | `evergreen.signature`: columns, task and labels as JSON |
//! | | `evergreen.lineage`: code version, data set fingerprint, hash of the feedback, seed, family and hyperparameters as JSON. Left out if unknown |
//! | | `evergreen.baseline`: the cells of each column, with the counts of rows, as JSON. Left out if unknown |
//! | | `evergreen.hold_out`: how many hold-out rows have which loss, as JSON. Left out if unknown |
//! | | `evergreen.background`: data for explanations, as JSON: the training rows on the left of each split, or the means of a linear model's features. Left out if unknown, or above 4 MiB |
//! | producer | `evergreen`, with the version of the code that trained, if known |
//!
//! The file does not contain the number of its model version. The same table, seed and code must give the same bytes,
//! so nothing in the file may depend on a single run. The number is in the object's key, the manifest and the registry,
//! which also contains the file's SHA-256.
//!
//! # The graph
//!
//! Every operator has the name of its only output. Numbers are attributes of the operator or of a `Constant`.
//!
//! | from → to | operators |
//! |---|---|
//! | `numbers` → `filled` | `Imputer` of NaN |
//! | `numbers` → `indicators` | `IsNaN`, `Cast`, `Gather` of the columns with an indicator for missing values |
//! | `categories` → `one_hot_0`… | for each column `Gather` and `OneHotEncoder` (`zeros` 1: an unknown text is 0 everywhere). With an indicator, the empty text is one of the texts |
//! | → `code_0`… → `statistic_0_0`… | for each category column with target encodings (statistics) `LabelEncoder` from text to code (the last code is for a missing text), `Reshape`; for each statistic `Gather` by code |
//! | all features above → `features` → `scaled` | `Concat` if there are several, `Scaler` if there is one |
//! | → `outputs` | `LinearRegressor`, or `TreeEnsembleRegressor` (AVERAGE or SUM, one target per output) and `Add` of the bases if any is not 0 |
//! | `outputs` → `prediction` | `Reshape` |
//! | `outputs` → `half_by_prediction` | a number; or for each step of a curve `Sub`, `Div`, `Clip` to 0–1, and `MatMul` and `Add` of all |
//! | `features` or `scaled` → `hardness` | if rows differ in difficulty: `TreeEnsembleRegressor`, `Add`, `Reshape`, `Exp` |
//! | these → `half` → `lower`, `upper` | `Mul`; `Sub` and `Add`, and `Clip` if the target has limits |
//! | (a blend) → `outputs` | for each member the operators from `Scaler` to probabilities with their own names (`member_0_…`), `Mul` by its weight; `Sum` of all members |
//! | (values with holes) → a member's features | `Gather` of values and indicators, `Mul` of the indicators by 10³⁸, `Sub` and `Add`: a missing value becomes lower and greater than all others; `Concat` after the features |
//! | `outputs` → `scores` | logistic: `Mul` by -½ and ½; otherwise the outputs themselves |
//! | scores → `label` | `ArgMax`; with label weights, `ArgMax` of the probabilities times the weights (`Mul`) |
//! | scores → `probabilities` | identity: the scores themselves, or with calibration `ReduceMax`, `Div`, `Pow`, `ReduceSum`, `Div` |
//! | | logistic, softmax: `Mul` by the calibration if there is one, `Softmax` |
//! | | one versus rest: `Neg`, `Softplus`, `Neg` (the logarithm of the logistic function), then as softmax |
//! | → `probabilities` | with a minimum probability (floor): `Mul` by 1 - labels × floor, and `Add` of the floor |
//!
//! # Reasons for this design
//!
//! A forest is a regressor of class probabilities and not a `TreeEnsembleClassifier`. That operator lets the runtime
//! choose between two labels: ONNX Runtime answers the second as soon as its score is above 0. It also cannot average,
//! so weights of 1/trees would be summed with rounding errors. Votes that are summed as whole numbers and divided once
//! are exact, including ties. Labels come from the scores, before any unnecessary rounding.
//!
//! The threshold of two labels is stored as a pair of weights, so that every runtime answers the same label as
//! Evergreen. Release 0.1 refuses a graph with a minimum probability or label weights.
//!
//! The bases are not the ensemble's `base_values`: ONNX Runtime ignores these for an output without a leaf weight.
//! `Sigmoid` is not used: ONNX Runtime approximates it and loses probabilities below 10⁻⁸, which matter if every class
//! is improbable.

use evergreen_lifecycle::drift::BaselineCounts;
use evergreen_lifecycle::feedback::WrittenLosses;

use crate::contributions::WrittenBackground;

pub(crate) mod attributes;
mod decode;
mod encode;
mod error;
mod graph;
pub(crate) mod limits;
mod lineage;
pub(crate) mod onnx;

pub use decode::decode;
pub use encode::encode;
pub use error::ArtifactError;
pub use limits::MAX_ARTIFACT_BYTES;
pub use lineage::Lineage;

// Loading an artifact of an unknown version is an error.
/// Version of the format of model artifacts (ONNX files) that [`encode`] writes.
pub const FORMAT_VERSION: &str = "2";

/// Format version of artifacts that contain an imported ONNX graph as its author wrote it.
pub(crate) const GRAPH_FORMAT_VERSION: &str = "3";

/// Name, lineage (how it was trained), baseline, losses and background of a model, as stored in its artifact (ONNX file).
#[derive(Debug, Clone, PartialEq)]
pub struct ArtifactMetadata {
    /// Name of the model, for example `iris`.
    pub model: String,
    // Older artifacts have no lineage.
    /// Lineage: code version, data set, seed and hyperparameters of the training. `None` if unknown.
    pub lineage: Option<Lineage>,
    // The model answers without it, so no release refuses an artifact because of it.
    /// The cells in which served rows are counted, with the counts of the data set's rows. `None` in artifacts of
    /// earlier releases, and if a later release wrote a baseline that this one cannot read.
    pub baseline: Option<BaselineCounts>,
    /// The losses on the hold-out, with which those of served predictions are compared. They stay text until they are
    /// needed. `None` in artifacts of earlier releases.
    pub hold_out: Option<WrittenLosses>,
    /// What explanations need to know of the training rows. It stays text until the first explanation. `None` in artifacts
    /// of earlier releases.
    pub background: Option<WrittenBackground>,
}

impl ArtifactMetadata {
    /// Creates the metadata of an artifact with the model name `model` and nothing else.
    pub fn named(model: impl Into<String>) -> Self {
        Self { model: model.into(), lineage: None, baseline: None, hold_out: None, background: None }
    }
}

/// Names in the ONNX file of an artifact. The writer and the readers share them.
mod names {
    pub(super) const ML_DOMAIN: &str = "ai.onnx.ml";
    pub(super) const ML_OPSET: i64 = 3;
    pub(super) const CORE_DOMAIN: &str = "";
    pub(super) const CORE_OPSET: i64 = 13;

    pub(super) const FORMAT_KEY: &str = "evergreen.format";
    pub(super) const MODEL_KEY: &str = "evergreen.model";
    pub(super) const SIGNATURE_KEY: &str = "evergreen.signature";
    pub(super) const LINEAGE_KEY: &str = "evergreen.lineage";
    pub(super) const BASELINE_KEY: &str = "evergreen.baseline";
    pub(super) const HOLD_OUT_KEY: &str = "evergreen.hold_out";
    pub(super) const BACKGROUND_KEY: &str = "evergreen.background";
    /// How the outputs of an imported graph become an answer.
    pub(super) const ANSWER_KEY: &str = "evergreen.answer";
    /// Size in bytes of the author's file at the beginning of the artifact.
    pub(super) const SIZE_KEY: &str = "evergreen.imported_bytes";

    pub(super) const SCALER: &str = "Scaler";
    pub(super) const ENSEMBLE: &str = "TreeEnsembleRegressor";
    pub(super) const LINEAR: &str = "LinearRegressor";
    pub(super) const ARG_MAX: &str = "ArgMax";
    pub(super) const IMPUTER: &str = "Imputer";
    pub(super) const ONE_HOT: &str = "OneHotEncoder";
    pub(super) const LABEL_ENCODER: &str = "LabelEncoder";
    pub(super) const CONSTANT: &str = "Constant";

    pub(super) const AVERAGE: &str = "AVERAGE";
    pub(super) const SUM: &str = "SUM";
    pub(super) const LEAF: &str = "LEAF";
    pub(super) const BRANCH: &str = "BRANCH_LEQ";
}
