//! Which alarms belong together, and how grave each is. The rules for incidents follow from it.

use evergreen_lifecycle::incident::{AlarmFamily, Gravity};

use crate::{AlarmKind, AlarmReading};

impl AlarmKind {
    /// Returns the family of alarms that this alarm belongs to. `reading` is what CloudWatch says about its change.
    pub fn family(&self, reading: AlarmReading) -> AlarmFamily {
        match self {
            // Without a value, the metrics function is the likely cause, and not training.
            Self::ChampionTooOld if reading == AlarmReading::NoData => AlarmFamily::Watching,
            Self::ChampionTooOld
            | Self::DeadlineMissed
            | Self::TrainingFailed
            | Self::VersionsRefused
            | Self::TrainFailureQueue
            | Self::TrainScheduleQueue => AlarmFamily::Training,
            Self::AccuracyLow | Self::DataDrifted | Self::LiveAccuracyLow | Self::RolloutRolledBack => {
                AlarmFamily::Quality
            }
            Self::ModelUnhealthy
            | Self::ArtifactDamaged
            | Self::ModelLoadFailures
            | Self::PredictionErrors
            | Self::CodeRolledBack
            | Self::PredictionLatency
            | Self::Throttles => AlarmFamily::Predictions,
            Self::QuotaNearlyUsed | Self::TrafficGone => AlarmFamily::Traffic,
            Self::FiguresUnknown | Self::UnreadableRecords | Self::MetricsFailureQueue => AlarmFamily::Watching,
            Self::AlertFailureQueue | Self::AlertTopicQueue | Self::MailBounced => AlarmFamily::Mail,
            Self::WebhookFailureQueue => AlarmFamily::Webhook,
            Self::BatchFailed => AlarmFamily::Batch,
            Self::Other(_) => AlarmFamily::Other,
        }
    }

    /// Returns whom this alarm concerns.
    pub fn gravity(&self) -> Gravity {
        match self {
            Self::ModelUnhealthy | Self::ModelLoadFailures | Self::PredictionErrors | Self::Throttles => {
                Gravity::Outage
            }
            Self::AccuracyLow | Self::LiveAccuracyLow | Self::PredictionLatency | Self::TrafficGone => {
                Gravity::Degraded
            }
            _ => Gravity::Internal,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_alarms_that_somebody_has_added_have_no_family() {
        for kind in AlarmKind::KNOWN {
            assert_ne!(kind.family(AlarmReading::Missing), AlarmFamily::Other, "{}", kind.as_str());
        }
    }

    #[test]
    fn a_champion_whose_age_is_unknown_is_a_matter_of_watching() {
        assert_eq!(AlarmKind::ChampionTooOld.family(AlarmReading::NoData), AlarmFamily::Watching);
        assert_eq!(AlarmKind::ChampionTooOld.family(AlarmReading::Value(-1.0)), AlarmFamily::Training);
    }
}
