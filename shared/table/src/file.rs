//! Defines the files of a table and their formats.

use super::TableError;

/// Endings of the names of data files, for messages.
pub(crate) const ENDINGS: &str = ".csv, .tsv, .jsonl, each also with .gz, .parquet, .xlsx or .zip";

/// A file of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataFile {
    /// The name, with or without folders.
    pub name: String,
    /// The stored bytes.
    pub content: Vec<u8>,
}

/// The format of a file by the ending of its name. Its first bytes may show another format when it is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// `.csv`, `.tsv`, `.tab`: fields with separators. The first record names the columns.
    Csv,
    /// `.csv.gz`, `.tsv.gz`: the same, compressed.
    CsvGzip,
    /// `.parquet`, `.pq`: Apache Parquet.
    Parquet,
    /// `.jsonl`, `.ndjson`, `.json`, `.jsonl.gz`, `.ndjson.gz`: JSON objects, one on each line.
    JsonLines,
    /// `.xlsx`, `.xlsm`: an Excel workbook.
    Excel,
    /// `.zip`: an archive of one file.
    Zip,
}

const KNOWN: [(&str, Format); 15] = [
    (".csv", Format::Csv),
    (".tsv", Format::Csv),
    (".tab", Format::Csv),
    (".csv.gz", Format::CsvGzip),
    (".tsv.gz", Format::CsvGzip),
    (".parquet", Format::Parquet),
    (".pq", Format::Parquet),
    (".jsonl", Format::JsonLines),
    (".ndjson", Format::JsonLines),
    (".json", Format::JsonLines),
    (".jsonl.gz", Format::JsonLines),
    (".ndjson.gz", Format::JsonLines),
    (".xlsx", Format::Excel),
    (".xlsm", Format::Excel),
    (".zip", Format::Zip),
];

impl Format {
    /// Returns the format of a file by its name.
    ///
    /// # Errors
    /// Returns [`TableError::UnknownFormat`] if the ending is unknown.
    pub fn of(name: &str) -> Result<Self, TableError> {
        let lower = name.to_lowercase();
        let known = KNOWN.into_iter().find(|(end, _)| lower.ends_with(end));
        known.map(|(_, format)| format).ok_or_else(|| TableError::UnknownFormat(name.to_owned()))
    }
}
