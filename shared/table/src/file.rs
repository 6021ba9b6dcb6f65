//! The files of a table.

use super::TableError;

/// A file of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataFile {
    /// Its name, with or without the folders that it is in.
    pub name: String,
    /// Its bytes, as stored.
    pub content: Vec<u8>,
}

/// What a file is, by the end of its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// `.csv`: RFC 4180, comma, UTF-8, with or without byte order mark; the first record names the columns.
    Csv,
    /// `.csv.gz`: the same, compressed.
    CsvGzip,
    /// `.parquet`: Apache Parquet.
    Parquet,
}

impl Format {
    /// The format of the file of that name.
    ///
    /// # Errors
    /// [`TableError::UnknownFormat`] when it is none of these.
    pub fn of(name: &str) -> Result<Self, TableError> {
        let lower = name.to_lowercase();
        [(".csv", Self::Csv), (".csv.gz", Self::CsvGzip), (".parquet", Self::Parquet)]
            .into_iter()
            .find(|(end, _)| lower.ends_with(end))
            .map(|(_, format)| format)
            .ok_or_else(|| TableError::UnknownFormat(name.to_owned()))
    }
}
