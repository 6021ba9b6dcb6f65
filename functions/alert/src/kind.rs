//! The kinds of alarms.

/// The kind of an alarm, which is its name without the stack's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AlarmKind {
    /// The champion is too old, or no figures about it arrive.
    ChampionTooOld,
    /// The champion's score is below the threshold.
    AccuracyLow,
    /// A scheduled training run has not made a version in time.
    DeadlineMissed,
    /// Training runs fail or die.
    TrainingFailed,
    /// The gate has refused every version for days.
    VersionsRefused,
    /// A new predict environment could not load the champion.
    ModelUnhealthy,
    /// A stored file of the champion is missing or damaged. The other file may hide that.
    ArtifactDamaged,
    /// The predict function failed to load a champion.
    ModelLoadFailures,
    /// The API answers with 5xx.
    PredictionErrors,
    /// The API is slow.
    PredictionLatency,
    /// Predictions are rejected because the function has reached its concurrency limit.
    Throttles,
    /// A client's API key has used most of its monthly requests.
    QuotaNearlyUsed,
    /// Some figures cannot be computed, so their alarms rely on old ones.
    FiguresUnknown,
    /// The registry holds records that this release cannot read.
    UnreadableRecords,
    /// The train function's dead-letter queue holds events.
    TrainFailureQueue,
    /// The queue of training events that could not be delivered holds events.
    TrainScheduleQueue,
    /// The metrics function's dead-letter queue holds events.
    MetricsFailureQueue,
    /// The alert function's dead-letter queue holds events. Their mails could not be sent.
    AlertFailureQueue,
    /// The queue of alarms that did not reach the alert function holds messages.
    AlertTopicQueue,
    /// Mails that SES accepted have bounced, were reported as spam, or were rejected.
    MailBounced,
    /// An alarm that somebody has added, with its name.
    Other(String),
}

impl AlarmKind {
    /// The kinds of alarms that every stack has.
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

    /// Returns the kind of the alarm named `name` in the stack named `stack`.
    pub fn of(name: &str, stack: &str) -> Self {
        let suffix = name.strip_prefix(stack).and_then(|rest| rest.strip_prefix('-')).unwrap_or(name);
        let known = Self::KNOWN.into_iter().find(|kind| kind.as_str() == suffix);
        known.unwrap_or_else(|| Self::Other(suffix.to_owned()))
    }

    /// Returns the kind as it appears in the alarm's name.
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

    /// Returns the name of the queue that this kind of alarm watches, without the stack's name. `None` if it watches no
    /// queue.
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
