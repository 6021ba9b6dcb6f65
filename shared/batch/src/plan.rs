//! Makes the list of work of a job: which files, cut into which parts, with which objects of answers.

use std::collections::HashSet;

use crate::cut::{CutError, GroupCuts, ParquetTail, TextCuts};
use crate::form::FileForm;
use crate::location::Location;
use crate::part::{BatchPart, PartPiece};

/// Maximum number of parts of a job.
pub const MAX_PARTS: usize = 10_000;
/// Maximum number of bytes of a compressed file's text. The function holds the text in memory.
pub const MAX_UNZIPPED: u64 = 512 << 20;

/// A file with rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputFile {
    /// Where it is.
    pub location: Location,
    /// Its size in bytes.
    pub size: u64,
    /// Its entity tag.
    pub etag: String,
}

/// How a file is cut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileCuts {
    /// A CSV file.
    Csv {
        /// The pieces, and the row of names.
        cuts: TextCuts,
        /// Whether it is compressed with gzip.
        gzip: bool,
    },
    /// A file of JSON lines.
    Lines {
        /// The pieces.
        cuts: TextCuts,
        /// Whether it is compressed with gzip.
        gzip: bool,
    },
    /// A Parquet file.
    Parquet {
        /// Where the footer is.
        tail: ParquetTail,
        /// The pieces.
        pieces: Vec<GroupCuts>,
    },
}

/// Error: why no list of work can be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BatchPlanError {
    /// There is no file to score.
    #[error("no file with rows is at {0}; expected files whose names end with one of {known}", known = FileForm::known())]
    NoFiles(Location),
    /// A file has an unknown form.
    #[error(
        "{0} has an unknown form; expected a name that ends with one of {known}. Names that begin with _ or . are left out",
        known = FileForm::known()
    )]
    UnknownForm(Location),
    /// A file cannot be cut.
    #[error("{file}: {cause}")]
    File {
        /// The file.
        file: Location,
        /// The fault of the file.
        cause: FileError,
    },
    /// The job would have too many parts.
    #[error(
        "the job has more than {MAX_PARTS} parts; expected fewer. Raise the parameter BatchPartMegabytes, or score fewer files"
    )]
    TooManyParts,
    /// The answers would be among the rows, or would overwrite those of another job.
    #[error("the answers cannot be at {0}, because the rows are there; expected another prefix")]
    AnswersAmongRows(Location),
    /// The prefix of the answers has objects.
    #[error(
        "{0} has objects already; expected a prefix without any. `evergreen score --resume JOB` goes on with a job"
    )]
    Occupied(Location),
}

/// Error: a file with rows cannot be scored.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// It cannot be cut.
    #[error(transparent)]
    Cut(#[from] CutError),
    /// It is no Parquet file, or one that cannot be cut.
    #[error("it cannot be read as Parquet: {0}")]
    Parquet(String),
    /// Its columns are not those of the model, or lack one that the answers repeat.
    #[error("{0}")]
    Columns(String),
}

/// Returns the files with rows among those that were found at `input`, in the order of their keys.
///
/// # Errors
/// [`BatchPlanError`] if there is no file, or one of an unknown form.
pub fn select(input: &Location, mut found: Vec<InputFile>) -> Result<Vec<InputFile>, BatchPlanError> {
    let is_marker = |file: &InputFile| {
        let name = name_of(&file.location);
        name.is_empty() || name.starts_with(['_', '.'])
    };
    found.retain(|file| !is_marker(file));
    if found.is_empty() {
        return Err(BatchPlanError::NoFiles(input.clone()));
    }
    if let Some(unknown) = found.iter().find(|file| FileForm::of(&file.location.key).is_none()) {
        return Err(BatchPlanError::UnknownForm(unknown.location.clone()));
    }
    found.sort_by(|a, b| a.location.key.cmp(&b.location.key));
    Ok(found)
}

/// Returns the last part of a key.
fn name_of(location: &Location) -> &str {
    location.key.rsplit('/').next().unwrap_or_default()
}

/// Numbers the parts of a job.
#[derive(Debug)]
pub struct JobPlanner {
    input: Location,
    output: Location,
    parts: Vec<BatchPart>,
}

impl JobPlanner {
    /// Begins the list of a job with this input and this prefix of answers.
    ///
    /// # Errors
    /// [`BatchPlanError::AnswersAmongRows`] if one lies under the other.
    pub fn new(input: &Location, output: &Location) -> Result<Self, BatchPlanError> {
        if input.contains(output) || output.contains(input) {
            return Err(BatchPlanError::AnswersAmongRows(output.clone()));
        }
        Ok(Self { input: input.clone(), output: output.as_prefix(), parts: Vec::new() })
    }

    /// Adds the parts of a file. A file without rows has none.
    ///
    /// # Errors
    /// [`BatchPlanError::TooManyParts`].
    pub fn add(&mut self, file: &InputFile, cuts: FileCuts) -> Result<(), BatchPlanError> {
        match cuts {
            FileCuts::Csv { cuts, gzip } => {
                let head = cuts.header.map_or(0, |header| header.end);
                for piece in cuts.pieces {
                    let place = PartPiece::Csv { head, start: piece.start, end: piece.end, gzip };
                    self.push(file, place, piece.first, piece.rows)?;
                }
            }
            FileCuts::Lines { cuts, gzip } => {
                for piece in cuts.pieces {
                    let place = PartPiece::Lines { start: piece.start, end: piece.end, gzip };
                    self.push(file, place, piece.first, piece.rows)?;
                }
            }
            FileCuts::Parquet { tail, pieces } => {
                for cuts in pieces {
                    let place = PartPiece::Parquet { footer: tail.start, size: tail.size, cuts };
                    self.push(file, place, cuts.first, cuts.rows)?;
                }
            }
        }
        Ok(())
    }

    fn push(&mut self, file: &InputFile, piece: PartPiece, first: u64, rows: u64) -> Result<(), BatchPlanError> {
        let number = u32::try_from(self.parts.len()).map_err(|_| BatchPlanError::TooManyParts)?;
        if self.parts.len() == MAX_PARTS {
            return Err(BatchPlanError::TooManyParts);
        }
        let below = file.location.key.strip_prefix(&self.input.key).map(|rest| rest.trim_start_matches('/'));
        let relative = below.filter(|rest| !rest.is_empty()).unwrap_or_else(|| name_of(&file.location));
        let output = self.output.join(&format!("{relative}/part-{number:05}.{}", piece.form().ending()));
        let (file, etag) = (file.location.clone(), file.etag.clone());
        self.parts.push(BatchPart { number, file, etag, piece, first, rows, output });
        Ok(())
    }

    /// Returns the parts of all files.
    pub fn finish(self) -> Vec<BatchPart> {
        self.parts
    }
}

/// Returns whether the parts have every row of every file exactly once, and objects of their own. A plan that has gaps
/// would let a job end well that lost rows.
pub fn is_whole(parts: &[BatchPart]) -> bool {
    let mut outputs = HashSet::new();
    let numbered = (0..).zip(parts).all(|(number, part): (u32, _)| part.number == number && part.rows > 0);
    let mut expected: Option<(&Location, u64)> = None;
    let mut files = HashSet::new();
    numbered
        && parts.iter().all(|part| {
            let follows = match expected {
                Some((file, next)) if *file == part.file => part.first == next,
                _ => part.first == 0 && files.insert(&part.file),
            };
            expected = Some((&part.file, part.first + part.rows));
            follows && outputs.insert(&part.output)
        })
}
