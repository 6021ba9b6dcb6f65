//! Tests of preparing a table: its split into training rows and hold-out, and the memory that it needs. Also tests
//! whether the table still fits the champion (the model version that answers predictions).

#![allow(clippy::indexing_slicing, clippy::unwrap_used)]

mod drift;
mod memory;
mod splits;

use evergreen_table::{DataFile, DatasetSettings, Table, TableError};

/// Memory in bytes that is enough for every table of these tests.
pub(crate) const MEMORY: u64 = 1 << 30;

/// Returns the CSV text of a valid table: the header `a,y,b` and twenty rows, on lines 2 to 21.
pub(crate) fn sound() -> String {
    let rows: String = (0..20).map(|n| format!("{n}.5,{},-{n}e1\n", ["no", "yes"][n % 2])).collect();
    format!("a,y,b\n{rows}")
}

/// Returns the CSV text of a valid table with an additional column `x`, whose rows repeat the given values.
pub(crate) fn with_column(values: &[&str]) -> String {
    let rows = sound()
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

/// Reads the CSV text `csv` as a table. The target is column `y`, and `toml` has the settings.
pub(crate) fn read_with(csv: impl AsRef<[u8]>, toml: &str) -> Result<Table, TableError> {
    Table::read(vec![file("a.csv", csv)], DatasetSettings::parse(toml).unwrap(), "y", MEMORY)
}

pub(crate) fn read(csv: impl AsRef<[u8]>) -> Table {
    read_with(csv, "").unwrap()
}
