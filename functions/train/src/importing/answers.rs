//! Compares an imported model with the answers of the author's library, which lie in a file beside the upload.
//!
//! An exporter may write another model than the one that was trained. Only answers of the original show that.

mod read;

use evergreen_lifecycle::CheckedAnswers;
use evergreen_lifecycle::digest::sha256_hex;
use evergreen_rows::{ColumnIndex, CsvHeader, RowSource};
use evergreen_scoring::{Model, Predictions};
use evergreen_table::{DataFile, TableError, TextRows};

use self::read::{ExpectedAnswers, LibraryAnswer};

/// Maximum difference of a probability. For a number: of the difference, divided by the number's size if that is above 1.
const TOLERANCE: f64 = 1e-4;

/// Maximum size of a file of answers in bytes.
pub(super) const MAX_BYTES: u64 = 4 << 20;

/// Memory for reading a file of answers, in bytes.
const MEMORY: u64 = 64 << 20;

/// Error: why a file of answers cannot be used, or in which row the model answers differently.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AnswersError {
    /// The file is not a table.
    #[error(transparent)]
    Table(#[from] TableError),
    /// The file has no column with the answers.
    #[error(
        "there is no column \"prediction\"; expected the model's columns, \"prediction\" with the library's answers, and \
        for labels also \"probability_LABEL\" for each label, if there are probabilities"
    )]
    NoPrediction,
    /// The file has a column of probabilities for an unknown label. The variant holds the column's name.
    #[error("column {0:?} is for no label of the model; expected \"probability_LABEL\" with the label as in the table")]
    UnknownLabel(String),
    /// The file lacks the probabilities of a label. The variant holds the label.
    #[error(
        "the probabilities of the label {0:?} are missing; expected \"probability_LABEL\" for each label, or for none"
    )]
    NoProbability(String),
    /// An answer is not one of the model's labels. Rows count from 1.
    #[error("row {row}: \"prediction\" is not one of the model's labels; expected one of {labels}")]
    NoLabel {
        /// Number of the row, from 1.
        row: usize,
        /// The model's labels, separated by commas.
        labels: String,
    },
    /// An answer is not a number. Rows count from 1.
    #[error("row {row}: {column:?} is not a number")]
    NotANumber {
        /// Number of the row, from 1.
        row: usize,
        /// Name of the column.
        column: String,
    },
    /// The model cannot read a row of the file.
    #[error("{detail} Expected: {expected}. In this message, rows count from 0")]
    Rows {
        /// A sentence that says where the error is and what is wrong.
        detail: String,
        /// The values or the form that are expected.
        expected: String,
    },
    /// The model answers differently.
    #[error(
        "{different} of {rows} rows have another answer than the author's library gave, first row {row}: {what}; the largest \
         difference is {worst:.4}. The exporter wrote another model, or the columns mean something else: compare the exported \
         file with the library before you upload it"
    )]
    Different {
        /// Number of rows with another answer.
        different: usize,
        /// Number of rows in the file.
        rows: usize,
        /// Number of the first row with another answer, from 1.
        row: usize,
        /// The two answers of that row.
        what: String,
        /// The largest difference of all rows: of probabilities, or of numbers relative to their size.
        worst: f64,
    },
}

/// Compares the answers of `model` with those in a file.
///
/// # Errors
/// [`AnswersError`], which names the first row with another answer, or what is wrong in the file.
pub(super) fn check(model: &Model, name: &str, content: Vec<u8>) -> Result<CheckedAnswers, AnswersError> {
    let sha256 = sha256_hex(&content);
    let file = name.rsplit('/').next().unwrap_or(name).to_owned();
    let texts = TextRows::read(DataFile { name: file.clone(), content }, MEMORY)?;
    let labels = model.signature().labels();
    let expected = ExpectedAnswers::read(&texts, labels)?;
    let columns = ColumnIndex::new(model.signature().columns());
    let csv = expected.rows_as_csv(&texts);
    let rows = RowSource::Csv(csv.into(), CsvHeader::Required).read(&columns).map_err(|fault| {
        let described = fault.describe(&columns);
        AnswersError::Rows { detail: described.detail, expected: described.expected }
    })?;
    let answers = model.predict_with_texts(&rows.values, &rows.texts).map_err(|error| AnswersError::Rows {
        detail: format!("{error}."),
        expected: "the model's columns".to_owned(),
    })?;
    let differences = differences(&answers, &expected, labels.iter().map(ToString::to_string).collect());
    let worst = differences.iter().map(|(size, _)| *size).fold(0.0, f64::max);
    let mut different = differences.iter().enumerate().filter_map(|(row, (_, what))| Some((row, what.as_ref()?)));
    match different.next() {
        None => Ok(CheckedAnswers { file, sha256, rows: differences.len() as u64, largest_difference: worst }),
        Some((row, what)) => Err(AnswersError::Different {
            different: 1 + different.count(),
            rows: differences.len(),
            row: row + 1,
            what: what.clone(),
            worst,
        }),
    }
}

/// Returns for each row the size of the difference, and the two answers if they differ by more than the tolerance.
fn differences(answers: &Predictions, expected: &ExpectedAnswers, labels: Vec<String>) -> Vec<(f64, Option<String>)> {
    let label = |class: usize| labels.get(class).map_or("", String::as_str);
    match answers {
        Predictions::Numbers(numbers) => {
            let pairs = numbers.values().iter().zip(&expected.answers);
            let compared = pairs.map(|(ours, known)| match known {
                LibraryAnswer::Number(theirs) => number(f64::from(*ours), *theirs),
                LibraryAnswer::Label { .. } => (f64::INFINITY, Some("a label and a number".to_owned())),
            });
            compared.collect()
        }
        Predictions::Classes(classes) => {
            let compared = classes.iter().zip(&expected.answers).map(|(ours, known)| {
                let LibraryAnswer::Label { class, probabilities } = known else {
                    return (f64::INFINITY, Some("a number and a label".to_owned()));
                };
                let pairs = ours.probabilities.iter().zip(probabilities).map(|(a, b)| (f64::from(*a), *b)).enumerate();
                let far = pairs.max_by(|(_, (a, b)), (_, (c, d))| (a - b).abs().total_cmp(&(c - d).abs()));
                let size = far.map_or(0.0, |(_, (a, b))| (a - b).abs());
                let what = match far {
                    Some((index, (a, b))) if is_far(size) => Some(format!(
                        "the library gives {:?} the probability {b:.5}, the imported model {a:.5}",
                        label(index)
                    )),
                    _ if *class != ours.class && !is_tie(ours.probabilities, *class, ours.class) => Some(format!(
                        "the library answers {:?}, the imported model {:?}",
                        label(*class),
                        label(ours.class)
                    )),
                    _ => None,
                };
                (size, what)
            });
            compared.collect()
        }
    }
}

/// Compares two numbers. Returns the difference relative to the size, and both if it exceeds the tolerance.
fn number(ours: f64, theirs: f64) -> (f64, Option<String>) {
    let size = (ours - theirs).abs() / theirs.abs().max(1.0);
    (size, is_far(size).then(|| format!("the library answers {theirs}, the imported model {ours}")))
}

/// Returns whether a difference exceeds the tolerance. A difference from NaN does.
fn is_far(size: f64) -> bool {
    size > TOLERANCE || size.is_nan()
}

/// Returns whether two classes are so close that the label is decided by rounding.
fn is_tie(probabilities: &[f32], a: usize, b: usize) -> bool {
    let of = |class: usize| probabilities.get(class).copied().map(f64::from);
    matches!((of(a), of(b)), (Some(a), Some(b)) if (a - b).abs() <= TOLERANCE)
}

#[cfg(test)]
mod tests;
