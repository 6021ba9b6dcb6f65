//! Errors of the import of models from ONNX files.

use evergreen_lifecycle::text::shortened;
use evergreen_lifecycle::{Column, Label, SignatureError};

use crate::artifact::ArtifactError;
use crate::pipeline::PipelineError;

/// Error: an ONNX file from another library cannot be imported as a model.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    // An attribute of an operator may also have another type than expected.
    /// The file is not a valid or supported ONNX file: for example not ONNX, too large, or with an unknown attribute.
    #[error("{}", of_file(.0))]
    File(#[from] ArtifactError),
    /// The ONNX file contains an operator that the fast scorer does not know.
    #[error("operator {operator} is not supported; train and export the model without it")]
    Operator {
        /// Type of the ONNX operator, for example `Relu`.
        operator: String,
    },
    /// The ONNX file uses a supported operator in an unsupported way, for example with other inputs.
    #[error("operator {operator}: {problem}")]
    Use {
        /// Type of the ONNX operator, for example `Relu`.
        operator: String,
        /// Description of what is not supported, for the error message.
        problem: String,
    },
    /// A step of the ONNX file cannot be computed.
    #[error("{}: {problem}", of_step(operator, step))]
    Step {
        /// Name of the step in the file. Exporters derive it from the name of the author's class. It may be empty.
        step: String,
        /// Type of the ONNX operator, for example `Loop`.
        operator: String,
        /// Description of the problem, and what to do.
        problem: String,
    },
    /// A file that XGBoost or LightGBM saved cannot be read.
    #[error("the model file of {library}: {problem}")]
    Native {
        /// Name of the library.
        library: &'static str,
        /// Description of the problem, what was expected, and what to do.
        problem: String,
    },
    /// The file knows none of the table's texts of a category column.
    #[error(
        "column {column:?}: the file knows none of the table's texts; the file has {file}, the table {table}; train the \
         model on the texts of the table"
    )]
    NoCommonText {
        /// Name of the column.
        column: String,
        /// Some texts of the file.
        file: String,
        /// Some texts of the table.
        table: String,
    },
    /// The classifier answers sums of trees instead of probabilities.
    #[error(
        "the file's classifier gives scores instead of probabilities; with XGBoost, train with objective=\"multi:softprob\" \
         instead of \"multi:softmax\" and export the model again"
    )]
    Margins,
    /// The labels and the probabilities of a classifier contradict each other.
    #[error(
        "the file's label is not the most probable one for most rows; expected labels in the order of the probabilities; export \
         the classifier again"
    )]
    LabelOrder,
    /// The answer to a row depends on the rows beside it.
    #[error(
        "the answer to a row depends on the other rows of the request; expected a model that answers each row by itself; \
         export it without operators that combine rows"
    )]
    OtherRows,
    /// An attribute of an ONNX operator has a value that the import does not support.
    #[error("operator {operator}, attribute {attribute:?}: {problem}")]
    Attribute {
        /// Type of the ONNX operator, for example `Relu`.
        operator: String,
        /// Name of the operator's attribute that has the unsupported value.
        attribute: &'static str,
        /// Description of the unsupported value, for the error message.
        problem: String,
    },
    /// The ONNX file has one input for all columns, and its width differs from the number of columns in the table.
    #[error(
        "the file's input has {found} columns, the table has {}: {}; train on all of them in this order, or export one \
         input for each column",
        columns.len(),
        list(columns)
    )]
    Width {
        /// Number of columns of the file's only input.
        found: i64,
        /// Names of all columns of the table, for the error message.
        columns: Vec<String>,
    },
    /// The ONNX file has several inputs, and the name of one input is not the name of a column in the table.
    #[error(
        "the file's input {input:?} is not a column of the table; expected one of {}; export each input with the name \
         of its column",
        list(columns)
    )]
    Input {
        /// Name of the file's input that is not a column of the table.
        input: String,
        /// Names of all columns of the table, for the error message.
        columns: Vec<String>,
    },
    // Or the input has several columns although there are other inputs.
    /// An input of the ONNX file is not a supported tensor.
    #[error("the file's input {input:?} {problem}")]
    InputType {
        /// Name of the file's input that is not supported.
        input: String,
        /// Description of what is wrong with the input, for the error message.
        problem: &'static str,
    },
    /// The ONNX file expects another kind of values in a column than the table has (for example texts, not numbers).
    #[error(
        "column {column:?}: the table has a {kind}, the file expects {expected}; export the model with an input that \
         matches the table"
    )]
    Kind {
        /// Name of the table's column whose kind differs.
        column: String,
        /// Kind of the column in the table, for the error message.
        kind: &'static str,
        /// Kind of values that the file expects in the column, for the error message.
        expected: &'static str,
    },
    /// A column of the table has missing values, and the ONNX file does not replace them. Contains the column's name.
    #[error(
        "column {0:?}: the table has missing values, and the file does not fill them; put an imputer before the model \
         (SimpleImputer; for a category also OneHotEncoder(handle_unknown=\"ignore\")) and export both as one pipeline"
    )]
    Missing(String),
    /// The ONNX file uses a column twice with different scaling or fills, which is not supported. Contains the column's
    /// name.
    #[error(
        "column {0:?}: the file uses it twice and fills or scales it differently; expected one way for each column; \
         change the preprocessing of the model"
    )]
    Twice(String),
    /// The labels (classes) of the ONNX file are not the labels of the table's target.
    #[error(
        "the file has the labels {}, the table has {}; train the model on the labels of the table",
        list(file),
        list(table)
    )]
    Labels {
        /// Labels that the classifier in the file predicts.
        file: Vec<Label>,
        /// Labels of the table's target.
        table: Vec<Label>,
    },
    /// The ONNX file is a classifier but the table needs a regression model, or the other way round.
    #[error("the file is a model for {file}, the table's target is for {table}; import a model for {table}")]
    Task {
        /// Task of the model in the file: classification or regression.
        file: &'static str,
        /// Task that the table's target needs: classification or regression.
        table: &'static str,
    },
    /// An output of the ONNX file is not a label, probabilities or a predicted number. Contains the output's name.
    #[error(
        "the file's output {0:?} is not a prediction; expected the label, the probabilities or the predicted number; \
         export the model without this output"
    )]
    Output(String),
    /// An output of the ONNX file is not the final prediction, because a later operator changes it. Contains the
    /// output's name.
    #[error(
        "the file's output {0:?} is changed by a later operator; expected the final probabilities or the final number"
    )]
    Early(String),
    // In older operator sets, operators may have another meaning.
    /// The ONNX operator set (version of the operators' definitions) of the file is too old. Contains its version.
    #[error(
        "the file has operator set {0}; expected {least} or newer; export it with a higher target_opset",
        least = super::MIN_OPERATOR_SET
    )]
    OperatorSet(i64),
    /// The ONNX file defines its own operators (functions), which the import does not support.
    #[error(
        "the file defines functions (its own operators), as skl2onnx does for KNNImputer; expected none; use SimpleImputer, or \
         export it with standard operators"
    )]
    Functions,
    /// The ONNX file does not contain a model, or its outputs do not contain the prediction.
    #[error("the file predicts neither probabilities nor a number; export the whole model with its outputs")]
    NoPrediction,
    // The signature consists of the columns that the ONNX file uses, and the table's labels.
    /// The columns and labels of the imported model are not valid together.
    #[error("the file's model has no valid signature: {0}; use at least one column of the table")]
    Signature(#[source] SignatureError),
    /// The ONNX file was read, but the model in it is not valid, for example because a weight is not finite.
    #[error("the file's model is not valid: {0}")]
    Pipeline(#[from] PipelineError),
}

/// Maximum number of list entries that an error message shows.
const MAX_SHOWN: usize = 20;

/// Maximum number of characters of a name that an error message shows.
const MAX_NAME: usize = 80;

/// Shortens a name from the ONNX file or the table, so that an error message stays short.
pub(super) fn short(name: &str) -> String {
    shortened(name, MAX_NAME)
}

/// Formats a list for an error message: the first entries, and the number of the other entries.
pub(super) fn list<T: ToString>(entries: &[T]) -> String {
    let shown: Vec<_> = entries.iter().take(MAX_SHOWN).map(|entry| short(&entry.to_string())).collect();
    match entries.len().saturating_sub(MAX_SHOWN) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// Formats the shape of a tensor for an error message, for example `[1, -1]`. A long shape is cut.
pub(super) fn numbers(shape: &[i64]) -> String {
    format!("[{}]", list(shape))
}

/// Returns the message of an artifact error, worded for an ONNX file that a user imports.
fn of_file(error: &ArtifactError) -> String {
    let text = match error {
        ArtifactError::Attribute { operator, attribute, problem } => {
            format!("operator {operator}, attribute {:?}: {problem}", short(attribute))
        }
        ArtifactError::TooLarge(_) => {
            format!("{error}; train a smaller model, for example with fewer or smaller trees")
        }
        other => other.to_string(),
    };
    text.replace("the artifact", "the file")
}

/// Returns the beginning of an error about a step: the operator, and the name of the step in the file.
fn of_step(operator: &str, step: &str) -> String {
    if step.is_empty() {
        format!("operator {operator}")
    } else {
        format!("operator {operator}, step {step:?} of the file")
    }
}

impl ImportError {
    /// Returns whether the general interpreter may accept a file that the fast scorer refuses with this error.
    pub(super) fn may_be_general(&self) -> bool {
        matches!(
            self,
            Self::Operator { .. }
                | Self::Use { .. }
                | Self::Attribute { .. }
                | Self::Missing(_)
                | Self::Twice(_)
                | Self::Output(_)
                | Self::Early(_)
                | Self::NoPrediction
                | Self::Labels { .. }
                | Self::File(ArtifactError::Attribute { .. })
                | Self::Pipeline(_)
        )
    }

    /// Returns the error about a column of free texts that the file compares with whole texts.
    pub(crate) fn free_text(column: &Column) -> Self {
        Self::Kind { column: short(&column.name), kind: "text", expected: "categories, which repeat" }
    }

    pub(super) fn usage(operator: &str, problem: impl Into<String>) -> Self {
        Self::Use { operator: short(operator), problem: problem.into() }
    }

    pub(super) fn attribute(operator: &str, attribute: &'static str, problem: impl Into<String>) -> Self {
        Self::Attribute { operator: operator.to_owned(), attribute, problem: problem.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_lists_are_cut() {
        assert_eq!(short("abc"), "abc");
        assert_eq!(short(&"ü".repeat(100)), format!("{}…", "ü".repeat(MAX_NAME)));
        assert_eq!(numbers(&[1, -1]), "[1, -1]");
        assert!(numbers(&[1; 1_000_000]).ends_with(", 1 and 999980 more]"));
        let columns = vec!["x".repeat(1000); 10_000];
        assert!(ImportError::Width { found: 1, columns }.to_string().len() < 3000);
    }

    #[test]
    fn an_artifact_error_names_the_file() {
        let error = ImportError::from(ArtifactError::TooLarge(7)).to_string();
        assert!(error.starts_with("the file has 7 bytes"), "{error}");
    }
}
