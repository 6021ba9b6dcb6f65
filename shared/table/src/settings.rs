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

/// Name of the settings file. It is stored in the same place as the data files.
pub const SETTINGS_FILE: &str = "dataset.toml";

/// The settings of a data set from `dataset.toml`. Missing settings are inferred from the data or have a default.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DatasetSettings {
    /// The name of the column that the model predicts. `None` means the default target.
    pub target: Option<String>,
    /// Whether the model predicts labels (classification) or numbers (regression). `None` means that the values of the
    /// target decide.
    pub task: Option<Task>,
    /// The positive label of a target with two labels, such as `yes`. `None` means the second label in sorted order.
    pub positive: Option<Label>,
    /// Types of columns, by column name. The types of all other columns are inferred from their values.
    pub types: BTreeMap<String, TypeName>,
    /// Whether the model may use derived features: parts of dates, words of texts and statistics of categories. `None`
    /// means that the model uses them only if they make it better.
    pub derived_features: Option<bool>,
    /// Whether a missing value in a prediction request is imputed (replaced) even if the column had no missing value in
    /// the training rows.
    pub impute_missing: bool,
    /// Names of columns that are left out: the model does not use them.
    pub drop: Vec<String>,
    /// Texts and numbers that mean a missing value. `None` means the usual ones, such as `NA`.
    pub missing: Option<Vec<String>>,
    /// The CSV format of the data files (separator, quote, decimal mark). Settings that are `None` are detected.
    pub csv: CsvSettings,
    /// Kinds of unusable rows, such as empty rows, that stop the training with an error. Rows of other kinds are left
    /// out.
    pub strict: Vec<OddRow>,
    /// Name of the column that orders the rows from old to new, with numbers or dates. `None` means that the rows have
    /// no order.
    pub order: Option<String>,
    /// Name of the group column, such as a customer number. Rows of one group are never split between training data and
    /// evaluation data. `None` means no groups.
    pub group: Option<String>,
    /// Name of the column with the training weight of each row, from 0 up. `None` means equal weights.
    pub weights: Option<String>,
    /// The metric by which models are compared, such as accuracy. `None` means the default metric.
    pub primary_metric: Option<PrimaryMetric>,
    /// Class weights: a factor for the predicted probability of each label. The label with the highest product is
    /// predicted. `None` means no factors.
    pub class_weights: Option<ClassWeights>,
    /// Probability threshold: the positive label is predicted above this probability. `None` means that no threshold is
    /// used.
    pub threshold: Option<Threshold>,
    /// Costs of a false positive and of a false negative, for the threshold `cost`. `None` means that the settings name
    /// no costs.
    pub costs: Option<Costs>,
    /// Minimum quality that a new model needs to become the champion (the model that answers predictions). `None` means
    /// the default.
    pub floor: Option<Floor>,
    /// Tolerance: a new model may replace the champion although its score is worse by this much. Finite, from 0 up.
    /// `None` means the default.
    pub tolerance: Option<f64>,
    /// Model families to try, such as `random_forest`, without repetition. Empty if the settings name none.
    pub families: Vec<FamilyChoice>,
    /// Time limit in seconds for the hyperparameter search and the final training, from 1 up. `None` means the default.
    pub time_budget_seconds: Option<u64>,
    /// Number of hyperparameter sets that the search tries for each model family, 1–1000. `None` means the default.
    pub candidates: Option<usize>,
    /// Number of cross-validation folds, 2–20. `None` means the default.
    pub folds: Option<usize>,
    /// Monotonic constraints by column name: whether the prediction may only increase or only decrease when the
    /// column's value increases.
    pub monotone: BTreeMap<String, Direction>,
    /// Limits for the size and the speed of an ensemble (a model that predicts the mean of several models).
    pub ensemble: EnsembleLimits,
    /// Ranges of the hyperparameter search, by model family and hyperparameter name.
    pub ranges: BTreeMap<Family, BTreeMap<String, Range>>,
}

/// Minimum quality that a new model needs to become the champion (the model that answers predictions).
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Floor {
    /// The model must be better than a baseline that predicts the same value for every row.
    Relative,
    /// Worst allowed value of the primary metric, such as an accuracy of 0.8. Finite.
    Number(f64),
}

/// Direction of a monotonic constraint: how the prediction may change when a column's value increases. For two labels,
/// the prediction is the probability of the positive label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// The prediction may only increase when the column's value increases.
    Increasing,
    /// The prediction may only decrease when the column's value increases.
    Decreasing,
}

/// Limits of an ensemble, which predicts the weighted mean of several models. An ensemble is used only if its
/// cross-validation score is better than that of the best single model.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EnsembleLimits {
    /// Maximum number of models in the ensemble. With 1, no ensemble is used.
    pub members: usize,
    /// Maximum estimated size of the ensemble's artifact in megabytes (10⁶ bytes).
    pub megabytes: f64,
    /// Maximum estimated time in which the ensemble predicts one row, in microseconds.
    pub microseconds: f64,
}

impl Default for EnsembleLimits {
    fn default() -> Self {
        Self { members: 8, megabytes: 2.0, microseconds: 50.0 }
    }
}

/// Type of a column, as it is named in `dataset.toml` and in the table's profile.
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
    /// Type of a column of free text with several words per value. The words become features.
    Text,
    /// Type of a column that only identifies the row, such as a customer number. The model does not use it.
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
