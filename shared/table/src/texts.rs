//! Reads a small data file as rows of texts, without inferring types.

use bytes::Bytes;
use jiff::Timestamp;

use super::cell::FileCell;
use super::parts::{CellReader, RowPosition, TableParts};
use super::{DataFile, TableError};
use crate::settings::DatasetSettings;

/// A data file as rows of texts. A missing value is an empty text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextRows {
    /// The names of the columns.
    pub names: Vec<String>,
    /// The rows. Each has one text for each column.
    pub rows: Vec<Vec<String>>,
}

impl TextRows {
    /// Reads a file in any format of a data set: CSV, JSON, Parquet or Excel. `memory` is the number of bytes that may be
    /// used.
    ///
    /// # Errors
    /// [`TableError`] if the file is not a table.
    pub fn read(file: DataFile, memory: u64) -> Result<Self, TableError> {
        let files = vec![(file.name, Bytes::from(file.content))];
        let parts = TableParts::open(files, &DatasetSettings::default(), memory)?;
        let columns = vec![Vec::new(); parts.names.len()];
        let TextReader { columns } = parts.read_in_order(TextReader { columns })?;
        let count = columns.iter().map(Vec::len).max().unwrap_or_default();
        let mut columns: Vec<_> = columns.into_iter().map(Vec::into_iter).collect();
        let row = |_| columns.iter_mut().map(|cells| cells.next().unwrap_or_default()).collect();
        let rows = (0..count).map(row).collect();
        Ok(Self { names: parts.names, rows })
    }
}

/// Receiver of cells that keeps their texts.
struct TextReader {
    columns: Vec<Vec<String>>,
}

impl CellReader for TextReader {
    fn cell(&mut self, column: usize, _at: RowPosition, cell: FileCell<'_>) {
        if let Some(column) = self.columns.get_mut(column) {
            column.push(text(cell));
        }
    }
}

/// Returns a cell as the text of which a CSV file would make the same cell.
fn text(cell: FileCell<'_>) -> String {
    match cell {
        FileCell::Untyped(text) => text.to_owned(),
        FileCell::Missing => String::new(),
        FileCell::Whole(number) => number.to_string(),
        FileCell::Number(number) | FileCell::Clock(number) | FileCell::Span(number) => number.to_string(),
        FileCell::Boolean(truth) => truth.to_string(),
        FileCell::Moment(seconds) => {
            let moment = Timestamp::from_microsecond((seconds * 1e6).round() as i64);
            moment.map(|moment| moment.to_string()).unwrap_or_default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, content: &str) -> TextRows {
        TextRows::read(DataFile { name: name.into(), content: content.into() }, 64 << 20).unwrap()
    }

    #[test]
    fn csv_and_json_are_the_same_rows() {
        let csv = read("a.expected.csv", "age,plan,prediction\n57,plus,yes\n,,no\n");
        assert_eq!(csv.names, ["age", "plan", "prediction"]);
        assert_eq!(csv.rows, [["57", "plus", "yes"], ["", "", "no"]]);
        let json = "[{\"age\": 57, \"plan\": \"plus\", \"prediction\": \"yes\"}, \
                    {\"age\": null, \"plan\": null, \"prediction\": \"no\"}]";
        assert_eq!(read("a.expected.json", json), csv);
    }

    #[test]
    fn moments_and_numbers_keep_their_value() {
        assert_eq!(text(FileCell::Moment(1_767_225_600.25)), "2026-01-01T00:00:00.25Z");
        assert_eq!(text(FileCell::Number(0.1)), "0.1");
        assert_eq!(text(FileCell::Boolean(true)), "true");
    }
}
