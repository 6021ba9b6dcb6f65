//! Names of the inputs, outputs and operators in the ONNX graph of an artifact.
//!
//! Every artifact contains these texts, so they never change.

pub(in super::super) const NUMBERS: &str = "numbers";
pub(in super::super) const CATEGORIES: &str = "categories";

pub(in super::super) const FILLED: &str = "filled";
pub(in super::super) const MISSING: &str = "missing";
pub(in super::super) const MISSING_AS_NUMBER: &str = "missing_as_number";
pub(in super::super) const WITH_INDICATOR: &str = "told_apart";
pub(in super::super) const INDICATORS: &str = "indicators";
pub(in super::super) const COLUMN: &str = "column";
pub(in super::super) const FEATURES: &str = "features";
pub(in super::super) const SCALED: &str = "scaled";

pub(in super::super) const VOTES: &str = "votes";
pub(in super::super) const BASE: &str = "base";
pub(in super::super) const OUTPUTS: &str = "outputs";
pub(in super::super) const HOLLOW: &str = "hollow";
pub(in super::super) const HOLLOW_VALUES: &str = "hollow_values";
pub(in super::super) const FARTHEST: &str = "farthest";
pub(in super::super) const FAR: &str = "far";
pub(in super::super) const BELOW: &str = "below";
pub(in super::super) const ABOVE: &str = "above";
pub(in super::super) const WEIGHT: &str = "weight";
pub(in super::super) const SHARE: &str = "share";

pub(in super::super) const HALVES: &str = "halves";
pub(in super::super) const SCORES: &str = "scores";
pub(in super::super) const NEGATED: &str = "negated";
pub(in super::super) const SURPRISE: &str = "surprise";
pub(in super::super) const LOG_PROBABILITIES: &str = "log_probabilities";
pub(in super::super) const CALIBRATION: &str = "calibration";
pub(in super::super) const CALIBRATED: &str = "calibrated";
pub(in super::super) const HIGHEST: &str = "highest";
pub(in super::super) const RELATIVE: &str = "relative";
pub(in super::super) const CLASSES: &str = "classes";
pub(in super::super) const SUM: &str = "sum";
pub(in super::super) const UNBOUNDED: &str = "unbounded";
pub(in super::super) const KEPT: &str = "kept";
pub(in super::super) const SHRUNK: &str = "shrunk";
pub(in super::super) const FLOOR: &str = "floor";
pub(in super::super) const LABEL_WEIGHTS: &str = "label_weights";
pub(in super::super) const WEIGHED: &str = "weighed";
pub(in super::super) const FLAT: &str = "flat";
pub(in super::super) const HALF_INTERVAL: &str = "half_interval";
pub(in super::super) const STEPS_FROM: &str = "steps_from";
pub(in super::super) const STEPS_LENGTH: &str = "steps_length";
pub(in super::super) const STEPS_RISE: &str = "steps_rise";
pub(in super::super) const STEPS_PAST: &str = "steps_past";
pub(in super::super) const STEPS_SHARE: &str = "steps_share";
pub(in super::super) const STEPS_DONE: &str = "steps_done";
pub(in super::super) const RISEN: &str = "risen";
pub(in super::super) const ZERO: &str = "zero";
pub(in super::super) const ONE: &str = "one";
pub(in super::super) const HALF_BY_PREDICTION: &str = "half_by_prediction";
pub(in super::super) const DIFFICULTY_SUM: &str = "difficulty_sum";
pub(in super::super) const DIFFICULTY_BASE: &str = "difficulty_base";
pub(in super::super) const DIFFICULTY: &str = "difficulty";
pub(in super::super) const DIFFICULTY_BY_ROW: &str = "difficulty_by_row";
pub(in super::super) const HARDNESS: &str = "hardness";
pub(in super::super) const HALF: &str = "half";
pub(in super::super) const LOWEST: &str = "lowest";
pub(in super::super) const GREATEST: &str = "greatest";
pub(in super::super) const LOWER_FREE: &str = "lower_free";
pub(in super::super) const UPPER_FREE: &str = "upper_free";

pub(in super::super) const LABEL: &str = "label";
pub(in super::super) const PROBABILITIES: &str = "probabilities";
pub(in super::super) const PREDICTION: &str = "prediction";
pub(in super::super) const LOWER: &str = "lower";
pub(in super::super) const UPPER: &str = "upper";

/// Returns the name of the ONNX constant with the index of a category column.
pub(in super::super) fn category_index(column: usize) -> String {
    format!("category_{column}_index")
}

/// Returns the full name of an ONNX operator that belongs to one member (predictor) of a blend.
pub(in super::super) fn member(number: usize, name: &str) -> String {
    format!("member_{number}_{name}")
}

/// Returns the name of the ONNX value that contains the texts of a category column.
pub(in super::super) fn category(column: usize) -> String {
    format!("category_{column}")
}

pub(in super::super) fn one_hot(column: usize) -> String {
    format!("one_hot_{column}")
}

/// Returns the name of the ONNX value with the category codes of a column, as a list.
pub(in super::super) fn codes(column: usize) -> String {
    // The same codes as a tensor with two dimensions have the name that `code` returns.
    format!("codes_{column}")
}

pub(in super::super) fn code(column: usize) -> String {
    format!("code_{column}")
}

pub(in super::super) fn statistic_values(column: usize, statistic: usize) -> String {
    format!("statistic_{column}_{statistic}_values")
}

pub(in super::super) fn statistic(column: usize, statistic: usize) -> String {
    format!("statistic_{column}_{statistic}")
}
