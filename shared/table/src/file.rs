//! The files of a table.

use super::TableError;

/// How the names of data files end.
pub(crate) const ENDINGS: &str = ".csv, .tsv, .jsonl, each also with .gz, .parquet, .xlsx or .zip";

/// A file of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataFile {
    /// Its name, with or without the folders that it is in.
    pub name: String,
    /// Its bytes, as stored.
    pub content: Vec<u8>,
}

/// What a file is, by the end of its name. What it is in truth is told by its first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// `.csv`, `.tsv`, `.tab`: fields with separators; the first record names the columns.
    Csv,
    /// The same, compressed.
    CsvGzip,
    /// `.parquet`: Apache Parquet.
    Parquet,
    /// `.jsonl`, `.ndjson`, `.json`, with or without `.gz`: JSON objects, one on each line.
    JsonLines,
    /// `.xlsx`, `.xlsm`: a workbook of Excel.
    Excel,
    /// `.zip`: an archive with one file.
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
    /// The format of the file of that name.
    ///
    /// # Errors
    /// [`TableError::UnknownFormat`] when it is none of these.
    pub fn of(name: &str) -> Result<Self, TableError> {
        let lower = name.to_lowercase();
        let known = KNOWN.into_iter().find(|(end, _)| lower.ends_with(end));
        known.map(|(_, format)| format).ok_or_else(|| TableError::UnknownFormat(name.to_owned()))
    }
}
