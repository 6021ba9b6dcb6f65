//! What a dataset's owner says of it in `dataset.toml`.

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

/// The settings' file, which lies beside the data.
pub const SETTINGS_FILE: &str = "dataset.toml";

/// What is said of a dataset; what is not said is inferred or a default.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Settings {
    /// The column to predict.
    pub target: Option<String>,
    /// What the model is for.
    pub task: Option<Task>,
    /// Of two labels the one that is looked for.
    pub positive: Option<Label>,
    /// Types of columns that are not to be inferred, by name.
    pub types: BTreeMap<String, TypeName>,
    /// Whether parts of moments, words of texts and statistics of categories are learnt from where they are of use; they
    /// are where nothing is said.
    pub derived_features: Option<bool>,
    /// Whether a missing value of a request is imputed even where no training row had one.
    pub impute_missing: bool,
    /// Columns that are left out.
    pub drop: Vec<String>,
    /// Texts and numbers that stand for a missing value, in place of the usual ones.
    pub missing: Option<Vec<String>>,
    /// How CSV files are written, as far as it is not to be told from them.
    pub csv: CsvSettings,
    /// Rows that end the run instead of being left out.
    pub strict: Vec<OddRow>,
    /// The column that tells which rows are newer: numbers or moments.
    pub order: Option<String>,
    /// The column whose equal values tell rows that belong together: none of them is learnt from where another is judged on.
    pub group: Option<String>,
    /// The column that tells how much a row counts, from 0 up.
    pub weights: Option<String>,
    /// The figure that decides between models.
    pub primary_metric: Option<PrimaryMetric>,
    /// What each label's probability counts when the label is decided.
    pub class_weights: Option<ClassWeights>,
    /// Of two labels the probability above which the positive one is answered.
    pub threshold: Option<Threshold>,
    /// What mistakes cost, for a threshold that minimises that.
    pub costs: Option<Costs>,
    /// What a model must reach to be promoted.
    pub floor: Option<Floor>,
    /// How much worse than the champion's a challenger's figure may be; finite, from 0 up.
    pub tolerance: Option<f64>,
    /// Families to try, without repetition; empty when nothing is said.
    pub families: Vec<FamilyChoice>,
    /// How long search and fit may take, in seconds, from 1 up.
    pub time_budget_seconds: Option<u64>,
    /// Candidates of the search for each family, 1–1000.
    pub candidates: Option<usize>,
    /// Folds of the cross-validation, 2–20.
    pub folds: Option<usize>,
    /// Columns whose values, when they grow, may move the answer one way only.
    pub monotone: BTreeMap<String, Direction>,
    /// What a mean of several candidates may take.
    pub ensemble: EnsembleLimits,
    /// Ranges of hyperparameters, by family and name.
    pub ranges: BTreeMap<Family, BTreeMap<String, Range>>,
}

/// What a model must reach to be promoted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Floor {
    /// It must be better than a constant answer.
    Relative,
    /// The worst figure of the primary metric that may serve; finite.
    Number(f64),
}

/// Which way the answer may go when a column's value grows: the number that is estimated, or of two labels the probability of
/// the positive one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Never down.
    Increasing,
    /// Never up.
    Decreasing,
}

/// What the mean of several candidates may take; it is made where cross-validation says that it does better.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EnsembleLimits {
    /// Candidates at most; of one, no mean is made.
    pub members: usize,
    /// Size of the artifact in megabytes (10⁶ bytes), as it is estimated.
    pub megabytes: f64,
    /// Time to predict a row in microseconds, as it is estimated.
    pub microseconds: f64,
}

impl Default for EnsembleLimits {
    fn default() -> Self {
        Self { members: 8, megabytes: 2.0, microseconds: 50.0 }
    }
}

/// A column's type, as it can be set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TypeName {
    /// Numbers.
    Number,
    /// Truth values: true and false, or 1 and 0.
    Boolean,
    /// Moments.
    Timestamp,
    /// Texts of few different ones.
    Category,
    /// Texts of several words, of which the words are learnt from.
    Text,
    /// Texts that name the row; they are left out.
    Identifier,
}

impl TypeName {
    /// The name, as it is written in settings and profiles.
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

/// A family to try, or all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FamilyChoice {
    /// Every family in turn.
    Auto,
    /// This one.
    Family(Family),
}

/// Where a hyperparameter is drawn from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Range {
    /// It always is this number; finite.
    Fixed(f64),
    /// From the first to the second, both included, finite and in this order.
    Between(f64, f64),
}
