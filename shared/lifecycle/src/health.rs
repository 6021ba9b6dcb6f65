//! What is published of a model: each figure a pure function of what is known, and absent when it is not.

use jiff::Timestamp;

use crate::{Champion, Run, RunStatus, Trigger, champion::average_accuracy, time::hours_between};

/// Days over which served accuracy is averaged.
pub const AVERAGE_DAYS: u32 = 7;

/// A figure's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Metric {
    /// Accuracy, 0–1, or R² of the newest trained version on the rows that it learnt from.
    TrainingAccuracy,
    /// Accuracy, 0–1, or R² of the champion on its hold-out.
    ModelAccuracy,
    /// Accuracy, 0–1, or R² served over the last seven days; see [`average_accuracy`].
    ModelAccuracy7DayAverage,
    /// Hours since the champion was trained.
    ModelAgeHours,
    /// Hours since a training last made a version.
    HoursSinceTraining,
    /// Seconds that the newest training with a version took.
    TrainingDuration,
    /// Registered versions.
    Versions,
    /// Versions refused by the gate since the champion was promoted.
    Rejections,
    /// Trainings that failed or were lost since one last made a version.
    FailedRuns,
    /// 1 when the last scheduled training whose deadline has passed has missed it, else 0.
    DeadlineMissed,
    /// 1 when the champion's artifact can be fetched, verified and parsed, else 0.
    ModelHealthy,
    /// The share of the month's quota that the busiest client's key has used: from 0 to 1, and a little beyond.
    QuotaUsed,
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
    /// Every figure.
    pub const ALL: [Self; 12] = [
        Self::TrainingAccuracy,
        Self::ModelAccuracy,
        Self::ModelAccuracy7DayAverage,
        Self::ModelAgeHours,
        Self::HoursSinceTraining,
        Self::TrainingDuration,
        Self::Versions,
        Self::Rejections,
        Self::FailedRuns,
        Self::DeadlineMissed,
        Self::ModelHealthy,
        Self::QuotaUsed,
    ];

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
            Self::QuotaUsed => "QuotaUsed",
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

/// What the requests of this month's keys tell, one count for each key, of a quota that each key has for itself.
pub fn quota_used(requests: &[u64], quota: u64) -> Datum {
    // Exact below 2^53 requests.
    let most = requests.iter().copied().max().unwrap_or_default() as f64;
    Datum { metric: Metric::QuotaUsed, value: most / quota.max(1) as f64 }
}

/// What the champions tell: `recent` holds them newest first, the present one included.
pub fn champion_figures(recent: &[Champion], now: Timestamp) -> Vec<Datum> {
    let Some(champion) = recent.first() else { return Vec::new() };
    let mut data = vec![
        Datum { metric: Metric::ModelAccuracy, value: champion.headline() },
        Datum { metric: Metric::ModelAgeHours, value: champion.age_hours(now).max(0.0) },
    ];
    data.extend(
        average_accuracy(recent, now, AVERAGE_DAYS)
            .map(|value| Datum { metric: Metric::ModelAccuracy7DayAverage, value }),
    );
    data
}

/// What the runs tell: `recent` holds the newest ones, in any order; failures are counted among these. Only runs that train
/// count: a file made elsewhere that is refused says nothing of the schedule, and one that is taken must not hide that
/// training fails.
pub fn run_figures(recent: &[Run], now: Timestamp) -> Vec<Datum> {
    let finished = |run: &&Run| run.version().and(run.finished_at());
    let trainings = || recent.iter().filter(|run| run.trigger.is_training());
    let newest = trainings().filter(|run| finished(run).is_some()).max_by_key(finished);
    let failed = trainings().filter(|run| came_to_nothing(run, newest, now));
    let mut data = vec![Datum { metric: Metric::FailedRuns, value: count(failed) }];
    if let Some((run, finished_at)) = newest.and_then(|run| Some((run, run.finished_at()?))) {
        let hours = hours_between(finished_at, now).max(0.0);
        data.push(Datum { metric: Metric::HoursSinceTraining, value: hours });
        data.extend(run.metrics.iter().flat_map(|metrics| {
            [
                Datum { metric: Metric::TrainingAccuracy, value: metrics.training_score() },
                Datum { metric: Metric::TrainingDuration, value: metrics.duration() },
            ]
        }));
    }
    data
}

/// Whether `run` failed or was lost after `newest`, the last run that made a version.
fn came_to_nothing(run: &Run, newest: Option<&Run>, now: Timestamp) -> bool {
    matches!(run.status_at(now), RunStatus::Failed | RunStatus::Lost)
        && newest.is_none_or(|newest| run.started_at > newest.started_at)
}

/// Versions refused since the champion was promoted, among the `recent` runs; all of them where there is no champion.
pub fn rejections(recent: &[Run], champion: Option<&Champion>, now: Timestamp) -> Datum {
    let promoted_at = champion.map(|champion| champion.promoted_at);
    let refused = recent.iter().filter(|run| run.status_at(now) == RunStatus::Rejected);
    Datum { metric: Metric::Rejections, value: count(refused.filter(|run| run.finished_at() >= promoted_at)) }
}

/// Whether training missed its deadline, given `due`, the last scheduled time whose deadline has passed: `true` while no
/// run of that time or a later one has learnt a version; a file made elsewhere is none.
///
/// Unknown when no run is as old as `due`, for then the schedule may be younger than it.
pub fn deadline_missed(recent: &[Run], due: Timestamp) -> Option<bool> {
    let learnt = |run: &&Run| run.version().is_some() && run.trigger.is_training();
    let kept = recent.iter().filter(learnt).any(|run| meant_for(run) >= due);
    let was_alive = recent.iter().any(|run| meant_for(run) <= due);
    (kept || was_alive).then_some(!kept)
}

/// The time that a run stands for: that of the schedule, where it is known, for clocks differ and retries come late.
pub fn meant_for(run: &Run) -> Timestamp {
    match run.trigger {
        Trigger::Schedule { scheduled_at: Some(scheduled_at) } => scheduled_at,
        _ => run.started_at,
    }
}

fn count<T>(items: impl Iterator<Item = T>) -> f64 {
    u32::try_from(items.count()).map_or(f64::from(u32::MAX), f64::from)
}
