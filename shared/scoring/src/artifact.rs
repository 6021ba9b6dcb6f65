//! The artifact: a pipeline as an ONNX file that any ONNX runtime can score.
//!
//! This is format 2, which [`encode`] writes. Format 1 (columns of numbers and a forest that classifies) is still read; its
//! reader says what it was.
//!
//! # The file
//!
//! | | |
//! |---|---|
//! | inputs | `numbers`, f32 `[N, K]`: the columns that are no categories, in the order of the signature, NaN where missing; a moment is its days and behind them its parts, a text a 1 or a 0 for each word; left out if there are none |
//! | | `categories`, string `[N, C]`: the columns of categories, in the order of the signature, empty where missing; left out if there are none |
//! | outputs of a classifier | `label`, int64 `[N]`, the class index; `probabilities`, f32 `[N, classes]` |
//! | outputs for regression | `prediction`, f32 `[N]`; with an interval also `lower` and `upper`, f32 `[N]` |
//! | operator sets | `ai.onnx.ml` 3, `ai.onnx` 13 (file format 7) |
//! | metadata | `evergreen.format` (this format's version), `evergreen.model` (name), `evergreen.signature` (columns, task and labels as JSON); `evergreen.lineage` (code version, dataset fingerprint, seed, family and hyperparameters as JSON), left out where it is not known |
//! | producer | `evergreen`, in the version of the code that trained, where that is known |
//!
//! The file does not say which version of the model it is. The same table, seed and code give the same bytes, which can be
//! checked only if nothing of the one attempt is among them; the number is in the object's key, the manifest and the
//! registry, which has the file's SHA-256 beside it.
//!
//! # The graph
//!
//! Every operator is named after its one output; numbers are attributes, of the operator or of a `Constant`.
//!
//! | from → to | operators |
//! |---|---|
//! | `numbers` → `filled` | `Imputer` of NaN |
//! | `numbers` → `indicators` | `IsNaN`, `Cast`, `Gather` of the columns of which missing values are told apart |
//! | `categories` → `one_hot_0`… | for each column `Gather` and `OneHotEncoder` (`zeros` 1: what it does not know is 0 everywhere); a missing value is told apart as the empty text |
//! | → `code_0`… → `statistic_0_0`… | for each column with statistics `LabelEncoder` from text to code (the last code is for a missing text), `Reshape`; for each statistic `Gather` by code |
//! | these → `features` → `scaled` | `Concat` if there are several, `Scaler` if there is one |
//! | → `outputs` | `LinearRegressor`, or `TreeEnsembleRegressor` (AVERAGE or SUM, one target per output) and `Add` of the bases if any is not 0 |
//! | `outputs` → `prediction` | `Reshape` |
//! | `outputs` → `half_by_prediction` | a number; or for each step of a curve `Sub`, `Div`, `Clip` to 0–1, and `MatMul` and `Add` of all |
//! | `features` or `scaled` → `hardness` | where rows are not equally hard: `TreeEnsembleRegressor`, `Add`, `Reshape`, `Exp` |
//! | these → `half` → `lower`, `upper` | `Mul`; `Sub` and `Add`, and `Clip` where the target has limits |
//! | (a blend) → `outputs` | for each member the operators from `Scaler` to probabilities under names of its own (`member_0_…`), `Mul` by its weight, `Sum` of these |
//! | (values with holes) → a member's features | `Gather` of values and indicators, `Mul` of the latter by 10³⁸, `Sub` and `Add`: the value, below and above all others where it is missing; `Concat` behind the features |
//! | `outputs` → `scores` | logistic: `Mul` by -½ and ½; else the outputs themselves |
//! | scores → `label` | `ArgMax`; where labels have weights, of the probabilities times these (`Mul`) |
//! | scores → `probabilities` | identity: themselves, or `ReduceMax`, `Div`, `Pow` of the calibration, `ReduceSum`, `Div` |
//! | | logistic, softmax: `Mul` by the calibration if there is one, `Softmax` |
//! | | one versus rest: `Neg`, `Softplus`, `Neg` (the logarithm of the logistic function), then as softmax |
//! | → `probabilities` | where there is a least probability, `Mul` by 1 less so much for each label, and `Add` of it |
//!
//! # Why so
//!
//! A forest is a regressor of the class probabilities and not a `TreeEnsembleClassifier`: that operator leaves the label of
//! two classes to the runtime (ONNX Runtime answers the second as soon as its score is above 0) and cannot average, so that
//! weights of 1/trees would have to be summed with rounding. Votes summed as whole numbers and divided once are exact, ties
//! included. Labels come from the scores, before anything is rounded that need not be.
//!
//! A threshold of two labels is a pair of weights, so that every runtime answers the label that Evergreen answers. Readers
//! of release 0.1 refuse a graph with a least probability or with weights.
//!
//! Bases are not the ensemble's `base_values`, because ONNX Runtime leaves these out of an output that no leaf of a row
//! weighs; and `Sigmoid` does not occur, because its approximation there loses probabilities below 10⁻⁸, which would be all
//! there is to compare where every class is unlikely.

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

/// Version of the format that [`encode`] writes. A reader refuses versions that it does not know.
pub const FORMAT_VERSION: &str = "2";

/// What an artifact says of itself beside its pipeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArtifactMetadata {
    /// The model's name.
    pub model: String,
    /// Where it comes from, as far as that is known: older artifacts do not say it.
    pub lineage: Option<Lineage>,
}

impl ArtifactMetadata {
    /// Those of a model of which only the name is known.
    pub fn named(model: impl Into<String>) -> Self {
        Self { model: model.into(), lineage: None }
    }
}

/// Names in the file, for its writer and its readers.
mod names {
    pub(super) const ML_DOMAIN: &str = "ai.onnx.ml";
    pub(super) const ML_OPSET: i64 = 3;
    pub(super) const CORE_DOMAIN: &str = "";
    pub(super) const CORE_OPSET: i64 = 13;

    pub(super) const FORMAT_KEY: &str = "evergreen.format";
    pub(super) const MODEL_KEY: &str = "evergreen.model";
    pub(super) const SIGNATURE_KEY: &str = "evergreen.signature";
    pub(super) const LINEAGE_KEY: &str = "evergreen.lineage";

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
