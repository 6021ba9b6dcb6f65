//! Computes the classification metrics that need probabilities, such as log loss and ROC AUC.

// The probabilities are a flat list: for each row, one number for each class.

use rayon::prelude::*;

/// Returns the log loss of a classifier: the mean negative logarithm of the true class's predicted probability.
pub(crate) fn log_loss(truth: &[usize], probabilities: &[f32], classes: usize) -> f64 {
    // As scikit-learn's `log_loss` on `f64`. Probabilities are limited to the range from 2.2e-16 (`f64::EPSILON`) to 1
    // minus 2.2e-16. So a confident mistake costs at most 36 nats.
    let rows = truth.iter().zip(probabilities.chunks_exact(classes));
    let losses = rows.map(|(class, row)| surprise(row.get(*class).copied().unwrap_or_default()));
    losses.sum::<f64>() / truth.len() as f64
}

/// Returns the log loss of each row: the negative logarithm of the predicted probability of the row's true class.
pub(crate) fn log_losses(truth: &[u32], probabilities: &[f32], classes: usize) -> impl Iterator<Item = f64> {
    let rows = truth.iter().zip(probabilities.chunks_exact(classes.max(1)));
    rows.map(|(class, row)| surprise(row.get(*class as usize).copied().unwrap_or_default()))
}

/// Returns the log loss of one row, from the predicted probability of its true class. The probability is limited as in
/// [`log_loss`].
pub(super) fn surprise(probability: f32) -> f64 {
    -libm::log(f64::from(probability).clamp(f64::EPSILON, 1.0 - f64::EPSILON))
}

/// Returns the ROC AUC of a classifier, averaged over the classes. Returns `None` if the ROC curve of no class is
/// defined.
pub(super) fn roc_auc(truth: &[usize], probabilities: &[f32], classes: usize) -> Option<f64> {
    // As scikit-learn's `roc_auc_score(multi_class="ovr", average="macro")`. A class that all rows have, or no row has,
    // does not count, because it has no curve.
    let of = |class: usize| {
        let scores = probabilities.iter().skip(class).step_by(classes).copied();
        area(scores.zip(truth.iter().map(|truth| *truth == class)).collect())
    };
    let areas: Vec<f64> = (0..classes).into_par_iter().filter_map(of).collect();
    (!areas.is_empty()).then(|| areas.iter().sum::<f64>() / areas.len() as f64)
}

/// Returns the area under the ROC curve of one class. `scored` holds each row's score and whether the row is positive.
/// `None` if all rows are positive or no row is.
fn area(mut scored: Vec<(f32, bool)>) -> Option<f64> {
    // Computed from the ranks of the positive rows (Mann–Whitney U). Rows with equal scores share their mean rank.
    scored.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut below, mut rank_sum) = (0_usize, 0.0);
    for ties in scored.chunk_by(|a, b| a.0 == b.0) {
        let mean_rank = below as f64 + (ties.len() + 1) as f64 / 2.0;
        rank_sum += mean_rank * members(ties) as f64;
        below += ties.len();
    }
    let inside = members(&scored) as f64;
    let outside = scored.len() as f64 - inside;
    (inside > 0.0 && outside > 0.0).then(|| (rank_sum - inside * (inside + 1.0) / 2.0) / (inside * outside))
}

fn members(scored: &[(f32, bool)]) -> usize {
    scored.iter().filter(|(_, member)| *member).count()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TRUTH: [usize; 12] = [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2];

    fn eighths(rows: &[[u8; 3]]) -> Vec<f32> {
        rows.as_flattened().iter().map(|eighth| f32::from(*eighth) / 8.0).collect()
    }

    fn probabilities() -> Vec<f32> {
        eighths(&[
            [6, 1, 1],
            [4, 4, 0],
            [2, 5, 1],
            [8, 0, 0],
            [1, 6, 1],
            [2, 4, 2],
            [4, 3, 1],
            [0, 8, 0],
            [1, 2, 5],
            [0, 4, 4],
            [2, 2, 4],
            [8, 0, 0],
        ])
    }

    /// The expected values come from `log_loss(truth, probabilities)` of scikit-learn 1.9.1. The last row of the three
    /// classes is a confident mistake.
    #[test]
    fn log_loss_equals_that_of_scikit_learn() {
        assert!((log_loss(&TRUTH, &probabilities(), 3) - 3.5190611249698205).abs() < 1e-14);
        let two = [0.75, 0.25, 0.75, 0.25, 0.5, 0.5, 0.5, 0.5, 0.625, 0.375];
        assert!((log_loss(&[0, 1, 1, 0, 1], &two, 2) - 0.8082200095406578).abs() < 1e-15);
    }

    /// The expected values come from scikit-learn 1.9.1: `roc_auc_score(truth, probabilities, multi_class="ovr",
    /// average="macro")` with many ties, and `roc_auc_score(truth, probabilities[:, 1])` for two classes.
    #[test]
    fn roc_auc_equals_that_of_scikit_learn() {
        assert!((roc_auc(&TRUTH, &probabilities(), 3).unwrap() - 0.8177083333333334).abs() < 1e-15);
        let two = [0.75, 0.25, 0.75, 0.25, 0.5, 0.5, 0.5, 0.5, 0.625, 0.375];
        assert!((roc_auc(&[0, 1, 1, 0, 1], &two, 2).unwrap() - 0.5).abs() < 1e-15);
    }

    #[test]
    fn without_positive_or_negative_rows_there_is_no_curve() {
        assert_eq!(roc_auc(&[0, 0], &[0.5, 0.5, 1.0, 0.0], 2), None);
        // Class 2 has no row, so the mean is over the other two classes.
        assert_eq!(roc_auc(&[0, 1], &eighths(&[[8, 0, 0], [0, 8, 0]]), 3), Some(1.0));
    }

    proptest! {
        /// Checks that ROC AUC is the share of pairs, of a positive and a negative row, in which the positive row has
        /// the higher score.
        #[test]
        fn roc_auc_is_the_probability_that_a_positive_row_scores_higher(
            scored in prop::collection::vec((0..6_u8, any::<bool>()), 1..40),
        ) {
            // Ties count half.
            let scored: Vec<_> = scored.into_iter().map(|(score, member)| (f32::from(score), member)).collect();
            let (mut won, mut pairs) = (0.0, 0.0);
            for (member, _) in scored.iter().filter(|(_, is)| *is) {
                for (other, _) in scored.iter().filter(|(_, is)| !*is) {
                    pairs += 1.0;
                    won += if member > other { 1.0 } else if member == other { 0.5 } else { 0.0 };
                }
            }
            match area(scored) {
                Some(area) => prop_assert!((area - won / pairs).abs() < 1e-12),
                None => prop_assert_eq!(pairs, 0.0),
            }
        }
    }
}
