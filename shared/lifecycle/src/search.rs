//! The search for hyperparameters: its candidates and its result.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Parameters, PrimaryMetric};

/// A kind of model.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// The mean of many trees. Each tree learns from a sample of the rows.
    #[default]
    RandomForest,
    /// The sum of many small trees. Each tree corrects the errors of the trees before it.
    GradientBoosting,
    /// A weighted sum of the features: logistic regression or ridge regression.
    Linear,
    /// A single tree. It is tried only if settings or an event name it.
    DecisionTree,
}

impl Family {
    /// Every family. The order decides which one is tried first.
    pub const ALL: [Self; 4] = [Self::RandomForest, Self::GradientBoosting, Self::Linear, Self::DecisionTree];

    /// The families that `auto` tries.
    pub const AUTO: [Self; 3] = [Self::RandomForest, Self::GradientBoosting, Self::Linear];

    /// Returns the name that settings and records use.
    pub fn name(self) -> &'static str {
        match self {
            Self::RandomForest => "random_forest",
            Self::GradientBoosting => "gradient_boosting",
            Self::Linear => "linear",
            Self::DecisionTree => "decision_tree",
        }
    }
}

impl fmt::Display for Family {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// Summary of a search for hyperparameters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SearchSummary {
    /// The metric that the candidates were compared by.
    pub metric: PrimaryMetric,
    /// Number of cross-validation folds; 0 if there was only one candidate, so nothing to compare.
    pub folds: usize,
    /// Number of candidates that the search planned to try.
    pub planned: usize,
    /// Number of candidates that the search did try.
    pub tried: usize,
    /// Mean score of the chosen candidate over the folds; `None` if it was not cross-validated.
    pub score: Option<f64>,
    /// Duration of the search and the final training, in seconds.
    pub seconds: f64,
    /// Time limit for both, in seconds.
    pub budget_seconds: f64,
    /// Whether time ran out. Then candidates were skipped, or the final training was stopped early.
    pub cut_short: bool,
}

/// One candidate of a search.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// The kind of model.
    pub family: Family,
    /// The hyperparameters.
    pub parameters: Parameters,
    /// Score on each fold that was tried; empty if the candidate was not cross-validated.
    pub scores: Vec<f64>,
    /// Weight of this candidate in the ensemble; `None` if the model is not an ensemble that contains it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<f64>,
}
