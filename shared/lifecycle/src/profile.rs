//! The data set profile: what the files contain, how each column is used, and what is odd.

use serde::{Deserialize, Serialize};

/// Describes how a data set was read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatasetProfile {
    /// The files, in the order in which their rows are read.
    pub files: Vec<DatasetFile>,
    /// Number of hold-out rows.
    pub holdout_rows: usize,
    /// How the hold-out was chosen, in words.
    pub holdout_rule: String,
    /// The columns, in the order of the files.
    pub columns: Vec<ColumnProfile>,
    /// Oddities that do not prevent training.
    pub warnings: Vec<String>,
}

/// One file of a data set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatasetFile {
    /// The object's key, or `built-in`.
    pub name: String,
    /// Size of the stored file in bytes.
    pub size: u64,
    /// SHA-256 of the content, in lower-case hexadecimal.
    pub sha256: String,
    /// Number of rows.
    pub rows: usize,
    /// Unusual properties of the format, in words: separator, encoding, decimal commas.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub read_as: String,
}

/// How a column was read and used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnProfile {
    /// The column's name.
    pub name: String,
    /// Type: `number`, `boolean`, `timestamp`, `category` or `identifier`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Why the column has this type: what the type was inferred from, or that the settings define it.
    pub because: String,
    /// Number of missing values.
    pub missing: usize,
    /// Number of different values. Counting may stop at a limit.
    pub distinct: usize,
    /// How the column is used.
    pub role: ColumnRole,
}

/// How a column is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ColumnRole {
    /// The model learns from it.
    Feature,
    /// The model predicts it.
    Target,
    /// The rows are ordered by it.
    Order,
    /// It holds the weight of each row.
    Weights,
    /// Rows with the same value stay together, in training or in hold-out.
    Group,
    /// The model does not use it.
    Dropped,
}
