//! A part of a job: rows of one file that one invocation scores.

use std::ops::Range;

use evergreen_lifecycle::text::shortened;
use serde::{Deserialize, Serialize};

use crate::cut::GroupCuts;
use crate::form::FileForm;
use crate::location::Location;

/// A part of a job, as the list of work has it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BatchPart {
    /// The number of the part in its job, from 0.
    pub number: u32,
    /// The file with its rows.
    pub file: Location,
    /// The entity tag of the file. Another one means that somebody has overwritten the file.
    pub etag: String,
    /// Where in the file its rows are.
    #[serde(flatten)]
    pub piece: PartPiece,
    /// Index of its first row in the file, from 0.
    pub first: u64,
    /// Number of its rows.
    pub rows: u64,
    /// The object of its answers.
    pub output: Location,
}

/// Where in a file the rows of a part are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "form", rename_all = "snake_case")]
pub enum PartPiece {
    /// Comma-separated values.
    Csv {
        /// Offset behind the row of names, in the unzipped file. The row itself may be too long for the list of work: the state
        /// machine passes at most 256 KB to an invocation.
        head: u64,
        /// Offset of the first byte, in the unzipped file.
        start: u64,
        /// Offset behind the last byte, in the unzipped file.
        end: u64,
        /// Whether the file is compressed with gzip. Then it is one part.
        #[serde(default)]
        gzip: bool,
    },
    /// JSON lines.
    Lines {
        /// Offset of the first byte, in the unzipped file.
        start: u64,
        /// Offset behind the last byte, in the unzipped file.
        end: u64,
        /// Whether the file is compressed with gzip. Then it is one part.
        #[serde(default)]
        gzip: bool,
    },
    /// Row groups of a Parquet file.
    Parquet {
        /// Offset of the first byte of the footer.
        footer: u64,
        /// The size of the file in bytes.
        size: u64,
        /// The row groups.
        #[serde(flatten)]
        cuts: GroupCuts,
    },
}

impl PartPiece {
    /// Returns the form of the file, and of the answers.
    pub fn form(&self) -> FileForm {
        match self {
            Self::Csv { .. } => FileForm::Csv,
            Self::Lines { .. } => FileForm::Lines,
            Self::Parquet { .. } => FileForm::Parquet,
        }
    }

    /// Returns the ranges of bytes of the file that the part needs, in the order of their use. `None` means the whole file.
    pub fn ranges(&self) -> Option<Vec<Range<u64>>> {
        let (names, rows) = match self {
            Self::Csv { gzip: true, .. } | Self::Lines { gzip: true, .. } => return None,
            Self::Csv { head, start, end, .. } => (Some(0..*head), *start..*end),
            Self::Lines { start, end, .. } => (None, *start..*end),
            Self::Parquet { footer, size, cuts } => (Some(*footer..*size), cuts.start..cuts.end),
        };
        Some(names.into_iter().chain([rows]).collect())
    }
}

/// What one invocation says about the part that it has scored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartReceipt {
    /// The number of the part.
    pub part: u32,
    /// Number of its rows, including those with an error.
    pub rows: u64,
    /// Number of rows that have an error in place of a prediction.
    pub errors: u64,
    /// The size of its answers in bytes.
    pub bytes: u64,
    /// The SHA-256 of its answers, in lower-case hexadecimal.
    pub sha256: String,
    /// The time that the part took, in milliseconds.
    pub milliseconds: u64,
    /// What the contributions add up to, if the job asks for them: `number`, `log_odds`, `score` or `probability`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub explained: Option<String>,
}

impl PartReceipt {
    /// Returns the name of the object with the receipt. It has the counts, so a list of names shows the progress.
    pub fn name(&self) -> String {
        format!("{:05}-{}-{}-{}.json", self.part, self.rows, self.errors, self.milliseconds)
    }
}

/// The longest text of a failure that is kept, in characters.
const MAX_REASON: usize = 500;

/// Why the last attempt at a part failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartFailure {
    /// The number of the part.
    pub part: u32,
    /// The message, without any value of a row.
    pub reason: String,
}

impl PartFailure {
    /// Creates the note about a failed attempt.
    pub fn new(part: u32, reason: &str) -> Self {
        Self { part, reason: shortened(reason, MAX_REASON) }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_list_of_work_has_flat_entries() {
        let cuts = GroupCuts { start: 4, end: 90, group: 0, groups: 2, first: 0, rows: 0 };
        let part = BatchPart {
            number: 3,
            file: Location::new("rows", "in/a.parquet"),
            etag: "b4c4".into(),
            piece: PartPiece::Parquet { footer: 90, size: 120, cuts },
            first: 10,
            rows: 20,
            output: Location::new("rows", "out/a.parquet/part-00000.parquet"),
        };
        let written = serde_json::to_value(&part).unwrap();
        let expected = json!({
            "number": 3, "file": "s3://rows/in/a.parquet", "etag": "b4c4", "form": "parquet", "footer": 90, "size": 120,
            "start": 4, "end": 90, "group": 0, "groups": 2, "first": 10, "rows": 20,
            "output": "s3://rows/out/a.parquet/part-00000.parquet",
        });
        assert_eq!(written, expected);
        assert_eq!(serde_json::from_value::<BatchPart>(written).unwrap(), part);
        assert_eq!(part.piece.ranges(), Some(vec![90..120, 4..90]));
    }
}
