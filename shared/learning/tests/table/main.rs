//! What is made of a table that was read: how it is split, what it takes, and whether it still is the champion's.

#![allow(clippy::unwrap_used)]

mod drift;
mod memory;
mod splits;

use evergreen_table::{DataFile, Settings, Table, TableError};

/// Memory that is enough for every table here.
pub(crate) const MEMORY: u64 = 1 << 30;

/// Twenty sound rows under `a,y,b`, on lines 2 to 21.
pub(crate) fn sound() -> String {
    let rows: String = (0..20).map(|n| format!("{n}.5,{},-{n}e1\n", ["no", "yes"][n % 2])).collect();
    format!("a,y,b\n{rows}")
}

/// The sound table with a column `x` more, of the given values over and over.
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

/// Reads `csv` to predict `y`, with what `toml` says of it.
pub(crate) fn read_with(csv: impl AsRef<[u8]>, toml: &str) -> Result<Table, TableError> {
    Table::read(vec![file("a.csv", csv)], Settings::parse(toml).unwrap(), "y", MEMORY)
}

pub(crate) fn read(csv: impl AsRef<[u8]>) -> Table {
    read_with(csv, "").unwrap()
}
