//! Fitting: from features and truth to a predictor, family by family.

mod binned;
mod boosting;
mod features;
mod forest;
mod linear;
mod scaling;

use std::time::Instant;

use evergreen_scoring::{Aggregate, Link, Predictor, Scaler, Statistic};
use smartcore::error::Failed;

pub(crate) use self::binned::Binned;
pub(crate) use self::boosting::BoostingParameters;
pub(crate) use self::features::{Features, Training, Truth};
pub(crate) use self::forest::ForestParameters;
use self::linear::{LinearError, MAX_FEATURES};
pub(crate) use self::linear::{LinearParameters, MAX_LINEAR_CELLS};

/// The hyperparameters of one family.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Hyperparameters {
    /// Of a forest.
    RandomForest(ForestParameters),
    /// Of boosting.
    GradientBoosting(BoostingParameters),
    /// Of a weighted sum.
    Linear(LinearParameters),
}

/// A fitted predictor.
#[derive(Debug)]
pub(crate) struct Fitted {
    /// From features, scaled if there is a scaler, to outputs.
    pub(crate) predictor: Predictor,
    /// What the outputs mean.
    pub(crate) link: Link,
    /// What is applied to the features before.
    pub(crate) scaler: Option<Scaler>,
    /// For each feature its share: of sum 1, or all 0 when nothing was learnt.
    pub(crate) importances: Vec<f64>,
    /// What the fit learnt of the target for categories with many texts.
    pub(crate) statistics: Vec<Statistic>,
    /// Whether it is less than was asked for, because time ran out.
    pub(crate) cut_short: bool,
}

impl Fitted {
    /// Number of trees for each output, if there are any.
    pub(crate) fn trees(&self) -> Option<usize> {
        match &self.predictor {
            Predictor::Trees(ensemble) if ensemble.aggregate == Aggregate::Average => Some(ensemble.trees.len()),
            Predictor::Trees(ensemble) => ensemble.trees.len().checked_div(ensemble.base.len()),
            Predictor::Linear(_) => None,
        }
    }
}

/// Why nothing could be fitted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FitError {
    /// A column whose values are too far apart for `f32`.
    #[error("column {0:?} cannot be scaled: its values are too far apart for single precision")]
    Scaling(String),
    /// The weights of a weighted sum are no numbers.
    #[error("the weights of a linear model are not finite")]
    Diverged,
    /// The library for weighted sums would not.
    #[error("the linear model could not be fitted: {0}")]
    Linear(Failed),
    /// Too many features for a weighted sum, or too few rows for them.
    #[error(
        "a linear model takes at most {MAX_FEATURES} features and more rows than features, but there are {features} \
         features (a category has one for each value) and {rows} rows to fit them to"
    )]
    LinearShape {
        /// The rows that it would have been fitted to.
        rows: usize,
        /// The features, after preprocessing.
        features: usize,
    },
}

/// Seconds that a fit on `rows` rows of `training` is counted on to take before any was seen, where that is known: a linear
/// fit cannot be interrupted.
pub(crate) fn expected_seconds(training: &Training<'_>, rows: usize, hyperparameters: Hyperparameters) -> f64 {
    match hyperparameters {
        Hyperparameters::Linear(_) => linear::expected_seconds(training, rows),
        Hyperparameters::RandomForest(_) | Hyperparameters::GradientBoosting(_) => 0.0,
    }
}

/// Fits on `rows` (at least one) of `training`. `column` names the column that a feature comes from.
///
/// # Errors
/// [`FitError`] of a linear model; trees can always be grown.
pub(crate) fn fit(
    training: &Training<'_>,
    rows: &[u32],
    hyperparameters: Hyperparameters,
    seed: u64,
    deadline: Instant,
    column: impl Fn(usize) -> String,
) -> Result<Fitted, FitError> {
    match hyperparameters {
        Hyperparameters::RandomForest(parameters) => {
            let forest = forest::fit(training, rows, parameters, seed, deadline);
            let cut_short = forest.ensemble.trees.len() < parameters.n_estimators;
            let predictor = Predictor::Trees(forest.ensemble);
            let (link, importances, statistics) = (Link::Identity, forest.importances, Vec::new());
            Ok(Fitted { predictor, link, scaler: None, importances, statistics, cut_short })
        }
        Hyperparameters::GradientBoosting(parameters) => {
            let boosted = boosting::fit(training, rows, parameters, deadline);
            let link = match training.truth {
                Truth::Numbers(_) => Link::Identity,
                Truth::Classes { count: 2, .. } => Link::Logistic,
                Truth::Classes { .. } => Link::Softmax,
            };
            let (predictor, importances) = (Predictor::Trees(boosted.ensemble), boosted.importances);
            let (statistics, cut_short) = (Vec::new(), boosted.cut_short);
            Ok(Fitted { predictor, link, scaler: None, importances, statistics, cut_short })
        }
        Hyperparameters::Linear(parameters) => {
            let sum = linear::fit(training, rows, parameters).map_err(|error| match error {
                LinearError::Scaling(feature) => FitError::Scaling(column(feature)),
                LinearError::Diverged => FitError::Diverged,
                LinearError::Library(failed) => FitError::Linear(failed),
                LinearError::Shape { rows, features } => FitError::LinearShape { rows, features },
            })?;
            Ok(Fitted {
                predictor: Predictor::Linear(sum.linear),
                link: sum.link,
                scaler: Some(sum.scaler),
                importances: sum.importances,
                statistics: Vec::new(),
                cut_short: false,
            })
        }
    }
}

#[cfg(test)]
mod tests;
