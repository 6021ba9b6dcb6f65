//! The data set profile: which files the training data set has, how each column is used, and what is unusual.

use serde::{Deserialize, Serialize};

use crate::ColumnHistogram;

/// Describes how the training data set was read.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct DatasetProfile {
    /// The files of the data set, in the order in which their rows are read.
    pub files: Vec<DatasetFile>,
    /// The files of feedback that a training has read. Empty if it read none, and in older manifests.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub feedback: Vec<DatasetFile>,
    /// The settings file that was read with the data files. `None` if there was none, and in older manifests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settings: Option<SettingsFile>,
    /// The number of rows in the sample on which settings were chosen and the model was evaluated, if the table was read
    /// as a stream. `None` if the whole table was in memory, and in older manifests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sample_rows: Option<usize>,
    /// The number of hold-out rows, which are used for the evaluation and not for training.
    pub holdout_rows: usize,
    /// How the hold-out rows were chosen, as a sentence for people.
    pub holdout_rule: String,
    /// The columns of the data set, in the order in which they appear in the files.
    pub columns: Vec<ColumnProfile>,
    /// Warnings about unusual properties of the data set, which do not prevent the training.
    pub warnings: Vec<String>,
}

/// One file of the training data set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatasetFile {
    /// The S3 key of the file, or `built-in` for the data set that is part of the program.
    pub name: String,
    /// The size of the stored file in bytes.
    pub size: u64,
    /// The SHA-256 hash of the file's content, in lower-case hexadecimal.
    pub sha256: String,
    /// The number of data rows in the file.
    pub rows: usize,
    // For example, that a semicolon separates the columns.
    /// The unusual properties of the file's format, as text for people. Empty if there are none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub read_as: String,
    // Whoever trains again reads this version, even if somebody has replaced the file meanwhile.
    /// The S3 version ID of the object that was read. `None` if the bucket keeps no versions, and in older manifests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object_version: Option<String>,
}

/// The settings file `dataset.toml`, as it was read with the data files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettingsFile {
    /// The S3 key of the file.
    pub name: String,
    /// The SHA-256 hash of the file's content, in lower-case hexadecimal.
    pub sha256: String,
    /// The S3 version ID of the object that was read. `None` if the bucket keeps no versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object_version: Option<String>,
}

/// Describes how one column of the data set was read and used.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ColumnProfile {
    /// The name of the data set column.
    pub name: String,
    /// The type of the column: `number`, `boolean`, `timestamp`, `category` or `identifier`.
    #[serde(rename = "type")]
    pub kind: String,
    // The text names the facts from which the type was inferred, or says that the settings define the type.
    /// Why the column has this type, as text for people.
    pub because: String,
    /// The number of missing values in the column.
    pub missing: usize,
    /// The number of different values in the column. There may be more if counting stopped at a limit.
    pub distinct: usize,
    /// How the training uses the column, for example as a feature.
    pub role: ColumnRole,
    /// The distribution of the column's values. `None` for free text, identifiers, groups and dropped columns, and in
    /// older manifests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub histogram: Option<ColumnHistogram>,
}

/// How the training uses a column of the data set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ColumnRole {
    /// The column is an input feature of the model.
    Feature,
    /// The column is the target that the model predicts.
    Target,
    /// The column gives the order of the rows, such as a date.
    Order,
    /// The column holds the sample weight of each row for the training.
    Weights,
    /// Rows with the same value in this column stay together, as training rows or as hold-out rows.
    Group,
    /// The model does not use this column.
    Dropped,
}
