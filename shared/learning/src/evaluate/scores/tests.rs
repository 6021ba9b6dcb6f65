use super::*;

const TRUTH: [u32; 4] = [0, 0, 0, 1];
const KNOWN: [Option<usize>; 2] = [Some(0), Some(1)];

fn answers() -> Answers {
    Answers::Classes { classes: vec![0, 0, 1, 1], probabilities: vec![1.0, 0.0, 0.5, 0.5, 0.25, 0.75, 0.5, 0.5] }
}

fn score(metric: PrimaryMetric, known: &[Option<usize>]) -> Scores {
    scores(metric, Truths::Classes(&TRUTH, known), &answers()).unwrap()
}

fn close(found: f64, expected: f64) {
    assert!((found - expected).abs() < 1e-12, "{found} is not {expected}");
}

#[test]
fn the_mean_of_the_losses_is_the_score() {
    let expected = Scores { score: 0.75, losses: vec![0.0, 0.0, 1.0, 0.0], headline: 0.75 };
    assert_eq!(score(PrimaryMetric::Accuracy, &KNOWN), expected);
    let balanced = score(PrimaryMetric::BalancedAccuracy, &KNOWN);
    close(balanced.score, f64::midpoint(2.0 / 3.0, 1.0));
    close(balanced.losses[2], 4.0 / 6.0);
    let brier = score(PrimaryMetric::BrierScore, &KNOWN);
    assert_eq!(brier.losses, [0.0, 0.25, 0.5625, 0.25]);
    close(score(PrimaryMetric::LogLoss, &KNOWN).losses[1], 2.0_f64.ln());
    for metric in
        PrimaryMetric::ALL.into_iter().filter(|metric| metric.task() == evergreen_lifecycle::Task::Classification)
    {
        let scores = score(metric, &KNOWN);
        let mean = scores.losses.iter().sum::<f64>() / 4.0;
        close(scores.score, if metric.higher_is_better() { 1.0 - mean } else { mean });
        assert_eq!(scores.headline, 0.75, "{metric}");
    }
}

/// The expected values come from scikit-learn 1.9.1: `roc_auc_score`, `average_precision_score`, `f1_score` and
/// `matthews_corrcoef`.
#[test]
fn scores_of_rankings_and_labels_equal_those_of_scikit_learn() {
    close(score(PrimaryMetric::RocAuc, &KNOWN).score, 0.5);
    close(score(PrimaryMetric::AveragePrecision, &KNOWN).score, 1.0 / 3.0);
    close(score(PrimaryMetric::F1, &KNOWN).score, 2.0 / 3.0);
    close(score(PrimaryMetric::Mcc, &KNOWN).score, 0.5773502691896258);
}

#[test]
fn labels_unknown_to_the_model_or_in_another_order_are_matched() {
    assert_eq!(score(PrimaryMetric::Accuracy, &[None, Some(1)]).losses, [1.0, 1.0, 1.0, 0.0]);
    assert_eq!(score(PrimaryMetric::Accuracy, &[Some(1), Some(0)]).score, 0.25);
    assert!(score(PrimaryMetric::LogLoss, &[None, Some(1)]).losses[0] > 30.0);
    close(score(PrimaryMetric::F1, &[Some(1), Some(0)]).score, 0.0);
    close(score(PrimaryMetric::F1, &[Some(0), None]).score, 0.0);
    close(score(PrimaryMetric::Mcc, &[Some(0), None]).score, 0.2886751345948129);
    close(score(PrimaryMetric::RocAuc, &[Some(0), None]).score, 0.5);
}

#[test]
fn a_regression_metric_does_not_fit_classification() {
    assert_eq!(scores(PrimaryMetric::R2, Truths::Classes(&TRUTH, &KNOWN), &answers()), None);
    assert_eq!(scores(PrimaryMetric::R2, Truths::Numbers(&[1.0]), &answers()), None);
}

#[test]
fn numbers_are_scored_by_their_errors() {
    let answers = Answers::Numbers { values: vec![1.0, 4.0], intervals: Vec::new() };
    let of = |metric| scores(metric, Truths::Numbers(&[1.0, 2.0]), &answers).unwrap();
    assert_eq!(of(PrimaryMetric::Mae), Scores { score: 1.0, losses: vec![0.0, 2.0], headline: -7.0 });
    assert_eq!(of(PrimaryMetric::Rmse), Scores { score: 2.0_f64.sqrt(), losses: vec![0.0, 4.0], headline: -7.0 });
    assert_eq!(of(PrimaryMetric::R2).score, -7.0);
}

/// The expected values come from scikit-learn 1.9.1: `mean_absolute_percentage_error`, `root_mean_squared_log_error`
/// and `mean_pinball_loss(alpha=0.9)`.
#[test]
fn relative_and_quantile_errors_equal_those_of_scikit_learn() {
    let answers = Answers::Numbers { values: vec![2.5, 0.5, 2.0, 8.0], intervals: Vec::new() };
    let of = |metric| scores(metric, Truths::Numbers(&[3.0, 0.25, 2.0, 7.0]), &answers).unwrap().score;
    close(of(PrimaryMetric::Mape), 0.3273809523809524);
    close(of(PrimaryMetric::Rmsle), RMSLE);
    close(of(PrimaryMetric::Pinball), 0.14375);
}

const RMSLE: f64 = 0.12742117796548635;

#[test]
fn an_estimate_below_0_has_a_logarithm_too() {
    let answers = Answers::Numbers { values: vec![-5.0], intervals: Vec::new() };
    let scores = scores(PrimaryMetric::Rmsle, Truths::Numbers(&[0.0]), &answers).unwrap();
    assert_eq!(scores.score, 0.0);
}
