//! Prepares a table for training: splits it into training rows and hold-out, and fits how columns are encoded as
//! features.

use evergreen_lifecycle::feedback::{KeptRows, RowCell};
use evergreen_lifecycle::{DatasetProfile, LearnedFeedback, Signature, SignatureError};
use evergreen_scoring::{MAX_FEATURES, Preprocessing};
use evergreen_table::{FilePlace, Table, Target};
use jiff::civil::Date;

use crate::encode::{self, FittedColumns};
use crate::histograms;
use crate::memory::{self, TooLarge};
use crate::search::Plan;
use crate::split::{Split, joining};

// The preprocessing was fitted on the training rows.
/// A table that is ready for training: split into training rows and hold-out, with fitted preprocessing.
#[derive(Debug, Clone)]
pub struct Prepared {
    table: Table,
    split: Split,
    signature: Signature,
    preprocessing: Preprocessing,
}

/// Kept rows of feedback that a training has read.
#[derive(Debug, Clone, PartialEq)]
pub struct FeedbackFiles {
    /// The rows of each file, in the order of the files' keys.
    pub files: Vec<KeptRows>,
    /// The first and the last day (UTC) on which rows arrived.
    pub days: (Date, Date),
    /// The hash of the files, as the lineage has it.
    pub sha256: String,
}

impl FeedbackFiles {
    /// Returns about how many bytes of memory the rows take.
    pub fn bytes(&self) -> u64 {
        let cells = |file: &KeptRows| file.rows.len() * (file.columns.len() + BESIDE_CELLS) * size_of::<RowCell>();
        let texts = |file: &KeptRows| file.rows.iter().flat_map(|row| &row.cells).map(text_bytes).sum::<usize>();
        self.files.iter().map(|file| cells(file) + texts(file)).sum::<usize>() as u64
    }
}

/// The memory of a kept row beside its cells, counted in cells: its id, its time and what turned out true.
const BESIDE_CELLS: usize = 6;

fn text_bytes(cell: &RowCell) -> usize {
    if let RowCell::Text(text) = cell { text.len() } else { 0 }
}

/// Error: why a table cannot be prepared for training.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PrepareError {
    // Each category can become a feature.
    /// The columns of the table give no feature, or too many features. Contains the number of features.
    #[error("the columns give {0} features; expected from 1 to {MAX_FEATURES}; add or drop columns")]
    Features(usize),
    // The hold-out has the newest rows.
    /// A label occurs only in the hold-out, so no training row has this label.
    #[error(
        "{place}, column {target:?}: only the newest rows, which are the hold-out, have the label of this row; \
         expected older rows with the label too; add such rows or remove these"
    )]
    NewLabel {
        /// The file, and the line or row number in the file, of the first row with this label.
        place: FilePlace,
        /// The name of the target column.
        target: String,
    },
    /// The columns of the table do not give a valid model signature (the list of a model's input columns).
    #[error(transparent)]
    Signature(#[from] SignatureError),
}

impl Prepared {
    /// Splits the table into training rows and hold-out, and fits the preprocessing on the training rows.
    ///
    /// ```
    /// use evergreen_learning::Prepared;
    ///
    /// let prepared = Prepared::of(evergreen_table::iris()?)?;
    /// assert_eq!((prepared.split().training.len(), prepared.split().holdout.len()), (120, 30));
    /// assert_eq!(prepared.preprocessing().features(), 4);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`PrepareError`] if a label has no training row, if there are too few or too many features, or if the columns
    /// give no valid signature.
    pub fn of(table: Table) -> Result<Self, PrepareError> {
        let split = Split::of(table.frame(), table.target(), table.order(), table.groups());
        Self::split_by(table, split)
    }

    /// Splits the table as [`Prepared::of`] does, and adds rows of feedback to the training rows. The hold-out is the same as
    /// without feedback.
    ///
    /// # Errors
    /// The same as [`Prepared::of`].
    pub fn with_feedback(table: Table, feedback: &FeedbackFiles) -> Result<Self, PrepareError> {
        let mut split = Split::of(table.frame(), table.target(), table.order(), table.groups());
        let rows = table.joinable(&feedback.files);
        let (chosen, left_out) = joining(&table, &split, &rows);
        let (first_day, last_day) = feedback.days;
        let sha256 = feedback.sha256.clone();
        let learned = LearnedFeedback { rows: chosen.len(), first_day, last_day, sha256, left_out };
        let own = table.rows() as u32;
        let table = table.joined(&rows, &chosen, learned);
        split.training.extend(own..table.rows() as u32);
        Self::split_by(table, split)
    }

    /// Fits the preprocessing of a table whose split into training rows and hold-out is given.
    ///
    /// # Errors
    /// The same as [`Prepared::of`].
    pub fn split_by(table: Table, split: Split) -> Result<Self, PrepareError> {
        // The split must have training rows.
        check_training_labels(&table, &split)?;
        let (signature, preprocessing) = encode::fit(table.frame(), table.target(), &split.training)?;
        match preprocessing.features() {
            1..=MAX_FEATURES => Ok(Self { table, split, signature, preprocessing }),
            features => Err(PrepareError::Features(features)),
        }
    }

    /// Returns the whole table: training rows and hold-out rows.
    pub fn table(&self) -> &Table {
        &self.table
    }

    /// Returns which rows are training rows and which are the hold-out.
    pub fn split(&self) -> &Split {
        &self.split
    }

    /// Returns the signature (input columns and labels) of a model that is trained on the training rows.
    pub fn signature(&self) -> &Signature {
        &self.signature
    }

    // The preprocessing does not scale features, since only some model families need that.
    /// Returns the preprocessing, which turns a raw row (the input numbers of a model) into features.
    pub fn preprocessing(&self) -> &Preprocessing {
        &self.preprocessing
    }

    /// Returns the input columns and the preprocessing that models are trained with, without derived features.
    pub(crate) fn learnt(&self) -> FittedColumns {
        let (signature, preprocessing) = (self.signature.clone(), self.preprocessing.clone());
        FittedColumns { signature, preprocessing, statistics: Vec::new() }
    }

    /// Returns the table's profile for the user: how the table was read and split, and the warnings about it.
    pub fn profile(&self) -> DatasetProfile {
        let mut profile = self.table.profile().clone();
        histograms::describe(&mut profile.columns, &self.table, &self.signature);
        DatasetProfile {
            holdout_rows: self.split.holdout.len(),
            holdout_rule: Split::rule(self.table.settings(), self.table.target()),
            ..profile
        }
    }

    /// Checks whether a training run with `plan` fits into memory. Call it before the rows are copied.
    ///
    /// # Errors
    /// [`TooLarge`], which says how much memory is needed.
    pub fn check_memory(&self, plan: &Plan) -> Result<(), TooLarge> {
        // The memory limit is the one with which the table was read.
        memory::check_learning(self, &plan.spaces)
    }

    /// Returns whether a training run with `plan` fits into memory if it uses the features in `learnt`.
    pub(crate) fn has_memory(&self, plan: &Plan, learnt: &FittedColumns) -> bool {
        // The features in `learnt` may include derived features.
        memory::fits(self, &plan.spaces, learnt)
    }
}

/// Checks that each label has a training row.
fn check_training_labels(table: &Table, split: &Split) -> Result<(), PrepareError> {
    // With an order column, the hold-out has the newest rows, so a new label may occur only there.
    let Target::Classes { labels, classes } = table.target() else { return Ok(()) };
    let mut known = vec![false; labels.len()];
    for class in split.training.iter().filter_map(|row| classes.get(*row as usize)) {
        if let Some(known) = known.get_mut(*class as usize) {
            *known = true;
        }
    }
    match known.iter().position(|known| !known) {
        Some(new) => {
            let row = classes.iter().position(|class| *class as usize == new);
            debug_assert!(row.is_some(), "a table has a row of each of its labels");
            let row = row.unwrap_or_default();
            let target = table.target_name().to_owned();
            Err(PrepareError::NewLabel { place: table.place_of(row), target })
        }
        None => Ok(()),
    }
}
