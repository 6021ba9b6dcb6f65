//! How a table was read: what was found in it, what was made of each column, and what is odd.

use serde::{Deserialize, Serialize};

/// How a table was read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatasetProfile {
    /// Its files, in the order in which their rows follow each other.
    pub files: Vec<DatasetFile>,
    /// Rows that were held out.
    pub holdout_rows: usize,
    /// How the hold-out was chosen, in words.
    pub holdout_rule: String,
    /// Its columns, in the order of the files.
    pub columns: Vec<ColumnProfile>,
    /// What is odd without keeping anybody from learning from it.
    pub warnings: Vec<String>,
}

/// One file of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatasetFile {
    /// Its name: the object's key, or `built-in`.
    pub name: String,
    /// Its size in bytes, as stored.
    pub size: u64,
    /// SHA-256 of its content, in lower-case hexadecimal.
    pub sha256: String,
    /// Its rows.
    pub rows: usize,
    /// How it is written, in words, where that is not usual: separator, encoding, decimal commas.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub read_as: String,
}

/// What was made of a column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnProfile {
    /// Its name.
    pub name: String,
    /// Its type: `number`, `boolean`, `timestamp`, `category` or `identifier`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Why: what the type was inferred from, or that the settings say so.
    pub because: String,
    /// Rows without a value.
    pub missing: usize,
    /// Different values, as far as they were counted.
    pub distinct: usize,
    /// What it is used for.
    pub role: ColumnRole,
}

/// What a column is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ColumnRole {
    /// It is learnt from.
    Feature,
    /// It is predicted.
    Target,
    /// Rows are ordered by it.
    Order,
    /// Rows are weighed by it.
    Weights,
    /// Rows of one value of it stay together.
    Group,
    /// It is left out.
    Dropped,
}
