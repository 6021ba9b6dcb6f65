//! Lists the figures of a version for the mail's table.

use evergreen_lifecycle::{Champion, ClassificationEvaluation, Evaluation, RegressionEvaluation, Task};
use jiff::Timestamp;

use crate::quantity::{hours, moment, number};

/// The name of a figure and its formatted value.
pub(crate) type Figure = (&'static str, String);

/// Returns the name of the score that [`Champion::headline`] gives for models of that task.
pub(crate) fn headline_name(task: Task) -> &'static str {
    match task {
        Task::Classification => "accuracy",
        Task::Regression => "R²",
    }
}

/// Returns one version's column of the table.
pub(crate) fn of(champion: &Champion, now: Timestamp) -> Vec<Figure> {
    let version = &champion.version;
    let training = number(version.training_score);
    let mut figures = match &version.evaluation {
        Evaluation::Classification(figures) => classification(figures, training),
        Evaluation::Regression(figures) => regression(figures, training),
    };
    figures.extend([
        ("Trained", moment(version.trained_at)),
        ("Age", hours(champion.age_hours(now).max(0.0))),
        ("Rows of data", version.dataset.rows.to_string()),
        ("Run", version.run_id.to_string()),
    ]);
    figures
}

fn classification(figures: &ClassificationEvaluation, training: String) -> Vec<Figure> {
    let maybe = |figure: Option<f64>| figure.map_or_else(|| "none".to_owned(), number);
    let mut told = vec![
        ("Accuracy, hold-out", number(figures.accuracy)),
        ("Balanced accuracy", number(figures.balanced_accuracy)),
        ("F1, macro", number(figures.f1)),
        ("Log loss", number(figures.log_loss)),
        ("ROC AUC", maybe(figures.roc_auc)),
    ];
    told.extend(figures.mcc.map(|mcc| ("MCC", number(mcc))));
    if let Some(binary) = &figures.binary {
        told.extend(binary.f1.map(|f1| ("F1 of the positive label", number(f1))));
        told.push(("Average precision", maybe(binary.average_precision)));
        told.push(("Brier score", number(binary.brier_score)));
    }
    told.push(("Accuracy, training", training));
    told
}

fn regression(figures: &RegressionEvaluation, training: String) -> Vec<Figure> {
    let interval = figures.interval;
    let share = |share: f64| format!("{} %", number(100.0 * share));
    let held = format!("{} ({} expected)", share(interval.coverage), share(interval.level));
    let least = interval.by_fifth.map(|fifths| share(fifths.into_iter().fold(f64::INFINITY, f64::min)));
    let mut told = vec![
        ("R², hold-out", number(figures.r2)),
        ("RMSE", number(figures.rmse)),
        ("MAE", number(figures.mae)),
        ("Median absolute error", number(figures.median_absolute_error)),
    ];
    told.extend(figures.mape.map(|mape| ("MAPE", number(mape))));
    told.extend(figures.rmsle.map(|rmsle| ("RMSLE", number(rmsle))));
    told.extend(figures.pinball.map(|pinball| ("Pinball loss", number(pinball))));
    told.push(("Rows inside the interval", held));
    told.extend(least.map(|least| ("Rows inside the interval, worst fifth of the predictions", least)));
    told.extend([("Width of an interval", number(interval.width)), ("R², training", training)]);
    told
}
