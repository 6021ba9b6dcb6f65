//! Whether a table fits into memory, judged before the process dies of it.
//!
//! It is judged three times, by one sum: rows × columns × bytes of a cell of every structure that is held at a time (`need`).
//! By samples of the files, before any is read whole: cells a row, bytes a cell, and the values' types tell what the table
//! will be. When the files have been read once, and rows and columns are known, before any value is kept. And before
//! anything is fitted, when the features are known too.

mod need;
mod sample;
mod shape;

use std::collections::BTreeMap;
use std::fmt;

use evergreen_lifecycle::{Family, SignatureError};
use evergreen_scoring::Preprocessing;
use serde_json::Value;

pub(crate) use self::need::Raw;
pub use self::sample::{Sample, wanted};
pub(crate) use self::shape::{Column, Kind, Shape, Use};
use crate::encode;
use crate::hyperparameters::Space;
use crate::search::{Plan, spaces};
use crate::settings::Settings;
use crate::table::{Table, TableError, gigabytes};

/// Bytes that the train function takes beside a table and its model: code, SDK, connections.
pub const OWN: u64 = 128 << 20;

/// Memory of a function at most, in MB.
const MAX_FUNCTION: u64 = 10_240;

/// What a table is read for.
#[derive(Debug, Clone, Copy)]
pub enum Purpose<'a> {
    /// To learn from it: by one family if there is one, with these hyperparameters.
    Learn(Option<Family>, &'a BTreeMap<String, Value>),
    /// To judge a model that is there already.
    Judge,
}

/// A table that the process cannot hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooLarge {
    /// Rows; nothing while they are not known.
    pub rows: Option<u64>,
    /// Columns of the files.
    pub columns: u64,
    /// Features, after categories have been told apart.
    pub features: u64,
    /// Bytes of the files when they are decompressed; 0 where they are gone already.
    pub bytes: u64,
    /// Whether rows and bytes are estimated from a sample.
    pub is_estimate: bool,
    /// The family that needs most of those that would be fitted, if any would.
    pub family: Option<Family>,
    /// Bytes that reading and learning need.
    pub needed: u64,
    /// Bytes that may be used.
    pub memory: u64,
}

impl std::error::Error for TooLarge {}

impl fmt::Display for TooLarge {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let about = if self.is_estimate { "about " } else { "" };
        formatter.write_str("the table has ")?;
        if let Some(rows) = self.rows {
            write!(formatter, "{about}{} rows of {} columns", grouped(rows), self.columns)?;
            if self.features > 0 {
                write!(formatter, ", which make {} features", self.features)?;
            }
        }
        match (self.rows, self.bytes) {
            (None, bytes) => formatter.write_str(&gigabytes(bytes))?,
            (_, 0) => {}
            (_, bytes) => write!(formatter, " ({about}{})", gigabytes(bytes))?,
        }
        let doing = match self.family {
            Some(family) => format!("learning from it by {family}"),
            None => "reading it".to_owned(),
        };
        let (needed, memory) = (gigabytes(self.needed), gigabytes(self.memory));
        write!(formatter, "; {doing} needs about {needed} of memory, {memory} are there; ")?;
        match train_memory(self.needed) {
            size if size <= MAX_FUNCTION => {
                write!(formatter, "set TrainMemory to {size} or more, or take fewer rows or columns")
            }
            _ => write!(formatter, "no function has so much: expected fewer rows or columns"),
        }
    }
}

/// Memory of a function that has so many bytes for a table, in MB.
fn train_memory(bytes: u64) -> u64 {
    bytes.saturating_add(OWN).div_ceil(1 << 20)
}

/// A number with commas between its thousands.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().filter_map(|group| std::str::from_utf8(group).ok()).collect();
    groups.join(",")
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

/// What the table that `files` (names and sizes) are will be and need, by `samples` of them ([`wanted`] names these); nothing
/// where they do not tell.
pub fn estimate(
    files: &[(String, u64)],
    samples: &[Sample],
    settings: &Settings,
    target: &str,
    purpose: Purpose<'_>,
) -> Option<Estimate> {
    let (shape, raw) = sample::foresee(files, samples, settings, target)?;
    let spaces = match purpose {
        Purpose::Judge => Vec::new(),
        // What cannot be planned is told when the table is there.
        Purpose::Learn(family, overrides) => spaces(settings, family, overrides).unwrap_or_default(),
    };
    let (needed, family) = needed(&shape, raw, &spaces);
    Some(Estimate { rows: shape.rows, columns: shape.columns, bytes: raw.bytes, needed, family })
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
    let files_alone = TooLarge {
        rows: None,
        columns: 0,
        features: 0,
        bytes: stored,
        is_estimate: true,
        family: None,
        needed: stored,
        memory,
    };
    fits(match estimate(files, samples, settings, target, purpose) {
        Some(Estimate { rows, columns, bytes, needed, family }) => {
            TooLarge { rows: Some(rows), columns, bytes, needed, family, ..files_alone }
        }
        None => files_alone,
    })
}

/// Bytes that a training by `plan` needs on a table that was read.
///
/// # Errors
/// [`SignatureError`] when the table has no column or its target fewer than two labels.
pub fn of_learning(table: &Table, plan: &Plan) -> Result<u64, SignatureError> {
    let training = &table.split().training;
    let (_, preprocessing) = encode::fit(table.frame(), table.target(), training)?;
    let shape = Shape::learning(table, training.len(), preprocessing.features());
    Ok(learning(&shape, &plan.spaces).0)
}

/// Checks whether opened files, and the values of so many `cells` that are known to be in them, can be held.
pub(crate) fn check_opened(raw: Raw, cells: u64, memory: u64) -> Result<(), TableError> {
    fits(TooLarge {
        rows: None,
        columns: 0,
        features: 0,
        bytes: raw.bytes,
        is_estimate: false,
        family: None,
        needed: need::opened(raw, cells),
        memory,
    })
}

/// Checks whether the values of a table can be kept: of so many rows of these `columns`, as its files have them.
pub(crate) fn check_reading(
    rows: u64,
    columns: &[Column],
    raw: Raw,
    settings: &Settings,
    memory: u64,
) -> Result<(), TableError> {
    let shape = Shape::of(rows, columns);
    let reading = need::reading(&shape, raw, threads());
    if reading <= memory {
        return Ok(());
    }
    // What learning needs is said with it, so that it need not be found out by another failure.
    let spaces = spaces(settings, None, &BTreeMap::new()).unwrap_or_default();
    let (needed, family) = needed(&shape, raw, &spaces);
    fits(TooLarge {
        rows: Some(rows),
        columns: shape.columns,
        features: 0,
        bytes: raw.bytes,
        is_estimate: false,
        family,
        needed,
        memory,
    })
}

/// Checks whether a model can be fitted to so many `training` rows of `table` in the memory that the table was read with;
/// before anything is made of them. It is by one of `spaces`.
pub(crate) fn check_learning(
    table: &Table,
    training: usize,
    preprocessing: &Preprocessing,
    spaces: &[Space],
) -> Result<(), TooLarge> {
    let shape = Shape::learning(table, training, preprocessing.features());
    let (needed, family) = learning(&shape, spaces);
    let (features, memory) = (shape.features, table.memory());
    let columns = shape.columns;
    let found =
        TooLarge { rows: Some(shape.rows), columns, features, bytes: 0, is_estimate: false, family, needed, memory };
    if needed > memory { Err(found) } else { Ok(()) }
}

/// Bytes to read the table and to do with it what needs most, and the family that does if it is learning.
fn needed(shape: &Shape, raw: Raw, spaces: &[Space]) -> (u64, Option<Family>) {
    let reading = need::reading(shape, raw, threads()).max(need::judging(shape));
    match learning(shape, spaces) {
        (needed, family) if needed > reading => (needed, family),
        _ => (reading, None),
    }
}

/// Bytes to learn by the family that needs most.
fn learning(shape: &Shape, spaces: &[Space]) -> (u64, Option<Family>) {
    let of = |space: &Space| (need::learning(shape, space, threads()), Some(space.family));
    spaces.iter().map(of).max_by_key(|(needed, _)| *needed).unwrap_or_default()
}

fn threads() -> u64 {
    rayon::current_num_threads() as u64
}

fn fits(found: TooLarge) -> Result<(), TableError> {
    if found.needed > found.memory { Err(TableError::TooLarge(Box::new(found))) } else { Ok(()) }
}
