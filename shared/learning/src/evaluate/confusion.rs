//! Computes the classification metrics that need only the predicted classes and no probabilities, such as accuracy.

use evergreen_lifecycle::{ClassEvaluation, Label, MAX_CONFUSED_LABELS};

/// The confusion matrix of a classifier, and its totals.
#[derive(Debug)]
pub(super) struct Confusion {
    // More than [`MAX_CONFUSED_LABELS`] classes are too many.
    /// Number of rows by true class (outer index) and predicted class (inner index). Empty if there are too many
    /// classes.
    pub(super) matrix: Vec<Vec<usize>>,
    rows: usize,
    /// For each class, the number of rows that have this true class.
    truth: Vec<usize>,
    /// For each class, the number of rows for which the model predicts the class.
    answered: Vec<usize>,
    /// For each class, the number of its rows that are predicted correctly.
    right: Vec<usize>,
}

impl Confusion {
    /// Counts rows by true class (`truth`) and predicted class (`answered`). Every class must be below `classes`.
    pub(super) fn of(truth: &[usize], answered: &[usize], classes: usize) -> Self {
        let kept = if classes > MAX_CONFUSED_LABELS { 0 } else { classes };
        let none = || vec![0; classes];
        let mut found = Self {
            matrix: vec![vec![0; kept]; kept],
            rows: truth.len(),
            truth: none(),
            answered: none(),
            right: none(),
        };
        for (&truth, &answered) in truth.iter().zip(answered) {
            count(found.truth.get_mut(truth));
            count(found.answered.get_mut(answered));
            count(found.right.get_mut(truth).filter(|_| truth == answered));
            count(found.matrix.get_mut(truth).and_then(|row| row.get_mut(answered)));
        }
        found
    }

    /// Returns the accuracy: the share of rows whose predicted class is the true class.
    pub(super) fn accuracy(&self) -> f64 {
        ratio(self.right.iter().sum(), self.rows)
    }

    /// Returns precision, recall and F1 of each class, in the order of `labels`. A division by 0 gives 0.
    pub(super) fn per_class(&self, labels: &[Label]) -> Vec<ClassEvaluation> {
        let of = |counts: &[usize], class: usize| counts.get(class).copied().unwrap_or_default();
        let figures = |(class, label): (usize, &Label)| {
            let (right, support) = (of(&self.right, class), of(&self.truth, class));
            let answered = of(&self.answered, class);
            ClassEvaluation {
                label: label.clone(),
                support,
                precision: ratio(right, answered),
                recall: ratio(right, support),
                f1: ratio(2 * right, answered + support),
            }
        };
        labels.iter().enumerate().map(figures).collect()
    }
}

fn count(cell: Option<&mut usize>) {
    if let Some(cell) = cell {
        *cell += 1;
    }
}

/// Returns the balanced accuracy: the mean recall of the classes that have rows.
pub(super) fn balanced_accuracy(per_class: &[ClassEvaluation]) -> f64 {
    let recalls = per_class.iter().filter(|class| class.support > 0).map(|class| class.recall);
    recalls.clone().sum::<f64>() / recalls.count().max(1) as f64
}

fn ratio(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn labels(classes: usize) -> Vec<Label> {
        (0..classes as i64).map(Label::Integer).collect()
    }

    fn mean(list: &[ClassEvaluation], figure: fn(&ClassEvaluation) -> f64) -> f64 {
        list.iter().map(figure).sum::<f64>() / list.len() as f64
    }

    /// The expected values come from scikit-learn 1.9.1: `confusion_matrix`, `accuracy_score`,
    /// `balanced_accuracy_score` and `precision_recall_fscore_support(average="macro", zero_division=0)` of these
    /// lists.
    #[test]
    fn three_classes_as_scikit_learn() {
        let truth = [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2];
        let predicted = [0, 0, 1, 0, 1, 1, 0, 1, 2, 1, 2, 0];
        let confusion = Confusion::of(&truth, &predicted, 3);
        assert_eq!(confusion.matrix, [[3, 1, 0], [1, 3, 0], [1, 1, 2]]);
        assert_eq!(confusion.accuracy(), 0.6666666666666666);
        let classes = confusion.per_class(&labels(3));
        assert_eq!(balanced_accuracy(&classes), 0.6666666666666666);
        assert!((mean(&classes, |class| class.precision) - 0.7333333333333334).abs() < 1e-15);
        assert!((mean(&classes, |class| class.recall) - 0.6666666666666666).abs() < 1e-15);
        assert!((mean(&classes, |class| class.f1) - 0.6666666666666666).abs() < 1e-15);
        assert_eq!(classes.iter().map(|class| class.support).collect::<Vec<_>>(), [4, 4, 4]);
    }

    /// The expected values come from `balanced_accuracy_score` and `precision_recall_fscore_support` of scikit-learn
    /// 1.9.1. Class 1 is never predicted.
    #[test]
    fn a_class_that_is_never_predicted_scores_0() {
        let classes = Confusion::of(&[0, 1, 1, 0, 1], &[0; 5], 2).per_class(&labels(2));
        assert_eq!(balanced_accuracy(&classes), 0.5);
        assert!((mean(&classes, |class| class.precision) - 0.2).abs() < 1e-15);
        assert!((mean(&classes, |class| class.f1) - 0.2857142857142857).abs() < 1e-15);
    }

    #[test]
    fn a_class_without_rows_is_left_out_of_balanced_accuracy() {
        let classes = Confusion::of(&[0, 0, 1, 1], &[0, 0, 1, 0], 3).per_class(&labels(3));
        assert_eq!(balanced_accuracy(&classes), 0.75);
        assert_eq!(mean(&classes, |class| class.recall), 0.5);
    }

    proptest! {
        #[test]
        fn figures_are_shares_and_the_matrix_holds_every_row(
            pairs in prop::collection::vec((0..4_usize, 0..4_usize), 1..60),
        ) {
            let (truth, predicted): (Vec<_>, Vec<_>) = pairs.iter().copied().unzip();
            let confusion = Confusion::of(&truth, &predicted, 4);
            prop_assert_eq!(confusion.matrix.iter().flatten().sum::<usize>(), pairs.len());
            let right = pairs.iter().filter(|(truth, predicted)| truth == predicted).count();
            prop_assert_eq!(confusion.accuracy(), right as f64 / pairs.len() as f64);
            for class in confusion.per_class(&labels(4)) {
                for figure in [class.precision, class.recall, class.f1] {
                    prop_assert!((0.0..=1.0).contains(&figure));
                }
                prop_assert!(class.f1 <= class.precision.max(class.recall) + 1e-12);
            }
        }
    }
}
