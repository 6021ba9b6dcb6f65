//! Fits a predictor (such as trees or a linear model) to features and true targets, one file for each kind of model.

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

/// Hyperparameters of a model family, from which a model can be fitted.
pub(crate) trait Hyperparameters {
    /// Fits a predictor to `rows` of `training`. A forest or boosting ends early at `deadline`, with fewer trees.
    /// `column` returns the name of the column that a feature comes from, for error messages.
    fn fit(
        &self,
        training: &TrainingData<'_>,
        rows: FitRows<'_>,
        seed: u64,
        deadline: Instant,
        column: &dyn Fn(usize) -> String,
    ) -> Result<Fitted, FitError>;

    /// Returns how many seconds a fit on `rows` rows is expected to take, if the fit cannot be interrupted. Returns 0
    /// for all other fits.
    fn expected_seconds(&self, _training: &TrainingData<'_>, _rows: usize) -> f64 {
        0.0
    }
}

/// A fitted predictor, with everything that the artifact needs besides the columns' encoding.
#[derive(Debug, Clone)]
pub(crate) struct Fitted {
    /// Computes outputs from features. If `scaler` is not `None`, the features must be scaled first.
    pub(crate) predictor: Predictor,
    /// How the outputs of the predictor become the answer: probabilities or a number.
    pub(crate) link: Link,
    /// Scales the features before the predictor gets them. `None` if the predictor needs no scaling.
    pub(crate) scaler: Option<Scaler>,
    /// Features whose value may be missing. Trees get each value twice: with missing values below all others, and above
    /// all others.
    pub(crate) holes: Vec<Hole>,
    /// For each feature, its share of the importance. The shares have the sum 1. If the model is constant, all shares
    /// are 0.
    pub(crate) importances: Vec<f64>,
    /// Statistics of the target (target encoding) that this fit computed for category columns with many texts.
    pub(crate) statistics: Vec<Statistic>,
    /// Whether the fit ended with fewer trees than planned because the time was up.
    pub(crate) cut_short: bool,
    /// The mean loss of the watched rows (early stopping) after each boosting round. Empty if no rows are watched or
    /// the model is not boosting.
    pub(crate) losses: Vec<f64>,
}

impl Fitted {
    /// Returns a fitted predictor without scaler, missing values, statistics and losses.
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

    /// Returns the number of trees for each output (in boosting: the number of rounds). `None` if the predictor has no
    /// trees.
    pub(crate) fn trees(&self) -> Option<usize> {
        match &self.predictor {
            Predictor::Trees(ensemble) if ensemble.aggregate == Aggregate::Average => Some(ensemble.trees.len()),
            Predictor::Trees(ensemble) => ensemble.trees.len().checked_div(ensemble.base.len()),
            Predictor::Linear(_) | Predictor::Blend(_) => None,
        }
    }

    /// Converts this predictor to an ensemble that has this predictor as its only member.
    pub(crate) fn into_ensemble(self) -> Self {
        let Self { scaler, holes, predictor, link, importances, statistics, cut_short, losses } = self;
        let members = vec![Member { scaler, holes, predictor, link, weight: 1.0 }];
        let (predictor, link) = (Predictor::Blend(members), Link::Identity);
        Self { scaler: None, holes: Vec::new(), predictor, link, importances, statistics, cut_short, losses }
    }

    /// Returns an ensemble whose answer is the weighted mean of the given predictors. Each comes with its weight. All
    /// must have been fitted to the same rows. Returns `None` if `parts` is empty.
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

    /// Returns the number of nodes of all trees, or 0 if the predictor has no trees.
    pub(crate) fn nodes(&self) -> usize {
        match &self.predictor {
            Predictor::Trees(ensemble) => ensemble.trees.iter().map(|tree| tree.nodes.len()).sum(),
            Predictor::Linear(_) | Predictor::Blend(_) => 0,
        }
    }

    /// Keeps only the first `rounds` boosting rounds, but at least one. Other predictors are not changed.
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
    /// The values of a column are too far apart for single precision (`f32`). Contains the name of the column.
    #[error(
        "column {0:?}: the values are too far apart to scale in single precision; drop the column or choose another \
         family"
    )]
    Scaling(String),
    /// The fit of a linear model computed weights that are not finite.
    #[error("the weights of the linear model are not finite; choose another family")]
    Diverged,
    /// The library for linear models (smartcore) returned an error.
    #[error("the linear model could not be fitted: {0}")]
    Linear(Failed),
    /// There are too many features for a linear model, or there are not more training rows than features.
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
