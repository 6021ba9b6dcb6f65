//! The health metrics that are published, each with its unit and its inputs.

/// The unit of a health metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// No unit. For scores, margins, version numbers, and for yes (1) or no (0).
    None,
    /// A count, such as the number of model versions or training runs.
    Count,
    /// A time in seconds.
    Seconds,
    /// A time in hours.
    Hours,
    /// Hours until something is too old. Negative after that time.
    HoursLeft,
    /// A share of a whole, such as 0.5 for a half.
    Share,
}

/// Since when a health metric has a value: always, or only after the first training or the first feedback.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// The metric has a value from the first measurement of a new stack.
    Always,
    /// The metric has a value after the first training, and is not published before.
    AfterTraining,
    /// The metric has a value after the first feedback about a prediction, and is not published before.
    AfterFeedback,
}

/// When a measurement publishes a health metric. CloudWatch bills a metric for each hour in which it gets a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Publication {
    // For metrics that always change, and for those whose alarm looks at several periods or rings without values.
    /// Every measurement publishes the metric.
    EachTime,
    /// The metric is published when its value changed, for an hour after that, and otherwise once a day. See
    /// [`PublishedMetrics`](super::PublishedMetrics).
    OnChange,
}

/// Which value of a health metric alarms and dashboards show for a period: the lowest or the highest one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Worst {
    /// Alarms and dashboards show the lowest value of a period, because low values are bad.
    Lowest,
    // Used if high values are bad, and if neither high nor low values are bad.
    /// Alarms and dashboards show the highest value of a period.
    Highest,
}

/// A stored input of the health metrics, such as the training runs. If the input cannot be read, its metrics are
/// unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MetricSource {
    /// The record of the champion, the model version that answers predictions.
    Champion,
    /// The records of the recent champions.
    RecentChampions,
    /// The records of the newest training runs.
    Runs,
    /// The number of the newest model version.
    Versions,
    /// The training schedule.
    Schedule,
    /// The number of prediction requests per API key.
    Usage,
    /// The number of prediction requests over time.
    Requests,
    /// The counts of served rows.
    Served,
    /// The counts of what turned out true about predictions.
    Feedback,
    /// The record of the newest rollout.
    Rollout,
}

/// Defines the enum [`Metric`] from a list with one entry for each health metric.
macro_rules! metrics {
    ($(
        $(#[doc = $meaning:literal])+
        $name:ident {
            unit: $unit:ident, presence: $presence:ident, worst: $worst:ident, publication: $publication:ident,
            sources: [$($source:ident),*]
        }
    )+) => {
        /// A health metric that is published in CloudWatch. The variant's name is the metric's name there.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Metric {
            $($(#[doc = $meaning])+ $name,)+
        }

        impl Metric {
            /// Every health metric, in the order of the enum.
            pub const ALL: [Self; [$(stringify!($name)),+].len()] = [$(Self::$name),+];

            /// Returns the metric's name in CloudWatch, such as `ModelAccuracy`.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$name => stringify!($name),)+
                }
            }

            /// Returns the unit of the metric's values.
            pub fn unit(self) -> Unit {
                match self {
                    $(Self::$name => Unit::$unit,)+
                }
            }

            /// Returns since when the metric has a value: always, or only after the first training or feedback.
            pub fn presence(self) -> Presence {
                match self {
                    $(Self::$name => Presence::$presence,)+
                }
            }

            /// Returns which value of a period alarms and dashboards show: the lowest or the highest one.
            pub fn worst(self) -> Worst {
                match self {
                    $(Self::$name => Worst::$worst,)+
                }
            }

            /// Returns when a measurement publishes the metric: each time, or only when it changed.
            pub fn publication(self) -> Publication {
                match self {
                    $(Self::$name => Publication::$publication,)+
                }
            }

            /// Returns the stored inputs from which the metric is computed.
            pub fn sources(self) -> &'static [MetricSource] {
                match self {
                    $(Self::$name => &[$(MetricSource::$source),*],)+
                }
            }
        }
    };
}

metrics! {
    /// Accuracy (0–1) or R² of the newest trained model version on its own training rows.
    TrainingAccuracy {
        unit: None, presence: AfterTraining, worst: Lowest, publication: OnChange,
        sources: [Runs]
    }

    /// Accuracy (0–1) or R² of the champion on its hold-out rows.
    ModelAccuracy {
        unit: None, presence: AfterTraining, worst: Lowest, publication: OnChange,
        sources: [Champion]
    }

    /// By how much the champion's quality exceeds the required minimum. Below 0, the champion is not good enough. See
    /// [`accuracy_margin`](super::accuracy_margin).
    ModelAccuracyMargin {
        unit: None, presence: AfterTraining, worst: Lowest, publication: OnChange,
        sources: [Champion, Runs]
    }

    /// Average accuracy (0–1) or R² of the champions of the last seven days, weighted by time. See
    /// [`average_accuracy`](crate::champion::average_accuracy).
    ModelAccuracy7DayAverage {
        unit: None, presence: AfterTraining, worst: Lowest, publication: EachTime,
        sources: [RecentChampions]
    }

    /// Hours since the champion was trained.
    ModelAgeHours {
        unit: Hours, presence: AfterTraining, worst: Highest, publication: EachTime,
        sources: [Champion]
    }

    // A maximum that follows from the schedule counts again from each training that confirmed the champion.
    /// Hours until the champion exceeds its maximum age. Negative if the champion is too old already.
    ModelAgeMarginHours {
        unit: HoursLeft, presence: AfterTraining, worst: Lowest, publication: EachTime,
        sources: [Champion]
    }

    /// Hours since the end of the last training run that made a model version.
    HoursSinceTraining {
        unit: Hours, presence: AfterTraining, worst: Highest, publication: EachTime,
        sources: [Runs]
    }

    /// Duration in seconds of the newest training run that made a model version.
    TrainingDuration {
        unit: Seconds, presence: AfterTraining, worst: Highest, publication: OnChange,
        sources: [Runs]
    }

    /// Number of the newest model version, so of all versions so far; deleted ones count.
    Versions {
        unit: Count, presence: Always, worst: Highest, publication: OnChange,
        sources: [Versions]
    }

    /// The champion's version number.
    ModelVersion {
        unit: None, presence: AfterTraining, worst: Highest, publication: OnChange,
        sources: [Champion]
    }

    /// Number of new model versions that were refused since the champion was promoted.
    Rejections {
        unit: Count, presence: Always, worst: Highest, publication: OnChange,
        sources: [Champion, RecentChampions, Runs]
    }

    // Counted from the first refusal.
    /// Hours for which every newly trained model version has been refused. 0 if fewer than four were refused in a row.
    RefusedHours {
        unit: Hours, presence: Always, worst: Highest, publication: OnChange,
        sources: [Champion, RecentChampions, Runs]
    }

    // Runs that are still retried do not count.
    /// Number of failed or lost training runs since the last run that made a model version.
    FailedRuns {
        unit: Count, presence: Always, worst: Highest, publication: OnChange,
        sources: [Runs]
    }

    /// 1 if the last scheduled training did not finish before its deadline, else 0.
    DeadlineMissed {
        unit: None, presence: Always, worst: Highest, publication: OnChange,
        sources: [Runs, Schedule]
    }

    /// 1 if the prediction function could load the champion, else 0.
    ModelHealthy {
        unit: None, presence: AfterTraining, worst: Lowest, publication: OnChange,
        sources: [Champion]
    }

    /// Share of the monthly request quota that the busiest client's API key has used: 0 to 1, or slightly more.
    QuotaUsed {
        unit: Share, presence: Always, worst: Highest, publication: OnChange,
        sources: [Usage]
    }

    // Without requests for four weeks, it is 0 again: then silence is usual.
    /// 1 if the requests to the prediction API have stopped although they used to come, else 0. See
    /// [`traffic`](crate::traffic).
    TrafficGone {
        unit: None, presence: Always, worst: Highest, publication: OnChange,
        sources: [Requests]
    }

    // The alarm's threshold is 1. Zero also means that too few rows were served to see a difference.
    /// Number of columns and predictions in which the champion's served rows differ from the training data: beyond noise,
    /// and by much. See [`drift`](crate::drift).
    DriftedColumns {
        unit: Count, presence: AfterTraining, worst: Highest, publication: OnChange,
        sources: [Champion, Served]
    }

    /// Number of rows that got a prediction in the last complete hour.
    ServedRows {
        unit: Count, presence: AfterTraining, worst: Lowest, publication: OnChange,
        sources: [Champion, Served]
    }

    /// Accuracy (0–1) or R² of the champion on its newest seven days of predictions whose truth is known. See
    /// [`feedback`](crate::feedback).
    LiveAccuracy {
        unit: None, presence: AfterFeedback, worst: Lowest, publication: OnChange,
        sources: [Champion, Served, Feedback]
    }

    /// Number of the champion's predictions of these days whose truth is known.
    LiveLabels {
        unit: Count, presence: AfterFeedback, worst: Lowest, publication: OnChange,
        sources: [Champion, Served, Feedback]
    }

    // It is judged once a day. It stays 0 for a champion without labels, so that an alarm about a former one ends.
    /// 1 if the champion's predictions are worse than on the hold-out by more than chance, else 0.
    LiveAccuracyWorse {
        unit: None, presence: AfterFeedback, worst: Highest, publication: OnChange,
        sources: [Champion, Served, Feedback]
    }

    // The alarm's threshold is 1. It is over with the next rollout, and with another champion.
    /// 1 if the newest version that proved itself beside the champion was rolled back, else 0.
    RolloutRolledBack {
        unit: None, presence: AfterTraining, worst: Highest, publication: OnChange,
        sources: [Champion, Rollout]
    }

    /// How many of the champion's two stored model files (in the registry and in S3) are missing or damaged.
    DamagedArtifacts {
        unit: Count, presence: AfterTraining, worst: Highest, publication: OnChange,
        sources: [Champion]
    }

    /// Number of registry records that this version of the software cannot read completely.
    UnreadableRecords {
        unit: Count, presence: Always, worst: Highest, publication: OnChange,
        sources: [Champion, RecentChampions, Runs]
    }

    /// Number of health metrics that could not be computed because an input could not be read.
    UnknownFigures {
        unit: Count, presence: Always, worst: Highest, publication: EachTime,
        sources: []
    }
}
