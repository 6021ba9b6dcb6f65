//! Reasons why a file cannot become a pipeline.

use evergreen_lifecycle::text::shortened;
use evergreen_lifecycle::{Label, SignatureError};

use crate::artifact::ArtifactError;
use crate::pipeline::PipelineError;

/// Reason why a file cannot be imported.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// The file is not an ONNX file, is too large, or has an attribute that is unknown or of another type.
    #[error("{}", of_file(.0))]
    File(#[from] ArtifactError),
    /// The operator is unknown.
    #[error(
        "operator {operator} is not supported; supported are {}; train and export the model without it",
        super::operators::names()
    )]
    Operator {
        /// Type of the operator.
        operator: String,
    },
    /// A known operator is used in an unsupported way.
    #[error("operator {operator}: {problem}")]
    Use {
        /// Type of the operator.
        operator: String,
        /// The unsupported part.
        problem: String,
    },
    /// The value of an attribute is not supported.
    #[error("operator {operator}, attribute {attribute:?}: {problem}")]
    Attribute {
        /// Type of the operator.
        operator: String,
        /// Name of the attribute.
        attribute: &'static str,
        /// The unsupported part.
        problem: String,
    },
    /// The only input has a different number of columns than the table.
    #[error(
        "the file's input has {found} columns, the table has {}: {}; train on all of them in this order, or export one \
         input for each column",
        columns.len(),
        list(columns)
    )]
    Width {
        /// Number of columns of the input.
        found: i64,
        /// Names of the table's columns.
        columns: Vec<String>,
    },
    /// An input does not have the name of a column.
    #[error(
        "the file's input {input:?} is not a column of the table; expected one of {}; export each input with the name \
         of its column",
        list(columns)
    )]
    Input {
        /// Name of the input.
        input: String,
        /// Names of the table's columns.
        columns: Vec<String>,
    },
    /// An input is not a supported tensor, or it has several columns although there are other inputs.
    #[error("the file's input {input:?} {problem}")]
    InputType {
        /// Name of the input.
        input: String,
        /// The error in the input.
        problem: &'static str,
    },
    /// The file expects another kind of values for a column.
    #[error(
        "column {column:?}: the table has a {kind}, the file expects {expected}; export the model with an input that \
         matches the table"
    )]
    Kind {
        /// Name of the column.
        column: String,
        /// Kind of the column in the table.
        kind: &'static str,
        /// Kind that the file expects.
        expected: &'static str,
    },
    /// A column has missing values that the file does not fill.
    #[error(
        "column {0:?}: the table has missing values, and the file does not fill them; put an imputer before the model \
         (SimpleImputer; for a category also OneHotEncoder(handle_unknown=\"ignore\")) and export both as one pipeline"
    )]
    Missing(String),
    /// A column is used in two ways that a pipeline cannot combine.
    #[error(
        "column {0:?}: the file uses it twice and fills or scales it differently; expected one way for each column; \
         change the preprocessing of the model"
    )]
    Twice(String),
    /// The labels of the file are not those of the table.
    #[error(
        "the file has the labels {}, the table has {}; train the model on the labels of the table",
        list(file),
        list(table)
    )]
    Labels {
        /// Labels of the file.
        file: Vec<Label>,
        /// Labels of the table.
        table: Vec<Label>,
    },
    /// The file is a classifier but the table needs regression, or the other way round.
    #[error("the file is a model for {file}, the table's target is for {table}; import a model for {table}")]
    Task {
        /// Task of the file.
        file: &'static str,
        /// Task of the table.
        table: &'static str,
    },
    /// An output is not a label, probabilities or a number.
    #[error(
        "the file's output {0:?} is not a prediction; expected the label, the probabilities or the predicted number; \
         export the model without this output"
    )]
    Output(String),
    /// The outputs of the model are used although another operator changed them later.
    #[error(
        "the file's output {0:?} is changed by a later operator; expected the final probabilities or the final number"
    )]
    Early(String),
    /// The operator set is too old, so its operators may have another meaning.
    #[error(
        "the file has operator set {0}; expected {least} or newer; export it with a higher target_opset",
        least = super::MIN_OPERATOR_SET
    )]
    OperatorSet(i64),
    /// The file defines its own operators.
    #[error("the file defines functions (its own operators); expected none; export it with standard operators")]
    Functions,
    /// The file does not contain a model, or does not output its answer.
    #[error("the file predicts neither probabilities nor a number; export the whole model with its outputs")]
    NoPrediction,
    /// The columns that the file uses and the table's labels are not a valid signature.
    #[error("the file's model has no valid signature: {0}; use at least one column of the table")]
    Signature(#[source] SignatureError),
    /// The file was read, but its pipeline is invalid.
    #[error("the file's model is not valid: {0}")]
    Pipeline(#[from] PipelineError),
}

/// Maximum number of list entries that an error shows.
const MAX_SHOWN: usize = 20;

/// Maximum number of characters of a name that an error shows.
const MAX_NAME: usize = 80;

/// Shortens a name from the file or the table for an error.
pub(super) fn short(name: &str) -> String {
    shortened(name, MAX_NAME)
}

/// Formats the first entries and the number of remaining ones.
pub(super) fn list<T: ToString>(entries: &[T]) -> String {
    let shown: Vec<_> = entries.iter().take(MAX_SHOWN).map(|entry| short(&entry.to_string())).collect();
    match entries.len().saturating_sub(MAX_SHOWN) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// Formats the first numbers of a shape.
pub(super) fn numbers(shape: &[i64]) -> String {
    format!("[{}]", list(shape))
}

/// Describes an artifact error as an error of an imported file.
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

impl ImportError {
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
