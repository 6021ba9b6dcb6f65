//! Computes the curves that describe a model's answers on the hold-out: ROC, precision–recall, calibration, residuals.

use evergreen_lifecycle::histogram::{bins, quantile};
use evergreen_lifecycle::{
    CalibrationBin, ClassCurve, ClassificationCurves, Curves, Label, MAX_CURVES, PredictedPart, RegressionCurves,
};
use evergreen_table::Target;
use rayon::prelude::*;

use super::answers::Answers;
use super::binary::POSITIVE;

/// Number of equal parts in which a curve keeps its first and its last point. So a curve has at most 101 points.
const CURVE_PARTS: usize = 50;

/// Number of tenths of the probability for the calibration.
const CALIBRATION_BINS: usize = 10;

/// Maximum number of bins in the histogram of residuals.
const RESIDUAL_BINS: usize = 20;

/// Maximum number of parts, and minimum number of rows in each, when true numbers are shown by predicted number.
const PARTS: (usize, usize) = (10, 5);

/// Computes the curves of a model from its predictions (`answers`) and the true values (`target`). `None` if one is for
/// classification and the other for regression.
pub(crate) fn curves(target: &Target, answers: &Answers) -> Option<Curves> {
    match (target, answers) {
        (Target::Classes { labels, classes: truth }, Answers::Classes { classes, probabilities }) => {
            let rows = ClassifiedRows { truth, classes, probabilities, labels };
            Some(Curves::Classification(rows.curves()))
        }
        (Target::Numbers(truth), Answers::Numbers { values, .. }) => {
            Some(Curves::Regression(of_numbers(truth, values)))
        }
        _ => None,
    }
}

/// Rows with their true class, predicted class and probabilities: for each row, one number for each label.
struct ClassifiedRows<'a> {
    truth: &'a [u32],
    classes: &'a [usize],
    probabilities: &'a [f32],
    labels: &'a [Label],
}

impl ClassifiedRows<'_> {
    fn curves(&self) -> ClassificationCurves {
        let (drawn, left_out) = self.drawn();
        let of = |class: usize| {
            let (label, counts) = (self.labels.get(class)?, self.counts(class)?);
            let curve = |points| ClassCurve { label: label.clone(), points };
            Some((curve(roc(&counts)), curve(precision_recall(&counts))))
        };
        let (roc, precision_recall) = drawn.into_par_iter().filter_map(of).unzip();
        ClassificationCurves { roc, precision_recall, calibration: self.calibration(), left_out }
    }

    /// Returns the classes that get curves, and how many are left out.
    fn drawn(&self) -> (Vec<usize>, usize) {
        if self.labels.len() == 2 {
            return (vec![POSITIVE], 0);
        }
        let mut rows = vec![0_usize; self.labels.len()];
        for class in self.truth {
            if let Some(rows) = rows.get_mut(*class as usize) {
                *rows += 1;
            }
        }
        let mut drawn: Vec<usize> = (0..self.labels.len()).collect();
        // The sort is stable, so labels with equally many rows keep their order.
        drawn.sort_by_key(|class| std::cmp::Reverse(rows.get(*class).copied().unwrap_or_default()));
        let left_out = drawn.split_off(drawn.len().min(MAX_CURVES)).len();
        drawn.sort_unstable();
        (drawn, left_out)
    }

    /// Counts the rows of one class and of all others above each score. `None` if one of the two has no rows.
    fn counts(&self, class: usize) -> Option<Counts> {
        let scores = self.probabilities.iter().skip(class).step_by(self.labels.len().max(1)).copied();
        let mut scored: Vec<(f32, bool)> =
            scores.zip(self.truth.iter().map(|truth| *truth as usize == class)).collect();
        scored.sort_by(|a, b| b.0.total_cmp(&a.0));
        let (mut positive, mut negative) = (0, 0);
        let above = scored.chunk_by(|a, b| a.0 == b.0).map(|ties| {
            let more = ties.iter().filter(|row| row.1).count();
            positive += more;
            negative += ties.len() - more;
            (positive, negative)
        });
        let above: Vec<(usize, usize)> = above.collect();
        (positive > 0 && negative > 0).then_some(Counts { above, positive, negative })
    }

    fn calibration(&self) -> Vec<CalibrationBin> {
        let mut sums = [(0.0, 0_usize, 0_usize); CALIBRATION_BINS];
        for (probability, is_right) in self.judged() {
            let bin = (probability * CALIBRATION_BINS as f64) as usize;
            if let Some((sum, right, rows)) = sums.get_mut(bin.min(CALIBRATION_BINS - 1)) {
                *sum += probability;
                *right += usize::from(is_right);
                *rows += 1;
            }
        }
        let bin = |(sum, right, rows): (f64, usize, usize)| CalibrationBin {
            mean_probability: rounded(sum / rows as f64),
            observed: rounded(right as f64 / rows as f64),
            rows,
        };
        sums.into_iter().filter(|(_, _, rows)| *rows > 0).map(bin).collect()
    }

    /// Returns for each row a predicted probability, and whether the row has the label of this probability.
    fn judged(&self) -> impl Iterator<Item = (f64, bool)> {
        let rows = self.probabilities.chunks_exact(self.labels.len().max(1)).zip(self.truth).zip(self.classes);
        rows.map(|((probabilities, truth), predicted)| {
            let class = if self.labels.len() == 2 { POSITIVE } else { *predicted };
            let probability = probabilities.get(class).copied().unwrap_or_default();
            (f64::from(probability), *truth as usize == class)
        })
    }
}

/// How many rows of one class, and of all other classes, lie at or above each score. The highest score comes first.
struct Counts {
    above: Vec<(usize, usize)>,
    positive: usize,
    negative: usize,
}

fn roc(counts: &Counts) -> Vec<[f64; 2]> {
    let share = |count: usize, all: usize| count as f64 / all as f64;
    let point = |(positive, negative)| [share(negative, counts.negative), share(positive, counts.positive)];
    let points = std::iter::once((0, 0)).chain(counts.above.iter().copied()).map(point);
    // On its way from (0, 0) to (1, 1), a ROC curve goes 1 to the right and 1 up.
    thinned(points, |[x, y]| (x + y) / 2.0)
}

fn precision_recall(counts: &Counts) -> Vec<[f64; 2]> {
    let point = |(positive, negative): (usize, usize)| {
        [positive as f64 / counts.positive as f64, positive as f64 / (positive + negative) as f64]
    };
    let points = std::iter::once([0.0, 1.0]).chain(counts.above.iter().copied().map(point));
    thinned(points, |[recall, _]| recall)
}

/// Keeps the first and the last point of each part of a curve. `way` says how much of the curve lies before a point,
/// 0–1.
fn thinned(points: impl Iterator<Item = [f64; 2]>, way: impl Fn([f64; 2]) -> f64) -> Vec<[f64; 2]> {
    let part = |point: [f64; 2]| ((way(point) * CURVE_PARTS as f64) as usize).min(CURVE_PARTS - 1);
    let mut kept: Vec<([f64; 2], usize)> = Vec::new();
    for point in points {
        let part = part(point);
        // The third and later point of a part replaces the one before it.
        if let [.., (_, before), (last, latest)] = kept.as_mut_slice()
            && *before == part
            && *latest == part
        {
            *last = point;
        } else {
            kept.push((point, part));
        }
    }
    kept.into_iter().map(|(point, _)| point.map(rounded)).collect()
}

/// Rounds a share to five decimals, which a drawing cannot show but a file would store.
fn rounded(share: f64) -> f64 {
    (share * 1e5).round() / 1e5
}

fn of_numbers(truth: &[f64], values: &[f32]) -> RegressionCurves {
    let residuals = truth.iter().zip(values).map(|(truth, value)| truth - f64::from(*value));
    let mut rows: Vec<(f64, f64)> = values.iter().map(|value| f64::from(*value)).zip(truth.iter().copied()).collect();
    rows.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (most, least) = PARTS;
    let parts = (rows.len() / least).min(most);
    let part = |number: usize| rows.get(rows.len() * number / parts..rows.len() * (number + 1) / parts);
    RegressionCurves {
        residuals: bins(residuals, RESIDUAL_BINS),
        predicted_against_true: (0..parts).filter_map(part).filter_map(predicted_part).collect(),
    }
}

fn predicted_part(rows: &[(f64, f64)]) -> Option<PredictedPart> {
    let mean = |of: fn(&(f64, f64)) -> f64| rows.iter().map(of).sum::<f64>() / rows.len() as f64;
    let mut truth: Vec<f64> = rows.iter().map(|(_, truth)| *truth).collect();
    truth.sort_by(f64::total_cmp);
    Some(PredictedPart {
        mean_prediction: mean(|row| row.0),
        mean_truth: mean(|row| row.1),
        low_truth: quantile(&truth, 0.1)?,
        high_truth: quantile(&truth, 0.9)?,
        rows: rows.len(),
    })
}

#[cfg(test)]
mod tests;
