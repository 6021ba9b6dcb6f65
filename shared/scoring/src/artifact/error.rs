//! Why bytes are no artifact.

use super::limits::{MAX_ARTIFACT_BYTES, MAX_FRAME_BYTES, MAX_METADATA_BYTES};
use crate::pipeline::PipelineError;

/// What is wrong with an artifact.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArtifactError {
    /// More bytes than are read.
    #[error("the artifact has {0} bytes, at most {MAX_ARTIFACT_BYTES} are read")]
    TooLarge(usize),
    /// Too large a signature.
    #[error("the artifact's metadata have {0} bytes, at most {MAX_METADATA_BYTES} are read")]
    MetadataTooLarge(usize),
    /// Too much beside the numbers.
    #[error("the artifact has {0} bytes beside its attributes and metadata, at most {MAX_FRAME_BYTES} are read")]
    FrameTooLarge(usize),
    /// A part is longer than the whole.
    #[error("the artifact ends before its parts do")]
    Truncated,
    /// Not a protocol buffer of ONNX.
    #[error("the artifact is not an ONNX file")]
    NotOnnx(#[source] prost::DecodeError),
    /// Another format, or none of ours.
    #[error("the artifact's format is {found:?}, at most {:?} is known", super::FORMAT_VERSION)]
    Format {
        /// The format that it claims, if any.
        found: Option<String>,
    },
    /// Something every artifact has is not there.
    #[error("the artifact lacks {0}")]
    Missing(&'static str),
    /// The signature's JSON is none.
    #[error("the artifact's signature is not valid")]
    Signature(#[source] serde_json::Error),
    /// The lineage's JSON is none.
    #[error("the artifact's lineage is not valid")]
    Lineage(#[source] serde_json::Error),
    /// An operator set whose meaning is not known.
    #[error("operator set {domain:?} has version {found:?}, expected {expected}")]
    OperatorSet {
        /// The set's domain; empty for the core.
        domain: &'static str,
        /// The version found, if any.
        found: Option<i64>,
        /// The version that is understood.
        expected: i64,
    },
    /// Columns that the format has no way to encode.
    #[error("the signature's columns are none that the format can encode")]
    Columns,
    /// A graph of other operators, in format 1.
    #[error("the graph's operators are {found:?}, expected {expected:?}")]
    Operators {
        /// Operators found, in order.
        found: Vec<String>,
        /// Operators of the format, in order.
        expected: [&'static str; 3],
    },
    /// Operators connected otherwise.
    #[error("operator {0} is not connected as expected")]
    Connection(&'static str),
    /// A graph that is not the one of its pipeline.
    #[error("the graph is not the pipeline's: operator {found:?} is not exactly the {expected:?} that belongs there")]
    Graph {
        /// Type and name of the first operator that is not as expected; none if one is missing, or if it is not the
        /// operators that differ but the inputs or outputs.
        found: Option<String>,
        /// The operator that belongs there, if any does.
        expected: Option<String>,
    },
    /// An attribute that is missing, unknown, repeated, or not as expected.
    #[error("operator {operator}, attribute {attribute:?}: {problem}")]
    Attribute {
        /// The operator.
        operator: &'static str,
        /// The attribute.
        attribute: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A node of the ensemble that cannot be one.
    #[error("the ensemble's entry {entry}: {problem}")]
    Ensemble {
        /// Position in the attribute's list.
        entry: usize,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// Well-formed, but no sound pipeline.
    #[error("the artifact's pipeline is not sound")]
    Pipeline(#[from] PipelineError),
}
