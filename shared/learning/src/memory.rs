//! Whether a table fits into memory, judged before the process dies of it.
//!
//! A table needs its bytes, its values as `f32` (at most as much again: a cell of a CSV takes two bytes at least and eight
//! or so as a rule, four as a value), and as much for the rows that models are fitted on: three times the size of its CSV.
//! Of compressed files the size is guessed before they are there, low enough that nothing is refused that would fit, and
//! known as soon as they are.

use crate::table::{Format, TableError};

/// Bytes of memory for each byte of CSV.
const CSV_FACTOR: u64 = 3;

/// Bytes of memory for each byte of compressed CSV: even random digits shrink to a half.
const GZIP_FACTOR: u64 = 2 * CSV_FACTOR;

/// Bytes of memory for each byte of Parquet.
const PARQUET_FACTOR: u64 = 4;

/// Bytes of memory for each cell of a Parquet file, whose number is known before it is decoded: a value in the table, one in
/// the rows, and a feature.
const CELL_BYTES: u64 = 12;

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
    fn parts_are_added_up() {
        let parts: Vec<_> = (0..4).map(|part| (format!("{part}.csv"), 100)).collect();
        assert!(check(&parts, 1200).is_ok());
        assert!(check(&parts, 1199).is_err());
        assert!(check(&[("a.csv".to_owned(), u64::MAX), ("b.csv".to_owned(), 1)], 1 << 40).is_err());
    }
}
