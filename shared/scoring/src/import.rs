//! Imports models from other libraries: reads an exported ONNX file into a pipeline.
//!
//! The import walks through the graph once, from its inputs to its outputs. Instead of numbers, it tracks features:
//! which column each feature comes from, and how it is filled, scaled or compared. The result must be expressible as a
//! [`Pipeline`]. The first unknown operator or attribute is an error that names it. After the import, the pipeline is
//! used like one that was trained here.
//!
//! docs/IMPORT.md lists the supported operators, which `operators.rs` defines. Several steps of scaling before trees
//! are imported with a warning, because they round differently here.
//!
//! # Columns
//!
//! A file with one input takes all columns of the table, in the table's order. A file with several inputs takes the
//! columns with the names of the inputs, each `[N, 1]`. In these names, `_` may replace characters that are not letters
//! or digits, because exporters write them so. Numbers, booleans and dates are numeric inputs (float, double or
//! integers); a boolean may also have the type bool. Categories are texts. The pipeline does not contain columns that
//! the file does not use.
//!
//! A number may be missing if the file fills it (`Imputer`). A category may be missing in two cases: if the encoder has
//! a text for missing values (empty, `NA`, `nan`…), or if the encoder accepts unknown texts. In the second case, a
//! missing value belongs to no category. The direction of missing values in trees is not imported. If the table has
//! missing values that the file does not fill, that is an error.
//!
//! # Labels
//!
//! The labels of the file must have the same text as those of the table; 0 and 1 may also mean false and true.
//! Sometimes the file's labels are 0…k-1 and the table has k other labels. Then the numbers are the indices of the
//! sorted labels, like those of `LabelEncoder`. That gives a warning.
//!
//! # Differences from ONNX Runtime
//!
//! The label is always the one with the greatest probability. Sometimes all weights of a tree classifier with two
//! labels belong to one score and are positive. Then ONNX Runtime compares the score itself with 0.5, even if LOGISTIC
//! follows, so its label may have the smaller probability. The probabilities are the same.
//!
//! An `OneHotEncoder` with `zeros` 0 refuses unknown texts. Here, such a text belongs to no category, with a warning if
//! the table contains any.
//!
//! # Refused, although a runtime accepts it
//!
//! The import refuses operators of other domains, functions that the file defines, and core operator sets before 7. It
//! refuses trees whose root is not the first of their nodes in the lists, because runtimes start there. It refuses more
//! than one form of the model's answer among the outputs. Limits: 1,000 texts per column with 200 bytes each, 10,000
//! features per model, and 192 MiB per file, of which 4 MiB besides the operators' attributes.

mod answer;
mod constant;
mod ensemble;
mod error;
mod features;
mod forms;
#[cfg(test)]
mod graphs;
pub(crate) mod inputs;
mod keys;
mod labels;
mod layout;
mod linear;
mod operators;
mod outputs;
mod precision;
pub(crate) mod texts;
mod trees;
mod value;
mod walk;

use evergreen_lifecycle::Signature;
use prost::Message;

use crate::artifact::onnx::{GraphProto, ModelProto};
use crate::artifact::{ArtifactError, limits};
use crate::graph::{Graph, known_texts};
use crate::pipeline::Pipeline;

pub use error::ImportError;
pub(crate) use labels::classes as classes_of;

// In older versions, some operators have a different meaning.
/// Limit of the ONNX import: oldest accepted version of ONNX's core operator set.
const MIN_OPERATOR_SET: i64 = 7;

/// A model that was imported from an ONNX file of another machine-learning library.
#[derive(Debug, Clone, PartialEq)]
pub struct ImportedModel {
    // The pipeline has no calibration and no prediction intervals.
    /// The imported model as a pipeline, with the table's columns and labels in the table's order.
    pub pipeline: Pipeline,
    /// Name and version of the program that wrote the file, for example "skl2onnx 1.20.0", or "unknown".
    pub producer: String,
    /// Warnings about the import, as sentences for the user. Empty if there are none.
    pub warnings: Vec<String>,
}

/// Imports a model from an ONNX file that another library exported, for the columns and labels of `table`. Untrusted
/// bytes are safe: an unreadable file is an error. Time and memory are proportional to the number of bytes.
///
/// # Errors
/// [`ImportError`], which names the invalid operator, attribute, column or label.
///
/// # Examples
/// ```
/// use evergreen_lifecycle::{Column, Signature};
/// use evergreen_scoring::{ArtifactMetadata, Model, encode, import};
///
/// // A random forest from scikit-learn.
/// let bytes = std::fs::read("../../tests/artifacts/foreign/skl-forest-3.onnx")?;
/// let columns = ["sepal length", "sepal width", "petal length", "petal width"].map(Column::number).to_vec();
/// let labels = ["setosa", "versicolor", "virginica"].map(Into::into).to_vec();
/// let imported = import(&bytes, &Signature::classification(columns, labels)?)?;
/// assert!(imported.producer.starts_with("skl2onnx") && imported.warnings.len() == 1, "the order of the columns");
///
/// // The artifact of the imported model.
/// let artifact = encode(&imported.pipeline, &ArtifactMetadata::named("iris"));
/// let answers = Model::load(&artifact)?.predict(&[5.1, 3.5, 1.4, 0.2])?;
/// assert_eq!(answers.len(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn import(bytes: &[u8], table: &Signature) -> Result<ImportedModel, ImportError> {
    limits::check(bytes)?;
    let model = ModelProto::decode(bytes).map_err(ArtifactError::NotOnnx)?;
    check_meaning(&model)?;
    let producer = producer(&model);
    let graph = model.graph.ok_or(ArtifactError::Missing("graph"))?;
    let order = inputs::assumed_order(&graph, table);
    let is_single = precision::is_single(&graph);
    let (pipeline, mut warnings) = match compiled(graph, table) {
        Ok((pipeline, warnings, true)) if is_single => (pipeline, warnings),
        // The fast scorer would round differently, or does not know the model. Then the graph itself is run.
        Ok(_) => general(bytes, table)?,
        Err(error) if error.may_be_general() => general(bytes, table)?,
        Err(error) => return Err(error),
    };
    warnings.extend(order);
    Ok(ImportedModel { pipeline, producer, warnings })
}

/// Compiles a graph for the fast scorer. Also returns warnings, and whether all numbers are exactly those of the file.
fn compiled(graph: GraphProto, table: &Signature) -> Result<(Pipeline, Vec<String>, bool), ImportError> {
    let known = known_texts(&graph, table);
    let found = walk::walk(graph, table)?;
    answer::pipeline(found, table, &known)
}

/// Imports a graph that is run operator by operator.
fn general(bytes: &[u8], table: &Signature) -> Result<(Pipeline, Vec<String>), ImportError> {
    let (graph, signature, warnings) = Graph::import(bytes, table)?;
    Ok((Pipeline::of_graph(signature, graph)?, warnings))
}

/// Checks that an ONNX file defines no own operators (functions), and that its operator set is not too old.
fn check_meaning(model: &ModelProto) -> Result<(), ImportError> {
    // The file must not define functions, and its operator set must not be older than the minimum.
    if !model.functions.is_empty() {
        return Err(ImportError::Functions);
    }
    let core = |domain: &str| matches!(domain, "" | "ai.onnx");
    match model.opset_import.iter().find(|set| core(&set.domain) && set.version < MIN_OPERATOR_SET) {
        Some(old) => Err(ImportError::OperatorSet(old.version)),
        None => Ok(()),
    }
}

/// Returns the name and the version of the program that wrote the ONNX file, in at most 80 characters.
fn producer(model: &ModelProto) -> String {
    // Control characters are removed.
    let text = format!("{} {}", model.producer_name, model.producer_version);
    let short: String = text.trim().chars().filter(|c| !c.is_control()).take(80).collect();
    if short.is_empty() { "unknown".to_owned() } else { short }
}
