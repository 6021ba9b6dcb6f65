//! Prediction intervals: how wide they have to be to hold nine in ten rows like these, wherever the prediction is.
//!
//! Split conformal prediction (Lei, G'Sell, Rinaldo, Tibshirani, Wasserman: "Distribution-free predictive inference for
//! regression", JASA 113, 2018) on the errors of cross-validation, with its scaled residuals (section 5.2): an error counts
//! by how hard its row is, which a few boosted trees tell. The width then is learnt for each part of the predictions apart
//! (Boström, Johansson: "Mondrian conformal regressors", PMLR 128, 2020), so that it is right for low and for high ones.

mod curve;
mod range;

use std::time::Instant;

use evergreen_scoring::{Curve, Ensemble, Interval, Node, Predictor, Scaler};
use evergreen_table::Target;

use self::curve::curve;
use crate::evaluate::Answers;
use crate::fit::BoostingParameters;
use crate::learner::Learner;
use crate::train::LearningError;

/// Minimum number of errors from which trees learn which rows are hard.
const MIN_ERRORS: usize = 200;

/// The trees that tell how hard a row is: few and small, since a single error says little of its row.
const TREES: BoostingParameters =
    BoostingParameters { n_estimators: 50, learning_rate: 0.1, max_leaves: 6, min_samples_leaf: 20, l2: 1.0 };

/// How many times a fold's errors are left out to judge the trees by them.
const PARTS: usize = 5;

/// The trees are left out where the intervals are better by less than this share.
const WORTHWHILE: f64 = 0.01;

/// Errors below this share of the mean one are told apart no further: their logarithms would be all that counts.
const LEAST_SHARE: f64 = 0.1;

/// The absolute errors of a regression model in rows that it had not learnt from.
#[derive(Debug, Clone, Default)]
pub(crate) struct Errors {
    /// The learner's rows.
    rows: Vec<u32>,
    /// What was answered.
    values: Vec<f32>,
    /// How far that is from the truth.
    errors: Vec<f64>,
}

impl Errors {
    /// Those of the `answers` to `rows`, of which `target` is what is true; nothing for classes.
    pub(crate) fn of(rows: &[u32], target: &Target, answers: &Answers) -> Option<Self> {
        let (Target::Numbers(truth), Answers::Numbers { values, .. }) = (target, answers) else { return None };
        let errors = truth.iter().zip(values).map(|(truth, value)| (f64::from(*value) - truth).abs()).collect();
        Some(Self { rows: rows.to_vec(), values: values.clone(), errors })
    }

    fn append(&mut self, more: &Self) {
        self.rows.extend_from_slice(&more.rows);
        self.values.extend_from_slice(&more.values);
        self.errors.extend_from_slice(&more.errors);
    }
}

/// The intervals of a model that made these errors, fold by fold; nothing for classes. `scaler` is what the model applies to
/// the features.
///
/// # Errors
/// [`LearningError`] when what was fitted does not answer; not for reasons that lie in the data.
pub(crate) fn learn(
    learner: &Learner<'_>,
    folds: &[Errors],
    scaler: Option<&Scaler>,
    deadline: Instant,
) -> Result<Option<Interval>, LearningError> {
    let Target::Numbers(numbers) = learner.target() else { return Ok(None) };
    let mut all = Errors::default();
    folds.iter().for_each(|fold| all.append(fold));
    let (low, high) = range::of(numbers);
    let plain = Interval { half: curve(&all.values, &all.errors), difficulty: None, low, high };
    let worst = all.errors.iter().copied().fold(0.0, f64::max);
    if all.errors.len() < MIN_ERRORS || worst == 0.0 {
        return Ok(Some(plain));
    }
    let logarithms = logarithms(learner.rows(), &all);
    let Some(hardness) = left_out(learner, folds, &logarithms, deadline)? else { return Ok(Some(plain)) };
    let scaled: Vec<f64> = all.errors.iter().zip(&hardness).map(|(error, hardness)| error / hardness).collect();
    let half = curve(&all.values, &scaled);
    let harder = |row: usize| hardness.get(row).copied().unwrap_or(1.0);
    if cost(&half, &all, harder) > cost(&plain.half, &all, |_| 1.0) * (1.0 - WORTHWHILE) {
        return Ok(Some(plain));
    }
    let fitted = learner.fit_numbers(&all.rows, &logarithms, TREES, deadline)?;
    let Predictor::Trees(ensemble) = fitted.predictor else { return Ok(Some(plain)) };
    Ok(Some(Interval { half, difficulty: Some(on_scaled(ensemble, scaler)), low, high }))
}

/// The logarithm of each row's error, of rows without one 0.
fn logarithms(rows: usize, all: &Errors) -> Vec<f64> {
    let least = LEAST_SHARE * all.errors.iter().sum::<f64>() / all.errors.len().max(1) as f64;
    let mut logarithms = vec![0.0; rows];
    for (row, error) in all.rows.iter().zip(&all.errors) {
        if let Some(logarithm) = logarithms.get_mut(*row as usize) {
            *logarithm = (error + least).ln();
        }
    }
    logarithms
}

/// How hard the rows are, in the order of the folds, as trees tell that have not seen the row's own error; nothing where
/// time is up.
fn left_out(
    learner: &Learner<'_>,
    folds: &[Errors],
    logarithms: &[f64],
    deadline: Instant,
) -> Result<Option<Vec<f64>>, LearningError> {
    let parts = parts(folds);
    let mut hardness = Vec::new();
    for (number, part) in parts.iter().enumerate() {
        let others = parts.iter().enumerate().filter(|(other, _)| *other != number);
        let mut rows: Vec<u32> = others.flat_map(|(_, rows)| rows.iter().copied()).collect();
        rows.sort_unstable();
        let fitted = learner.fit_numbers(&rows, logarithms, TREES, deadline)?;
        if fitted.cut_short {
            return Ok(None);
        }
        if let Answers::Numbers { values, .. } = learner.ask(fitted, part)? {
            hardness.extend(values.iter().map(|logarithm| f64::from(*logarithm).exp()));
        }
    }
    Ok(Some(hardness))
}

/// The rows of each fold; of a lone fold in parts that follow each other.
fn parts(folds: &[Errors]) -> Vec<&[u32]> {
    match folds {
        [lone] => lone.rows.chunks(lone.rows.len().div_ceil(PARTS).max(1)).collect(),
        folds => folds.iter().map(|fold| fold.rows.as_slice()).collect(),
    }
}

/// What intervals cost: their width, and twenty times what an error is beyond them (the interval score of Gneiting, Raftery:
/// "Strictly proper scoring rules, prediction, and estimation", JASA 102, 2007, for intervals that hold nine in ten).
fn cost(half: &Curve, all: &Errors, hardness: impl Fn(usize) -> f64) -> f64 {
    let of = |(row, (value, error)): (usize, (&f32, &f64))| {
        let half = f64::from(half.at(*value)) * hardness(row);
        2.0 * half + 20.0 * (error - half).max(0.0)
    };
    all.values.iter().zip(&all.errors).enumerate().map(of).sum()
}

/// The same trees on features that `scaler` was applied to.
fn on_scaled(mut ensemble: Ensemble, scaler: Option<&Scaler>) -> Ensemble {
    let Some(Scaler { offset, scale }) = scaler else { return ensemble };
    let nodes = ensemble.trees.iter_mut().flat_map(|tree| &mut tree.nodes);
    for node in nodes {
        if let Node::Split { feature, threshold, .. } = node
            && let (Some(offset), Some(scale)) = (offset.get(*feature as usize), scale.get(*feature as usize))
        {
            *threshold = ((*threshold - offset) * scale).clamp(f32::MIN, f32::MAX);
        }
    }
    ensemble
}
