//! Tests that tables of every format are read, and that each error says what the user can correct.

#![allow(clippy::indexing_slicing, clippy::unwrap_used)]

mod cases;
mod columns;
mod doubts;
mod errors;
mod files;
mod parquet;
mod streamed;
mod targets;

use evergreen_table::{DataFile, DatasetSettings, Table, TableError, Values};

/// Number of bytes of memory that suffices for every table in these tests.
pub(crate) const MEMORY: u64 = 1 << 30;

/// Returns a valid table as CSV: twenty rows under the header `a,y,b`, on lines 2 to 21.
pub(crate) fn valid() -> String {
    let rows: String = (0..20).map(|n| format!("{n}.5,{},-{n}e1\n", ["no", "yes"][n % 2])).collect();
    format!("a,y,b\n{rows}")
}

/// Returns the valid table as CSV, with one line replaced by `text`. `line` counts from 1.
pub(crate) fn with_line(line: usize, text: &str) -> String {
    let mut lines: Vec<String> = valid().lines().map(str::to_owned).collect();
    lines[line - 1] = text.to_owned();
    lines.join("\n")
}

/// Returns the valid table as CSV with an additional column `x`. Its values are `values`, repeated to the last row.
pub(crate) fn with_column(values: &[&str]) -> String {
    let rows = valid()
        .lines()
        .skip(1)
        .enumerate()
        .map(|(n, line)| format!("{line},{}\n", values[n % values.len()]))
        .collect::<String>();
    format!("a,y,b,x\n{rows}")
}

pub(crate) fn file(name: &str, content: impl AsRef<[u8]>) -> DataFile {
    DataFile { name: name.to_owned(), content: content.as_ref().to_vec() }
}

/// Reads the table `csv` with `toml` as its `dataset.toml`. The target is `y`.
pub(crate) fn read_with(csv: impl AsRef<[u8]>, toml: &str) -> Result<Table, TableError> {
    Table::read(vec![file("a.csv", csv)], DatasetSettings::parse(toml).unwrap(), "y", MEMORY)
}

pub(crate) fn read(csv: impl AsRef<[u8]>) -> Table {
    read_with(csv, "").unwrap()
}

pub(crate) fn error_with(csv: impl AsRef<[u8]>, toml: &str) -> String {
    read_with(csv, toml).unwrap_err().to_string()
}

pub(crate) fn error(csv: impl AsRef<[u8]>) -> String {
    error_with(csv, "")
}

/// Returns the values of the feature column `column`.
pub(crate) fn values<'a>(table: &'a Table, column: &str) -> &'a Values {
    &table.frame().column(column).unwrap().values
}

/// Returns the type and the role of a column, and the reason for them.
pub(crate) fn profile(table: &Table, column: &str) -> (String, evergreen_lifecycle::ColumnRole, String) {
    let profile = table.profile().columns.iter().find(|profile| profile.name == column).unwrap();
    (profile.kind.clone(), profile.role, profile.because.clone())
}
