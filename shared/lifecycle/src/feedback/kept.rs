//! Rows of feedback that the stack keeps, and the keys of their files.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;

use super::RowCell;
use crate::{ColumnKind, Label, ModelName, VersionNumber, digest};

/// The type of the values that a column of kept rows holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CellKind {
    /// Numbers.
    Number,
    /// Truth values.
    Boolean,
    /// Dates or times.
    Moment,
    /// Categories or free texts.
    Text,
}

/// What turned out true about a kept row.
#[derive(Debug, Clone, PartialEq)]
pub enum KnownTruth {
    /// The text of the true label.
    Label(String),
    /// The true number.
    Number(f64),
}

/// A row of feedback with what turned out true about it.
#[derive(Debug, Clone, PartialEq)]
pub struct KeptRow {
    /// The SHA-256 of the prediction's id, as 64 hexadecimal digits.
    pub id_hash: String,
    /// When the model predicted.
    pub predicted_at: Timestamp,
    /// What turned out true.
    pub truth: KnownTruth,
    /// The values, in the order of the columns.
    pub cells: Vec<RowCell>,
}

/// Rows of feedback about predictions of one version, as one file holds them.
#[derive(Debug, Clone, PartialEq)]
pub struct KeptRows {
    /// The version that predicted.
    pub version: VersionNumber,
    /// The columns of that version's signature: names, and types of the values.
    pub columns: Vec<(String, CellKind)>,
    /// The rows.
    pub rows: Vec<KeptRow>,
}

impl CellKind {
    /// Returns the type of the values of a column with this kind.
    pub fn of(kind: &ColumnKind) -> Self {
        match kind {
            ColumnKind::Number | ColumnKind::Double => Self::Number,
            ColumnKind::Boolean => Self::Boolean,
            ColumnKind::Timestamp { .. } => Self::Moment,
            ColumnKind::Category { .. } | ColumnKind::Text { .. } | ColumnKind::WholeText => Self::Text,
        }
    }
}

impl From<&Label> for KnownTruth {
    fn from(label: &Label) -> Self {
        Self::Label(label.to_string())
    }
}

impl KeptRows {
    // The same ids have the same key. So a request that is repeated on the same day stores nothing twice.
    /// Returns the S3 key for rows that arrived at `now`, such as
    /// `feedback/churn/day=2026-11-24/00000007-0123456789abcdef.parquet`.
    pub fn object_key(&self, model: &ModelName, now: Timestamp) -> String {
        let mut ids: Vec<&str> = self.rows.iter().map(|row| row.id_hash.as_str()).collect();
        ids.sort_unstable();
        let day = Offset::UTC.to_datetime(now).date();
        let digest: String = digest::sha256_hex(ids.concat().as_bytes()).chars().take(16).collect();
        format!("{}day={day}/{}-{digest}.parquet", kept_prefix(model), self.version.padded())
    }
}

/// Returns the prefix of the S3 keys of all kept rows of `model`.
pub fn kept_prefix(model: &ModelName) -> String {
    format!("feedback/{model}/")
}

/// Returns the day (UTC) on which the rows in the file with this S3 key arrived. `None` if it is no key of kept rows of
/// `model`.
pub fn kept_day(model: &ModelName, key: &str) -> Option<Date> {
    let (day, name) = key.strip_prefix(&kept_prefix(model))?.strip_prefix("day=")?.split_once('/')?;
    name.ends_with(".parquet").then(|| day.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(ids: &[&str]) -> KeptRows {
        let row = |id: &&str| KeptRow {
            id_hash: digest::sha256_hex(id.as_bytes()),
            predicted_at: Timestamp::UNIX_EPOCH,
            truth: KnownTruth::Number(1.0),
            cells: Vec::new(),
        };
        KeptRows { version: VersionNumber::FIRST, columns: Vec::new(), rows: ids.iter().map(row).collect() }
    }

    #[test]
    fn the_same_ids_of_a_day_have_the_same_key() {
        let model = "churn".parse().unwrap();
        let key = |ids: &[&str], now: &str| rows(ids).object_key(&model, now.parse().unwrap());
        let first = key(&["a", "b"], "2026-11-24T10:00:00Z");
        assert!(first.starts_with("feedback/churn/day=2026-11-24/00000001-"), "{first}");
        assert_eq!(first, key(&["b", "a"], "2026-11-24T23:00:00Z"));
        assert_ne!(first, key(&["a"], "2026-11-24T10:00:00Z"));
        assert_eq!(kept_day(&model, &first), Some(jiff::civil::date(2026, 11, 24)));
        for key in
            ["feedback/other/day=2026-11-24/a.parquet", "feedback/churn/day=2026-11-24/a.csv", "feedback/churn/x"]
        {
            assert_eq!(kept_day(&model, key), None, "{key}");
        }
    }
}
