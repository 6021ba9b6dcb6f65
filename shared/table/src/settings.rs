//! Defines the settings of a data set, which users write into `dataset.toml`.

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

/// Name of the settings file. It is stored beside the data files.
pub const SETTINGS_FILE: &str = "dataset.toml";

/// The settings of a data set from `dataset.toml`. Missing settings are inferred from the data or have a default.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DatasetSettings {
    /// The name of the column that the model predicts. `None` means the default target.
    pub target: Option<String>,
    /// Whether the model predicts labels (classification) or numbers (regression). `None` means that the values of the
    /// target decide.
    pub task: Option<Task>,
    /// Which of the two labels is the positive one. `None` means the second one in sorted order.
    pub positive: Option<Label>,
    /// Types of columns, by column name. The types of all other columns are inferred from their values.
    pub types: BTreeMap<String, TypeName>,
    /// Whether the model may use derived features: parts of dates, words of texts and statistics of categories. `None`
    /// means that they are used where they improve the model.
    pub derived_features: Option<bool>,
    /// Whether a missing value in a prediction request is replaced even if no training row had a missing value in that
    /// column.
    pub impute_missing: bool,
    /// Names of columns that are left out of the table.
    pub drop: Vec<String>,
    /// Texts and numbers that mean a missing value. `None` means the usual ones, such as `NA`.
    pub missing: Option<Vec<String>>,
    /// The CSV format of the data files (separator, quote, decimal mark). Settings that are `None` are detected.
    pub csv: CsvSettings,
    /// Kinds of unusable rows that are an error. Rows of other kinds are left out without an error.
    pub strict: Vec<OddRow>,
    /// The name of the column that orders the rows by age. It holds numbers or dates. `None` means that the rows have
    /// no order.
    pub order: Option<String>,
    /// The name of the column that groups the rows. All rows of a group are either in the training data or in the
    /// evaluation data. `None` means no groups.
    pub group: Option<String>,
    /// The name of the column with the weights of the training rows, from 0 up. `None` means equal weights.
    pub weights: Option<String>,
    /// The metric that decides which model is better. `None` means the default metric.
    pub primary_metric: Option<PrimaryMetric>,
    /// Factors for the probabilities of the labels. The label with the highest product is predicted. `None` means that
    /// the probabilities are not weighted.
    pub class_weights: Option<ClassWeights>,
    /// Probability above which the positive label is predicted. `None` means that no threshold is used.
    pub threshold: Option<Threshold>,
    /// Costs of wrong predictions, which the threshold `cost` minimizes. `None` means that no costs are given.
    pub costs: Option<Costs>,
    /// Minimum quality that a model needs to become the champion. `None` means the default.
    pub floor: Option<Floor>,
    /// How much worse than the champion's score the score of a new model may be. Finite, from 0 up. `None` means the
    /// default.
    pub tolerance: Option<f64>,
    /// Model families to try, each once. Empty if the settings name none.
    pub families: Vec<FamilyChoice>,
    /// Time limit for the search for hyperparameters and the final fit, in seconds, from 1 up. `None` means the
    /// default.
    pub time_budget_seconds: Option<u64>,
    /// Number of hyperparameter sets that the search tries for each model family, 1–1000. `None` means the default.
    pub candidates: Option<usize>,
    /// Number of cross-validation folds, 2–20. `None` means the default.
    pub folds: Option<usize>,
    /// By column name, whether the prediction may only increase or only decrease when the column's value increases.
    pub monotone: BTreeMap<String, Direction>,
    /// Limits for the size and speed of an ensemble (the mean of several models).
    pub ensemble: EnsembleLimits,
    /// Ranges from which the search draws hyperparameters, by model family and hyperparameter name.
    pub ranges: BTreeMap<Family, BTreeMap<String, Range>>,
}

/// Minimum quality that a model needs to become the champion.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Floor {
    /// The model must be better than a model that predicts the same value for every row.
    Relative,
    /// The worst value of the primary metric that is still allowed. Finite.
    Number(f64),
}

/// The direction in which the prediction may change when a column's value increases. The prediction is the number, or
/// the probability of the positive one of two labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// The prediction may only increase when the column's value increases.
    Increasing,
    /// The prediction may only decrease when the column's value increases.
    Decreasing,
}

/// Limits of an ensemble, which predicts the weighted mean of several models. An ensemble is used only if it is better
/// in cross-validation than the best single model.
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

/// The type of a column, as settings and profiles name it.
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
    /// Type of a column of texts with several words. The model uses the words.
    Text,
    /// Type of a column of texts or numbers that only identify the row. Such a column is left out.
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

/// A setting: one model family to try, or all families.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FamilyChoice {
    /// All model families are tried.
    Auto,
    /// One model family is tried.
    Family(Family),
}

/// The range of numbers from which the search draws a hyperparameter.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Range {
    /// A single number, so the hyperparameter is fixed. Finite.
    Fixed(f64),
    /// Minimum and maximum of the hyperparameter, both included and finite.
    Between(f64, f64),
}
