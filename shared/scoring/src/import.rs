//! Imports models from other libraries: reads an exported ONNX file, or a file of XGBoost or LightGBM, into a pipeline.
//!
//! First, the import tries to compile the graph for the fast scorer. It walks through the graph once, from its inputs to its
//! outputs. Instead of numbers, it tracks features: which column each feature comes from, and how it is filled, scaled
//! or compared. If the graph contains anything else, or would be rounded differently, it becomes a [`Graph`], which is run
//! operator by operator.
//!
//! docs/IMPORT.md says how columns, texts, missing values and labels are matched, which operators are supported, and
//! where answers differ from ONNX Runtime.
//!
//! # Columns
//!
//! A file with one input takes all columns of the table, in the table's order. A file with several inputs takes the
//! columns with the names of the inputs, each `[N, 1]`. In these names, `_` may replace characters that are not letters
//! or digits, because exporters write them so. Numbers, booleans and dates are numeric inputs (float, double or
//! integers); a boolean may also have the type bool. Categories are texts. The pipeline does not contain columns that
//! the file does not use.
//!
//! # Refused, although a runtime accepts it
//!
//! The import refuses operators of other domains, functions that the file defines, and core operator sets before 7. It
//! refuses trees whose root is not the first of their nodes in the lists, because runtimes start there. Limits: 1,000 texts
//! per column with 200 bytes each, 10,000 features per model, and 192 MiB per file, of which 4 MiB besides the
//! operators' attributes and the numbers of constants.

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
mod native;
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
pub(crate) use features::MAX_TEXTS;
pub(crate) use keys::NodeKeys;
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

/// Imports a model of another library, for the columns and labels of `table`: an exported ONNX file, or a file that XGBoost
/// (JSON, UBJSON) or LightGBM (text) saved. Untrusted
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
    let converted = native::to_onnx(bytes).transpose()?;
    let bytes = converted.as_deref().unwrap_or(bytes);
    limits::check(bytes)?;
    let model = ModelProto::decode(bytes).map_err(ArtifactError::NotOnnx)?;
    check_meaning(&model)?;
    let producer = producer(&model);
    let graph = model.graph.ok_or(ArtifactError::Missing("graph"))?;
    if converted.is_some() {
        inputs::check_only_name(&graph, table)?;
    }
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
