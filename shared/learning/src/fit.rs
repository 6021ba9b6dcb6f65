//! Fits models, such as trees or a linear model, to features and true targets. Each kind of model has one file.

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
pub(crate) use self::boosting::{
    AddedRows, Boosted, BoostedRounds, BoostingParameters, FitRows, RoundWatch, StreamedFit, StreamedRows, TruthScale,
    link, outputs,
};
pub(crate) use self::cost::Cost;
pub(crate) use self::features::{FrameFeatures, TrainingData, Truth};
pub(crate) use self::forest::{ForestParameters, single_tree};
use self::linear::MAX_FEATURES;
pub(crate) use self::linear::{LinearParameters, MAX_LINEAR_CELLS};

/// Chosen hyperparameters of a model family, with which a model can be fitted.
pub(crate) trait Hyperparameters {
    // A random forest or gradient boosting ends early at `deadline`, with fewer trees.
    /// Fits a model to `rows` of `training`. `column` returns the name of a feature's table column, for error messages.
    fn fit(
        &self,
        training: &TrainingData<'_>,
        rows: FitRows<'_>,
        seed: u64,
        deadline: Instant,
        column: &dyn Fn(usize) -> String,
    ) -> Result<Fitted, FitError>;

    /// Returns the expected duration of a model fit in seconds, if the fit cannot be interrupted. Otherwise 0.
    fn expected_seconds(&self, _training: &TrainingData<'_>, _rows: usize) -> f64 {
        // Only the fit of linear models cannot be interrupted.
        0.0
    }
}

/// A fitted model, before the encoding of its columns is added for the artifact.
#[derive(Debug, Clone)]
pub(crate) struct Fitted {
    // If `scaler` is not `None`, the features must be scaled first.
    /// The fitted trees or the linear model: computes one or more numbers from the features of a row.
    pub(crate) predictor: Predictor,
    /// Link function: how the numbers that the model computes become probabilities or one predicted number.
    pub(crate) link: Link,
    /// Scales the features before the model gets them. `None` if the model needs no scaling.
    pub(crate) scaler: Option<Scaler>,
    // The trees get two columns for each feature: in one, missing values are below all other values. In the other, they
    // are above all other values.
    /// The features whose value may be missing in a row.
    pub(crate) holes: Vec<Hole>,
    // If the model predicts the same for every row, all shares are 0.
    /// Feature importances: for each feature, its share of the total importance. The sum is 1.
    pub(crate) importances: Vec<f64>,
    /// Target encodings of this fit: numbers, such as the mean target of a category, that replace the categories of a
    /// column.
    pub(crate) statistics: Vec<Statistic>,
    /// Whether the model has fewer trees than planned, because the time was up during the fit.
    pub(crate) cut_short: bool,
    /// Early stopping of gradient boosting: mean loss of the validation rows after each round. Empty without early
    /// stopping.
    pub(crate) losses: Vec<f64>,
}

impl Fitted {
    /// Creates a fitted model without scaling, missing values, target encoding and early stopping.
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

    /// Returns the number of trees of a forest, or the number of rounds of gradient boosting. `None` for other models.
    pub(crate) fn trees(&self) -> Option<usize> {
        match &self.predictor {
            Predictor::Trees(ensemble) if ensemble.aggregate == Aggregate::Average => Some(ensemble.trees.len()),
            // A boosting round has one tree for each output: one for each class if there are more than two.
            Predictor::Trees(ensemble) => ensemble.trees.len().checked_div(ensemble.base.len()),
            Predictor::Linear(_) | Predictor::Blend(_) | Predictor::Graph(_) => None,
        }
    }

    /// Converts this model to an ensemble of models with one member.
    pub(crate) fn into_ensemble(self) -> Self {
        let Self { scaler, holes, predictor, link, importances, statistics, cut_short, losses } = self;
        let members = vec![Member { scaler, holes, predictor, link, weight: 1.0 }];
        let (predictor, link) = (Predictor::Blend(members), Link::Identity);
        Self { scaler: None, holes: Vec::new(), predictor, link, importances, statistics, cut_short, losses }
    }

    /// Combines models, each with a weight, to an ensemble that predicts their weighted mean. `None` if `parts` is
    /// empty.
    pub(crate) fn blended(parts: Vec<(Self, f32)>) -> Option<Self> {
        // All models must have been fitted to the same rows.
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
            Predictor::Linear(_) | Predictor::Blend(_) | Predictor::Graph(_) => 0,
        }
    }

    /// Removes the trees after the first `rounds` boosting rounds. A model without boosting rounds is not changed.
    pub(crate) fn truncate(&mut self, rounds: usize) {
        if let Predictor::Trees(ensemble) = &mut self.predictor
            && ensemble.aggregate == Aggregate::Sum
        {
            // At least one round is kept.
            ensemble.trees.truncate(rounds.max(1) * ensemble.base.len());
        }
    }
}

/// Error: a model could not be fitted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FitError {
    /// Error: the values of a column are too far apart to scale in single precision (`f32`). Contains the column's
    /// name.
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
    // Too few rows: not more training rows than features.
    /// Error: a linear model cannot be fitted to this table, because the table has too many features or too few rows.
    #[error(
        "a linear model needs at most {MAX_FEATURES} features and more rows than features; found {features} features \
         (a category has one for each value) and {rows} rows; choose another family"
    )]
    LinearShape {
        /// Number of training rows of the linear model that could not be fitted.
        rows: usize,
        /// Number of features of the linear model that could not be fitted.
        features: usize,
    },
}

#[cfg(test)]
mod tests;
