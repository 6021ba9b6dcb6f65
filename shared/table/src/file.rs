//! The data files of a table and their formats.

use super::TableError;

/// Accepted endings of file names, as text for error messages.
pub(crate) const ENDINGS: &str = ".csv, .tsv, .jsonl, each also with .gz, .parquet, .xlsx or .zip";

/// A data file of a table, with its name and its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataFile {
    /// The name of the file, with or without folders.
    pub name: String,
    /// The bytes of the file as they are stored.
    pub content: Vec<u8>,
}

// The first bytes of the content may later show another format.
/// Format of a data file by the ending of its name, such as `.csv`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    // Separators are between the fields. The first row has the column names.
    /// CSV (`.csv`, `.tsv`, `.tab`).
    Csv,
    /// CSV that is compressed with gzip (`.csv.gz`, `.tsv.gz`).
    CsvGzip,
    /// Apache Parquet (`.parquet`, `.pq`).
    Parquet,
    /// JSON objects, one on each line (`.jsonl`, `.ndjson`, `.json`, `.jsonl.gz`, `.ndjson.gz`).
    JsonLines,
    /// An Excel workbook (`.xlsx`, `.xlsm`).
    Excel,
    /// A ZIP archive of one file (`.zip`).
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
    /// Returns the format of a data file by the ending of its name.
    ///
    /// # Errors
    /// Returns [`TableError::UnknownFormat`] if the name has none of the known endings.
    pub fn of(name: &str) -> Result<Self, TableError> {
        let lower = name.to_lowercase();
        let known = KNOWN.into_iter().find(|(end, _)| lower.ends_with(end));
        known.map(|(_, format)| format).ok_or_else(|| TableError::UnknownFormat(name.to_owned()))
    }
}
