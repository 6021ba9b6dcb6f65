//! Computes the metrics of a classification with two classes. One of them is the positive class.

use evergreen_lifecycle::{BinaryEvaluation, ClassEvaluation, Label};

/// Index of the positive class. In a table with two labels, the positive label is the second.
pub(super) const POSITIVE: usize = 1;

/// Returns the metrics of a classifier with two classes, such as true positives and Brier score. `None` if there are
/// not two classes.
pub(super) fn evaluate(
    truth: &[usize],
    probabilities: &[f32],
    threshold: f64,
    (confusion, per_class): (&[Vec<usize>], &[ClassEvaluation]),
    labels: &[Label],
) -> Option<BinaryEvaluation> {
    // The confusion matrix and `per_class` must be computed from the same predictions. `probabilities` has two numbers
    // for each row.
    let [_, positive] = labels else { return None };
    let count = |truth: usize, predicted: usize| {
        confusion.get(truth).and_then(|row| row.get(predicted)).copied().unwrap_or_default()
    };
    let scored: Vec<(f32, bool)> = scores(probabilities).zip(truth.iter().map(|class| *class == POSITIVE)).collect();
    Some(BinaryEvaluation {
        positive: positive.clone(),
        threshold,
        true_positives: count(1, 1),
        false_positives: count(0, 1),
        true_negatives: count(0, 0),
        false_negatives: count(1, 0),
        brier_score: scored.iter().map(|row| brier(row.0, row.1)).sum::<f64>() / scored.len().max(1) as f64,
        average_precision: average_precision(scored),
        f1: per_class.get(POSITIVE).map(|class| class.f1),
    })
}

/// Returns the predicted probability of the positive class for each row.
fn scores(probabilities: &[f32]) -> impl Iterator<Item = f32> {
    probabilities.chunks_exact(2).filter_map(|row| row.get(POSITIVE).copied())
}

/// Returns the Brier score of one row: the squared difference between the predicted probability and the truth (0 or 1).
pub(super) fn brier(probability: f32, positive: bool) -> f64 {
    (f64::from(probability) - f64::from(u8::from(positive))).powi(2)
}

/// Returns the area under the precision-recall curve, or `None` if no row is positive. `scored` holds each row's score
/// and whether the row is positive.
fn average_precision(mut scored: Vec<(f32, bool)>) -> Option<f64> {
    // As scikit-learn's `average_precision_score`: the sum, over the thresholds, of the precision times the increase in
    // recall.
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    let positives = scored.iter().filter(|row| row.1).count();
    let (mut rows, mut found, mut area) = (0, 0, 0.0);
    for ties in scored.chunk_by(|a, b| a.0 == b.0) {
        let more = ties.iter().filter(|row| row.1).count();
        rows += ties.len();
        found += more;
        area += found as f64 / rows as f64 * more as f64;
    }
    (positives > 0).then(|| area / positives as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRUTH: [usize; 8] = [0, 1, 1, 0, 1, 0, 0, 1];
    const POSITIVES: [f32; 8] = [0.125, 0.875, 0.5, 0.5, 0.25, 0.25, 0.75, 0.625];

    fn probabilities() -> Vec<f32> {
        POSITIVES.iter().flat_map(|p| [1.0 - p, *p]).collect()
    }

    /// The expected values come from scikit-learn 1.9.1: `average_precision_score` and `brier_score_loss` of these
    /// lists.
    #[test]
    fn metrics_equal_those_of_scikit_learn() {
        let confusion = [vec![3, 1], vec![2, 2]];
        let labels = ["no".into(), "yes".into()];
        let figures = evaluate(&TRUTH, &probabilities(), 0.5, (&confusion, &[]), &labels).unwrap();
        assert!((figures.average_precision.unwrap() - 0.7095238095238094).abs() < 1e-12, "{figures:?}");
        assert!((figures.brier_score - 0.232421875).abs() < 1e-12, "{figures:?}");
        assert_eq!((figures.true_positives, figures.false_positives), (2, 1));
        assert_eq!((figures.true_negatives, figures.false_negatives), (3, 2));
        assert_eq!(figures.positive, "yes".into());
    }

    #[test]
    fn without_positive_rows_or_with_three_classes_there_is_no_curve() {
        assert_eq!(average_precision(vec![(0.5, false)]), None);
        assert_eq!(evaluate(&[], &[], 0.5, (&[], &[]), &["a".into(), "b".into(), "c".into()]), None);
    }
}
