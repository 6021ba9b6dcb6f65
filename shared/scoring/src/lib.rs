//! From a model artifact to predictions.
//!
//! The artifact is an ONNX file ([`encode`]); [`Model::load`] checks it once and compiles it into flat arrays, after which
//! [`Model::predict`] cannot fail on a row. What serves is not what trains: no learning library is known here.
//!
//! All arithmetic on features is in `f32`, the same operations in the same order as the ONNX operators, so that this crate,
//! ONNX Runtime and the trainer take the same path through every tree. What follows the features may differ in rounding:
//! probabilities by about 10⁻⁶, numbers by 10⁻⁵ of themselves.

mod artifact;
mod digest;
mod features;
mod flat;
mod import;
mod intervals;
mod link;
mod model;
mod pipeline;
mod predictions;
mod registered;
mod scorer;

pub use artifact::{ArtifactError, ArtifactMetadata, FORMAT_VERSION, Lineage, MAX_ARTIFACT_BYTES, decode, encode};
pub use digest::sha256_hex;
pub use import::{ImportError, Imported, import};
pub use model::{Model, ShapeError};
pub use pipeline::{
    Aggregate, Curve, Encoding, Ensemble, Hole, Interval, LabelRule, Linear, Link, MAX_FEATURES, MAX_MEMBERS,
    MAX_NODES, Member, Node, Parts, Pipeline, PipelineError, Predictor, Preprocessing, Scaler, Statistic, Step, Tree,
    Weight,
};
pub use predictions::{ClassPredictions, NumberPredictions, Prediction, Predictions};
pub use registered::RegisteredError;
