//! How a model was chosen among many.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Parameters, PrimaryMetric};

/// A kind of model.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// The mean of many trees, each of a sample of the rows.
    #[default]
    RandomForest,
    /// The sum of many small trees, each mending what those before it got wrong.
    GradientBoosting,
    /// A weighted sum: logistic regression, or ridge.
    Linear,
}

impl Family {
    /// Every family, in the order in which `auto` tries them.
    pub const ALL: [Self; 3] = [Self::RandomForest, Self::GradientBoosting, Self::Linear];

    /// The name, as it is written in settings and records.
    pub fn name(self) -> &'static str {
        match self {
            Self::RandomForest => "random_forest",
            Self::GradientBoosting => "gradient_boosting",
            Self::Linear => "linear",
        }
    }
}

impl fmt::Display for Family {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// How far a search for hyperparameters came.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SearchSummary {
    /// The figure that candidates were compared by.
    pub metric: PrimaryMetric,
    /// Folds of the cross-validation; 0 where there was only one candidate and nothing to compare.
    pub folds: usize,
    /// Candidates that were to be tried.
    pub planned: usize,
    /// Candidates that were.
    pub tried: usize,
    /// Mean score of the chosen one over the folds, where it was cross-validated.
    pub score: Option<f64>,
    /// How long search and last fit took, in seconds.
    pub seconds: f64,
    /// How long they might have taken, in seconds.
    pub budget_seconds: f64,
    /// Whether time ran out: candidates were left out, or the last fit was cut short.
    pub cut_short: bool,
}

/// One candidate of a search.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// Its family.
    pub family: Family,
    /// Its hyperparameters.
    pub parameters: Parameters,
    /// Its score on each fold, as far as it was tried; empty where it was not cross-validated.
    pub scores: Vec<f64>,
    /// Its weight in the model, where that is the mean of several candidates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<f64>,
}
