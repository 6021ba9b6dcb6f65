//! Whether a table fits into memory, judged before the process dies of it.
//!
//! It is judged twice. By the size of the files, before any is fetched: what reading them needs, the text and its values at
//! once. A value takes four bytes, its cell two at least (a digit and a comma): text and values together are up to three
//! times the size of a CSV. Of compressed files the size is guessed before they are there, low enough that nothing is
//! refused that would fit, and known as soon as they are. And by rows, columns and features, when these are known and the
//! text is gone, before anything is made of them: categories and missing values make more features than there are
//! columns, and a table lies in memory as columns, as rows, as features and in bins.

use evergreen_scoring::Preprocessing;

use crate::fit::MAX_LINEAR_CELLS;
use crate::table::{Format, Table, TableError, gigabytes};

/// Bytes of memory for each byte of CSV: its own, and two of a value where each cell is a digit.
const CSV_FACTOR: u64 = 3;

/// Bytes of memory for each byte of compressed CSV: even random digits shrink to a half.
const GZIP_FACTOR: u64 = 2 * CSV_FACTOR;

/// Bytes of memory for each byte of Parquet.
const PARQUET_FACTOR: u64 = 4;

/// Bytes of memory for each cell of a Parquet file, whose number is known before it is decoded: a value in the table, one in
/// the rows, and a feature, the least that learning needs.
const CELL_BYTES: u64 = 12;

/// Bytes of a value, in the table's columns, in a model's rows, and as a feature.
const VALUE_BYTES: u64 = 4;

/// Bytes of a feature of a training row: its value, its bin, and as much again for bins that are being laid out.
const FEATURE_BYTES: u64 = VALUE_BYTES + 2;

/// Bytes of a class of a training row: its probability, and two numbers of its loss.
const CLASS_BYTES: u64 = 12;

/// Bytes of a feature in double precision, of which linear models take a copy.
const LINEAR_BYTES: u64 = 8;

/// A table that was read, but of which more is made for learning than the process can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "learning from {rows} rows with {features} features needs about {} of memory, {} are allowed; expected a smaller table, \
     or fewer columns or categories",
    gigabytes(*.needed),
    gigabytes(*.memory)
)]
pub struct TooLarge {
    /// Training rows.
    pub rows: u64,
    /// Features, after categories have been told apart.
    pub features: u64,
    /// Bytes that learning needs.
    pub needed: u64,
    /// Bytes that may be used.
    pub memory: u64,
}

/// Checks whether a model can be fitted to so many `training` rows of `table` in the memory that the table was read with;
/// before anything is made of them. `is_linear` says whether linear models are among those fitted.
pub(crate) fn check_learning(
    table: &Table,
    training: usize,
    preprocessing: &Preprocessing,
    is_linear: bool,
) -> Result<(), TooLarge> {
    let (rows, features) = (training as u64, preprocessing.features() as u64);
    let size = Size {
        all_rows: table.rows() as u64,
        rows,
        columns: table.frame().columns().len() as u64,
        features,
        classes: table.target().labels().len().max(1) as u64,
        is_linear,
    };
    let (needed, memory) = (size.bytes(), table.memory());
    if needed > memory { Err(TooLarge { rows, features, needed, memory }) } else { Ok(()) }
}

/// What learning's memory depends on.
#[derive(Debug, Clone, Copy)]
struct Size {
    all_rows: u64,
    rows: u64,
    columns: u64,
    features: u64,
    classes: u64,
    is_linear: bool,
}

impl Size {
    /// Bytes that are held at once, about.
    fn bytes(self) -> u64 {
        let table = product([self.all_rows, self.columns, 2 * VALUE_BYTES]);
        let taken = product([self.rows, self.columns, VALUE_BYTES]);
        let features = product([self.rows, self.features, FEATURE_BYTES]);
        let classes = product([self.rows, self.classes, CLASS_BYTES]);
        let cells = self.rows.saturating_mul(self.features).min(MAX_LINEAR_CELLS as u64);
        let linear = if self.is_linear { cells * LINEAR_BYTES } else { 0 };
        [table, taken, features, classes, linear].into_iter().fold(0, u64::saturating_add)
    }
}

fn product(factors: [u64; 3]) -> u64 {
    factors.into_iter().fold(1, u64::saturating_mul)
}

/// Checks by the stored sizes of files whether the table that they are fits into `memory` bytes; before any is fetched.
///
/// # Errors
/// [`TableError::TooLarge`] when it does not, [`TableError::UnknownFormat`] when a file is none of a table.
pub fn check(files: &[(String, u64)], memory: u64) -> Result<(), TableError> {
    let mut total = 0_u64;
    for (name, size) in files {
        let factor = match Format::of(name)? {
            Format::Csv => CSV_FACTOR,
            Format::CsvGzip => GZIP_FACTOR,
            Format::Parquet => PARQUET_FACTOR,
        };
        total = total.saturating_add(size.saturating_mul(factor));
    }
    fits(total, memory)
}

/// Checks whether `needed` bytes are there.
pub(crate) fn fits(needed: u64, memory: u64) -> Result<(), TableError> {
    if needed > memory { Err(TableError::TooLarge { needed, memory }) } else { Ok(()) }
}

/// Bytes of memory that `bytes` of CSV need.
pub(crate) fn of_csv(bytes: u64) -> u64 {
    bytes.saturating_mul(CSV_FACTOR)
}

/// Bytes of CSV that fit into `memory`.
pub(crate) fn csv_within(memory: u64) -> u64 {
    memory / CSV_FACTOR
}

/// Bytes of memory that a Parquet file of `size` bytes and so many `cells` needs.
pub(crate) fn of_parquet(size: u64, cells: u64) -> u64 {
    size.saturating_add(cells.saturating_mul(CELL_BYTES))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_one(name: &str, size: u64, memory: u64) -> Result<(), String> {
        check(&[(name.to_owned(), size)], memory).map_err(|error| error.to_string())
    }

    #[test]
    fn a_table_that_is_too_large_is_refused_by_its_stored_size() {
        let limit = 3 << 30;
        assert_eq!(check_one("a.csv", 1 << 30, limit), Ok(()));
        let expected =
            "the table needs about 3.1 GB of memory, 3.0 GB are allowed; expected a smaller table, or fewer columns";
        assert_eq!(check_one("a.csv", (1 << 30) + (1 << 25), limit), Err(expected.to_owned()));
        assert!(check_one("a.csv.gz", 600 << 20, limit).is_err());
        assert!(check_one("a.parquet", 800 << 20, limit).is_err());
        assert_eq!(check_one("a.parquet", 700 << 20, limit), Ok(()));
    }

    #[test]
    fn what_learning_holds_at_once_is_added_up() {
        let size = Size { all_rows: 10, rows: 8, columns: 3, features: 5, classes: 2, is_linear: false };
        assert_eq!(size.bytes(), 10 * 3 * 8 + 8 * 3 * 4 + 8 * 5 * 6 + 8 * 2 * 12);
        assert_eq!(Size { is_linear: true, ..size }.bytes(), size.bytes() + 8 * 5 * 8);
        let large = Size { rows: 1 << 20, features: 100, ..size };
        assert_eq!(Size { is_linear: true, ..large }.bytes(), large.bytes() + (64 << 20));
        assert_eq!(Size { rows: u64::MAX, ..size }.bytes(), u64::MAX);
    }

    #[test]
    fn parts_are_added_up() {
        let parts: Vec<_> = (0..4).map(|part| (format!("{part}.csv"), 100)).collect();
        assert!(check(&parts, 1200).is_ok());
        assert!(check(&parts, 1199).is_err());
        assert!(check(&[("a.csv".to_owned(), u64::MAX), ("b.csv".to_owned(), 1)], 1 << 40).is_err());
    }
}
