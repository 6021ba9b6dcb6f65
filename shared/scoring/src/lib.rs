//! Reads a model artifact (an ONNX file) and predicts with it.
//!
//! The artifact of a model is written by [`encode`]. [`Model::load`] checks it once and compiles it into flat arrays.
//! After that, [`Model::predict`] cannot fail on a row. [`import`] reads ONNX files of other machine-learning
//! libraries. This crate does not depend on any training library.
//!
//! All arithmetic on features is in `f32`, with the same operations in the same order as the ONNX operators. So this
//! crate, ONNX Runtime and the trainer take the same path through every tree. Later steps may differ by rounding:
//! probabilities by about 10⁻⁶, numbers by a relative 10⁻⁵.

#![cfg_attr(not(test), warn(clippy::disallowed_methods))]

mod artifact;
mod contributions;
mod counting;
mod features;
mod flat;
mod graph;
mod import;
mod intervals;
mod link;
mod model;
mod pipeline;
mod predictions;
mod probing;
mod registered;
mod scorer;

pub use artifact::{ArtifactError, ArtifactMetadata, FORMAT_VERSION, Lineage, MAX_ARTIFACT_BYTES, decode, encode};
pub use contributions::{
    BackgroundCounter, ExplainError, Explained, Explanation, Explanations, MAX_EXPLAINED_DEPTH, WrittenBackground,
};
pub use counting::count_rows;
pub use graph::{Graph, GraphError, operator_names};
pub use import::{ImportError, ImportedModel, import};
pub use link::to_power;
pub use model::{Model, PredictError};
pub use pipeline::{
    Aggregate, Curve, CurveStep, Encoding, Ensemble, Hole, Interval, LabelRule, Linear, Link, MAX_FEATURES,
    MAX_MEMBERS, MAX_NODES, Member, Node, Pipeline, PipelineError, PipelineParts, Predictor, Preprocessing, Scaler,
    Statistic, Tree, Weight,
};
pub use predictions::{ClassPredictions, NumberPredictions, Prediction, Predictions};
pub use probing::probe;
pub use registered::RegisteredError;
