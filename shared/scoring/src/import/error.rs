//! Why a file does not become a pipeline.

use evergreen_lifecycle::Label;

use crate::artifact::ArtifactError;
use crate::pipeline::PipelineError;

/// What is wrong with a model made elsewhere.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// Not an ONNX file, too large, or with an attribute of another type or unknown.
    #[error("{}", of_file(.0))]
    File(#[from] ArtifactError),
    /// An operator that means nothing here.
    #[error("operator {operator} is not known; known are {}", super::walk::KNOWN.join(", "))]
    Operator {
        /// The operator's type.
        operator: String,
    },
    /// An operator that is known, used in a way that is not.
    #[error("operator {operator}: {problem}")]
    Use {
        /// The operator's type.
        operator: String,
        /// What is not known of it.
        problem: String,
    },
    /// Values of an attribute that are not known.
    #[error("operator {operator}, attribute {attribute:?}: {problem}")]
    Attribute {
        /// The operator's type.
        operator: String,
        /// The attribute.
        attribute: &'static str,
        /// What is not known of it.
        problem: String,
    },
    /// One input, of another number of columns than the table has.
    #[error("the file takes {found} columns, the table has {}: {}", columns.len(), list(columns))]
    Width {
        /// Columns of the input.
        found: i64,
        /// The table's columns.
        columns: Vec<String>,
    },
    /// An input that is no column.
    #[error("the file's input {input:?} is no column of the table, which has {}", list(columns))]
    Input {
        /// The input.
        input: String,
        /// The table's columns.
        columns: Vec<String>,
    },
    /// An input of several columns beside others, or of no tensor that is known.
    #[error("the file's input {input:?} {problem}")]
    InputType {
        /// The input.
        input: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A column whose values are not what the file takes.
    #[error("column {column:?} is a {kind} in the table, the file takes {expected}")]
    Kind {
        /// The column.
        column: String,
        /// Its kind in the table.
        kind: &'static str,
        /// What the file takes.
        expected: &'static str,
    },
    /// Missing values that the file does not fill.
    #[error(
        "column {0:?} has missing values in the table, and the file does not fill them: put an imputer before the model \
         (SimpleImputer; for a category also OneHotEncoder(handle_unknown=\"ignore\")) and export the two as one pipeline"
    )]
    Missing(String),
    /// Column used in two ways that one pipeline cannot both have.
    #[error("column {0:?} is used twice, filled or scaled in different ways")]
    Twice(String),
    /// Labels that are not the table's.
    #[error("the file's labels are {}, the table's are {}", list(file), list(table))]
    Labels {
        /// Labels of the file.
        file: Vec<Label>,
        /// Labels of the table.
        table: Vec<Label>,
    },
    /// A classifier for a table of numbers, or the other way round.
    #[error("the file is for {file}, the table for {table}")]
    Task {
        /// Task of the file.
        file: &'static str,
        /// Task of the table.
        table: &'static str,
    },
    /// An output that is neither labels, probabilities nor a number.
    #[error("the file's output {0:?} is neither the label, the probabilities nor the number that a model predicts")]
    Output(String),
    /// Outputs of the model that another operator has changed.
    #[error(
        "the file's output {0:?} is not the last that it makes of the model's; give out the probabilities or the number"
    )]
    Early(String),
    /// An operator set in which operators meant something else.
    #[error("the file is of operator set {found}, at least {least} is read", found = .0, least = super::MIN_OPERATOR_SET)]
    OperatorSet(i64),
    /// Operators that the file itself defines.
    #[error("the file defines functions (operators of its own), which are not read")]
    Functions,
    /// Nothing that predicts, or nothing of it given out.
    #[error("the file gives neither probabilities nor a number")]
    NoPrediction,
    /// Read, but no sound pipeline.
    #[error("the file's model is not sound: {0}")]
    Pipeline(#[from] PipelineError),
}

/// Of a list that an error shows, entries at most.
const SHOWN: usize = 20;

/// Characters of a name that an error shows, at most.
const NAME: usize = 80;

/// A name of the file's or the table's, not longer than an error should be.
pub(super) fn short(name: &str) -> String {
    match name.char_indices().nth(NAME) {
        Some((end, _)) => format!("{}…", name.get(..end).unwrap_or_default()),
        None => name.to_owned(),
    }
}

/// The first entries, and how many more there are.
fn list<T: ToString>(entries: &[T]) -> String {
    let shown: Vec<_> = entries.iter().take(SHOWN).map(|entry| short(&entry.to_string())).collect();
    match entries.len().saturating_sub(SHOWN) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// The first numbers of a shape.
pub(super) fn numbers(shape: &[i64]) -> String {
    format!("[{}]", list(shape))
}

/// What is said of an artifact, of a file that is none.
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
