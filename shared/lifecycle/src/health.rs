//! What is published of a model: each figure a pure function of what is known, and absent when it is not.

use jiff::{SignedDuration, Timestamp};

use crate::{Champion, Run, RunStatus, champion::average_accuracy, time::hours_between};

/// Days over which served accuracy is averaged.
pub const AVERAGE_DAYS: u32 = 7;

/// A figure's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Metric {
    /// Accuracy of the newest trained version on the rows that it learnt from, 0–1.
    TrainingAccuracy,
    /// Accuracy of the champion on its hold-out, 0–1.
    ModelAccuracy,
    /// Accuracy served over the last seven days, 0–1; see [`average_accuracy`].
    ModelAccuracy7DayAverage,
    /// Hours since the champion was trained.
    ModelAgeHours,
    /// Hours since a run last made a version.
    HoursSinceTraining,
    /// Seconds that the newest run with a version took.
    TrainingDuration,
    /// Registered versions.
    Versions,
    /// Versions refused by the gate since the champion was promoted.
    Rejections,
    /// Runs that failed or were lost since one last made a version.
    FailedRuns,
    /// 1 when the last scheduled training missed its deadline, else 0.
    DeadlineMissed,
    /// 1 when the champion's artifact can be fetched, verified and parsed, else 0.
    ModelHealthy,
}

/// What a figure is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// A share, a number of hours, a yes or no.
    None,
    /// A count.
    Count,
    /// Seconds.
    Seconds,
}

impl Metric {
    /// The name under which it is published.
    pub fn name(self) -> &'static str {
        match self {
            Self::TrainingAccuracy => "TrainingAccuracy",
            Self::ModelAccuracy => "ModelAccuracy",
            Self::ModelAccuracy7DayAverage => "ModelAccuracy7DayAverage",
            Self::ModelAgeHours => "ModelAgeHours",
            Self::HoursSinceTraining => "HoursSinceTraining",
            Self::TrainingDuration => "TrainingDuration",
            Self::Versions => "Versions",
            Self::Rejections => "Rejections",
            Self::FailedRuns => "FailedRuns",
            Self::DeadlineMissed => "DeadlineMissed",
            Self::ModelHealthy => "ModelHealthy",
        }
    }

    /// Its unit.
    pub fn unit(self) -> Unit {
        match self {
            Self::TrainingDuration => Unit::Seconds,
            Self::Versions | Self::Rejections | Self::FailedRuns => Unit::Count,
            _ => Unit::None,
        }
    }
}

/// One figure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Datum {
    /// Which.
    pub metric: Metric,
    /// How much, in the metric's unit.
    pub value: f64,
}

/// What the champions tell: `recent` holds them newest first, the present one included.
pub fn champion_figures(recent: &[Champion], now: Timestamp) -> Vec<Datum> {
    let Some(champion) = recent.first() else { return Vec::new() };
    let mut data = vec![
        Datum { metric: Metric::ModelAccuracy, value: champion.accuracy() },
        Datum { metric: Metric::ModelAgeHours, value: champion.age_hours(now) },
    ];
    data.extend(
        average_accuracy(recent, now, AVERAGE_DAYS)
            .map(|value| Datum { metric: Metric::ModelAccuracy7DayAverage, value }),
    );
    data
}

/// What the runs tell: `recent` holds them newest first. `promoted_at` is when the champion was promoted, if there is one.
pub fn run_figures(recent: &[Run], promoted_at: Option<Timestamp>, now: Timestamp) -> Vec<Datum> {
    if recent.is_empty() {
        return Vec::new();
    }
    let made_version = |run: &&Run| run.version().is_some();
    let mut data = Vec::new();
    let newest = recent.iter().filter(made_version).max_by_key(|run| run.finished_at());
    if let Some((run, finished_at)) = newest.and_then(|run| Some((run, run.finished_at()?))) {
        data.push(Datum { metric: Metric::HoursSinceTraining, value: hours_between(finished_at, now) });
        data.extend(run.metrics.iter().flat_map(|metrics| {
            [
                Datum { metric: Metric::TrainingAccuracy, value: metrics.training_accuracy },
                Datum { metric: Metric::TrainingDuration, value: metrics.duration },
            ]
        }));
    }
    data.push(Datum {
        metric: Metric::FailedRuns,
        value: count(recent.iter().filter(|run| came_to_nothing(run, newest, now))),
    });
    let refused_since = |run: &&Run| run.status_at(now) == RunStatus::Rejected && run.finished_at() >= promoted_at;
    data.push(Datum { metric: Metric::Rejections, value: count(recent.iter().filter(refused_since)) });
    data
}

/// Whether `run` failed or was lost after `newest`, the last run that made a version.
fn came_to_nothing(run: &Run, newest: Option<&Run>, now: Timestamp) -> bool {
    matches!(run.status_at(now), RunStatus::Failed | RunStatus::Lost)
        && newest.is_none_or(|newest| run.started_at > newest.started_at)
}

/// Whether training missed its deadline: `Some(true)` when `deadline` has passed since `due`, the last scheduled time, and
/// no run that began since then has made a version. Unknown while there are no runs: then nothing can be said of `due`,
/// which may lie before the stack's first day.
pub fn deadline_missed(recent: &[Run], due: Timestamp, deadline: SignedDuration, now: Timestamp) -> Option<bool> {
    if recent.is_empty() {
        return None;
    }
    let kept = recent.iter().any(|run| run.started_at >= due && run.version().is_some());
    Some(!kept && now > due + deadline)
}

fn count<T>(items: impl Iterator<Item = T>) -> f64 {
    u32::try_from(items.count()).map_or(f64::from(u32::MAX), f64::from)
}
