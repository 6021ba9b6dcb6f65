//! Models made elsewhere: an ONNX file that another library exported, read into a pipeline.
//!
//! The graph is walked once, from its inputs to its outputs, with features in place of numbers: which column each comes
//! from, how it is filled, scaled or compared. What comes out has to be what a [`Pipeline`] can say; the first operator or
//! attribute that is not known is an error that names it. The pipeline is then served as one that was trained here.
//!
//! # What is known
//!
//! | operator | as far as |
//! |---|---|
//! | `TreeEnsembleClassifier`, `TreeEnsembleRegressor` | SUM or AVERAGE, `base_values`, modes BRANCH_LEQ, BRANCH_LT, BRANCH_GTE, BRANCH_GT; post-transform LOGISTIC of two classes, SOFTMAX, or NONE where leaves hold shares of the classes (a forest, which becomes the mean of its trees); one target |
//! | `LinearClassifier`, `LinearRegressor` | post-transform LOGISTIC of two classes or with `Normalizer` L1 after it, SOFTMAX; one target |
//! | `MatMul` and `Add` of constants | a linear regression model of doubles |
//! | `Imputer` | of NaN, in numbers |
//! | `Scaler`; `Add`, `Sub`, `Mul`, `Div` of features and constants | all of it; before trees, a warning where rounding differs |
//! | `OneHotEncoder` | of one column of texts |
//! | `Concat`, `FeatureVectorizer`, `Gather`, `ArrayFeatureExtractor`, `Split` | of columns |
//! | `Identity`, `Cast`, `Reshape`, `Flatten`, `ZipMap`, `Softmax`, `Constant` | where they leave values as they are; `Softmax` of a classifier's outputs |
//!
//! # Columns
//!
//! A file with one input takes all columns of the table, in the table's order; one with several takes those that the inputs
//! name, each `[N, 1]` (a name may have `_` for what is no letter or digit, as exporters write it). Numbers, truth values
//! and moments are numbers (float, double or integers; truth values also as such), categories are texts. Columns that the
//! file does not use are none of the pipeline's.
//!
//! A value may be missing where the file fills it (`Imputer`), and in a category: there it reads as the text of the encoder
//! that says so (empty, `NA`, `nan`…), else, where the encoder lets texts be unknown, as none of them. How trees would send
//! missing values is not taken over: where the table has some that the file does not fill, that is an error.
//!
//! # Labels
//!
//! The file's labels are the table's, by their text; 0 and 1 are also false and true. Where they are 0…k-1 and the table has
//! k others, they are taken as what `LabelEncoder` makes of these: their indices when sorted, with a warning.
//!
//! # Where answers differ
//!
//! The label is always the one of the greatest probability. Where all weights of a tree classifier of two labels are those
//! of one score, and all are positive, ONNX Runtime compares the score itself with 0.5, also where LOGISTIC follows: its
//! label may then be the one of the smaller of its own probabilities. The probabilities are the same.
//!
//! Texts that an `OneHotEncoder` refuses (`zeros` 0) are none of its categories here, with a warning if the table has some.
//!
//! # What is refused, that a runtime would take
//!
//! Operators of other domains, functions that the file defines, operator sets of the core before 7, trees whose root is not
//! the first of its nodes listed (where runtimes begin), and more than one form of the model's answer among the outputs.
//! A column has at most 1,000 texts of at most 200 bytes; a model 10,000 features; the file 192 MiB, of which 4 MiB
//! beside the operators' attributes.

mod answer;
mod constant;
mod ensemble;
mod error;
mod features;
mod forms;
#[cfg(test)]
mod graphs;
mod inputs;
mod keys;
mod labels;
mod layout;
mod linear;
mod trees;
mod value;
mod walk;

use evergreen_lifecycle::Signature;
use prost::Message;

use crate::artifact::onnx::ModelProto;
use crate::artifact::{ArtifactError, limits};
use crate::pipeline::Pipeline;

pub use error::ImportError;

/// Operator set of the core from which on operators mean what is read here.
const MIN_OPERATOR_SET: i64 = 7;

/// A model made elsewhere.
#[derive(Debug, Clone, PartialEq)]
pub struct Imported {
    /// What it does. Its columns and labels are the table's, in the table's order; it has no calibration and no interval.
    pub pipeline: Pipeline,
    /// What wrote the file, as "skl2onnx 1.20.0", or "unknown".
    pub producer: String,
    /// What was assumed, in sentences for whoever gave the file.
    pub warnings: Vec<String>,
}

/// Reads an ONNX file that another library exported, for a table of this signature. Bytes from anywhere are safe to pass:
/// what cannot be read is an error, found in time and memory proportional to its size.
///
/// # Errors
/// [`ImportError`], which names the operator, attribute, column or label that is not as it has to be.
pub fn import(bytes: &[u8], table: &Signature) -> Result<Imported, ImportError> {
    limits::check(bytes)?;
    let mut model = ModelProto::decode(bytes).map_err(ArtifactError::NotOnnx)?;
    check_meaning(&model)?;
    let graph = model.graph.take().ok_or(ArtifactError::Missing("graph"))?;
    let scored = walk::walk(graph, table)?;
    let (pipeline, warnings) = answer::pipeline(scored, table)?;
    Ok(Imported { pipeline, producer: producer(&model), warnings })
}

/// Operators must be those of their name.
fn check_meaning(model: &ModelProto) -> Result<(), ImportError> {
    if !model.functions.is_empty() {
        return Err(ImportError::Functions);
    }
    let core = |domain: &str| matches!(domain, "" | "ai.onnx");
    match model.opset_import.iter().find(|set| core(&set.domain) && set.version < MIN_OPERATOR_SET) {
        Some(old) => Err(ImportError::OperatorSet(old.version)),
        None => Ok(()),
    }
}

/// Name and version, short and printable.
fn producer(model: &ModelProto) -> String {
    let text = format!("{} {}", model.producer_name, model.producer_version);
    let short: String = text.trim().chars().filter(|c| !c.is_control()).take(80).collect();
    if short.is_empty() { "unknown".to_owned() } else { short }
}
