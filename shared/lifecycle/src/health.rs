//! What is published of a model: each figure a pure function of what is known.
//!
//! A figure is absent where there is nothing to tell, such as the accuracy of a champion before the first training. It is
//! unknown where there is something to tell and it could not be read; unknown figures are counted and raise an alarm.

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

/// A figure's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Metric {
    /// Accuracy, 0–1, or R² of the newest trained version on the rows that it learnt from.
    TrainingAccuracy,
    /// Accuracy, 0–1, or R² of the champion on its hold-out.
    ModelAccuracy,
    /// How far the champion is from being not good enough; below 0 it is not. See [`accuracy_margin`].
    ModelAccuracyMargin,
    /// Accuracy, 0–1, or R² served over the last seven days; see [`average_accuracy`](crate::champion::average_accuracy).
    ModelAccuracy7DayAverage,
    /// Hours since the champion was trained.
    ModelAgeHours,
    /// Hours until the champion is too old; below 0 once it is.
    ModelAgeMarginHours,
    /// Hours since a training last made a version.
    HoursSinceTraining,
    /// Seconds that the newest training with a version took.
    TrainingDuration,
    /// Registered versions.
    Versions,
    /// Versions refused by the gate since the champion was promoted.
    Rejections,
    /// Hours for which the gate has refused every trained version, since the first of at least two.
    RefusedHours,
    /// Trainings that failed for good or were lost since one last made a version.
    FailedRuns,
    /// 1 when the last scheduled training whose deadline has passed has missed it, else 0.
    DeadlineMissed,
    /// 1 when a new predict environment would load the champion, else 0.
    ModelHealthy,
    /// The share of the month's quota that the busiest client's key has used: from 0 to 1, and a little beyond.
    QuotaUsed,
    /// How many of the champion's two stored files, the registry's copy and the bucket's object, are gone or damaged.
    DamagedArtifacts,
    /// Records of the registry that this release cannot read, or not wholly.
    UnreadableRecords,
    /// Figures that could not be worked out, because something could not be read.
    UnknownFigures,
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

    /// The name under which it is published.
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

    /// Its unit.
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

/// One figure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Datum {
    /// Which.
    pub metric: Metric,
    /// How much, in the metric's unit.
    pub value: f64,
}

/// The share of a quota that each key has for itself, as the busiest of this month's keys has used it; `requests` holds one
/// count for each key.
pub fn quota_used(requests: &[u64], quota: u64) -> f64 {
    // Exact below 2^53 requests.
    let most = requests.iter().copied().max().unwrap_or_default() as f64;
    most / quota.max(1) as f64
}
