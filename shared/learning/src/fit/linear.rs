//! Fits linear models to standardised features with the library smartcore: logistic regression and ridge regression.

mod portable;

use std::time::Instant;

use evergreen_scoring::{Linear, Link, Predictor, Scaler};
use smartcore::error::Failed;
use smartcore::linalg::basic::arrays::Array;
use smartcore::linalg::basic::matrix::DenseMatrix;
use smartcore::linear::logistic_regression::{LogisticRegression, LogisticRegressionParameters};
use smartcore::linear::ridge_regression::{RidgeRegression, RidgeRegressionParameters};

use super::features::{TrainingData, Truth};
use super::forest::{moments, normalised};
use super::scaling;
use super::{FitError, FitRows, Fitted, Hyperparameters};
use portable::Portable;

// For larger tables, the fit uses evenly spaced rows. The library uses one thread and cannot be interrupted, and a
// linear model improves little with more cells.
/// Maximum size of the data for the fit of a linear model, in cells (rows × features × outputs).
pub(crate) const MAX_LINEAR_CELLS: usize = 1 << 23;

// For larger tables, the fit uses evenly spaced rows. The library multiplies the matrix with itself, on one thread and
// without interruption.
/// Maximum size of the data for ridge regression, in products of two features (rows × features²).
const MAX_PRODUCTS: usize = 1 << 29;

// A fit with 500 features takes a few seconds.
/// Maximum number of features of a linear model.
pub(super) const MAX_FEATURES: usize = 500;

/// Seconds that a logistic regression takes per cell (rows × features × classes), rounded up from measurements.
const SECONDS_PER_CELL: f64 = 4e-7;
/// Seconds that ridge regression takes per product of two features (rows × features²), rounded up from measurements.
const SECONDS_PER_PRODUCT: f64 = 8e-9;

/// Bias (constant term of the score) for a class without training rows. It makes the probability of the class almost 0.
const BIAS_WITHOUT_ROWS: f32 = -30.0;

/// Hyperparameters of a linear model.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct LinearParameters {
    // The penalty is relative to the loss summed over all training rows.
    /// Penalty on the squared weights of a linear model (L2 regularisation), above 0.
    pub(crate) alpha: f64,
}

impl Hyperparameters for LinearParameters {
    fn fit(
        &self,
        training: &TrainingData<'_>,
        rows: FitRows<'_>,
        _seed: u64,
        _deadline: Instant,
        column: &dyn Fn(usize) -> String,
    ) -> Result<Fitted, FitError> {
        let sum = fit(training, rows.fitted, *self).map_err(|error| match error {
            LinearError::Scaling(feature) => FitError::Scaling(column(feature)),
            LinearError::Diverged => FitError::Diverged,
            LinearError::Library(failed) => FitError::Linear(failed),
            LinearError::Shape { rows, features } => FitError::LinearShape { rows, features },
        })?;
        let scaler = Some(sum.scaler);
        Ok(Fitted { scaler, ..Fitted::of(Predictor::Linear(sum.linear), sum.link, sum.importances) })
    }

    fn expected_seconds(&self, training: &TrainingData<'_>, rows: usize) -> f64 {
        expected_seconds(training, rows)
    }
}

/// A fitted linear model (logistic regression or ridge regression), with the scaler of its features.
#[derive(Debug)]
pub(crate) struct WeightedSum {
    /// The weights and the bias of the linear model. The weights are for scaled features.
    pub(crate) linear: Linear,
    /// Scales the features before the weights are applied.
    pub(crate) scaler: Scaler,
    /// Link function: how the weighted sums of the linear model become probabilities or one predicted number.
    pub(crate) link: Link,
    // If all weights are 0, all shares are 0.
    /// Feature importances: for each feature, its share of the absolute weights. The sum is 1.
    pub(crate) importances: Vec<f64>,
}

/// Error: a linear model could not be fitted.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LinearError {
    /// Error: a value of a feature is not finite after scaling. Contains the feature's index.
    #[error("feature {0} is not finite after scaling")]
    Scaling(usize),
    /// Error: the library computed weights that are not finite.
    #[error("the weights are not finite")]
    Diverged,
    /// Error: there are more than 500 features, or there are not more training rows than features.
    #[error("a linear model of {features} features cannot be fitted to {rows} rows")]
    Shape { rows: usize, features: usize },
    /// Error of the library smartcore.
    #[error(transparent)]
    Library(#[from] Failed),
}

/// Row sampling for a linear model: returns 1 if the model is fitted to every row, 2 if to every second row, and so on.
fn step(training: &TrainingData<'_>, rows: usize) -> usize {
    // With more rows, the step is larger, so that the fit does not exceed its maximum size.
    let width = training.features.width();
    let cells = (rows * width * training.truth.outputs()).div_ceil(MAX_LINEAR_CELLS);
    let products = match training.truth {
        Truth::Numbers(_) => (rows * width * width).div_ceil(MAX_PRODUCTS),
        Truth::Classes { .. } => 1,
    };
    cells.max(products).max(1)
}

/// Returns the expected duration of a linear model's fit in seconds. `rows` is the number of training rows.
fn expected_seconds(training: &TrainingData<'_>, rows: usize) -> f64 {
    let width = training.features.width();
    let cells = (rows.div_ceil(step(training, rows)) * width) as f64;
    match training.truth {
        Truth::Numbers(_) => cells * width as f64 * SECONDS_PER_PRODUCT,
        Truth::Classes { count, .. } => cells * count as f64 * SECONDS_PER_CELL,
    }
}

/// Fits a linear model to `rows` of `training`. All rows have the same weight.
pub(crate) fn fit(
    training: &TrainingData<'_>,
    rows: &[u32],
    parameters: LinearParameters,
) -> Result<WeightedSum, LinearError> {
    // From a large table, only evenly spaced rows are used.
    let width = training.features.width();
    let rows: Vec<u32> = rows.iter().step_by(step(training, rows.len())).copied().collect();
    if width > MAX_FEATURES || rows.len() <= width {
        return Err(LinearError::Shape { rows: rows.len(), features: width });
    }
    let scaler = scaling::fit(training.features, &rows);
    let scaled = scaled(training, &rows, &scaler)?;
    let (linear, link) = match training.truth {
        Truth::Classes { classes, count } => logistic(scaled, (&rows, width), (classes, count), parameters)?,
        Truth::Numbers(numbers) => (ridge(scaled, (&rows, width), numbers, parameters)?, Link::Identity),
    };
    if linear.weights.iter().chain(&linear.bias).any(|weight| !weight.is_finite()) {
        return Err(LinearError::Diverged);
    }
    let importances = importances(&linear, width);
    Ok(WeightedSum { linear, scaler, link, importances })
}

/// Returns the scaled features as a flat list: for each row in `rows`, the value of each feature.
fn scaled(training: &TrainingData<'_>, rows: &[u32], scaler: &Scaler) -> Result<Vec<f64>, LinearError> {
    // They are scaled in `f32`, as at prediction.
    let width = training.features.width();
    let mut values = Vec::with_capacity(rows.len() * width);
    let mut features = vec![0.0; width];
    for row in rows {
        features.iter_mut().zip(training.features.row(*row)).for_each(|(to, from)| *to = from);
        scaler.apply(&mut features);
        if let Some(feature) = features.iter().position(|value| !value.is_finite()) {
            return Err(LinearError::Scaling(feature));
        }
        values.extend(features.iter().copied().map(f64::from));
    }
    Ok(values)
}

fn logistic(
    scaled: Vec<f64>,
    (rows, width): (&[u32], usize),
    (classes, count): (&[u32], usize),
    parameters: LinearParameters,
) -> Result<(Linear, Link), LinearError> {
    let scaled = scaled.into_iter().map(Portable).collect();
    let matrix = DenseMatrix::new(rows.len(), width, scaled, false)?;
    let truth: Vec<u32> = rows.iter().filter_map(|row| classes.get(*row as usize).copied()).collect();
    let settings = LogisticRegressionParameters::default().with_alpha(Portable(parameters.alpha));
    let fitted = LogisticRegression::fit(&matrix, &truth, settings)?;
    let (weights, bias) = (fitted.coefficients(), fitted.intercept());
    let weights_of = |output: usize| (0..width).map(move |feature| weights.get((output, feature)).0 as f32);
    let bias_of = |output: usize| bias.get(if bias.shape().0 > output { (output, 0) } else { (0, output) }).0 as f32;
    if count == 2 {
        return Ok((Linear { weights: weights_of(0).collect(), bias: vec![bias_of(0)] }, Link::Logistic));
    }
    let mut linear = Linear { weights: vec![0.0; width * count], bias: vec![BIAS_WITHOUT_ROWS; count] };
    let found = fitted.classes();
    for (at, class) in found.iter().enumerate() {
        // If only two classes have rows, the library has weights only for the second of them.
        let output = if found.len() > 2 { Some(at) } else { at.checked_sub(1) };
        if let Some(own) = linear.weights.chunks_exact_mut(width).nth(*class as usize) {
            output.iter().flat_map(|output| weights_of(*output)).zip(own).for_each(|(weight, own)| *own = weight);
        }
        if let Some(own) = linear.bias.get_mut(*class as usize) {
            *own = output.map_or(0.0, bias_of);
        }
    }
    Ok((linear, Link::Softmax))
}

fn ridge(
    scaled: Vec<f64>,
    (rows, width): (&[u32], usize),
    numbers: &[f64],
    parameters: LinearParameters,
) -> Result<Linear, LinearError> {
    let values = || rows.iter().filter_map(|row| numbers.get(*row as usize).copied());
    let (offset, scale) = moments(values());
    let truth: Vec<f64> = values().map(|value| (value - offset) / scale).collect();
    let matrix = DenseMatrix::new(rows.len(), width, scaled, false)?;
    let settings = RidgeRegressionParameters::default().with_alpha(parameters.alpha).with_normalize(false);
    let fitted = RidgeRegression::fit(&matrix, &truth, settings)?;
    let weights = fitted.coefficients();
    let weights = (0..width).map(|feature| (*weights.get((feature, 0)) * scale) as f32).collect();
    Ok(Linear { weights, bias: vec![offset as f32] })
}

/// Returns the importance of each feature of a linear model, from its absolute weights. The sum is 1.
fn importances(linear: &Linear, width: usize) -> Vec<f64> {
    // With several classes, it is a sum over the classes: the absolute difference between the class's weight and the
    // mean weight of all classes.
    let outputs = linear.bias.len().max(1);
    let importance = |feature: usize| {
        let weights = || linear.weights.iter().skip(feature).step_by(width.max(1)).copied().map(f64::from);
        let mean = if outputs > 1 { weights().sum::<f64>() / outputs as f64 } else { 0.0 };
        weights().map(|weight| (weight - mean).abs()).sum()
    };
    normalised(&(0..width).map(importance).collect::<Vec<f64>>())
}
