//! Hashes the content of each row of a table. The hash does not depend on the row's position, on other rows, or on the
//! order of the columns. The split into training rows and hold-out uses it.

use evergreen_lifecycle::time::raw_days;
use rayon::prelude::*;
use sha2::{Digest, Sha256};

use evergreen_table::{Frame, FrameColumn, Values};

// A different number would change the split of every table into training rows and hold-out.
/// Seed of the row hash: the first number that goes into the hash of every table row.
const SPLIT_SEED: u64 = 42;

/// Returns a hash of each row's content: the first 64 bits of SHA-256.
pub(super) fn rows(frame: &Frame) -> Vec<u64> {
    // The hashed bytes begin with `SPLIT_SEED`. Then each column, sorted by name, adds the hash of its name and its
    // value in the row. The value is the bits of a number, or the hash of a category.
    hashes(frame, (0..frame.rows() as u32).into_par_iter())
}

/// Returns a hash of the content of each of the given `rows`, in the order of `rows`.
pub(super) fn some_rows(frame: &Frame, rows: &[u32]) -> Vec<u64> {
    hashes(frame, rows.par_iter().copied())
}

fn hashes(frame: &Frame, rows: impl IndexedParallelIterator<Item = u32>) -> Vec<u64> {
    // Columns of free text are left out of the hash. Whether models are trained on free text is decided later, and the
    // split into training rows and hold-out must not depend on that.
    let counts = |column: &&FrameColumn| !matches!(column.values, Values::Text { .. });
    let mut sorted: Vec<&FrameColumn> = frame.columns().iter().filter(counts).collect();
    sorted.sort_by(|a, b| a.name.cmp(&b.name));
    let columns: Vec<Column<'_>> = sorted.into_iter().map(Column::of).collect();
    rows.map_init(Vec::new, |content, row| {
        content.clear();
        content.extend_from_slice(&SPLIT_SEED.to_le_bytes());
        columns.iter().for_each(|column| column.push(row as usize, content));
        first_64_bits(content)
    })
    .collect()
}

struct Column<'a> {
    name: u64,
    cells: Cells<'a>,
}

enum Cells<'a> {
    Bits(&'a [f32]),
    /// Values of a time column, which are hashed as days, because models read times as days.
    Moments(&'a [f64]),
    // The codes are not hashed, because a code depends on the other texts of the table.
    /// Texts of a column: the text code of each row, and the hash of the text that each code represents.
    Texts(&'a [u32], Vec<u64>),
}

impl<'a> Column<'a> {
    fn of(column: &'a FrameColumn) -> Self {
        Self { name: first_64_bits(column.name.as_bytes()), cells: Cells::of(&column.values) }
    }

    fn push(&self, row: usize, content: &mut Vec<u8>) {
        content.extend_from_slice(&self.name.to_le_bytes());
        self.cells.push(row, content);
    }
}

impl<'a> Cells<'a> {
    fn of(values: &'a Values) -> Self {
        match values {
            Values::Number(values) | Values::Boolean(values) => Self::Bits(values),
            Values::Timestamp(values) => Self::Moments(values),
            Values::Category { codes, names } | Values::Text { codes, names } => {
                Self::Texts(codes, names.iter().map(|name| first_64_bits(name.as_bytes())).collect())
            }
        }
    }

    fn push(&self, row: usize, content: &mut Vec<u8>) {
        match self {
            Self::Bits(values) => {
                let value = values.get(row).copied().unwrap_or(f32::NAN);
                // NaN and 0 have several bit patterns. Hash only one pattern of NaN and one of 0.
                let value = if value.is_nan() { f32::NAN } else { value + 0.0 };
                content.extend_from_slice(&value.to_bits().to_le_bytes());
            }
            Self::Moments(values) => {
                let days = raw_days(values.get(row).copied().unwrap_or(f64::NAN));
                let days = if days.is_nan() { f32::NAN } else { days + 0.0 };
                content.extend_from_slice(&days.to_bits().to_le_bytes());
            }
            Self::Texts(codes, hashes) => {
                let hash = codes.get(row).and_then(|code| hashes.get(*code as usize)).copied();
                content.extend_from_slice(&hash.unwrap_or_default().to_le_bytes());
            }
        }
    }
}

fn first_64_bits(content: &[u8]) -> u64 {
    Sha256::digest(content).iter().take(8).fold(0, |bits, byte| bits << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use evergreen_table::MISSING;

    fn hashes(number: f32, code: u32, names: &[&str]) -> u64 {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        let columns = vec![
            FrameColumn { name: "x".into(), values: Values::Number(vec![7.0, number]) },
            FrameColumn { name: "c".into(), values: Values::Category { codes: vec![0, code], names } },
        ];
        rows(&Frame::new(columns, 2))[1]
    }

    #[test]
    fn the_hash_of_a_row_does_not_depend_on_the_texts_of_other_rows() {
        assert_eq!(hashes(1.0, 0, &["m"]), hashes(1.0, 1, &["a", "m", "z"]));
        assert_eq!(hashes(0.0, 0, &["m"]), hashes(-0.0, 0, &["m"]));
        assert_ne!(hashes(1.0, 0, &["m"]), hashes(1.0, 1, &["m", "n"]));
        assert_ne!(hashes(1.0, 0, &["m"]), hashes(1.0, MISSING, &["m"]));
        assert_ne!(hashes(1.0, 0, &["m"]), hashes(f32::NAN, 0, &["m"]));
    }

    #[test]
    fn the_hash_of_a_row_does_not_depend_on_the_column_order() {
        let column = |name: &str, value| FrameColumn { name: name.into(), values: Values::Number(vec![value]) };
        let hash = |columns: [FrameColumn; 2]| rows(&Frame::new(columns.into(), 1));
        let one = hash([column("a", 1.0), column("b", 2.0)]);
        assert_eq!(one, hash([column("b", 2.0), column("a", 1.0)]));
        assert_ne!(one, hash([column("a", 2.0), column("b", 1.0)]), "values belong to their columns");
        assert_ne!(one, hash([column("a", 1.0), column("c", 2.0)]), "a name is content");
    }

    /// A different hash would give every deployed table another split into training rows and hold-out.
    #[test]
    fn the_hash_is_stable() {
        assert_eq!(first_64_bits(b"abc"), 0xba78_16bf_8f01_cfea);
    }
}
