//! Reasons why a file cannot become a pipeline.

use evergreen_lifecycle::Label;

use crate::artifact::ArtifactError;
use crate::pipeline::PipelineError;

/// Says what is wrong with a file to import.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// The file is not an ONNX file, is too large, or has an attribute that is unknown or of another type.
    #[error("{}", of_file(.0))]
    File(#[from] ArtifactError),
    /// The operator is unknown.
    #[error("operator {operator} is not known; known are {}", super::walk::KNOWN.join(", "))]
    Operator {
        /// Type of the operator.
        operator: String,
    },
    /// A known operator is used in an unsupported way.
    #[error("operator {operator}: {problem}")]
    Use {
        /// Type of the operator.
        operator: String,
        /// What is not supported.
        problem: String,
    },
    /// The value of an attribute is not supported.
    #[error("operator {operator}, attribute {attribute:?}: {problem}")]
    Attribute {
        /// Type of the operator.
        operator: String,
        /// Name of the attribute.
        attribute: &'static str,
        /// What is not supported.
        problem: String,
    },
    /// The only input has a different number of columns than the table.
    #[error("the file takes {found} columns, the table has {}: {}", columns.len(), list(columns))]
    Width {
        /// Number of columns of the input.
        found: i64,
        /// Names of the table's columns.
        columns: Vec<String>,
    },
    /// An input does not have the name of a column.
    #[error("the file's input {input:?} is no column of the table, which has {}", list(columns))]
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
        /// What is wrong with the input.
        problem: &'static str,
    },
    /// The file expects another kind of values for a column.
    #[error("column {column:?} is a {kind} in the table, the file takes {expected}")]
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
        "column {0:?} has missing values in the table, and the file does not fill them: put an imputer before the model \
         (SimpleImputer; for a category also OneHotEncoder(handle_unknown=\"ignore\")) and export the two as one pipeline"
    )]
    Missing(String),
    /// A column is used in two ways that a pipeline cannot combine.
    #[error("column {0:?} is used twice, filled or scaled in different ways")]
    Twice(String),
    /// The labels of the file are not those of the table.
    #[error("the file's labels are {}, the table's are {}", list(file), list(table))]
    Labels {
        /// Labels of the file.
        file: Vec<Label>,
        /// Labels of the table.
        table: Vec<Label>,
    },
    /// The file is a classifier but the table needs regression, or the other way round.
    #[error("the file is for {file}, the table for {table}")]
    Task {
        /// Task of the file.
        file: &'static str,
        /// Task of the table.
        table: &'static str,
    },
    /// An output is not a label, probabilities or a number.
    #[error("the file's output {0:?} is neither the label, the probabilities nor the number that a model predicts")]
    Output(String),
    /// The outputs of the model are used although another operator changed them later.
    #[error(
        "the file's output {0:?} is not the last that it makes of the model's; give out the probabilities or the number"
    )]
    Early(String),
    /// The operator set is too old, so its operators may have another meaning.
    #[error("the file is of operator set {found}, at least {least} is read", found = .0, least = super::MIN_OPERATOR_SET)]
    OperatorSet(i64),
    /// The file defines its own operators.
    #[error("the file defines functions (operators of its own), which are not read")]
    Functions,
    /// The file does not contain a model, or does not output its answer.
    #[error("the file gives neither probabilities nor a number")]
    NoPrediction,
    /// The file was read, but its pipeline is invalid.
    #[error("the file's model is not sound: {0}")]
    Pipeline(#[from] PipelineError),
}

/// Maximum number of list entries that an error shows.
const SHOWN: usize = 20;

/// Maximum number of characters of a name that an error shows.
const NAME: usize = 80;

/// Shortens a name from the file or the table for an error.
pub(super) fn short(name: &str) -> String {
    match name.char_indices().nth(NAME) {
        Some((end, _)) => format!("{}…", name.get(..end).unwrap_or_default()),
        None => name.to_owned(),
    }
}

/// Formats the first entries and the number of remaining ones.
fn list<T: ToString>(entries: &[T]) -> String {
    let shown: Vec<_> = entries.iter().take(SHOWN).map(|entry| short(&entry.to_string())).collect();
    match entries.len().saturating_sub(SHOWN) {
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
        assert_eq!(short(&"ü".repeat(100)), format!("{}…", "ü".repeat(NAME)));
        assert_eq!(numbers(&[1, -1]), "[1, -1]");
        assert!(numbers(&[1; 1_000_000]).ends_with(", 1 and 999980 more]"));
        let columns = vec!["x".repeat(1000); 10_000];
        assert!(ImportError::Width { found: 1, columns }.to_string().len() < 3000);
    }

    #[test]
    fn what_is_wrong_with_a_file_is_said_of_the_file() {
        let error = ImportError::from(ArtifactError::TooLarge(7)).to_string();
        assert!(error.starts_with("the file has 7 bytes"), "{error}");
    }
}
