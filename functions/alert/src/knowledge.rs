//! Reads the facts about the champion from the registry, for the mail about an alarm.

use evergreen_lifecycle::ports::Champions;
use evergreen_lifecycle::{Champion, Pointer, Record};
use jiff::{SignedDuration, Timestamp};

use crate::{Alarm, AlarmKind, AlarmReading};

/// The facts about the champion (the model version that answers predictions) for a mail about an alarm.
#[derive(Debug, Clone, PartialEq)]
pub enum Knowledge {
    /// The registry could not be read, so the mail says nothing about the champion.
    Nothing,
    /// The registry holds no champion, because no model version has been promoted yet.
    NoChampion,
    /// This version of the software cannot read all fields of the champion's record.
    Unreadable,
    /// The champion, the model version that answers predictions, was found in the registry.
    Champion {
        /// The registry's record of the current champion.
        champion: Box<Champion>,
        /// The registry's record of the champion before the current one. `None` if there was none or the record is
        /// unreadable.
        previous: Option<Box<Champion>>,
    },
}

impl Knowledge {
    /// Reads the current champion and the previous champion from the registry.
    pub async fn of(registry: &impl Champions) -> Self {
        // If the registry does not answer, a warning is logged, and the mail is sent without the champion.
        let recent = match registry.recent_champions(2).await {
            Ok(recent) => recent,
            Err(error) => {
                tracing::warn!(%error, cause = %error.cause, "the mail is sent without the champion");
                return Self::Nothing;
            }
        };
        let mut recent = recent.into_iter();
        let Some(newest) = recent.next() else { return Self::NoChampion };
        match whole(newest) {
            Some(champion) => Self::Champion { champion, previous: recent.next().and_then(whole) },
            None => Self::Unreadable,
        }
    }

    /// Returns the champion's age at `now` in hours, or `None` if the champion is unknown.
    pub fn age(&self, now: Timestamp) -> Option<f64> {
        self.champion().map(|champion| champion.age_hours(now).max(0.0))
    }

    /// Returns the champion's record, or `None` if the champion is unknown.
    pub fn champion(&self) -> Option<&Champion> {
        match self {
            Self::Champion { champion, .. } => Some(champion),
            Self::Nothing | Self::NoChampion | Self::Unreadable => None,
        }
    }

    /// Returns the value of the metric that `alarm` watches. `None` if the value is unknown.
    pub fn value(&self, alarm: &Alarm) -> Option<f64> {
        // The value comes from CloudWatch's reason for the change, or else from the registry.
        match (alarm.reading, &alarm.kind) {
            (AlarmReading::Value(value), _) => Some(value),
            (_, AlarmKind::AccuracyLow) if !alarm.measures_margin() => self.champion().map(Champion::headline),
            _ => None,
        }
    }

    /// Returns how long the metric of `alarm` had bad values before the alarm ended. `None` if the time is unknown.
    pub fn lasted(&self, alarm: &Alarm) -> Option<SignedDuration> {
        // The time is computed from the last two champions, because CloudWatch does not report it.
        let (Self::Champion { champion, previous: Some(previous) }, Some(threshold)) = (self, alarm.threshold) else {
            return None;
        };
        let since = match alarm.kind {
            AlarmKind::ChampionTooOld => {
                // The time left until the champion is too old, plus the champion's age, gives the maximum age of a
                // champion.
                let left = self.value(alarm)? - threshold;
                let limit = SignedDuration::from_secs_f64((left + self.age(alarm.since)?) * 3600.0);
                previous.version.trained_at.checked_add(limit).ok()?
            }
            AlarmKind::AccuracyLow if !alarm.measures_margin() && previous.headline() < threshold => {
                previous.promoted_at
            }
            _ => return None,
        };
        let lasted = champion.promoted_at.duration_since(since);
        lasted.is_positive().then_some(lasted)
    }
}

fn whole(record: Record<Pointer>) -> Option<Box<Champion>> {
    record.ok().and_then(|pointer| pointer.champion().cloned()).map(Box::new)
}
