//! Defines the settings of a data set in `dataset.toml`.

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

/// Name of the settings file, which is stored beside the data.
pub const SETTINGS_FILE: &str = "dataset.toml";

/// The settings of a data set. Missing settings are inferred from the data or have a default.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DatasetSettings {
    /// The column to predict.
    pub target: Option<String>,
    /// The task of the model.
    pub task: Option<Task>,
    /// The positive one of two labels.
    pub positive: Option<Label>,
    /// Types of columns, by name. They are not inferred.
    pub types: BTreeMap<String, TypeName>,
    /// Whether the model may use derived features: parts of moments, words of texts and statistics of categories. By
    /// default, it uses them where they improve the model.
    pub derived_features: Option<bool>,
    /// Whether a missing value in a request is imputed even if no training row had a missing value there.
    pub impute_missing: bool,
    /// Columns that are left out.
    pub drop: Vec<String>,
    /// Texts and numbers that stand for a missing value, instead of the usual ones.
    pub missing: Option<Vec<String>>,
    /// How CSV files are written, as far as it is not detected.
    pub csv: CsvSettings,
    /// Reasons for which a row is an error instead of being left out.
    pub strict: Vec<OddRow>,
    /// The column that orders the rows by age. It holds numbers or moments.
    pub order: Option<String>,
    /// The column that groups the rows. The rows of a group stay together: the model is not trained on some and
    /// evaluated on others.
    pub group: Option<String>,
    /// The column with the weights of the rows, from 0 up.
    pub weights: Option<String>,
    /// The metric that decides between models.
    pub primary_metric: Option<PrimaryMetric>,
    /// Weights of the labels' probabilities when the predicted label is chosen.
    pub class_weights: Option<ClassWeights>,
    /// Probability above which the positive label is predicted.
    pub threshold: Option<Threshold>,
    /// Costs of mistakes, for a threshold that minimizes them.
    pub costs: Option<Costs>,
    /// Minimum quality for a promotion.
    pub floor: Option<Floor>,
    /// How much worse than the champion's score a challenger's score may be. Finite, from 0 up.
    pub tolerance: Option<f64>,
    /// Families to try, without repetition. Empty if the settings name none.
    pub families: Vec<FamilyChoice>,
    /// Time limit for search and fit in seconds, from 1 up.
    pub time_budget_seconds: Option<u64>,
    /// Number of candidates of the search per family, 1–1000.
    pub candidates: Option<usize>,
    /// Number of folds of the cross-validation, 2–20.
    pub folds: Option<usize>,
    /// Directions in which the prediction may change when a column's value increases, by column.
    pub monotone: BTreeMap<String, Direction>,
    /// Limits of an ensemble of several candidates.
    pub ensemble: EnsembleLimits,
    /// Ranges of hyperparameters, by family and name.
    pub ranges: BTreeMap<Family, BTreeMap<String, Range>>,
}

/// Minimum quality of a model for a promotion.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Floor {
    /// The model must be better than a constant prediction.
    Relative,
    /// The worst allowed value of the primary metric. Finite.
    Number(f64),
}

/// Direction in which the prediction may change when a column's value increases. The prediction is the number, or the
/// probability of the positive one of two labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// The prediction may only increase.
    Increasing,
    /// The prediction may only decrease.
    Decreasing,
}

/// Limits of an ensemble, which is the mean of several candidates. An ensemble is made if it is better in
/// cross-validation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EnsembleLimits {
    /// Maximum number of candidates. With 1, no ensemble is made.
    pub members: usize,
    /// Maximum estimated size of the artifact in megabytes (10⁶ bytes).
    pub megabytes: f64,
    /// Maximum estimated time to predict a row in microseconds.
    pub microseconds: f64,
}

impl Default for EnsembleLimits {
    fn default() -> Self {
        Self { members: 8, megabytes: 2.0, microseconds: 50.0 }
    }
}

/// The type of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TypeName {
    /// Numbers.
    Number,
    /// Truth values: true and false, or 1 and 0.
    Boolean,
    /// Moments.
    Timestamp,
    /// Texts with few different values.
    Category,
    /// Texts of several words. The model uses their words.
    Text,
    /// Texts that identify the row. They are left out.
    Identifier,
}

impl TypeName {
    /// Returns the name that settings and profiles use.
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

/// A model family to try, or all families.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FamilyChoice {
    /// Every family in turn.
    Auto,
    /// A single family.
    Family(Family),
}

/// The range from which a hyperparameter is drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Range {
    /// A fixed number. Finite.
    Fixed(f64),
    /// Minimum and maximum, both included. Both are finite.
    Between(f64, f64),
}
