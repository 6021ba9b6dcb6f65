//! Reasons why bytes are not an artifact.

use super::limits::{MAX_ARTIFACT_BYTES, MAX_FRAME_BYTES, MAX_METADATA_BYTES};
use crate::pipeline::PipelineError;

/// Reason why bytes are not an artifact that this release can read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArtifactError {
    /// The file is too large.
    #[error("the artifact has {0} bytes; at most {MAX_ARTIFACT_BYTES} are supported")]
    TooLarge(usize),
    /// The metadata, mainly the signature, are too large.
    #[error("the artifact's metadata has {0} bytes; at most {MAX_METADATA_BYTES} are supported")]
    MetadataTooLarge(usize),
    /// There are too many bytes besides the attributes and the metadata.
    #[error("the artifact has {0} bytes besides its attributes and metadata; at most {MAX_FRAME_BYTES} are supported")]
    FrameTooLarge(usize),
    /// A part is longer than the rest of the file.
    #[error("the artifact is not complete: a part is longer than the rest of the file; copy the file again")]
    Truncated,
    /// The file is not a protocol buffer of ONNX.
    #[error("the artifact is not an ONNX file")]
    NotOnnx(#[source] prost::DecodeError),
    /// The format is unknown or missing.
    #[error("the artifact has {}; expected format 1 to {}", format_of(found.as_deref()), super::FORMAT_VERSION)]
    Format {
        /// The format in the file; `None` if it is missing.
        found: Option<String>,
    },
    /// A part that every artifact has is missing.
    #[error("the artifact has no {0}")]
    Missing(&'static str),
    /// The signature is not valid JSON or not a valid signature.
    #[error("the artifact's signature is not valid")]
    Signature(#[source] serde_json::Error),
    /// The lineage is not valid JSON or not a valid lineage.
    #[error("the artifact's lineage is not valid")]
    Lineage(#[source] serde_json::Error),
    /// The version of an operator set is unknown.
    #[error("operator set {domain:?} {}; expected version {expected}", version_of(*found))]
    OperatorSet {
        /// Domain of the operator set; empty for the core.
        domain: &'static str,
        /// The version in the file; `None` if it is missing.
        found: Option<i64>,
        /// The supported version.
        expected: i64,
    },
    /// The format cannot encode the columns of the signature.
    #[error("the artifact's format cannot encode the columns of the signature")]
    Columns,
    /// In format 1, the graph has other operators.
    #[error("the graph has the operators {found:?}; expected {expected:?}")]
    Operators {
        /// Operators in the file, in order.
        found: Vec<String>,
        /// Operators of the format, in order.
        expected: [&'static str; 3],
    },
    /// An operator has unexpected inputs or outputs.
    #[error("operator {0} has other inputs or outputs than its format defines")]
    Connection(&'static str),
    /// The graph is not the one that belongs to its pipeline.
    #[error(
        "the graph does not match its pipeline: found {}; expected {}",
        operator(found.as_deref()),
        operator(expected.as_deref())
    )]
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
        /// The error in the attribute.
        problem: &'static str,
    },
    /// A node of the ensemble is invalid.
    #[error("the ensemble's entry {entry}: {problem}")]
    Ensemble {
        /// Position in the lists of the ensemble.
        entry: usize,
        /// The error in the entry.
        problem: &'static str,
    },
    /// The file is well-formed, but its pipeline is invalid.
    #[error("the artifact's pipeline is not valid")]
    Pipeline(#[from] PipelineError),
}

fn format_of(found: Option<&str>) -> String {
    found.map_or("no format".to_owned(), |found| format!("format {found:?}"))
}

fn version_of(found: Option<i64>) -> String {
    found.map_or("is missing".to_owned(), |found| format!("has version {found}"))
}

fn operator(name: Option<&str>) -> String {
    name.map_or("no operator".to_owned(), |name| format!("operator {name:?}"))
}
