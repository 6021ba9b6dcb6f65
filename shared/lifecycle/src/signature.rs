//! The signature of a model: the input columns that it expects and the labels that it predicts.

mod column;
mod label;
mod moment;
mod texts;
mod words;

use std::collections::HashSet;
use std::hash::Hash;

use serde::{Deserialize, Serialize};

pub use column::{Code, Column, ColumnKind, is_missing};
pub use label::Label;
pub use moment::{DatePart, write_moment};
pub use texts::RowTexts;
pub use words::{words, write_words};

// The limit exists because every prediction contains a probability for each label.
/// Maximum number of labels (classes) that a model may predict.
pub const MAX_LABELS: usize = 1000;

/// The kind of prediction that a model makes: a class or a number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// The model predicts a class.
    #[default]
    Classification,
    /// The model predicts a number.
    Regression,
}

impl Task {
    /// Returns the name of the prediction task: `classification` or `regression`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Classification => "classification",
            Self::Regression => "regression",
        }
    }
}

// The order of both lists matters: it is the order of the model's inputs and class numbers. Column names are unique,
// and so are labels. A regression model has no labels. The JSON form is `{"columns": [{"name": …, "type": "number",
// "nullable": false}, …], "task": …, "labels": […]}`. Reading also accepts an older form, in which a column is only a
// name and `task` is missing. The older form means a classifier whose columns are numbers that are never missing.
/// The signature of a model: the input columns that it expects and the labels (classes) that it predicts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "RawSignature")]
pub struct Signature {
    columns: Vec<Column>,
    task: Task,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    labels: Vec<Label>,
}

/// Error: the columns and labels are not a valid model signature.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    // Without input, a model would give every row the same prediction.
    /// The signature has no input column.
    #[error("a signature needs at least one column")]
    NoColumns,
    /// The signature of a classifier has fewer than two labels. The field is the number of labels.
    #[error("a signature needs at least two labels, got {0}")]
    TooFewLabels(usize),
    /// The signature of a regression model has labels, but it must have none. The field is the number of labels.
    #[error("a signature for regression has no labels, got {0}")]
    LabelsOfRegression(usize),
    /// The same column name or the same label occurs twice in the signature. The field is that name or label.
    #[error("a signature names {0:?} twice")]
    Duplicate(String),
}

#[derive(Deserialize)]
struct RawSignature {
    columns: Vec<RawColumn>,
    #[serde(default)]
    task: Task,
    #[serde(default)]
    labels: Vec<Label>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum RawColumn {
    Name(String),
    Column(Column),
}

impl Signature {
    /// Creates the signature of a classifier with at least one column and two labels. The model predicts the index of a
    /// label in `labels`.
    ///
    /// # Errors
    /// [`SignatureError`] when there are too few columns or labels, or when a column name or a label occurs twice.
    pub fn classification(columns: Vec<Column>, labels: Vec<Label>) -> Result<Self, SignatureError> {
        Self::new(columns, Task::Classification, labels)
    }

    /// Creates the signature of a regression model with `columns` (at least one).
    ///
    /// # Errors
    /// [`SignatureError`] when there is no column, or when a column name occurs twice.
    pub fn regression(columns: Vec<Column>) -> Result<Self, SignatureError> {
        Self::new(columns, Task::Regression, Vec::new())
    }

    fn new(columns: Vec<Column>, task: Task, labels: Vec<Label>) -> Result<Self, SignatureError> {
        if columns.is_empty() {
            return Err(SignatureError::NoColumns);
        }
        match task {
            Task::Classification if labels.len() < 2 => return Err(SignatureError::TooFewLabels(labels.len())),
            Task::Regression if !labels.is_empty() => return Err(SignatureError::LabelsOfRegression(labels.len())),
            _ => {}
        }
        if let Some(twice) = first_twice(columns.iter().map(|column| &column.name)) {
            return Err(SignatureError::Duplicate(twice.clone()));
        }
        if let Some(twice) = first_twice(labels.iter()) {
            return Err(SignatureError::Duplicate(twice.to_string()));
        }
        Ok(Self { columns, task, labels })
    }

    /// Returns the input columns of the model, in the order in which the model reads a row.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// Returns the names of the model's input columns, in the order in which the model reads a row.
    pub fn column_names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.columns.iter().map(|column| column.name.as_str())
    }

    /// Returns the number of `f32` values in one row of the model's input.
    pub fn slots(&self) -> usize {
        // Most columns have one value. A timestamp column has one more value for each date part. A text column has one
        // value for each word that the model knows.
        self.columns.iter().map(|column| column.kind.slots()).sum()
    }

    /// Returns whether the model predicts a class or a number.
    pub fn task(&self) -> Task {
        self.task
    }

    /// Returns the labels that a classifier predicts, in the order of their class numbers. Empty for a regression
    /// model.
    pub fn labels(&self) -> &[Label] {
        &self.labels
    }
}

fn first_twice<T: Hash + Eq + Copy>(names: impl Iterator<Item = T>) -> Option<T> {
    let mut seen = HashSet::new();
    names.into_iter().find(|name| !seen.insert(*name))
}

impl TryFrom<RawSignature> for Signature {
    type Error = SignatureError;

    fn try_from(raw: RawSignature) -> Result<Self, Self::Error> {
        let column = |column| match column {
            RawColumn::Name(name) => Column::number(name),
            RawColumn::Column(column) => column,
        };
        Self::new(raw.columns.into_iter().map(column).collect(), raw.task, raw.labels)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(names: &[&str]) -> Vec<Column> {
        names.iter().copied().map(Column::number).collect()
    }

    #[test]
    fn a_repeated_column_is_named() {
        let labels = vec!["x".into(), "y".into()];
        let error = Signature::classification(columns(&["a", "b", "a"]), labels).unwrap_err();
        assert_eq!(error, SignatureError::Duplicate("a".into()));
    }

    #[test]
    fn a_stored_signature_is_checked_like_a_new_one() {
        let stored = r#"{"columns":["a"],"labels":["only"]}"#;
        let error = serde_json::from_str::<Signature>(stored).unwrap_err();
        assert!(error.to_string().contains("at least two labels, got 1"), "{error}");
    }

    #[test]
    fn the_older_form_of_statistics_is_read() {
        let stored: Signature = serde_json::from_str(r#"{"columns":["a"],"labels":["no","yes"]}"#).unwrap();
        let labels = vec!["no".into(), "yes".into()];
        assert_eq!(stored, Signature::classification(columns(&["a"]), labels).unwrap());
    }

    #[test]
    fn every_kind_of_column_and_label_is_stored_and_loaded() {
        let category = ColumnKind::Category { categories: vec!["de".into(), "fr".into()], rare: vec!["li".into()] };
        let text = ColumnKind::Text { words: vec!["late".into()] };
        let moment = ColumnKind::Timestamp { parts: vec![DatePart::Weekday] };
        let kinds = [ColumnKind::Number, ColumnKind::Boolean, moment, category, text];
        let columns: Vec<Column> = kinds
            .into_iter()
            .map(|kind| Column { name: kind.name().to_owned(), nullable: kind != ColumnKind::Boolean, kind })
            .collect();
        let labels = vec![Label::Boolean(true), Label::Integer(7), Label::Text("7".into())];
        for signature in
            [Signature::regression(columns.clone()).unwrap(), Signature::classification(columns, labels).unwrap()]
        {
            let json = serde_json::to_string(&signature).unwrap();
            assert_eq!(serde_json::from_str::<Signature>(&json).unwrap(), signature, "{json}");
        }
    }
}
