//! Scores one part: reads its rows, predicts them, and writes the answers.

use std::io::Read;
use std::ops::Range;
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::Field;
use evergreen_lifecycle::ports::Cause;
use evergreen_rows::ColumnIndex;
use evergreen_scoring::{ExplainError, Model, PredictError};
use flate2::read::MultiGzDecoder;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};

use crate::answers::{AnswerShape, PartAnswers};
use crate::arrow_text::lines;
use crate::columns::bare_name;
use crate::cut::{GroupBytes, GroupCuts, header_text, metadata};
use crate::part::{BatchPart, PartPiece};
use crate::plan::MAX_UNZIPPED;
use crate::read::{ReadRows, read};
use crate::rows::PartRows;
use crate::write::{CsvAnswers, LineAnswers, ParquetAnswers};

/// Error: why a part cannot be scored.
#[derive(Debug, thiserror::Error)]
pub enum PartError {
    /// The part has another number of rows than the plan says.
    #[error("the part has {found} rows; expected {planned}, as planned. Start the job again as a new one")]
    Rows {
        /// Number of rows that the plan says.
        planned: u64,
        /// Number of rows in the bytes that were read.
        found: u64,
    },
    /// The bytes are not those that the plan asks for.
    #[error("the bytes of the part are missing or cannot be unzipped; expected those of the plan")]
    Bytes,
    /// A Parquet file is damaged.
    #[error("the Parquet file cannot be read: {0}")]
    Parquet(#[from] parquet::errors::ParquetError),
    /// The version cannot explain its predictions.
    #[error("the predictions cannot be explained: {0}")]
    Explain(#[from] ExplainError),
    /// The rows have another shape than the model; a bug.
    #[error(transparent)]
    Shape(#[from] PredictError),
    /// A predicted class has no label; a bug.
    #[error("a predicted class has no label")]
    NoLabel,
    /// The answers cannot be written; a bug.
    #[error("the answers cannot be written: {0}")]
    Written(#[source] Cause),
}

impl From<csv::Error> for PartError {
    fn from(error: csv::Error) -> Self {
        Self::Written(error.into())
    }
}

/// The answers of a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScoredPart {
    /// The file with the answers. The same part and version give the same bytes.
    pub content: Vec<u8>,
    /// Number of rows.
    pub rows: u64,
    /// Number of rows with an error in place of a prediction.
    pub errors: u64,
    /// What the contributions add up to. `None` without explanations.
    pub explained: Option<&'static str>,
}

/// Scores parts with one version.
#[derive(Debug)]
pub struct PartScorer {
    model: Arc<Model>,
    columns: ColumnIndex,
    shape: AnswerShape,
    keep: Vec<String>,
}

/// Counts while a part is scored.
#[derive(Debug, Default)]
struct Counted {
    rows: u64,
    errors: u64,
    explained: Option<&'static str>,
}

impl PartScorer {
    /// Prepares a version. `keep` names the columns of the input that the answers repeat.
    ///
    /// # Errors
    /// An error only through a bug.
    pub fn new(model: Arc<Model>, version: u32, explain: bool, keep: &[String]) -> Result<Self, PredictError> {
        let columns = ColumnIndex::new(model.signature().columns());
        let shape = AnswerShape::of(&model, version, explain)?;
        Ok(Self { model, columns, shape, keep: keep.to_vec() })
    }

    /// Scores a part. `bytes` has the content of each of [`PartPiece::ranges`], or of the whole file.
    ///
    /// # Errors
    /// [`PartError`] says why the part cannot be scored. A bad row is no error: its answer says what is wrong.
    pub fn score(&self, part: &BatchPart, bytes: Vec<Vec<u8>>) -> Result<ScoredPart, PartError> {
        let mut bytes = bytes.into_iter();
        let mut next = || bytes.next().ok_or(PartError::Bytes);
        let mut counted = Counted::default();
        let content = match &part.piece {
            PartPiece::Csv { head, start, end, gzip: true } => {
                let text = unzip(&next()?)?;
                self.delimited(part, piece(&text, 0, *head)?, piece(&text, *start, *end)?, &mut counted)?
            }
            PartPiece::Csv { .. } => self.delimited(part, &next()?, &next()?, &mut counted)?,
            PartPiece::Lines { start, end, gzip: true } => {
                self.lines(part, piece(&unzip(&next()?)?, *start, *end)?, &mut counted)?
            }
            PartPiece::Lines { .. } => self.lines(part, &next()?, &mut counted)?,
            PartPiece::Parquet { size, cuts, .. } => {
                let (footer, groups) = (next()?, next()?);
                let groups = GroupBytes { start: cuts.start, bytes: groups.into(), size: *size };
                self.groups(part, &footer, groups, cuts, &mut counted)?
            }
        };
        let Counted { rows, errors, explained } = counted;
        if rows == part.rows {
            Ok(ScoredPart { content, rows, errors, explained })
        } else {
            Err(PartError::Rows { planned: part.rows, found: rows })
        }
    }

    fn delimited(
        &self,
        part: &BatchPart,
        head: &[u8],
        text: &[u8],
        counted: &mut Counted,
    ) -> Result<Vec<u8>, PartError> {
        let header = header_text(head).ok_or(PartError::Bytes)?;
        let rows = PartRows::csv(header, text);
        let mut file = CsvAnswers::begin(&self.shape, header, &self.keep)?;
        for block in self.blocks(rows.len()) {
            let answers = self.answers(part, counted, read(&rows, block.clone(), &self.columns))?;
            file.write(&answers, rows.bytes_of(&block))?;
        }
        file.finish()
    }

    fn lines(&self, part: &BatchPart, text: &[u8], counted: &mut Counted) -> Result<Vec<u8>, PartError> {
        let rows = PartRows::lines(text);
        let mut file = LineAnswers::begin(&self.shape, &self.keep);
        for block in self.blocks(rows.len()) {
            let answers = self.answers(part, counted, read(&rows, block.clone(), &self.columns))?;
            file.write(&answers, &rows, block.start)?;
        }
        Ok(file.finish())
    }

    fn groups(
        &self,
        part: &BatchPart,
        footer: &[u8],
        groups: GroupBytes,
        cuts: &GroupCuts,
        counted: &mut Counted,
    ) -> Result<Vec<u8>, PartError> {
        let metadata = metadata(footer)?;
        let fields = metadata.schema().fields().clone();
        let is_kept = |field: &Field| self.keep.iter().any(|name| name == bare_name(field));
        let is_read = |field: &Field| self.columns.all().iter().any(|column| column.name == bare_name(field));
        let wanted = fields.iter().enumerate().filter(|(_, field)| is_kept(field) || is_read(field));
        let mask = ProjectionMask::roots(metadata.parquet_schema(), wanted.map(|(index, _)| index));
        let reader: ParquetRecordBatchReader = ParquetRecordBatchReaderBuilder::new_with_metadata(groups, metadata)
            .with_batch_size(self.columns.max_rows())
            .with_row_groups((cuts.group..cuts.group + cuts.groups).collect())
            .with_projection(mask)
            .build()?;
        let kept = self.keep.iter().filter_map(|name| fields.iter().find(|field| bare_name(field) == name));
        let kept: Vec<&Field> = kept.map(AsRef::as_ref).collect();
        let named_kept: Vec<Field> = kept.iter().map(|field| (*field).clone().with_name(bare_name(field))).collect();
        let mut file = ParquetAnswers::begin(&self.shape, &named_kept)?;
        for batch in reader {
            let batch = batch.map_err(|error| PartError::Parquet(error.into()))?;
            let text = lines(&named(&batch, is_read), batch.num_rows());
            let rows = PartRows::lines(&text);
            let answers = self.answers(part, counted, read(&rows, 0..rows.len(), &self.columns))?;
            let columns = kept.iter().filter_map(|field| batch.column_by_name(field.name()).cloned());
            file.write(&answers, columns.collect())?;
        }
        file.finish()
    }

    /// Divides the rows of a part into blocks that the reader of `/predict` takes at once.
    fn blocks(&self, rows: usize) -> impl Iterator<Item = Range<usize>> {
        let most = self.columns.max_rows();
        (0..rows).step_by(most).map(move |start| start..rows.min(start + most))
    }

    fn answers(&self, part: &BatchPart, counted: &mut Counted, read: ReadRows) -> Result<PartAnswers, PartError> {
        let first = part.first + counted.rows;
        counted.rows += read.faults.len() as u64;
        counted.errors += read.faults.iter().flatten().count() as u64;
        let answers = PartAnswers::score(&self.model, first, read, self.shape.explains())?;
        counted.explained = answers.explained();
        Ok(answers)
    }
}

/// Returns the columns of a batch that the model reads, with their names.
fn named(batch: &RecordBatch, is_read: impl Fn(&Field) -> bool) -> Vec<(&str, &ArrayRef)> {
    let fields = batch.schema_ref().fields().iter().zip(batch.columns());
    fields.filter(|(field, _)| is_read(field)).map(|(field, array)| (bare_name(field), array)).collect()
}

/// Unzips a file.
fn unzip(zipped: &[u8]) -> Result<Vec<u8>, PartError> {
    let mut text = Vec::new();
    MultiGzDecoder::new(zipped).take(MAX_UNZIPPED).read_to_end(&mut text).map_err(|_| PartError::Bytes)?;
    Ok(text)
}

/// Returns the bytes of a text from `start` up to `end`.
fn piece(text: &[u8], start: u64, end: u64) -> Result<&[u8], PartError> {
    let place = usize::try_from(start).ok().zip(usize::try_from(end).ok());
    place.and_then(|(start, end)| text.get(start..end)).ok_or(PartError::Bytes)
}
