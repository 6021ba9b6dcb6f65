//! The hyperparameter search: its candidates and its result.

mod hyperparameter;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use self::hyperparameter::{HyperparameterError, HyperparameterLimits, check_hyperparameters};
use crate::{Parameters, PrimaryMetric};

/// A model family: the kind of machine learning model.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// A random forest: the mean of many decision trees, each trained on a sample of the rows.
    #[default]
    RandomForest,
    /// Gradient boosting: the sum of many small decision trees, each correcting the errors of the trees before it.
    GradientBoosting,
    /// A linear model: a weighted sum of the features (logistic or ridge regression).
    Linear,
    /// A single decision tree. It is only tried if the settings or the starting event name it.
    DecisionTree,
    /// An imported model of any kind that is computed operator by operator. It cannot be trained here.
    OnnxGraph,
}

impl Family {
    /// All model families that can be trained. The hyperparameter search tries them in this order.
    pub const ALL: [Self; 4] = [Self::RandomForest, Self::GradientBoosting, Self::Linear, Self::DecisionTree];

    /// The model families that the hyperparameter search tries if the setting is `auto`.
    pub const AUTO: [Self; 3] = [Self::RandomForest, Self::GradientBoosting, Self::Linear];

    /// Returns the name of the model family in settings and stored records, such as `random_forest`.
    pub fn name(self) -> &'static str {
        match self {
            Self::RandomForest => "random_forest",
            Self::GradientBoosting => "gradient_boosting",
            Self::Linear => "linear",
            Self::DecisionTree => "decision_tree",
            Self::OnnxGraph => "onnx_graph",
        }
    }
}

impl fmt::Display for Family {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// Summary of a hyperparameter search.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SearchSummary {
    /// The metric by which the candidates were compared.
    pub metric: PrimaryMetric,
    /// The number of cross-validation folds. 0 if there was only one candidate.
    pub folds: usize,
    /// The number of candidates that the search planned to try.
    pub planned: usize,
    /// The number of candidates that the search tried. Fewer than planned if the time limit was reached.
    pub tried: usize,
    /// The chosen candidate's mean score over the cross-validation folds. `None` without cross-validation.
    pub score: Option<f64>,
    /// The duration of the search and the final training together, in seconds.
    pub seconds: f64,
    /// The time limit for the search and the final training together, in seconds.
    pub budget_seconds: f64,
    /// Whether the time limit was reached, so that candidates were not tried or the final training was stopped early.
    pub cut_short: bool,
}

/// One candidate of a hyperparameter search: a model family with its hyperparameters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// The model family of the candidate.
    pub family: Family,
    /// The hyperparameters of the candidate.
    pub parameters: Parameters,
    /// The candidate's score on each cross-validation fold that was tried. Empty without cross-validation.
    pub scores: Vec<f64>,
    /// The weight of this candidate in the ensemble. `None` if the candidate is in no ensemble.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<f64>,
}
