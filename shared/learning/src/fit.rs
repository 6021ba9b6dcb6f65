//! Fits models, such as trees or a linear model, to features and true targets. There is one file for each kind of
//! model.

mod binned;
mod boosting;
mod cost;
mod features;
mod forest;
mod linear;
mod scaling;

use std::time::Instant;

use evergreen_scoring::{Aggregate, Hole, Link, Member, Predictor, Scaler, Statistic};
use smartcore::error::Failed;

pub(crate) use self::binned::Binned;
pub(crate) use self::boosting::{BoostingParameters, FitRows};
pub(crate) use self::cost::Cost;
pub(crate) use self::features::{FrameFeatures, TrainingData, Truth};
pub(crate) use self::forest::{ForestParameters, single_tree};
use self::linear::MAX_FEATURES;
pub(crate) use self::linear::{LinearParameters, MAX_LINEAR_CELLS};

/// Chosen hyperparameters of one model family. A model with these hyperparameters can be fitted.
pub(crate) trait Hyperparameters {
    /// Fits a model to `rows` of `training`. A random forest or gradient boosting ends early at `deadline`, with fewer
    /// trees. `column` is for error messages: it returns the name of the table column that a feature comes from.
    fn fit(
        &self,
        training: &TrainingData<'_>,
        rows: FitRows<'_>,
        seed: u64,
        deadline: Instant,
        column: &dyn Fn(usize) -> String,
    ) -> Result<Fitted, FitError>;

    /// Returns how many seconds a fit on `rows` rows will probably take, if the fit cannot be interrupted (only linear
    /// models). Returns 0 for all other models, because their fit can be interrupted.
    fn expected_seconds(&self, _training: &TrainingData<'_>, _rows: usize) -> f64 {
        0.0
    }
}

/// A fitted model, with all that the artifact needs except the encoding of the columns.
#[derive(Debug, Clone)]
pub(crate) struct Fitted {
    /// The trees or the linear model: computes one or more output numbers from a row's features. If `scaler` is not
    /// `None`, the features must be scaled first.
    pub(crate) predictor: Predictor,
    /// Link function: how the model's output numbers become the prediction, which is probabilities or one number.
    pub(crate) link: Link,
    /// Scales the features before the model gets them. `None` if the model needs no scaling.
    pub(crate) scaler: Option<Scaler>,
    /// The features whose value may be missing. The trees get two columns for each: in one, missing values are below
    /// all other values. In the other, they are above all other values.
    pub(crate) holes: Vec<Hole>,
    /// Feature importances: for each feature, its share of the total importance. The sum is 1. If the model predicts
    /// the same for every row, all shares are 0.
    pub(crate) importances: Vec<f64>,
    /// Target encoding that was computed in this fit: numbers, such as the mean target of a text, that replace the
    /// texts of a category column.
    pub(crate) statistics: Vec<Statistic>,
    /// Whether the time was up during the fit, so that the model has fewer trees than planned.
    pub(crate) cut_short: bool,
    /// Early stopping: after each boosting round, the mean loss of the rows that no tree is fitted to. Empty if there
    /// are no such rows, or if the model is not gradient boosting.
    pub(crate) losses: Vec<f64>,
}

impl Fitted {
    /// Returns a fitted model that has no scaler, no missing values, no target encoding and no early stopping.
    pub(crate) fn of(predictor: Predictor, link: Link, importances: Vec<f64>) -> Self {
        Self {
            predictor,
            link,
            scaler: None,
            holes: Vec::new(),
            importances,
            statistics: Vec::new(),
            cut_short: false,
            losses: Vec::new(),
        }
    }

    /// Returns the number of trees, divided by the number of outputs in gradient boosting (one output for each class if
    /// there are more than two). So for gradient boosting, the result is the number of boosting rounds. `None` if the
    /// model has no trees or is an ensemble of models.
    pub(crate) fn trees(&self) -> Option<usize> {
        match &self.predictor {
            Predictor::Trees(ensemble) if ensemble.aggregate == Aggregate::Average => Some(ensemble.trees.len()),
            Predictor::Trees(ensemble) => ensemble.trees.len().checked_div(ensemble.base.len()),
            Predictor::Linear(_) | Predictor::Blend(_) => None,
        }
    }

    /// Converts this model to an ensemble of models that has this model as its only member.
    pub(crate) fn into_ensemble(self) -> Self {
        let Self { scaler, holes, predictor, link, importances, statistics, cut_short, losses } = self;
        let members = vec![Member { scaler, holes, predictor, link, weight: 1.0 }];
        let (predictor, link) = (Predictor::Blend(members), Link::Identity);
        Self { scaler: None, holes: Vec::new(), predictor, link, importances, statistics, cut_short, losses }
    }

    /// Returns an ensemble of the given models. Its prediction is the weighted mean of their predictions. Each model
    /// comes with its weight. All models must have been fitted to the same rows. Returns `None` if `parts` is empty.
    pub(crate) fn blended(parts: Vec<(Self, f32)>) -> Option<Self> {
        let mut importances = vec![0.0; parts.first()?.0.importances.len()];
        let mut members = Vec::with_capacity(parts.len());
        // All members have the same statistics because they were fitted to the same rows.
        let statistics = parts.first()?.0.statistics.clone();
        let mut cut_short = false;
        for (fitted, weight) in parts {
            let shares = importances.iter_mut().zip(fitted.importances);
            shares.for_each(|(sum, share)| *sum += f64::from(weight) * share);
            cut_short |= fitted.cut_short;
            let (scaler, holes) = (fitted.scaler, fitted.holes);
            members.push(Member { scaler, holes, predictor: fitted.predictor, link: fitted.link, weight });
        }
        let (predictor, link, losses) = (Predictor::Blend(members), Link::Identity, Vec::new());
        Some(Self { predictor, link, scaler: None, holes: Vec::new(), importances, statistics, cut_short, losses })
    }

    /// Returns the total number of nodes of all trees, or 0 if the model has no trees.
    pub(crate) fn nodes(&self) -> usize {
        match &self.predictor {
            Predictor::Trees(ensemble) => ensemble.trees.iter().map(|tree| tree.nodes.len()).sum(),
            Predictor::Linear(_) | Predictor::Blend(_) => 0,
        }
    }

    /// Keeps only the first `rounds` boosting rounds (at least one) and drops the later trees. A model without boosting
    /// rounds is not changed.
    pub(crate) fn truncate(&mut self, rounds: usize) {
        if let Predictor::Trees(ensemble) = &mut self.predictor
            && ensemble.aggregate == Aggregate::Sum
        {
            ensemble.trees.truncate(rounds.max(1) * ensemble.base.len());
        }
    }
}

/// Error: a model could not be fitted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FitError {
    /// Error: the values of a column are too far apart to scale in single precision (`f32`). Contains the name of the
    /// column.
    #[error(
        "column {0:?}: the values are too far apart to scale in single precision; drop the column or choose another \
         family"
    )]
    Scaling(String),
    /// Error: the fit of a linear model computed weights that are not finite.
    #[error("the weights of the linear model are not finite; choose another family")]
    Diverged,
    /// Error of the library for linear models (smartcore).
    #[error("the linear model could not be fitted: {0}")]
    Linear(Failed),
    /// Error: a linear model cannot be fitted to this table. It has too many features, or not more training rows than
    /// features.
    #[error(
        "a linear model needs at most {MAX_FEATURES} features and more rows than features; found {features} features \
         (a category has one for each value) and {rows} rows; choose another family"
    )]
    LinearShape {
        /// Number of training rows that the fit would use.
        rows: usize,
        /// Number of features after preprocessing.
        features: usize,
    },
}

#[cfg(test)]
mod tests;
