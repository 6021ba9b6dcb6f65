//! Estimates whether a table fits into the cloud function's memory, so that it can be refused before the process runs
//! out of memory.
//!
//! There are three checks with the same formula: rows × columns × bytes of a cell. The formula is summed over all data
//! structures that are in memory at the same time (see `need`). The first check uses samples of the files, before any
//! file is read whole. The second check follows the first pass over the files. Then the numbers of rows and columns are
//! known, but no value is kept. The third check comes before fitting, when the features are known.

pub(crate) mod need;
mod scale;

use std::collections::BTreeMap;

use evergreen_lifecycle::Family;
use evergreen_table::budget::{self, FileSample, FileSizes, TableShape, estimate_shape, threads};
use evergreen_table::{DatasetSettings, TableError};
use serde_json::Value;

pub use evergreen_table::budget::TooLarge;

pub(crate) use self::scale::Scale;
use crate::encode::FittedColumns;
use crate::hyperparameters::Space;
use crate::prepared::Prepared;
use crate::search::{Plan, spaces};

/// Why a table is read: to train models, or only to evaluate one. Training needs more memory.
#[derive(Debug, Clone, Copy)]
pub enum Purpose<'a> {
    // The map (second value) sets hyperparameters to fixed values.
    /// The table is read to train models of the given family, or, with `None`, of all families in the settings.
    Learn(Option<Family>, &'a BTreeMap<String, Value>),
    /// The table is read to evaluate an existing model.
    Judge,
}

/// Estimate, from samples of a table's files, of the table's size and of the memory that the table needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Estimate {
    /// Estimated number of rows in the table.
    pub rows: u64,
    /// Number of columns in the files, including those that are left out of training.
    pub columns: u64,
    /// Estimated total size of the files after decompression, in bytes.
    pub bytes: u64,
    /// Estimated memory, in bytes, for reading the table and for training or evaluating models on it.
    pub needed: u64,
    /// The model family whose training needs the most memory. `None` if reading the table needs the most memory.
    pub family: Option<Family>,
}

/// Estimates a table's size and memory need from `samples` of its files. `None` if the samples are too small.
pub fn estimate(
    files: &[(String, u64)],
    samples: &[FileSample],
    settings: &DatasetSettings,
    target: &str,
    purpose: Purpose<'_>,
) -> Option<Estimate> {
    // `files` has the name and the size in bytes of each file. `evergreen_table::budget::sample_ranges` says which
    // samples to take.
    let (shape, raw) = estimate_shape(files, samples, settings, target)?;
    let spaces = match purpose {
        Purpose::Judge => Vec::new(),
        // If the search plan is invalid, the error is reported later, once the table has been read.
        Purpose::Learn(family, overrides) => spaces(settings, family, overrides).unwrap_or_default(),
    };
    let (needed, family) = needed(&shape, raw, &spaces);
    let columns = shape.columns.len() as u64;
    Some(Estimate { rows: shape.rows, columns, bytes: raw.bytes, needed, family })
}

/// Checks, from `samples` of a table's files, whether `memory` bytes suffice to read and use the table.
///
/// # Errors
/// [`TableError::TooLarge`] if the table does not fit.
pub fn check(
    files: &[(String, u64)],
    samples: &[FileSample],
    settings: &DatasetSettings,
    target: &str,
    purpose: Purpose<'_>,
    memory: u64,
) -> Result<(), TableError> {
    // If the samples are too small for an estimate, only check whether the files alone fit.
    let stored = files.iter().map(|(_, size)| *size).fold(0, u64::saturating_add);
    let files_alone = TooLarge { bytes: stored, is_estimate: true, needed: stored, memory, ..TooLarge::default() };
    budget::check_memory(match estimate(files, samples, settings, target, purpose) {
        Some(Estimate { rows, columns, bytes, needed, family }) => {
            TooLarge { rows: Some(rows), columns, bytes, needed, family, ..files_alone }
        }
        None => files_alone,
    })
}

/// Returns how many bytes of memory a training run needs, for a table that is already in memory.
pub fn of_learning(prepared: &Prepared, plan: &Plan) -> u64 {
    learning(&Scale::learning(prepared), &plan.spaces).0
}

/// If a table is too large to be read, adds the memory for training to the memory need that the error message states.
#[must_use]
pub fn with_learning(error: TableError, settings: &DatasetSettings) -> TableError {
    // Other errors stay as they are.
    let TableError::TooLarge(found) = error else { return error };
    TableError::TooLarge(Box::new(match &found.read {
        Some((shape, raw)) => {
            let spaces = spaces(settings, None, &BTreeMap::new()).unwrap_or_default();
            // Add the memory for training, so that the user does not meet a second memory limit later.
            let (needed, family) = needed(shape, *raw, &spaces);
            TooLarge { needed, family, ..(*found).clone() }
        }
        None => *found,
    }))
}

/// Checks whether all model families in `spaces` can be trained within the memory limit.
pub(crate) fn check_learning(prepared: &Prepared, spaces: &[Space]) -> Result<(), TooLarge> {
    // The memory limit is the one with which the table was read.
    let scale = Scale::learning(prepared);
    let (needed, family) = learning(&scale, spaces);
    let memory = prepared.table().memory();
    if needed <= memory {
        return Ok(());
    }
    let Scale { rows, columns, features, .. } = scale;
    Err(TooLarge { rows: Some(rows), columns, features, family, needed, memory, ..TooLarge::default() })
}

/// Returns whether training fits into memory if it uses the features in `learnt`.
pub(crate) fn fits(prepared: &Prepared, spaces: &[Space], learnt: &FittedColumns) -> bool {
    // The features in `learnt` may include derived features.
    let features = (learnt.preprocessing.features() + learnt.statistics.len()) as u64;
    let scale = Scale { features, learnt: learnt.signature.slots() as u64, ..Scale::learning(prepared) };
    learning(&scale, spaces).0 <= prepared.table().memory()
}

/// Returns the bytes of memory that the largest step of a training run needs, and the model family of this step.
fn needed(shape: &TableShape, raw: FileSizes, spaces: &[Space]) -> (u64, Option<Family>) {
    // If the step is reading or evaluating the table, the family is `None`.
    let scale = Scale::of(shape);
    let reading = budget::reading_bytes(shape, raw, threads()).max(need::judging(&scale));
    match learning(&scale, spaces) {
        (needed, family) if needed > reading => (needed, family),
        _ => (reading, None),
    }
}

/// Returns the model family whose training needs the most memory, and this memory in bytes.
fn learning(scale: &Scale, spaces: &[Space]) -> (u64, Option<Family>) {
    let of = |space: &Space| (need::learning(scale, space, threads()), Some(space.family));
    spaces.iter().map(of).max_by_key(|(needed, _)| *needed).unwrap_or_default()
}
