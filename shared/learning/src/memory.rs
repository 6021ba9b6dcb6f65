//! Whether a table fits into memory, judged before the process dies of it.
//!
//! It is judged three times, by one sum: rows × columns × bytes of a cell of every structure that is held at a time (`need`).
//! By samples of the files, before any is read whole: cells a row, bytes a cell, and the values' types tell what the table
//! will be. When the files have been read once, and rows and columns are known, before any value is kept. And before
//! anything is fitted, when the features are known too.

mod need;
mod scale;

use std::collections::BTreeMap;

use evergreen_lifecycle::Family;
use evergreen_table::budget::{self, Raw, Sample, Shape, foresee, threads};
use evergreen_table::{Settings, TableError};
use serde_json::Value;

pub use evergreen_table::budget::TooLarge;

use self::scale::Scale;
use crate::encode::Learnt;
use crate::hyperparameters::Space;
use crate::prepared::Prepared;
use crate::search::{Plan, spaces};

/// What a table is read for.
#[derive(Debug, Clone, Copy)]
pub enum Purpose<'a> {
    /// To learn from it: by one family if there is one, with these hyperparameters.
    Learn(Option<Family>, &'a BTreeMap<String, Value>),
    /// To judge a model that is there already.
    Judge,
}

/// What a table will be, by samples of its files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Estimate {
    /// Rows.
    pub rows: u64,
    /// Columns, those that are left out included.
    pub columns: u64,
    /// Bytes of the files when they are decompressed.
    pub bytes: u64,
    /// Bytes that are needed to read it and to use it.
    pub needed: u64,
    /// The family that needs most of those that would be fitted, if any needs more than reading does.
    pub family: Option<Family>,
}

/// What the table in `files` (names and sizes) will need, judged by `samples` of them; nothing where they do not tell.
/// [`wanted`](evergreen_table::budget::wanted) says which samples.
pub fn estimate(
    files: &[(String, u64)],
    samples: &[Sample],
    settings: &Settings,
    target: &str,
    purpose: Purpose<'_>,
) -> Option<Estimate> {
    let (shape, raw) = foresee(files, samples, settings, target)?;
    let spaces = match purpose {
        Purpose::Judge => Vec::new(),
        // What cannot be planned is told when the table is there.
        Purpose::Learn(family, overrides) => spaces(settings, family, overrides).unwrap_or_default(),
    };
    let (needed, family) = needed(&shape, raw, &spaces);
    let columns = shape.columns.len() as u64;
    Some(Estimate { rows: shape.rows, columns, bytes: raw.bytes, needed, family })
}

/// Checks by `samples` of the `files` whether the table that they are can be read and used in `memory` bytes; without samples
/// whether the files alone can be held.
///
/// # Errors
/// [`TableError::TooLarge`] when it cannot.
pub fn check(
    files: &[(String, u64)],
    samples: &[Sample],
    settings: &Settings,
    target: &str,
    purpose: Purpose<'_>,
    memory: u64,
) -> Result<(), TableError> {
    let stored = files.iter().map(|(_, size)| *size).fold(0, u64::saturating_add);
    let files_alone = TooLarge { bytes: stored, is_estimate: true, needed: stored, memory, ..TooLarge::default() };
    budget::fits(match estimate(files, samples, settings, target, purpose) {
        Some(Estimate { rows, columns, bytes, needed, family }) => {
            TooLarge { rows: Some(rows), columns, bytes, needed, family, ..files_alone }
        }
        None => files_alone,
    })
}

/// Bytes that a training by `plan` needs on a table that was read.
pub fn of_learning(prepared: &Prepared, plan: &Plan) -> u64 {
    learning(&Scale::learning(prepared), &plan.spaces).0
}

/// The error that a table cannot be read, with what learning needs: so that it need not be found out by another failure.
#[must_use]
pub fn with_learning(error: TableError, settings: &Settings) -> TableError {
    let TableError::TooLarge(found) = error else { return error };
    TableError::TooLarge(Box::new(match &found.read {
        Some((shape, raw)) => {
            let spaces = spaces(settings, None, &BTreeMap::new()).unwrap_or_default();
            let (needed, family) = needed(shape, *raw, &spaces);
            TooLarge { needed, family, ..(*found).clone() }
        }
        None => *found,
    }))
}

/// Checks whether a model can be fitted to the training rows by one of `spaces`, in the memory that the table was read with.
pub(crate) fn check_learning(prepared: &Prepared, spaces: &[Space]) -> Result<(), TooLarge> {
    let scale = Scale::learning(prepared);
    let (needed, family) = learning(&scale, spaces);
    let memory = prepared.table().memory();
    if needed <= memory {
        return Ok(());
    }
    let Scale { rows, columns, features, .. } = scale;
    Err(TooLarge { rows: Some(rows), columns, features, family, needed, memory, ..TooLarge::default() })
}

/// Whether a model of what is `learnt` can be fitted in that memory.
pub(crate) fn fits(prepared: &Prepared, spaces: &[Space], learnt: &Learnt) -> bool {
    let features = (learnt.preprocessing.features() + learnt.statistics.len()) as u64;
    let scale = Scale { features, learnt: learnt.signature.slots() as u64, ..Scale::learning(prepared) };
    learning(&scale, spaces).0 <= prepared.table().memory()
}

/// Bytes to read the table and to do with it what needs most, and the family that does if it is learning.
fn needed(shape: &Shape, raw: Raw, spaces: &[Space]) -> (u64, Option<Family>) {
    let scale = Scale::of(shape);
    let reading = budget::reading(shape, raw, threads()).max(need::judging(&scale));
    match learning(&scale, spaces) {
        (needed, family) if needed > reading => (needed, family),
        _ => (reading, None),
    }
}

/// Bytes to learn by the family that needs most.
fn learning(scale: &Scale, spaces: &[Space]) -> (u64, Option<Family>) {
    let of = |space: &Space| (need::learning(scale, space, threads()), Some(space.family));
    spaces.iter().map(of).max_by_key(|(needed, _)| *needed).unwrap_or_default()
}
