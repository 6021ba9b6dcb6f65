//! Reasons why bytes are not an artifact.

use super::limits::{MAX_ARTIFACT_BYTES, MAX_FRAME_BYTES, MAX_METADATA_BYTES};
use crate::pipeline::PipelineError;

/// Says what is wrong with an artifact.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArtifactError {
    /// The file is too large.
    #[error("the artifact has {0} bytes, at most {MAX_ARTIFACT_BYTES} are read")]
    TooLarge(usize),
    /// The metadata, mainly the signature, are too large.
    #[error("the artifact's metadata have {0} bytes, at most {MAX_METADATA_BYTES} are read")]
    MetadataTooLarge(usize),
    /// There are too many bytes besides the attributes and the metadata.
    #[error("the artifact has {0} bytes beside its attributes and metadata, at most {MAX_FRAME_BYTES} are read")]
    FrameTooLarge(usize),
    /// A part is longer than the rest of the file.
    #[error("the artifact ends before its parts do")]
    Truncated,
    /// The file is not a protocol buffer of ONNX.
    #[error("the artifact is not an ONNX file")]
    NotOnnx(#[source] prost::DecodeError),
    /// The format is unknown or missing.
    #[error("the artifact's format is {found:?}, at most {:?} is known", super::FORMAT_VERSION)]
    Format {
        /// The format in the file; `None` if it is missing.
        found: Option<String>,
    },
    /// A part that every artifact has is missing.
    #[error("the artifact lacks {0}")]
    Missing(&'static str),
    /// The signature is not valid JSON or not a valid signature.
    #[error("the artifact's signature is not valid")]
    Signature(#[source] serde_json::Error),
    /// The lineage is not valid JSON or not a valid lineage.
    #[error("the artifact's lineage is not valid")]
    Lineage(#[source] serde_json::Error),
    /// The version of an operator set is unknown.
    #[error("operator set {domain:?} has version {found:?}, expected {expected}")]
    OperatorSet {
        /// Domain of the operator set; empty for the core.
        domain: &'static str,
        /// The version in the file; `None` if it is missing.
        found: Option<i64>,
        /// The supported version.
        expected: i64,
    },
    /// The format cannot encode the columns of the signature.
    #[error("the signature's columns are none that the format can encode")]
    Columns,
    /// In format 1, the graph has other operators.
    #[error("the graph's operators are {found:?}, expected {expected:?}")]
    Operators {
        /// Operators in the file, in order.
        found: Vec<String>,
        /// Operators of the format, in order.
        expected: [&'static str; 3],
    },
    /// An operator has unexpected inputs or outputs.
    #[error("operator {0} is not connected as expected")]
    Connection(&'static str),
    /// The graph is not the one that belongs to its pipeline.
    #[error("the graph is not the pipeline's: operator {found:?} is not exactly the {expected:?} that belongs there")]
    Graph {
        /// Type and name of the first unexpected operator. `None` if an operator is missing, or if only the inputs or
        /// outputs of the graph differ.
        found: Option<String>,
        /// Type and name of the expected operator, if any.
        expected: Option<String>,
    },
    /// An attribute is missing, unknown, repeated or unexpected.
    #[error("operator {operator}, attribute {attribute:?}: {problem}")]
    Attribute {
        /// Type of the operator.
        operator: &'static str,
        /// Name of the attribute.
        attribute: String,
        /// What is wrong with the attribute.
        problem: &'static str,
    },
    /// A node of the ensemble is invalid.
    #[error("the ensemble's entry {entry}: {problem}")]
    Ensemble {
        /// Position in the lists of the ensemble.
        entry: usize,
        /// What is wrong with the entry.
        problem: &'static str,
    },
    /// The file is well-formed, but its pipeline is invalid.
    #[error("the artifact's pipeline is not sound")]
    Pipeline(#[from] PipelineError),
}
