//! The table: checked rows under a header, with one column to predict.

mod error;
mod labels;
mod parse;

use evergreen_lifecycle::Dataset;
use evergreen_scoring::sha256_hex;

use crate::rows::Rows;

pub use error::TableError;
pub use parse::MIN_ROWS;

/// A table that can be learnt from.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    target: String,
    rows: Rows,
}

impl Table {
    /// Reads a CSV (RFC 4180, comma, UTF-8, with or without byte order mark). Its first record names the columns; `target`
    /// is one of them and holds the labels, which may be any text; all others hold finite numbers in the range of `f32`.
    /// Blanks around names and cells and empty lines do not count.
    ///
    /// Numbers are rounded to `f64` and then to `f32`, as a served row's are. Labels are sorted: as numbers when all are
    /// whole numbers (that fit `i64`), else by code point.
    ///
    /// # Errors
    /// [`TableError`], which names line and column where there is one.
    pub fn from_csv(bytes: &[u8], target: &str) -> Result<Self, TableError> {
        let rows = parse::parse(bytes, target)?;
        Ok(Self { target: target.to_owned(), rows })
    }

    /// All rows, in the order of the file.
    pub fn rows(&self) -> &Rows {
        &self.rows
    }

    /// The column that is predicted.
    pub fn target(&self) -> &str {
        &self.target
    }

    /// SHA-256, in lower-case hexadecimal, of what is learnt from, whatever its spelling in the file: target, columns and
    /// labels (each text after its length in bytes, each list after its length), then per row the values' bits and the
    /// class; all numbers little-endian, lengths and classes in 64 bits, values in 32. The order of rows and columns counts.
    pub fn fingerprint(&self) -> String {
        let signature = self.rows.signature();
        let mut content = Vec::with_capacity(self.rows.features().len() * 4 + self.rows.len() * 8 + 1024);
        push_text(&mut content, &self.target);
        for list in [signature.columns(), signature.labels()] {
            push_number(&mut content, list.len());
            list.iter().for_each(|text| push_text(&mut content, text));
        }
        for (row, class) in self.rows.iter() {
            row.iter().for_each(|value| content.extend_from_slice(&value.to_le_bytes()));
            push_number(&mut content, class);
        }
        sha256_hex(&content)
    }

    /// What a run records of the table; `source` is `built-in` or the key of the object.
    pub fn dataset(&self, source: impl Into<String>) -> Dataset {
        Dataset {
            source: source.into(),
            fingerprint: self.fingerprint(),
            rows: self.rows.len(),
            columns: self.rows.signature().columns().to_vec(),
            target: self.target.clone(),
        }
    }
}

fn push_number(content: &mut Vec<u8>, number: usize) {
    content.extend_from_slice(&(number as u64).to_le_bytes());
}

fn push_text(content: &mut Vec<u8>, text: &str) {
    push_number(content, text.len());
    content.extend_from_slice(text.as_bytes());
}
