//! The table of the health metrics that are published: one row for each metric.

/// The unit of a health metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// No unit: a score, a margin, a version number, or 0 and 1 for no and yes.
    None,
    /// A number of things, such as versions or runs.
    Count,
    /// A time in seconds.
    Seconds,
    /// A time in hours.
    Hours,
    /// Hours that remain until something is too old. A negative value means that it is too old already.
    HoursLeft,
    /// A share of a whole: 0 is nothing and 1 is all.
    Share,
}

/// From when on a health metric has a value, as long as everything can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// The metric has a value from the first measurement of a new stack.
    Always,
    /// The metric has a value once the model has been trained. Before that, the metric has no meaning and is not
    /// published.
    AfterTraining,
}

/// Which value of a health metric is the worst one in a period. Alarms and the dashboard use the worst value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Worst {
    /// The lowest value is the worst one: low values are bad.
    Lowest,
    /// The highest value counts as the worst one: high values are bad, or neither high nor low values are.
    Highest,
}

/// Something that is read to compute health metrics. If the read fails, all metrics that need it are unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MetricSource {
    /// The read of the pointer to the champion.
    Champion,
    /// The read of the recent champions.
    RecentChampions,
    /// The read of the newest runs.
    Runs,
    /// The read of the number of versions.
    Versions,
    /// The read of the training schedule.
    Schedule,
    /// The read of the number of requests per API key.
    Usage,
}

/// Defines [`Metric`] from one row for each metric. The doc comment of a row says what the metric means.
macro_rules! metrics {
    ($(
        $(#[doc = $meaning:literal])+
        $name:ident { unit: $unit:ident, presence: $presence:ident, worst: $worst:ident, sources: [$($source:ident),*] }
    )+) => {
        /// A health metric that is published. The variant's name is the metric's name in CloudWatch.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Metric {
            $($(#[doc = $meaning])+ $name,)+
        }

        impl Metric {
            /// Every health metric.
            pub const ALL: [Self; [$(stringify!($name)),+].len()] = [$(Self::$name),+];

            /// Returns the name under which the metric is published.
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

            /// Returns from when on the metric has a value.
            pub fn presence(self) -> Presence {
                match self {
                    $(Self::$name => Presence::$presence,)+
                }
            }

            /// Returns which value of a period is the worst one: the lowest or the highest.
            pub fn worst(self) -> Worst {
                match self {
                    $(Self::$name => Worst::$worst,)+
                }
            }

            /// Returns the reads that the metric needs. If one of them fails, the metric is unknown.
            pub fn sources(self) -> &'static [MetricSource] {
                match self {
                    $(Self::$name => &[$(MetricSource::$source),*],)+
                }
            }
        }
    };
}

metrics! {
    /// Accuracy (0–1) or R² of the newest trained version on its training rows.
    TrainingAccuracy { unit: None, presence: AfterTraining, worst: Lowest, sources: [Runs] }

    /// Accuracy (0–1) or R² of the champion on its hold-out.
    ModelAccuracy { unit: None, presence: AfterTraining, worst: Lowest, sources: [Champion] }

    /// By how much the champion's quality exceeds the required minimum. Below 0, the champion is not good enough. See
    /// [`accuracy_margin`](super::accuracy_margin).
    ModelAccuracyMargin { unit: None, presence: AfterTraining, worst: Lowest, sources: [Champion, Runs] }

    /// Average accuracy (0–1) or R² of the champions of the last seven days; see
    /// [`average_accuracy`](crate::champion::average_accuracy).
    ModelAccuracy7DayAverage { unit: None, presence: AfterTraining, worst: Lowest, sources: [RecentChampions] }

    /// Hours since the champion was trained.
    ModelAgeHours { unit: Hours, presence: AfterTraining, worst: Highest, sources: [Champion] }

    /// Hours until the champion is too old; negative if the champion is too old already.
    ModelAgeMarginHours { unit: HoursLeft, presence: AfterTraining, worst: Lowest, sources: [Champion] }

    /// Hours since a training run last made a model version.
    HoursSinceTraining { unit: Hours, presence: AfterTraining, worst: Highest, sources: [Runs] }

    /// Duration in seconds of the newest training run that made a model version.
    TrainingDuration { unit: Seconds, presence: AfterTraining, worst: Highest, sources: [Runs] }

    /// Number of registered model versions.
    Versions { unit: Count, presence: Always, worst: Highest, sources: [Versions] }

    /// The champion's version number. A change shows that another version became champion.
    ModelVersion { unit: None, presence: AfterTraining, worst: Highest, sources: [Champion] }

    /// Number of model versions that the gate refused since the champion was promoted.
    Rejections { unit: Count, presence: Always, worst: Highest, sources: [Champion, RecentChampions, Runs] }

    /// Hours since the first refusal, if the gate has refused every trained version since then and at least two of
    /// them. Else 0.
    RefusedHours { unit: Hours, presence: Always, worst: Highest, sources: [Champion, RecentChampions, Runs] }

    /// Number of training runs that failed for good or were lost since a training run last made a version.
    FailedRuns { unit: Count, presence: Always, worst: Highest, sources: [Runs] }

    /// 1 if training missed the latest deadline that has passed, else 0.
    DeadlineMissed { unit: None, presence: Always, worst: Highest, sources: [Runs, Schedule] }

    /// 1 if a new prediction environment would load the champion, else 0.
    ModelHealthy { unit: None, presence: AfterTraining, worst: Lowest, sources: [Champion] }

    /// The share of its monthly request quota that the busiest client's API key has used: 0 to 1, or slightly more.
    QuotaUsed { unit: Share, presence: Always, worst: Highest, sources: [Usage] }

    /// How many of the champion's two stored files are missing or damaged: the registry's copy and the S3 object.
    DamagedArtifacts { unit: Count, presence: AfterTraining, worst: Highest, sources: [Champion] }

    /// Number of registry records that this release cannot read, or can read only in part.
    UnreadableRecords { unit: Count, presence: Always, worst: Highest, sources: [Champion, RecentChampions, Runs] }

    /// Number of health metrics that could not be computed because something could not be read.
    UnknownFigures { unit: Count, presence: Always, worst: Highest, sources: [] }
}
