//! Checks the columns of a file before any row is scored.

use arrow_schema::{Field, Schema};
use evergreen_rows::{ColumnIndex, CsvHeader, RowFault, RowSource};
use evergreen_scoring::{ExplainError, Model, PredictError};

use crate::answers::AnswerShape;
use crate::arrow_text::is_known;
use crate::plan::FileError;
use crate::read::sentence;

/// Maximum number of the model's columns that an error lists.
const MAX_LISTED: usize = 20;

/// Returns the name of a column without blanks around it. The reader of `/predict` ignores them, too.
fn bare(name: &str) -> &str {
    name.trim()
}

/// Returns the name of a column of a Parquet file, without blanks around it.
pub(crate) fn bare_name(field: &Field) -> &str {
    bare(field.name())
}

/// Returns the names in the row of names of a CSV file, without blanks around them. Empty if there are none.
pub(crate) fn names_of(header: &str) -> Vec<String> {
    let reader = csv::ReaderBuilder::new().has_headers(false).from_reader(header.as_bytes());
    let names = reader.into_records().next().and_then(Result::ok).unwrap_or_default();
    names.iter().map(|name| bare(name).to_owned()).collect()
}

/// Checks the columns of files for one version.
#[derive(Debug)]
pub struct ColumnCheck {
    columns: ColumnIndex,
    keep: Vec<String>,
}

/// Error: the version cannot give the answers that a job asks for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BatchAnswersError {
    /// The answers have a column of their own with this name.
    #[error("the column {0:?} cannot be kept, because the answers have a column of that name; rename it in the input")]
    Own(String),
    /// A column is named twice.
    #[error("the column {0:?} is named twice; expected each column once")]
    Twice(String),
    /// The answers should have explanations, which the version does not have.
    #[error("the version cannot explain its predictions: {0}")]
    Explain(#[from] ExplainError),
    /// A bug of the model.
    #[error(transparent)]
    Shape(#[from] PredictError),
}

impl ColumnCheck {
    /// Prepares the check for a version and the columns that the answers repeat.
    ///
    /// # Errors
    /// [`BatchAnswersError`] if these columns cannot be repeated, or if the version cannot explain its predictions.
    pub fn new(model: &Model, version: u32, explain: bool, keep: &[String]) -> Result<Self, BatchAnswersError> {
        let shape = AnswerShape::of(model, version, explain)?;
        if explain {
            model.explaining_work()?;
        }
        for (index, name) in keep.iter().enumerate() {
            if shape.has(name) {
                return Err(BatchAnswersError::Own(name.clone()));
            }
            if keep.iter().take(index).any(|other| other == name) {
                return Err(BatchAnswersError::Twice(name.clone()));
            }
        }
        Ok(Self { columns: ColumnIndex::new(model.signature().columns()), keep: keep.to_vec() })
    }

    /// Checks the row of names of a CSV file.
    ///
    /// # Errors
    /// [`FileError::Columns`] names the column that is missing, unknown or there twice.
    pub fn header(&self, header: &str) -> Result<(), FileError> {
        let names = names_of(header);
        if names.is_empty() {
            return Err(FileError::Columns("the row of names is empty; expected the names of the columns".to_owned()));
        }
        self.names(&names)
    }

    /// Checks the columns of a Parquet file.
    ///
    /// # Errors
    /// [`FileError::Columns`] names the column that is missing, or whose values cannot be read.
    pub fn schema(&self, schema: &Schema) -> Result<(), FileError> {
        let fields = schema.fields();
        let names: Vec<String> = fields.iter().map(|field| bare_name(field).to_owned()).collect();
        self.names(&names)?;
        let is_read = |name: &str| self.columns.all().iter().any(|column| column.name == name);
        match fields.iter().find(|field| is_read(bare_name(field)) && !is_known(field.data_type())) {
            Some(field) => Err(FileError::Columns(format!(
                "column {:?} has values of the type {}; expected numbers, texts, dates, times or truth values",
                field.name(),
                field.data_type()
            ))),
            None => Ok(()),
        }
    }

    fn names(&self, names: &[String]) -> Result<(), FileError> {
        let read = self.columns.all().iter().map(|column| &column.name);
        if let Some(missing) = read.clone().find(|name| !names.contains(name)) {
            let some: Vec<String> = read.take(MAX_LISTED).map(|name| format!("{name:?}")).collect();
            return Err(FileError::Columns(format!(
                "it has no column {missing:?}, which the version reads; expected a first row of names, separated by commas, \
                 with {} columns: {}",
                self.columns.all().len(),
                some.join(", ")
            )));
        }
        let mut writer = csv::Writer::from_writer(Vec::new());
        let written = writer.write_record(names).ok().and_then(|()| writer.into_inner().ok());
        let header = written.and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default();
        match RowSource::Csv(header.into(), CsvHeader::Required).read(&self.columns) {
            Ok(_) | Err(RowFault::NoRows) => {}
            Err(fault) => return Err(FileError::Columns(sentence(&fault, &self.columns))),
        }
        match self.keep.iter().find(|kept| !names.contains(kept)) {
            Some(missing) => Err(FileError::Columns(format!(
                "it has no column {missing:?}, which the answers should repeat; expected one of its columns"
            ))),
            None => Ok(()),
        }
    }
}
