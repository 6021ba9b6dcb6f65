//! The forms of files: CSV, JSON lines and Parquet.

use serde::{Deserialize, Serialize};

/// Endings of names, with the form and whether the file is compressed with gzip.
const ENDINGS: [(&str, FileForm, bool); 9] = [
    (".csv", FileForm::Csv, false),
    (".csv.gz", FileForm::Csv, true),
    (".jsonl", FileForm::Lines, false),
    (".jsonl.gz", FileForm::Lines, true),
    (".ndjson", FileForm::Lines, false),
    (".ndjson.gz", FileForm::Lines, true),
    (".jsonlines", FileForm::Lines, false),
    (".jsonlines.gz", FileForm::Lines, true),
    (".parquet", FileForm::Parquet, false),
];

/// The form of a file with rows. The answers have the same form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileForm {
    /// Comma-separated values with a row of names.
    Csv,
    /// A JSON object on each line.
    Lines,
    /// Parquet.
    Parquet,
}

impl FileForm {
    /// Returns the form of the file with this name, and whether it is compressed with gzip. `None` if the name has no
    /// known ending.
    pub fn of(name: &str) -> Option<(Self, bool)> {
        let name = name.to_ascii_lowercase();
        ENDINGS.iter().find(|(ending, ..)| name.ends_with(ending)).map(|(_, form, zipped)| (*form, *zipped))
    }

    /// Returns the ending of the names of files with answers.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Lines => "jsonl",
            Self::Parquet => "parquet",
        }
    }

    /// Returns the media type of files with answers.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Lines => "application/x-ndjson",
            Self::Parquet => "application/vnd.apache.parquet",
        }
    }

    /// Returns the known endings of names, for messages.
    pub fn known() -> String {
        ENDINGS.map(|(ending, ..)| ending).join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ending_of_the_name_decides() {
        assert_eq!(FileForm::of("in/a.CSV"), Some((FileForm::Csv, false)));
        assert_eq!(FileForm::of("a.csv.gz"), Some((FileForm::Csv, true)));
        assert_eq!(FileForm::of("a.ndjson"), Some((FileForm::Lines, false)));
        assert_eq!(FileForm::of("a.parquet"), Some((FileForm::Parquet, false)));
        assert_eq!(FileForm::of("a.xlsx"), None);
        assert_eq!(FileForm::of("_SUCCESS"), None);
    }
}
