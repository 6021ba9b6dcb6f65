//! Fitting: from features and truth to a predictor, family by family.

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
pub(crate) use self::boosting::{BoostingParameters, Rows};
pub(crate) use self::cost::Cost;
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
#[derive(Debug, Clone)]
pub(crate) struct Fitted {
    /// From features, scaled if there is a scaler, to outputs.
    pub(crate) predictor: Predictor,
    /// What the outputs mean.
    pub(crate) link: Link,
    /// What is applied to the features before.
    pub(crate) scaler: Option<Scaler>,
    /// Values that trees see below and above all others where they are missing.
    pub(crate) holes: Vec<Hole>,
    /// For each feature its share: of sum 1, or all 0 when nothing was learnt.
    pub(crate) importances: Vec<f64>,
    /// What the fit learnt of the target for categories with many texts.
    pub(crate) statistics: Vec<Statistic>,
    /// Whether it is less than was asked for, because time ran out.
    pub(crate) cut_short: bool,
    /// The loss of the watched rows after each round of boosting.
    pub(crate) losses: Vec<f64>,
}

impl Fitted {
    /// Number of trees for each output, if there are any.
    pub(crate) fn trees(&self) -> Option<usize> {
        match &self.predictor {
            Predictor::Trees(ensemble) if ensemble.aggregate == Aggregate::Average => Some(ensemble.trees.len()),
            Predictor::Trees(ensemble) => ensemble.trees.len().checked_div(ensemble.base.len()),
            Predictor::Linear(_) | Predictor::Blend(_) => None,
        }
    }

    /// As the only member of a mean.
    pub(crate) fn alone(self) -> Self {
        let Self { scaler, holes, predictor, link, importances, statistics, cut_short, losses } = self;
        let members = vec![Member { scaler, holes, predictor, link, weight: 1.0 }];
        let (predictor, link) = (Predictor::Blend(members), Link::Identity);
        Self { scaler: None, holes: Vec::new(), predictor, link, importances, statistics, cut_short, losses }
    }

    /// The weighted mean of several that were fitted to the same rows; nothing of none.
    pub(crate) fn blended(parts: Vec<(Self, f32)>) -> Option<Self> {
        let mut importances = vec![0.0; parts.first()?.0.importances.len()];
        let mut members = Vec::with_capacity(parts.len());
        // The same rows have the same statistics.
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

    /// Nodes of all trees.
    pub(crate) fn nodes(&self) -> usize {
        match &self.predictor {
            Predictor::Trees(ensemble) => ensemble.trees.iter().map(|tree| tree.nodes.len()).sum(),
            Predictor::Linear(_) | Predictor::Blend(_) => 0,
        }
    }

    /// Leaves out the rounds of boosting after the first `rounds`.
    pub(crate) fn truncate(&mut self, rounds: usize) {
        if let Predictor::Trees(ensemble) = &mut self.predictor
            && ensemble.aggregate == Aggregate::Sum
        {
            ensemble.trees.truncate(rounds.max(1) * ensemble.base.len());
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

/// Fits on `rows` of `training`. `column` names the column that a feature comes from.
///
/// # Errors
/// [`FitError`] of a linear model; trees can always be grown.
pub(crate) fn fit(
    training: &Training<'_>,
    rows: Rows<'_>,
    hyperparameters: Hyperparameters,
    seed: u64,
    deadline: Instant,
    column: impl Fn(usize) -> String,
) -> Result<Fitted, FitError> {
    match hyperparameters {
        Hyperparameters::RandomForest(parameters) => {
            let forest = forest::fit(training, rows.fitted, parameters, seed, deadline);
            let cut_short = forest.ensemble.trees.len() < parameters.n_estimators;
            let predictor = Predictor::Trees(forest.ensemble);
            Ok(Fitted {
                predictor,
                link: Link::Identity,
                scaler: None,
                holes: Vec::new(),
                importances: forest.importances,
                statistics: Vec::new(),
                cut_short,
                losses: Vec::new(),
            })
        }
        Hyperparameters::GradientBoosting(parameters) => {
            let boosted = boosting::fit(training, rows, parameters, seed, deadline);
            let link = match training.truth {
                Truth::Numbers(_) => Link::Identity,
                Truth::Classes { count: 2, .. } => Link::Logistic,
                Truth::Classes { .. } => Link::Softmax,
            };
            let holes = training.binned.holes().to_vec();
            let predictor = Predictor::Trees(boosted.ensemble);
            let (importances, cut_short, losses) = (boosted.importances, boosted.cut_short, boosted.losses);
            let statistics = Vec::new();
            Ok(Fitted { predictor, link, scaler: None, holes, importances, statistics, cut_short, losses })
        }
        Hyperparameters::Linear(parameters) => {
            let sum = linear::fit(training, rows.fitted, parameters).map_err(|error| match error {
                LinearError::Scaling(feature) => FitError::Scaling(column(feature)),
                LinearError::Diverged => FitError::Diverged,
                LinearError::Library(failed) => FitError::Linear(failed),
                LinearError::Shape { rows, features } => FitError::LinearShape { rows, features },
            })?;
            Ok(Fitted {
                predictor: Predictor::Linear(sum.linear),
                link: sum.link,
                scaler: Some(sum.scaler),
                holes: Vec::new(),
                importances: sum.importances,
                statistics: Vec::new(),
                cut_short: false,
                losses: Vec::new(),
            })
        }
    }
}

#[cfg(test)]
mod tests;
