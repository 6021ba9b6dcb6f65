//! What an alarm watches.

/// The kind of an alarm: its name without the stack's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AlarmKind {
    /// The champion is older than it may be, or nothing is heard of it.
    ChampionTooOld,
    /// The champion's accuracy is below the threshold.
    AccuracyLow,
    /// A scheduled training has not made a version in time.
    DeadlineMissed,
    /// Training fails or is lost.
    TrainingFailed,
    /// The gate has refused every version for days.
    VersionsRefused,
    /// A new predict environment could not load the champion.
    ModelUnhealthy,
    /// A stored file of the champion is gone or damaged, which another file may hide.
    ArtifactDamaged,
    /// The predict function could not load a champion.
    ModelLoadFailures,
    /// The API answers with 5xx.
    PredictionErrors,
    /// The API is slow.
    PredictionLatency,
    /// Predictions are turned away for want of concurrency.
    Throttles,
    /// A client's key has used most of its requests of the month.
    QuotaNearlyUsed,
    /// Figures cannot be worked out, so that their alarms rest on old ones.
    FiguresUnknown,
    /// The registry holds records that this release cannot read.
    UnreadableRecords,
    /// Trainings that failed for good wait in their queue.
    TrainFailureQueue,
    /// Trainings that the scheduler could not start wait in their queue.
    TrainScheduleQueue,
    /// Measurements that failed for good wait in their queue.
    MetricsFailureQueue,
    /// Alarms of which no mail could be sent wait in their queue.
    AlertFailureQueue,
    /// Alarms that did not reach the alert function wait in their queue.
    AlertTopicQueue,
    /// Mails that SES took have bounced, were complained of, or were rejected.
    MailBounced,
    /// An alarm that somebody has added; its name.
    Other(String),
}

impl AlarmKind {
    /// The kinds that every stack has.
    pub const KNOWN: [Self; 20] = [
        Self::ChampionTooOld,
        Self::AccuracyLow,
        Self::DeadlineMissed,
        Self::TrainingFailed,
        Self::VersionsRefused,
        Self::ModelUnhealthy,
        Self::ArtifactDamaged,
        Self::ModelLoadFailures,
        Self::PredictionErrors,
        Self::PredictionLatency,
        Self::Throttles,
        Self::QuotaNearlyUsed,
        Self::FiguresUnknown,
        Self::UnreadableRecords,
        Self::TrainFailureQueue,
        Self::TrainScheduleQueue,
        Self::MetricsFailureQueue,
        Self::AlertFailureQueue,
        Self::AlertTopicQueue,
        Self::MailBounced,
    ];

    /// The kind of the alarm named `name` in the stack named `stack`.
    pub fn of(name: &str, stack: &str) -> Self {
        let suffix = name.strip_prefix(stack).and_then(|rest| rest.strip_prefix('-')).unwrap_or(name);
        let known = Self::KNOWN.into_iter().find(|kind| kind.as_str() == suffix);
        known.unwrap_or_else(|| Self::Other(suffix.to_owned()))
    }

    /// The kind as it stands in the alarm's name.
    pub fn as_str(&self) -> &str {
        match self {
            Self::ChampionTooOld => "champion-too-old",
            Self::AccuracyLow => "accuracy-low",
            Self::DeadlineMissed => "deadline-missed",
            Self::TrainingFailed => "training-failed",
            Self::VersionsRefused => "versions-refused",
            Self::ModelUnhealthy => "model-unhealthy",
            Self::ArtifactDamaged => "artifact-damaged",
            Self::ModelLoadFailures => "model-load-failures",
            Self::PredictionErrors => "prediction-errors",
            Self::PredictionLatency => "prediction-latency",
            Self::Throttles => "throttles",
            Self::QuotaNearlyUsed => "quota-nearly-used",
            Self::FiguresUnknown => "figures-unknown",
            Self::UnreadableRecords => "unreadable-records",
            Self::TrainFailureQueue => "train-failure-queue",
            Self::TrainScheduleQueue => "train-schedule-queue",
            Self::MetricsFailureQueue => "metrics-failure-queue",
            Self::AlertFailureQueue => "alert-failure-queue",
            Self::AlertTopicQueue => "alert-topic-queue",
            Self::MailBounced => "mail-bounced",
            Self::Other(name) => name,
        }
    }

    /// The name of the queue that an alarm of this kind watches, without the stack's.
    pub fn queue(&self) -> Option<&str> {
        self.as_str().strip_suffix("-queue")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kind_is_the_name_without_the_stack() {
        assert_eq!(AlarmKind::of("evergreen-champion-too-old", "evergreen"), AlarmKind::ChampionTooOld);
        assert_eq!(AlarmKind::of("iris-prod-throttles", "iris-prod"), AlarmKind::Throttles);
    }

    #[test]
    fn every_known_kind_is_found_by_its_name() {
        for kind in AlarmKind::KNOWN {
            assert_eq!(AlarmKind::of(&format!("evergreen-{}", kind.as_str()), "evergreen"), kind);
        }
    }

    #[test]
    fn no_alarm_of_a_stack_whose_name_begins_alike_is_taken_for_one_of_this_stack() {
        let kinds = AlarmKind::KNOWN.map(|kind| kind.as_str().to_owned());
        for (whole, end) in kinds.iter().flat_map(|whole| kinds.iter().map(move |end| (whole, end))) {
            assert!(
                !whole.ends_with(&format!("-{end}")),
                "{end} of a stack with a longer name would be {whole} of this one"
            );
        }
        assert_eq!(AlarmKind::of("evergreen-two-throttles", "evergreen"), AlarmKind::Other("two-throttles".into()));
        assert_eq!(AlarmKind::of("evergreen2-throttles", "evergreen"), AlarmKind::Other("evergreen2-throttles".into()));
    }

    #[test]
    fn an_alarm_of_somebody_else_keeps_its_name() {
        assert_eq!(AlarmKind::of("evergreen-drift", "evergreen"), AlarmKind::Other("drift".into()));
        assert_eq!(AlarmKind::of("billing", "evergreen"), AlarmKind::Other("billing".into()));
    }
}
