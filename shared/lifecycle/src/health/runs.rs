//! Health metrics of the training runs.

use jiff::Timestamp;

use super::values::count;
use super::{Metric, MetricValues};
use crate::time::hours_between;
use crate::{Run, RunStatus};

/// Computes the health metrics of the training runs, such as the number of failed runs. `recent` holds the newest runs
/// in any order.
pub fn run_metrics(recent: &[Run], now: Timestamp) -> MetricValues {
    // Imports of model files do not count: a refused import says nothing about the schedule, and an accepted one must
    // not hide failed training.
    let trainings = || recent.iter().filter(|run| run.trigger.is_training());
    let made: Vec<&Run> = trainings().filter(|run| run.version().is_some()).collect();
    let mut values = MetricValues::default();
    let failed =
        trainings().filter(|run| failed_for_good(run, now) && !made.iter().any(|made| made.came_after(run, now)));
    values.know(Metric::FailedRuns, count(failed));
    // Version numbers only grow. So the highest number is the newest version, even if a clock was wrong.
    let newest = made.iter().max_by_key(|run| run.version());
    if let Some((run, finished_at)) = newest.and_then(|run| Some((run, run.finished_at()?))) {
        values.know(Metric::HoursSinceTraining, hours_between(finished_at, now).max(0.0));
        if let Some(metrics) = &run.metrics {
            values.know(Metric::TrainingAccuracy, metrics.training_score());
            values.know(Metric::TrainingDuration, metrics.duration());
        }
    }
    values
}

/// Returns whether a training run failed or stopped without a result, and will not be retried.
pub fn failed_for_good(run: &Run, now: Timestamp) -> bool {
    let retry_until = match run.status_at(now) {
        RunStatus::Failed => run.retry_until(),
        RunStatus::Lost => run.retry_window(run.lease_until),
        RunStatus::Running | RunStatus::Succeeded | RunStatus::Rejected => return false,
    };
    retry_until.is_none_or(|until| now > until)
}
