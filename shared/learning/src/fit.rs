//! Fits a predictor to features and truth, family by family.

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

/// The hyperparameters of a family, which can be fitted.
pub(crate) trait Hyperparameters {
    /// Fits a predictor to `rows` of `training`. `column` returns the name of the column that a feature comes from.
    ///
    /// # Errors
    /// [`FitError`] of a linear model. Trees can always be grown.
    fn fit(
        &self,
        training: &TrainingData<'_>,
        rows: FitRows<'_>,
        seed: u64,
        deadline: Instant,
        column: &dyn Fn(usize) -> String,
    ) -> Result<Fitted, FitError>;

    /// Returns how many seconds a fit on `rows` rows of `training` is expected to take, if it cannot be interrupted.
    /// For all others it is 0.
    fn expected_seconds(&self, _training: &TrainingData<'_>, _rows: usize) -> f64 {
        0.0
    }
}

/// A fitted predictor.
#[derive(Debug, Clone)]
pub(crate) struct Fitted {
    /// Computes outputs from features. If there is a scaler, the features must be scaled.
    pub(crate) predictor: Predictor,
    /// How outputs become the answer.
    pub(crate) link: Link,
    /// The scaler for the features.
    pub(crate) scaler: Option<Scaler>,
    /// Values that may be missing. Trees see each twice: with missing values below all others, and above all others.
    pub(crate) holes: Vec<Hole>,
    /// The share of each feature. The shares have the sum 1, or are all 0 if the model is constant.
    pub(crate) importances: Vec<f64>,
    /// Statistics of the target that the fit computed for categories with many texts.
    pub(crate) statistics: Vec<Statistic>,
    /// Whether there are fewer trees than planned because time ran out.
    pub(crate) cut_short: bool,
    /// The loss of the watched rows after each round of boosting.
    pub(crate) losses: Vec<f64>,
}

impl Fitted {
    /// Returns a fit with only a predictor and its importances.
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

    /// Returns the number of trees for each output, or `None` if the predictor has no trees.
    pub(crate) fn trees(&self) -> Option<usize> {
        match &self.predictor {
            Predictor::Trees(ensemble) if ensemble.aggregate == Aggregate::Average => Some(ensemble.trees.len()),
            Predictor::Trees(ensemble) => ensemble.trees.len().checked_div(ensemble.base.len()),
            Predictor::Linear(_) | Predictor::Blend(_) => None,
        }
    }

    /// Turns the predictor into an ensemble with one member.
    pub(crate) fn into_ensemble(self) -> Self {
        let Self { scaler, holes, predictor, link, importances, statistics, cut_short, losses } = self;
        let members = vec![Member { scaler, holes, predictor, link, weight: 1.0 }];
        let (predictor, link) = (Predictor::Blend(members), Link::Identity);
        Self { scaler: None, holes: Vec::new(), predictor, link, importances, statistics, cut_short, losses }
    }

    /// Returns the weighted mean of several predictors that were fitted to the same rows, or `None` if there are none.
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

    /// Returns the number of nodes of all trees.
    pub(crate) fn nodes(&self) -> usize {
        match &self.predictor {
            Predictor::Trees(ensemble) => ensemble.trees.iter().map(|tree| tree.nodes.len()).sum(),
            Predictor::Linear(_) | Predictor::Blend(_) => 0,
        }
    }

    /// Removes the rounds of boosting after the first `rounds`.
    pub(crate) fn truncate(&mut self, rounds: usize) {
        if let Predictor::Trees(ensemble) = &mut self.predictor
            && ensemble.aggregate == Aggregate::Sum
        {
            ensemble.trees.truncate(rounds.max(1) * ensemble.base.len());
        }
    }
}

/// Why a predictor could not be fitted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FitError {
    /// The values of a column are too far apart for `f32`.
    #[error(
        "column {0:?}: the values are too far apart to scale in single precision; drop the column or choose another \
         family"
    )]
    Scaling(String),
    /// The weights of a linear model are not finite.
    #[error("the weights of the linear model are not finite; choose another family")]
    Diverged,
    /// The library for linear models returned an error.
    #[error("the linear model could not be fitted: {0}")]
    Linear(Failed),
    /// There are too many features for a linear model, or too few rows for them.
    #[error(
        "a linear model needs at most {MAX_FEATURES} features and more rows than features; found {features} features \
         (a category has one for each value) and {rows} rows; choose another family"
    )]
    LinearShape {
        /// Number of rows to fit to.
        rows: usize,
        /// Number of features, after preprocessing.
        features: usize,
    },
}

#[cfg(test)]
mod tests;
