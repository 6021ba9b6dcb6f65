//! The artifact: a pipeline as an ONNX file that any ONNX runtime can score.
//!
//! | | |
//! |---|---|
//! | input | `features`, f32 `[N, columns]`, raw values in the order of the signature |
//! | outputs | `label`, int64 `[N]`, the class index; `probabilities`, f32 `[N, classes]` |
//! | graph | `Scaler` → `TreeEnsembleRegressor` (one target per class, AVERAGE over the trees) → `ArgMax` |
//! | operator sets | `ai.onnx.ml` 3, `ai.onnx` 13 |
//! | metadata | `evergreen.format` (this format's version), `evergreen.model` (name), `evergreen.signature` (columns and labels as JSON) |
//!
//! The ensemble is a regressor of the class probabilities and not a `TreeEnsembleClassifier`: that operator leaves the
//! label of two classes to the runtime (ONNX Runtime answers the second as soon as its score is above 0) and cannot
//! average, so that weights of 1/trees would have to be summed with rounding. Votes summed as whole numbers and divided
//! once are exact, ties included.

mod attributes;
mod decode;
mod encode;
mod error;
mod graph;
mod limits;
mod onnx;

use serde::{Deserialize, Serialize};

pub(crate) use decode::decode;
pub use encode::encode;
pub use error::ArtifactError;
pub use limits::MAX_ARTIFACT_BYTES;

/// Version of the format that [`encode`] writes. A reader refuses versions that it does not know.
pub const FORMAT_VERSION: &str = "2";

/// What an artifact says of itself beside its pipeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArtifactMetadata {
    /// The model's name.
    pub model: String,
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

    pub(super) const SCALER: &str = "Scaler";
    pub(super) const ENSEMBLE: &str = "TreeEnsembleRegressor";
    pub(super) const LINEAR: &str = "LinearRegressor";
    pub(super) const ARG_MAX: &str = "ArgMax";
    pub(super) const IMPUTER: &str = "Imputer";
    pub(super) const ONE_HOT: &str = "OneHotEncoder";
    pub(super) const CONSTANT: &str = "Constant";

    pub(super) const AVERAGE: &str = "AVERAGE";
    pub(super) const SUM: &str = "SUM";
    pub(super) const LEAF: &str = "LEAF";
    pub(super) const BRANCH: &str = "BRANCH_LEQ";
}
