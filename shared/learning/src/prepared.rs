//! A table made ready to be learnt from, once for whatever is done with it.

use evergreen_lifecycle::{DatasetProfile, Signature, SignatureError};
use evergreen_scoring::{MAX_FEATURES, Preprocessing};
use evergreen_table::{Place, Table, Target};

use crate::encode::{self, Learnt};
use crate::memory::{self, TooLarge};
use crate::search::Plan;
use crate::split::Split;

/// A table with its split, and the preprocessing that was fitted on its training rows.
#[derive(Debug, Clone)]
pub struct Prepared {
    table: Table,
    split: Split,
    signature: Signature,
    preprocessing: Preprocessing,
}

/// Why a table cannot be made ready.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PrepareError {
    /// Too few or too many features, after categories have been told apart.
    #[error("the columns make {0} features, from 1 to {MAX_FEATURES} are allowed; expected other columns, or fewer")]
    Features(usize),
    /// A label of which no row is learnt from.
    #[error(
        "{place}, column {target:?}: only the newest rows, which are held out, have the label of this row; expected older \
         ones, too"
    )]
    NewLabel {
        /// The first row that has it.
        place: Place,
        /// The target.
        target: String,
    },
    /// The table has no signature.
    #[error(transparent)]
    Signature(#[from] SignatureError),
}

impl Prepared {
    /// Splits the table and fits its preprocessing on the training rows.
    ///
    /// # Errors
    /// [`PrepareError`] when a label has no training row, or when there are too few or too many features.
    pub fn of(table: Table) -> Result<Self, PrepareError> {
        let split = Split::of(table.frame(), table.target(), table.order(), table.groups());
        Self::split_by(table, split)
    }

    /// The same, with a split of one's own. The training rows must be some.
    ///
    /// # Errors
    /// As [`Prepared::of`].
    pub fn split_by(table: Table, split: Split) -> Result<Self, PrepareError> {
        check_training_labels(&table, &split)?;
        let (signature, preprocessing) = encode::fit(table.frame(), table.target(), &split.training)?;
        match preprocessing.features() {
            1..=MAX_FEATURES => Ok(Self { table, split, signature, preprocessing }),
            features => Err(PrepareError::Features(features)),
        }
    }

    /// The table.
    pub fn table(&self) -> &Table {
        &self.table
    }

    /// Which rows are learnt from and which are held out.
    pub fn split(&self) -> &Split {
        &self.split
    }

    /// The signature of a model that learns from the training rows.
    pub fn signature(&self) -> &Signature {
        &self.signature
    }

    /// How raw rows become features; no scaler.
    pub fn preprocessing(&self) -> &Preprocessing {
        &self.preprocessing
    }

    /// What is learnt of the columns before anything is derived from them.
    pub(crate) fn learnt(&self) -> Learnt {
        let (signature, preprocessing) = (self.signature.clone(), self.preprocessing.clone());
        Learnt { signature, preprocessing, statistics: Vec::new() }
    }

    /// How the table was read and split, with what is odd about it.
    pub fn profile(&self) -> DatasetProfile {
        DatasetProfile {
            holdout_rows: self.split.holdout.len(),
            holdout_rule: Split::rule(self.table.settings(), self.table.target()),
            ..self.table.profile().clone()
        }
    }

    /// Checks whether a model can be learnt by `plan` in the memory that the table was read with, before anything is made of
    /// its rows.
    ///
    /// # Errors
    /// [`TooLarge`], which says what is needed.
    pub fn check_memory(&self, plan: &Plan) -> Result<(), TooLarge> {
        memory::check_learning(self, &plan.spaces)
    }

    /// Whether that is so with features that are derived, too.
    pub(crate) fn has_memory(&self, plan: &Plan, learnt: &Learnt) -> bool {
        memory::fits(self, &plan.spaces, learnt)
    }
}

/// With an order column a label may be so new that only rows held out have it.
fn check_training_labels(table: &Table, split: &Split) -> Result<(), PrepareError> {
    let Target::Classes { labels, classes } = table.target() else { return Ok(()) };
    let mut known = vec![false; labels.len()];
    for class in split.training.iter().filter_map(|row| classes.get(*row as usize)) {
        if let Some(known) = known.get_mut(*class as usize) {
            *known = true;
        }
    }
    match known.iter().position(|known| !known) {
        Some(new) => {
            let row = classes.iter().position(|class| *class as usize == new).unwrap_or_default();
            let target = table.target_name().to_owned();
            Err(PrepareError::NewLabel { place: table.place_of(row), target })
        }
        None => Ok(()),
    }
}
