//! Lists the facts about a model version for the table in a mail.

use evergreen_lifecycle::{Champion, ClassificationEvaluation, Evaluation, RegressionEvaluation, Task};
use jiff::Timestamp;

use crate::quantity::{hours, moment, number};

/// Row of the table in a mail about a model version: the name of a fact (such as the accuracy) and its formatted value.
pub(crate) type VersionValue = (&'static str, String);

/// Returns the name of the main score of models for `task`, such as `accuracy`.
pub(crate) fn headline_name(task: Task) -> &'static str {
    // `Champion::headline` returns its value.
    match task {
        Task::Classification => "accuracy",
        Task::Regression => "R²",
    }
}

/// Returns the facts about one model version, such as the accuracy, for the mail's table of model versions.
pub(crate) fn of(champion: &Champion, now: Timestamp) -> Vec<VersionValue> {
    let version = &champion.version;
    let training = number(version.training_score);
    let mut values = match &version.evaluation {
        Evaluation::Classification(evaluation) => classification(evaluation, training),
        Evaluation::Regression(evaluation) => regression(evaluation, training),
    };
    values.extend([
        ("Trained", moment(version.trained_at)),
        ("Age", hours(champion.age_hours(now).max(0.0))),
        ("Rows of data", version.dataset.rows.to_string()),
        ("Run", version.run_id.to_string()),
    ]);
    values
}

fn classification(evaluation: &ClassificationEvaluation, training: String) -> Vec<VersionValue> {
    let maybe = |value: Option<f64>| value.map_or_else(|| "none".to_owned(), number);
    let mut values = vec![
        ("Accuracy, hold-out", number(evaluation.accuracy)),
        ("Balanced accuracy", number(evaluation.balanced_accuracy)),
        ("F1, macro", number(evaluation.f1)),
        ("Log loss", number(evaluation.log_loss)),
        ("ROC AUC", maybe(evaluation.roc_auc)),
    ];
    values.extend(evaluation.mcc.map(|mcc| ("MCC", number(mcc))));
    if let Some(binary) = &evaluation.binary {
        values.extend(binary.f1.map(|f1| ("F1 of the positive label", number(f1))));
        values.push(("Average precision", maybe(binary.average_precision)));
        values.push(("Brier score", number(binary.brier_score)));
    }
    values.push(("Accuracy, training", training));
    values
}

fn regression(evaluation: &RegressionEvaluation, training: String) -> Vec<VersionValue> {
    let interval = evaluation.interval;
    let share = |share: f64| format!("{} %", number(100.0 * share));
    let held = format!("{} ({} expected)", share(interval.coverage), share(interval.level));
    let least = interval.by_fifth.map(|fifths| share(fifths.into_iter().fold(f64::INFINITY, f64::min)));
    let mut values = vec![
        ("R², hold-out", number(evaluation.r2)),
        ("RMSE", number(evaluation.rmse)),
        ("MAE", number(evaluation.mae)),
        ("Median absolute error", number(evaluation.median_absolute_error)),
    ];
    values.extend(evaluation.mape.map(|mape| ("MAPE", number(mape))));
    values.extend(evaluation.rmsle.map(|rmsle| ("RMSLE", number(rmsle))));
    values.extend(evaluation.pinball.map(|pinball| ("Pinball loss", number(pinball))));
    values.push(("Rows inside the interval", held));
    values.extend(least.map(|least| ("Rows inside the interval, worst fifth of the predictions", least)));
    values.extend([("Width of an interval", number(interval.width)), ("R², training", training)]);
    values
}
