//! What the registry knows of the model that an alarm is about.

use evergreen_lifecycle::ports::Champions;
use evergreen_lifecycle::{Champion, Pointer, Record};
use jiff::{SignedDuration, Timestamp};

use crate::{Alarm, AlarmKind, Reading};

/// What is known of the champion.
#[derive(Debug, Clone, PartialEq)]
pub enum Knowledge {
    /// The registry could not be read.
    Nothing,
    /// There is no champion.
    NoChampion,
    /// There is one, whose record this release cannot read, or not wholly.
    Unreadable,
    /// There is one.
    Champion {
        /// It.
        champion: Box<Champion>,
        /// The one before it, if there was one.
        previous: Option<Box<Champion>>,
    },
}

impl Knowledge {
    /// Asks the registry. That it does not answer is logged and no error: the mail goes out all the same.
    pub async fn of(registry: &impl Champions) -> Self {
        let recent = match registry.recent_champions(2).await {
            Ok(recent) => recent,
            Err(error) => {
                tracing::warn!(%error, cause = %error.cause, "the mail goes out without the champion");
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

    /// How old the champion is at `now`, in hours.
    pub fn age(&self, now: Timestamp) -> Option<f64> {
        self.champion().map(|champion| champion.age_hours(now).max(0.0))
    }

    /// The champion, where it is known.
    pub fn champion(&self) -> Option<&Champion> {
        match self {
            Self::Champion { champion, .. } => Some(champion),
            Self::Nothing | Self::NoChampion | Self::Unreadable => None,
        }
    }

    /// What `alarm` measures: as its reason says, else as the registry knows it, else unknown.
    pub fn value(&self, alarm: &Alarm) -> Option<f64> {
        match (alarm.reading, &alarm.kind) {
            (Reading::Value(value), _) => Some(value),
            (_, AlarmKind::AccuracyLow) if !alarm.measures_margin() => self.champion().map(Champion::headline),
            _ => None,
        }
    }

    /// For how long what `alarm` watches was not well before it cleared, where that follows from the champion and the one
    /// before it. CloudWatch does not say it.
    pub fn lasted(&self, alarm: &Alarm) -> Option<SignedDuration> {
        let (Self::Champion { champion, previous: Some(previous) }, Some(threshold)) = (self, alarm.threshold) else {
            return None;
        };
        let since = match alarm.kind {
            AlarmKind::ChampionTooOld => {
                // What it is to have left at least, what it has left, and its age give how old a champion may be.
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
