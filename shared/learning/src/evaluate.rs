//! How well a model does on rows that it has not learnt from.

mod answers;
mod baseline;
mod binary;
mod confusion;
mod constant;
mod holdout;
mod influence;
mod probabilistic;
mod regression;
mod scores;

use evergreen_lifecycle::{ClassEvaluation, ClassificationEvaluation, Evaluation, Label};
use evergreen_table::Target;

pub(crate) use answers::Answers;
pub(crate) use baseline::baseline;
pub use constant::Constant;
pub use holdout::{EvaluationError, Holdout};
pub(crate) use probabilistic::{log_loss, log_losses};
pub(crate) use regression::INTERVAL_LEVEL;
pub(crate) use scores::{Truths, scores};

/// Evaluates `answers` to rows of `target`, at least one; nothing if they do not fit each other.
///
/// Of two labels the second is answered where its probability is above `threshold`.
///
/// Precision, recall and F1 are scikit-learn's with `average="macro", zero_division=0` over all labels of the signature;
/// log loss and ROC AUC take the model's `f32` probabilities as `f64`.
pub(crate) fn evaluate(target: &Target, answers: &Answers, threshold: f64) -> Option<Evaluation> {
    match (target, answers) {
        (Target::Classes { labels, classes: truth }, Answers::Classes { classes, probabilities }) => {
            let truth: Vec<usize> = truth.iter().map(|class| *class as usize).collect();
            Some(Evaluation::Classification(classification(&truth, labels, classes, (probabilities, threshold))))
        }
        (Target::Numbers(truth), Answers::Numbers { values, intervals }) => {
            Some(Evaluation::Regression(regression::evaluate(truth, values, intervals)))
        }
        _ => None,
    }
}

fn classification(
    truth: &[usize],
    labels: &[Label],
    classes: &[usize],
    (probabilities, threshold): (&[f32], f64),
) -> ClassificationEvaluation {
    let confusion = confusion::matrix(truth, classes, labels.len());
    let per_class = confusion::per_class(&confusion, labels);
    let mean = |figure: fn(&ClassEvaluation) -> f64| per_class.iter().map(figure).sum::<f64>() / per_class.len() as f64;
    ClassificationEvaluation {
        rows: truth.len(),
        accuracy: confusion::accuracy(&confusion),
        balanced_accuracy: confusion::balanced_accuracy(&per_class),
        precision: mean(|class| class.precision),
        recall: mean(|class| class.recall),
        f1: mean(|class| class.f1),
        log_loss: log_loss(truth, probabilities, labels.len()),
        roc_auc: probabilistic::roc_auc(truth, probabilities, labels.len()),
        binary: binary::evaluate(truth, probabilities, threshold, &confusion, labels),
        confusion,
        per_class,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// sklearn.metrics 1.9.1 on truth and predictions: accuracy_score, balanced_accuracy_score,
    /// precision_recall_fscore_support(average="macro"), log_loss and roc_auc_score(multi_class="ovr") on the predictions as
    /// probabilities of 0 and 1.
    #[test]
    fn every_figure_is_in_its_place() {
        let classes = vec![0, 0, 0, 0, 1, 0, 1, 1, 0, 2, 1, 0];
        let certain = |class: &usize| (0..3).map(|other| f32::from(u8::from(other == *class))).collect::<Vec<_>>();
        let probabilities = classes.iter().flat_map(certain).collect();
        let labels = ["a", "b", "c"].map(Label::from).into();
        let target = Target::Classes { labels, classes: vec![0, 0, 0, 0, 0, 0, 1, 1, 1, 2, 2, 2] };
        let evaluation = evaluate(&target, &Answers::Classes { classes, probabilities }, 0.5);
        let Some(Evaluation::Classification(figures)) = evaluation else { panic!("{evaluation:?}") };
        let close = |found: f64, expected: f64| assert!((found - expected).abs() < 1e-12, "{found}: {figures:?}");
        close(figures.accuracy, 0.6666666666666666);
        close(figures.balanced_accuracy, 0.611111111111111);
        close(figures.precision, 0.7380952380952381);
        close(figures.recall, 0.611111111111111);
        close(figures.f1, 0.6135531135531136);
        close(figures.log_loss, 12.014551129705717);
        close(figures.roc_auc.unwrap(), 0.7129629629629629);
        assert_eq!(figures.confusion, [[5, 1, 0], [1, 2, 0], [1, 1, 1]]);
        assert_eq!((figures.rows, figures.binary), (12, None));
    }

    #[test]
    fn answers_of_the_other_task_have_no_figures() {
        let numbers = Answers::Numbers { values: vec![1.0], intervals: vec![] };
        assert_eq!(evaluate(&Target::Classes { labels: vec![], classes: vec![0] }, &numbers, 0.5), None);
        assert!(evaluate(&Target::Numbers(vec![1.0]), &numbers, 0.5).is_some());
    }
}
