//! The published health metrics. Each is a pure function of the known records.
//!
//! A metric is absent if it has no meaning yet, such as a champion's accuracy before the first training. A metric is
//! unknown if it should have a value but the input could not be read. Unknown metrics are counted and raise an alarm.

mod champions;
mod deadline;
mod figures;
mod margin;
mod refusals;
mod runs;

pub use champions::{AVERAGE_DAYS, champion_figures, served_accuracy};
pub use deadline::{deadline_missed, meant_for, scheduled_at};
pub use figures::Figures;
pub use margin::accuracy_margin;
pub use refusals::{Refusals, refusals};
pub use runs::{came_to_nothing, run_figures};

/// A published metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Metric {
    /// Accuracy (0–1) or R² of the newest trained version on its training rows.
    TrainingAccuracy,
    /// Accuracy (0–1) or R² of the champion on its hold-out.
    ModelAccuracy,
    /// Margin between the champion's quality and the minimum; below 0 the champion is not good enough. See
    /// [`accuracy_margin`].
    ModelAccuracyMargin,
    /// Average accuracy (0–1) or R² of the champions of the last seven days; see
    /// [`average_accuracy`](crate::champion::average_accuracy).
    ModelAccuracy7DayAverage,
    /// Hours since the champion was trained.
    ModelAgeHours,
    /// Hours until the champion is too old; negative if it is.
    ModelAgeMarginHours,
    /// Hours since a training run last made a version.
    HoursSinceTraining,
    /// Duration in seconds of the newest training run that made a version.
    TrainingDuration,
    /// Number of registered versions.
    Versions,
    /// Number of versions that the gate refused since the champion was promoted.
    Rejections,
    /// Hours since the first refusal, if the gate has refused every trained version since then and at least two; else
    /// 0.
    RefusedHours,
    /// Number of training runs that failed for good or were lost since one last made a version.
    FailedRuns,
    /// 1 if training missed the latest deadline that has passed, else 0.
    DeadlineMissed,
    /// 1 if a new prediction environment would load the champion, else 0.
    ModelHealthy,
    /// The share of the month's quota that the busiest client's key has used: 0 to 1, or slightly more.
    QuotaUsed,
    /// How many of the champion's two stored files are missing or damaged: the registry's copy and the bucket's object.
    DamagedArtifacts,
    /// Number of registry records that this release cannot read, or only in part.
    UnreadableRecords,
    /// Number of metrics that could not be computed because something could not be read.
    UnknownFigures,
}

/// The unit of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// No unit: a share, a number of hours, or 0 and 1 for no and yes.
    None,
    /// A count.
    Count,
    /// Seconds.
    Seconds,
}

impl Metric {
    /// Every metric.
    pub const ALL: [Self; 18] = [
        Self::TrainingAccuracy,
        Self::ModelAccuracy,
        Self::ModelAccuracyMargin,
        Self::ModelAccuracy7DayAverage,
        Self::ModelAgeHours,
        Self::ModelAgeMarginHours,
        Self::HoursSinceTraining,
        Self::TrainingDuration,
        Self::Versions,
        Self::Rejections,
        Self::RefusedHours,
        Self::FailedRuns,
        Self::DeadlineMissed,
        Self::ModelHealthy,
        Self::QuotaUsed,
        Self::DamagedArtifacts,
        Self::UnreadableRecords,
        Self::UnknownFigures,
    ];

    /// Returns the name under which the metric is published.
    pub fn name(self) -> &'static str {
        match self {
            Self::TrainingAccuracy => "TrainingAccuracy",
            Self::ModelAccuracy => "ModelAccuracy",
            Self::ModelAccuracyMargin => "ModelAccuracyMargin",
            Self::ModelAccuracy7DayAverage => "ModelAccuracy7DayAverage",
            Self::ModelAgeHours => "ModelAgeHours",
            Self::ModelAgeMarginHours => "ModelAgeMarginHours",
            Self::HoursSinceTraining => "HoursSinceTraining",
            Self::TrainingDuration => "TrainingDuration",
            Self::Versions => "Versions",
            Self::Rejections => "Rejections",
            Self::RefusedHours => "RefusedHours",
            Self::FailedRuns => "FailedRuns",
            Self::DeadlineMissed => "DeadlineMissed",
            Self::ModelHealthy => "ModelHealthy",
            Self::QuotaUsed => "QuotaUsed",
            Self::DamagedArtifacts => "DamagedArtifacts",
            Self::UnreadableRecords => "UnreadableRecords",
            Self::UnknownFigures => "UnknownFigures",
        }
    }

    /// Returns the metric's unit.
    pub fn unit(self) -> Unit {
        match self {
            Self::TrainingDuration => Unit::Seconds,
            Self::Versions
            | Self::Rejections
            | Self::FailedRuns
            | Self::DamagedArtifacts
            | Self::UnreadableRecords
            | Self::UnknownFigures => Unit::Count,
            _ => Unit::None,
        }
    }
}

/// A metric's value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Datum {
    /// The metric.
    pub metric: Metric,
    /// The value, in the metric's unit.
    pub value: f64,
}

/// Returns the share of the quota that the busiest key has used this month. Each key has the whole quota for itself.
/// `requests` holds one count for each key.
pub fn quota_used(requests: &[u64], quota: u64) -> f64 {
    // Exact below 2^53 requests.
    let most = requests.iter().copied().max().unwrap_or_default() as f64;
    most / quota.max(1) as f64
}
