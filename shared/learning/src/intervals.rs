//! Learns prediction intervals for regression models: how wide intervals must be so that nine in ten contain the true
//! value. The width depends on the prediction.
//!
//! The method is split conformal prediction (Lei, G'Sell, Rinaldo, Tibshirani, Wasserman: "Distribution-free predictive
//! inference for regression", JASA 113, 2018) on out-of-fold errors. With scaled residuals (section 5.2), each error is
//! divided by the difficulty of its row. A few boosted trees predict this difficulty. The width is fitted separately
//! for each range of predictions (Boström, Johansson: "Mondrian conformal regressors", PMLR 128, 2020).

mod curve;
mod range;

use std::ops::Range;
use std::time::Instant;

use evergreen_scoring::{Curve, Ensemble, Interval, Node, Predictor, Scaler};
use evergreen_table::Target;

use self::curve::curve;
use crate::evaluate::Answers;
use crate::fit::{BoostingParameters, Fitted};
use crate::learner::Learner;
use crate::train::LearningError;

// With fewer errors, rows with the same prediction get intervals of the same width.
/// Minimum number of out-of-fold errors from which a model learns how difficult each row is to predict.
const MIN_ERRORS: usize = 200;

// The trees are few and small, since one error says little about its row.
/// Hyperparameters of the boosted trees that predict how large a row's error will be.
const TREES: BoostingParameters = BoostingParameters {
    n_estimators: 50,
    learning_rate: 0.1,
    max_leaves: 6,
    min_samples_leaf: 20,
    l2: 1.0,
    subsample: 1.0,
    max_features: 1.0,
};

// If there are more cells, evenly spaced rows are taken.
/// Maximum number of cells (rows × features) for training the trees that predict how large a row's error will be.
const MAX_CELLS: usize = 4_000_000;

// The cut allows testing the trees that predict how difficult a row is on rows that they have not seen.
/// Number of equal ranges into which the out-of-fold errors are cut if there is only one cross-validation fold.
const PARTS: usize = 5;

// Boosted trees predict the difficulty. The gain is the decrease of the interval score. With less gain, the width
// depends only on the prediction.
/// Minimum relative decrease of the interval score (a loss) for which interval widths depend on each row's difficulty.
const WORTHWHILE: f64 = 0.01;

// Otherwise tiny errors would dominate.
/// Number that is added to each prediction error before the error's logarithm is taken, as a share of the mean error.
const MIN_SHARE: f64 = 0.1;

/// Absolute out-of-fold errors of a regression model: errors on rows that the model was not trained on.
#[derive(Debug, Clone, Default)]
pub(crate) struct Errors {
    /// The predicted rows, as indices among the training rows.
    rows: Vec<u32>,
    /// The predicted number for each row.
    values: Vec<f32>,
    /// The absolute difference between prediction and true value of each row.
    errors: Vec<f64>,
}

impl Errors {
    /// Computes the absolute errors of a regression model's predictions `answers`. Returns `None` for classifiers.
    pub(crate) fn of(rows: &[u32], target: &Target, answers: &Answers) -> Option<Self> {
        // `target` has the true values of `rows`.
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

// `scaler` is the scaling that the model applies to its features.
/// Learns the prediction intervals of a regression model from its out-of-fold errors. Returns `None` for classifiers.
///
/// # Errors
/// [`LearningError`] if the trees that predict row difficulty cannot be fitted or cannot predict. The data is never the
/// reason for a failed prediction.
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
    let logarithms = logarithms(&all);
    let Some(hardness) = left_out(learner, (folds, &all), &logarithms, deadline)? else { return Ok(Some(plain)) };
    let scaled: Vec<f64> = all.errors.iter().zip(&hardness).map(|(error, hardness)| error / hardness).collect();
    let half = curve(&all.values, &scaled);
    let harder = |row: usize| hardness.get(row).copied().unwrap_or(1.0);
    if cost(&half, &all, harder) > cost(&plain.half, &all, |_| 1.0) * (1.0 - WORTHWHILE) {
        return Ok(Some(plain));
    }
    let fitted = fit(learner, &all.rows, &logarithms, deadline)?;
    match fitted.predictor {
        Predictor::Trees(ensemble) if !fitted.cut_short => {
            Ok(Some(Interval { half, difficulty: Some(on_scaled(ensemble, scaler)), low, high }))
        }
        _ => Ok(Some(plain)),
    }
}

fn logarithms(all: &Errors) -> Vec<f64> {
    let least = MIN_SHARE * all.errors.iter().sum::<f64>() / all.errors.len().max(1) as f64;
    all.errors.iter().map(|error| libm::log(error + least)).collect()
}

/// Predicts the size of each row's error, with trees that were not trained on the row. Returns `None` if time ran out.
fn left_out(
    learner: &Learner<'_>,
    (folds, all): (&[Errors], &Errors),
    logarithms: &[f64],
    deadline: Instant,
) -> Result<Option<Vec<f64>>, LearningError> {
    let mut hardness = Vec::new();
    for part in parts(folds) {
        // The trees that predict a row's error are not trained on this row's error.
        let keep = |index: &usize| !part.contains(index);
        let others: Vec<usize> = (0..all.rows.len()).filter(keep).collect();
        let rows: Vec<u32> = others.iter().filter_map(|index| all.rows.get(*index).copied()).collect();
        let numbers: Vec<f64> = others.iter().filter_map(|index| logarithms.get(*index).copied()).collect();
        let fitted = fit(learner, &rows, &numbers, deadline)?;
        if fitted.cut_short {
            return Ok(None);
        }
        if let Answers::Numbers { values, .. } = learner.answers(fitted, all.rows.get(part).unwrap_or_default())? {
            hardness.extend(values.iter().map(|logarithm| libm::exp(f64::from(*logarithm))));
        }
    }
    Ok(Some(hardness))
}

/// Fits boosted trees that predict the size of each row's error. `logarithms` are the logarithms of the true errors.
fn fit(learner: &Learner<'_>, rows: &[u32], logarithms: &[f64], deadline: Instant) -> Result<Fitted, LearningError> {
    // More than `MAX_CELLS` cells (rows × features): take evenly spaced rows.
    let step = (rows.len() * learner.width()).div_ceil(MAX_CELLS).max(1);
    let rows: Vec<u32> = rows.iter().step_by(step).copied().collect();
    let logarithms: Vec<f64> = logarithms.iter().step_by(step).copied().collect();
    Ok(learner.fit_numbers(&rows, &logarithms, TREES, deadline)?)
}

/// Splits the list of all out-of-fold errors into index ranges, one for each cross-validation fold.
fn parts(folds: &[Errors]) -> Vec<Range<usize>> {
    // A single fold is cut into `PARTS` ranges.
    let sizes: Vec<usize> = match folds {
        [lone] => {
            let size = lone.rows.len().div_ceil(PARTS).max(1);
            (0..lone.rows.len()).step_by(size).map(|from| size.min(lone.rows.len() - from)).collect()
        }
        folds => folds.iter().map(|fold| fold.rows.len()).collect(),
    };
    let mut from = 0;
    let range = |size: usize| {
        let part = from..from + size;
        from += size;
        part
    };
    sizes.into_iter().map(range).collect()
}

/// Returns the interval score of the prediction intervals, summed over the rows. Narrow intervals with few misses give
/// a low (good) score.
fn cost(half: &Curve, all: &Errors, hardness: impl Fn(usize) -> f64) -> f64 {
    // A row's score is the width of its interval. If the true value is outside, twenty times its distance from the
    // interval is added. Twenty is right for intervals that contain nine in ten rows (Gneiting, Raftery: "Strictly
    // proper scoring rules, prediction, and estimation", JASA 102, 2007).
    let of = |(row, (value, error)): (usize, (&f32, &f64))| {
        let half = f64::from(half.at(*value)) * hardness(row);
        2.0 * half + 20.0 * (error - half).max(0.0)
    };
    all.values.iter().zip(&all.errors).enumerate().map(of).sum()
}

/// Converts the thresholds (split points) of trees that were fitted to unscaled features, for use with scaled features.
fn on_scaled(mut ensemble: Ensemble, scaler: Option<&Scaler>) -> Ensemble {
    // Without a scaler, the trees stay as they are.
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
