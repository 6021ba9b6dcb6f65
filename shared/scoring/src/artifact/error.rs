//! Reasons why bytes are not an artifact (a model stored as an ONNX file).

use super::limits::{MAX_ARTIFACT_BYTES, MAX_FRAME_BYTES, MAX_METADATA_BYTES};
use crate::pipeline::PipelineError;

/// Error: the bytes are not a model artifact (ONNX file) that this release of the software can read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArtifactError {
    /// The artifact file is too large. Contains its size in bytes.
    #[error("the artifact has {0} bytes; at most {MAX_ARTIFACT_BYTES} are supported")]
    TooLarge(usize),
    /// The metadata of the artifact (mainly columns and labels) is too large. Contains its size in bytes.
    #[error("the artifact's metadata has {0} bytes; at most {MAX_METADATA_BYTES} are supported")]
    MetadataTooLarge(usize),
    // The frame is everything besides the attributes of operators and the metadata.
    /// The artifact has too many bytes that belong neither to the metadata nor to attributes of operators. Contains the
    /// number of these bytes.
    #[error("the artifact has {0} bytes besides its attributes and metadata; at most {MAX_FRAME_BYTES} are supported")]
    FrameTooLarge(usize),
    /// The file is not complete: a part of the artifact is longer than the rest of the file.
    #[error("the artifact is not complete: a part is longer than the rest of the file; copy the file again")]
    Truncated,
    /// The bytes are not a Protocol Buffers message of ONNX.
    #[error("the artifact is not an ONNX file")]
    NotOnnx(#[source] prost::DecodeError),
    /// The version of the artifact format is missing or unknown to this release of the software.
    #[error("the artifact has {}; expected format 1 to {}", format_of(found.as_deref()), super::FORMAT_VERSION)]
    Format {
        /// Version of the artifact format in the file. `None` if the file has no version.
        found: Option<String>,
    },
    /// The artifact lacks a required part. Contains the name of the part.
    #[error("the artifact has no {0}")]
    Missing(&'static str),
    /// The signature (columns and labels) in the artifact is not valid JSON or not a valid signature.
    #[error("the artifact's signature is not valid")]
    Signature(#[source] serde_json::Error),
    /// The lineage (how the model was trained) in the artifact is not valid JSON or not a valid lineage.
    #[error("the artifact's lineage is not valid")]
    Lineage(#[source] serde_json::Error),
    // An operator set contains the definitions of the operators.
    /// The artifact uses an unsupported version of an ONNX operator set.
    #[error("operator set {domain:?} {}; expected version {expected}", version_of(*found))]
    OperatorSet {
        /// Domain (namespace) of the operator set; empty for the core operators.
        domain: &'static str,
        /// Version of the operator set in the file; `None` if it is missing.
        found: Option<i64>,
        /// The supported version of the operator set.
        expected: i64,
    },
    /// The artifact's format version does not support the kinds of columns in the artifact.
    #[error("the artifact's format cannot encode the columns of the signature")]
    Columns,
    /// The graph of an artifact of format 1 has other operators than format 1 defines.
    #[error("the graph has the operators {found:?}; expected {expected:?}")]
    Operators {
        /// Types of the ONNX operators in the file, in order.
        found: Vec<String>,
        /// Types of the ONNX operators that the format defines, in order.
        expected: [&'static str; 3],
    },
    /// An operator in the artifact has other inputs or outputs than the format defines. Contains the operator's type.
    #[error("operator {0} has other inputs or outputs than its format defines")]
    Connection(&'static str),
    /// The ONNX graph in the artifact differs from the graph that this project writes for the same model.
    #[error(
        "the graph does not match its pipeline: found {}; expected {}",
        operator(found.as_deref()),
        operator(expected.as_deref())
    )]
    Graph {
        // If only the graph's inputs or outputs differ, the value is also `None`.
        /// Type and name of the first operator that differs from the expected graph. `None` if an operator is missing.
        found: Option<String>,
        /// Type and name of the expected operator. `None` if the expected graph has no further operator.
        expected: Option<String>,
    },
    /// An attribute of an ONNX operator in the artifact is missing, unknown or repeated, or has an unexpected value.
    #[error("operator {operator}, attribute {attribute:?}: {problem}")]
    Attribute {
        /// Type of the ONNX operator, for example `Scaler`.
        operator: &'static str,
        /// Name of the operator's attribute.
        attribute: String,
        /// Description of what is wrong with the attribute, for the error message.
        problem: &'static str,
    },
    /// An entry in the artifact's lists of tree nodes or leaf weights is invalid.
    #[error("the ensemble's entry {entry}: {problem}")]
    Ensemble {
        /// Index of the invalid entry in the artifact's list of tree nodes or leaf weights.
        entry: usize,
        /// Description of what is wrong with the entry, for the error message.
        problem: &'static str,
    },
    /// Something else than metadata is behind the author's file in the artifact of an imported graph.
    #[error(
        "the artifact has more than metadata behind the imported file; expected only metadata; import the file again"
    )]
    BehindImported,
    /// The imported graph in the artifact cannot be run by this release.
    #[error("the artifact's imported graph cannot be used")]
    Imported(#[source] Box<crate::import::ImportError>),
    /// The artifact could be read, but the pipeline (the model) in it is invalid.
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
