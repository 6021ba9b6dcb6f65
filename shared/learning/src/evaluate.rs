//! Computes the metrics of a model, such as accuracy and R², on rows that the model was not trained on.

mod answers;
mod baseline;
mod binary;
mod confusion;
mod constant;
mod curves;
mod holdout;
mod influence;
mod probabilistic;
mod regression;
mod scores;

use evergreen_lifecycle::{
    ClassEvaluation, ClassificationEvaluation, Evaluation, Label, MAX_CONFUSED_LABELS, MAX_WORST_LABELS,
};
use evergreen_table::Target;

pub(crate) use answers::Answers;
pub(crate) use baseline::baseline;
pub use constant::ConstantAnswer;
pub(crate) use curves::curves;
pub use holdout::{EvaluationError, Holdout};
pub(crate) use probabilistic::{log_loss, log_losses};
pub(crate) use regression::INTERVAL_LEVEL;
pub(crate) use scores::{Truths, scores};

/// Computes all metrics, such as accuracy and log loss, from a model's predictions (`answers`) and the true values
/// (`target`). There must be at least one row.
///
/// `threshold` is the decision threshold to report for two labels. Returns `None` if one argument is for classification
/// and the other for regression.
pub(crate) fn evaluate(target: &Target, answers: &Answers, threshold: f64) -> Option<Evaluation> {
    // Precision, recall and F1 are computed as in scikit-learn with `average="macro", zero_division=0` over all labels
    // of the signature. Log loss and ROC AUC use the model's `f32` probabilities as `f64`.
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
    let confusion = confusion::Confusion::of(truth, classes, labels.len());
    let per_class = confusion.per_class(labels);
    let mean = |figure: fn(&ClassEvaluation) -> f64| per_class.iter().map(figure).sum::<f64>() / per_class.len() as f64;
    ClassificationEvaluation {
        rows: truth.len(),
        accuracy: confusion.accuracy(),
        balanced_accuracy: confusion::balanced_accuracy(&per_class),
        precision: mean(|class| class.precision),
        recall: mean(|class| class.recall),
        f1: mean(|class| class.f1),
        log_loss: log_loss(truth, probabilities, labels.len()),
        roc_auc: probabilistic::roc_auc(truth, probabilities, labels.len()),
        mcc: Some(influence::mcc(truth, classes, labels.len()).value),
        binary: binary::evaluate(truth, probabilities, threshold, (&confusion.matrix, &per_class), labels),
        confusion: confusion.matrix,
        per_class: kept(per_class),
    }
}

/// Chooses the classes whose precision, recall and F1 are stored: all classes, or only the worst ones if there are
/// many.
fn kept(per_class: Vec<ClassEvaluation>) -> Vec<ClassEvaluation> {
    if per_class.len() <= MAX_CONFUSED_LABELS {
        return per_class;
    }
    // The `MAX_WORST_LABELS` classes with the lowest F1, without classes that have no rows, in the order of their
    // labels.
    let mut worst: Vec<(usize, ClassEvaluation)> =
        per_class.into_iter().enumerate().filter(|(_, class)| class.support > 0).collect();
    worst.sort_by(|(_, a), (_, b)| a.f1.total_cmp(&b.f1).then(b.support.cmp(&a.support)));
    worst.truncate(MAX_WORST_LABELS);
    worst.sort_by_key(|(place, _)| *place);
    worst.into_iter().map(|(_, class)| class).collect()
}

#[cfg(test)]
mod tests {
    use evergreen_lifecycle::PrimaryMetric;

    use super::*;

    /// The expected values come from scikit-learn 1.9.1: `accuracy_score`, `balanced_accuracy_score`,
    /// `precision_recall_fscore_support(average="macro")` and `matthews_corrcoef`. `log_loss` and
    /// `roc_auc_score(multi_class="ovr")` get the predictions as probabilities of 0 and 1.
    #[test]
    fn every_metric_has_its_value() {
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
        close(figures.mcc.unwrap(), 0.4654746681256314);
        assert_eq!(figures.confusion, [[5, 1, 0], [1, 2, 0], [1, 1, 1]]);
        assert_eq!((figures.rows, figures.binary), (12, None));
    }

    /// The settings choose the metric that decides between models. An evaluation must have every metric that the
    /// settings may choose.
    #[test]
    fn an_evaluation_has_every_metric_of_its_task() {
        let labels = ["a", "b"].map(Label::from).into();
        let probabilities = [0.9, 0.1, 0.4, 0.6, 0.7, 0.3, 0.2, 0.8, 0.45, 0.55].to_vec();
        let classes = Answers::Classes { classes: vec![0, 1, 0, 1, 1], probabilities };
        let numbers = Answers::Numbers { values: vec![1.5, 2.0, 6.0, -0.5], intervals: vec![] };
        for (target, answers) in [
            (Target::Classes { labels, classes: vec![0, 0, 1, 1, 1] }, classes),
            (Target::Numbers(vec![1.0, 2.5, 4.0, 0.5]), numbers),
        ] {
            let evaluation = evaluate(&target, &answers, 0.5).unwrap();
            let truths = match &target {
                Target::Classes { classes, .. } => Truths::Classes(classes, &[Some(0), Some(1)]),
                Target::Numbers(numbers) => Truths::Numbers(numbers),
            };
            for metric in PrimaryMetric::ALL.into_iter().filter(|metric| metric.task() == target.task()) {
                let expected = scores(metric, truths, &answers).unwrap().score;
                let found = evaluation.figure(metric).unwrap();
                assert!((found - expected).abs() < 1e-12, "{metric}: {found}, {expected}");
            }
        }
    }

    #[test]
    fn a_thousand_labels_are_recorded_by_the_worst_ones_without_a_matrix() {
        let labels: Vec<Label> = (0..1000).map(Label::Integer).collect();
        let truth: Vec<u32> = (0..2000).map(|row| row % 1000).collect();
        // One row of every fortieth class gets a wrong answer, and both rows of class 999 do.
        let answer = |row: usize| if row < 1000 && row % 40 == 7 || row % 1000 == 999 { 0 } else { row % 1000 };
        let answers =
            Answers::Classes { classes: (0..2000).map(answer).collect(), probabilities: vec![1e-3; 2_000_000] };
        let evaluation = evaluate(&Target::Classes { labels, classes: truth }, &answers, 0.5).unwrap();
        let Evaluation::Classification(figures) = &evaluation else { panic!("classes are answered") };
        assert!(
            figures.confusion.is_empty() && figures.per_class.len() == MAX_WORST_LABELS,
            "{}",
            figures.per_class.len()
        );
        assert!(figures.per_class.iter().any(|class| class.label == Label::Integer(999) && class.f1 == 0.0));
        assert!((figures.accuracy - 0.9865).abs() < 1e-9, "{}", figures.accuracy);
        assert!(serde_json::to_vec(&evaluation).unwrap().len() < 4000);
    }

    #[test]
    fn answers_for_the_other_task_have_no_metrics() {
        let numbers = Answers::Numbers { values: vec![1.0], intervals: vec![] };
        assert_eq!(evaluate(&Target::Classes { labels: vec![], classes: vec![0] }, &numbers, 0.5), None);
        assert!(evaluate(&Target::Numbers(vec![1.0]), &numbers, 0.5).is_some());
    }
}
