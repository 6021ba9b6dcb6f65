//! Defines the settings of a data set, which users write in the file `dataset.toml`.

mod csv;
mod labels;
mod parse;

use std::collections::BTreeMap;

use evergreen_lifecycle::{Family, Label, PrimaryMetric, Task};
use serde::Deserialize;

pub use csv::CsvSettings;
pub use labels::{ClassWeights, Costs, Threshold};
pub use parse::SettingsError;

pub use crate::odd_rows::OddRow;

/// Name of the settings file, which is next to the data files.
pub const SETTINGS_FILE: &str = "dataset.toml";

// Missing settings are inferred from the data or have a default.
/// Settings of a data set from the file `dataset.toml`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DatasetSettings {
    /// Name of the target column, which the model predicts. `None` means the default target.
    pub target: Option<String>,
    /// Task: classification (predict labels) or regression (predict numbers). `None` means that the target's values
    /// decide.
    pub task: Option<Task>,
    /// The positive label of a target with two labels, such as `yes`. `None` means the second label in sorted order.
    pub positive: Option<Label>,
    /// Types of columns that the user has set, by column name. Other types are inferred from the values.
    pub types: BTreeMap<String, TypeName>,
    // Derived features are parts of dates, words of texts and statistics of categories.
    /// Whether the model may use derived features, such as parts of dates. `None` means only if they make the model
    /// better.
    pub derived_features: Option<bool>,
    /// Whether missing values in requests are replaced even in columns without missing values in the training rows.
    pub impute_missing: bool,
    /// Names of columns that the model does not use.
    pub drop: Vec<String>,
    /// Texts and numbers that mean a missing value. `None` means the usual ones, such as `NA`.
    pub missing: Option<Vec<String>>,
    /// The CSV format of the data files (separator, quote, decimal mark). Settings that are `None` are detected.
    pub csv: CsvSettings,
    // Rows of other kinds are left out.
    /// Kinds of unusable rows, such as empty rows, that stop the training with an error.
    pub strict: Vec<OddRow>,
    /// Name of the column with numbers or dates that orders the rows from old to new. `None` means no order.
    pub order: Option<String>,
    // Rows of one group are never split between training data and evaluation data.
    /// Name of the group column, such as a customer number. `None` means no groups.
    pub group: Option<String>,
    // Weights are from 0 up.
    /// Name of the column with the training weight of each row. `None` means equal weights.
    pub weights: Option<String>,
    /// The metric by which models are compared, such as accuracy. `None` means the default metric.
    pub primary_metric: Option<PrimaryMetric>,
    // The label with the highest product is predicted.
    /// Class weights: factors for the predicted probabilities of the labels. `None` means no factors.
    pub class_weights: Option<ClassWeights>,
    /// Probability threshold above which the positive label is predicted. `None` means no threshold.
    pub threshold: Option<Threshold>,
    /// Costs of a false positive and of a false negative, for the threshold `cost`. `None` means that the settings name
    /// no costs.
    pub costs: Option<Costs>,
    /// Minimum quality that a new model needs to become the champion, which answers predictions. `None` means the
    /// default.
    pub floor: Option<Floor>,
    // Finite, from 0 up.
    /// Tolerance: how much worse a new model's score may be when it replaces the champion. `None` means the default.
    pub tolerance: Option<f64>,
    // No family occurs twice.
    /// Model families to try, such as `random_forest`. Empty if the settings name none.
    pub families: Vec<FamilyChoice>,
    // From 1 up.
    /// Time limit in seconds for the hyperparameter search and the final training. `None` means the default.
    pub time_budget_seconds: Option<u64>,
    /// Number of hyperparameter sets to try for each model family, 1–1000. `None` means the default.
    pub candidates: Option<usize>,
    /// Number of cross-validation folds, 2–20. `None` means the default.
    pub folds: Option<usize>,
    /// Monotonic constraints by column name: the prediction may only increase, or only decrease, with the column's
    /// value.
    pub monotone: BTreeMap<String, Direction>,
    /// Limits of an ensemble, which combines several models: its size and its speed.
    pub ensemble: EnsembleLimits,
    /// Whether the rows are read as a stream even if the table fits into memory. All files must be Parquet files.
    pub stream: bool,
    /// Ranges of hyperparameters for the search, by model family and hyperparameter name.
    pub ranges: BTreeMap<Family, BTreeMap<String, Range>>,
}

/// Minimum quality that a new model needs to become the champion, which answers predictions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Floor {
    /// The model must be better than a baseline that predicts the same value for every row.
    Relative,
    /// Worst allowed value of the primary metric, such as an accuracy of 0.8. Finite.
    Number(f64),
}

// For two labels, the prediction is the probability of the positive label.
/// Direction of a monotonic constraint: how the prediction may change when a column's value increases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// The prediction may only increase when the column's value increases.
    Increasing,
    /// The prediction may only decrease when the column's value increases.
    Decreasing,
}

// An ensemble is used only if its cross-validation score is better than that of the best single model.
/// Limits of an ensemble, which predicts the weighted mean of several models.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EnsembleLimits {
    /// Maximum number of models in an ensemble. 1 means no ensemble.
    pub members: usize,
    /// Maximum estimated size of an ensemble's artifact in megabytes (10⁶ bytes).
    pub megabytes: f64,
    /// Maximum estimated time of an ensemble's prediction for one row, in microseconds.
    pub microseconds: f64,
}

impl Default for EnsembleLimits {
    fn default() -> Self {
        Self { members: 8, megabytes: 2.0, microseconds: 50.0 }
    }
}

/// Type of a column in `dataset.toml` and in the table's profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TypeName {
    /// Type of a column of numbers.
    Number,
    /// Type of a column of truth values: true and false, or 1 and 0.
    Boolean,
    /// Type of a column of dates or times.
    Timestamp,
    /// Type of a column of texts with few different values.
    Category,
    // Each value has several words.
    /// Type of a column of free text, whose words become features.
    Text,
    /// Type of a column that only identifies the row, such as a customer number. The model ignores the column.
    Identifier,
}

impl TypeName {
    /// Returns the name of the type in `dataset.toml` and in the table's profile, such as `number`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::Timestamp => "timestamp",
            Self::Category => "category",
            Self::Text => "text",
            Self::Identifier => "identifier",
        }
    }
}

/// A choice of model families to try: one family, or all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FamilyChoice {
    /// All model families are tried.
    Auto,
    /// One model family is tried.
    Family(Family),
}

/// The range of a hyperparameter in the hyperparameter search.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Range {
    /// A fixed value of the hyperparameter. Finite.
    Fixed(f64),
    /// Minimum and maximum of the hyperparameter, both included and finite.
    Between(f64, f64),
}
