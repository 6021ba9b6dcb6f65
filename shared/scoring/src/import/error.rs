//! Why a file does not become a pipeline.

use evergreen_lifecycle::Label;

use crate::artifact::ArtifactError;
use crate::pipeline::PipelineError;

/// What is wrong with a model made elsewhere.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// Not an ONNX file, too large, or with an attribute of another type or unknown.
    #[error(transparent)]
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
    #[error("the file takes {found} columns, the table has {}: {}", columns.len(), columns.join(", "))]
    Width {
        /// Columns of the input.
        found: i64,
        /// The table's columns.
        columns: Vec<String>,
    },
    /// An input that is no column.
    #[error("the file's input {input:?} is no column of the table, which has {}", columns.join(", "))]
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
    /// Nothing that predicts, or nothing of it given out.
    #[error("the file gives neither probabilities nor a number")]
    NoPrediction,
    /// Read, but no sound pipeline.
    #[error("the file's model is not sound: {0}")]
    Pipeline(#[from] PipelineError),
}

fn list(labels: &[Label]) -> String {
    labels.iter().map(Label::to_string).collect::<Vec<_>>().join(", ")
}

impl ImportError {
    pub(super) fn usage(operator: &str, problem: impl Into<String>) -> Self {
        Self::Use { operator: operator.to_owned(), problem: problem.into() }
    }

    pub(super) fn attribute(operator: &str, attribute: &'static str, problem: impl Into<String>) -> Self {
        Self::Attribute { operator: operator.to_owned(), attribute, problem: problem.into() }
    }
}
