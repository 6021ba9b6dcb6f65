//! Curves: how a model answered on the hold-out, as points and bins that a page can draw. They hold no rows.

use serde::{Deserialize, Serialize};

use crate::Label;
use crate::histogram::HistogramBin;

/// Maximum number of labels whose curves are stored.
pub const MAX_CURVES: usize = 20;

/// Curves of a model on the hold-out. They are stored in the manifest and not in the model registry.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "task", rename_all = "snake_case")]
pub enum Curves {
    /// The curves of a model that predicts labels.
    Classification(ClassificationCurves),
    /// The curves of a model that predicts numbers.
    Regression(RegressionCurves),
}

/// Curves of a classifier on the hold-out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClassificationCurves {
    // Each curve has at most 101 points. It begins at (0, 0) and ends at (1, 1), and no coordinate falls.
    /// The ROC curves, whose points are [false positive rate, true positive rate]. With two labels, only the positive
    /// label has a curve. With more, each label has a curve against all other labels.
    pub roc: Vec<ClassCurve>,
    // Each curve has at most 101 points. The first point is recall 0 and precision 1, as in scikit-learn.
    /// The precision–recall curves of the same labels, whose points are [recall, precision].
    pub precision_recall: Vec<ClassCurve>,
    // The bins are tenths of the probability, and a bin without rows is left out. So the sum of `rows` is the number of
    // hold-out rows.
    /// How often the model was right at each level of its probability: the positive label's with two labels, otherwise
    /// the predicted label's.
    pub calibration: Vec<CalibrationBin>,
    /// The number of labels without curves, because there are more than [`MAX_CURVES`]. They have the fewest rows.
    pub left_out: usize,
}

/// A curve of one label against all other labels.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClassCurve {
    /// The label that counts as positive.
    pub label: Label,
    /// The points of the curve as [x, y], both 0–1, from left to right.
    pub points: Vec<[f64; 2]>,
}

/// The hold-out rows that got a probability within one tenth, such as 0.3 to 0.4.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CalibrationBin {
    /// The mean of the probabilities that the model predicted for these rows, 0–1.
    pub mean_probability: f64,
    /// The share of these rows that really have the label, 0–1. A well calibrated model has the same mean probability.
    pub observed: f64,
    /// The number of these rows.
    pub rows: usize,
}

/// Curves of a regression model on the hold-out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RegressionCurves {
    /// The histogram of the residuals: the true number minus the predicted number.
    pub residuals: Vec<HistogramBin>,
    // Each part has at least 5 rows, so that a part says nothing about a single row. Fewer than 10 parts if there are
    // few rows.
    /// True numbers by predicted number: the rows, sorted by prediction, in up to ten parts of equal size.
    pub predicted_against_true: Vec<PredictedPart>,
}

/// A part of the hold-out rows with similar predictions.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PredictedPart {
    /// The mean of the predicted numbers.
    pub mean_prediction: f64,
    /// The mean of the true numbers.
    pub mean_truth: f64,
    /// The number below which a tenth of the true numbers lie.
    pub low_truth: f64,
    /// The number above which a tenth of the true numbers lie.
    pub high_truth: f64,
    /// The number of rows in this part.
    pub rows: usize,
}
