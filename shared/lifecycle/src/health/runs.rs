//! Metrics of the training runs.

use jiff::Timestamp;

use super::figures::count;
use super::{Figures, Metric};
use crate::time::hours_between;
use crate::{Run, RunStatus};

/// Returns the metrics of the newest runs, given in any order. Only training runs count. A refused import says nothing
/// about the schedule, and an accepted import must not hide failed training.
pub fn run_figures(recent: &[Run], now: Timestamp) -> Figures {
    let trainings = || recent.iter().filter(|run| run.trigger.is_training());
    let made: Vec<&Run> = trainings().filter(|run| run.version().is_some()).collect();
    let mut figures = Figures::default();
    let failed =
        trainings().filter(|run| came_to_nothing(run, now) && !made.iter().any(|made| made.came_after(run, now)));
    figures.know(Metric::FailedRuns, count(failed));
    // Numbers only grow, so the newest version can be found without a clock.
    let newest = made.iter().max_by_key(|run| run.version());
    if let Some((run, finished_at)) = newest.and_then(|run| Some((run, run.finished_at()?))) {
        figures.know(Metric::HoursSinceTraining, hours_between(finished_at, now).max(0.0));
        if let Some(metrics) = &run.metrics {
            figures.know(Metric::TrainingAccuracy, metrics.training_score());
            figures.know(Metric::TrainingDuration, metrics.duration());
        }
    }
    figures
}

/// Checks whether `run` failed or was lost for good, so that the platform does not retry it by itself.
pub fn came_to_nothing(run: &Run, now: Timestamp) -> bool {
    let retry_until = match run.status_at(now) {
        RunStatus::Failed => run.retry_until(),
        RunStatus::Lost => run.retry_window(run.lease_until),
        RunStatus::Running | RunStatus::Succeeded | RunStatus::Rejected => return false,
    };
    retry_until.is_none_or(|until| now > until)
}
