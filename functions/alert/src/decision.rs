//! Decides what to mail about an alarm's change, and stores the change in the record of the alarms.

use std::time::Duration;

use evergreen_lifecycle::incident::{
    AlarmEvent, AlarmSurroundings, IncidentRecord, RingingAlarm, report_without_record,
};
use evergreen_lifecycle::ports::{AlarmCondition, AlarmRecords, AlarmStates, Clock, RememberError, Sleeper, Steering};
use evergreen_lifecycle::{AlarmChange, AlarmReport};

use crate::{Alarm, AlarmKind, AlarmReading, AlertWorld};

// If all alarms of a stack ring at once, as many invocations change the record at the same time.
/// Maximum number of tries to store the record of the alarms.
const MAX_UPDATES: u32 = 25;

/// Pause before the second try to store the record. Each further pause is longer by as much.
const PAUSE: Duration = Duration::from_millis(20);

/// The decisions about one stack's alarms.
#[derive(Debug)]
pub(crate) struct Decider<'a, W> {
    pub(crate) ports: &'a W,
    /// The stack's name, which begins the names of its alarms.
    pub(crate) stack: &'a str,
}

impl<W: AlertWorld> Decider<'_, W> {
    /// Decides what to mail about a change. If the registry does not answer, CloudWatch's states decide.
    pub(crate) async fn decide(&self, alarm: &Alarm, change: AlarmChange) -> AlarmReport {
        // The family of an end counts only if its raise is unknown. Then the registry was away, and so were the metrics.
        let reading = if change.raised { alarm.reading } else { AlarmReading::NoData };
        let (family, gravity) = (alarm.kind.family(reading), alarm.kind.gravity());
        let news = AlarmEvent { alarm: &alarm.name, family, gravity, change };
        let mut around = self.surroundings().await;
        for attempt in 1..=MAX_UPDATES {
            match self.update(&news, &mut around).await {
                Ok(report) => return report,
                Err(RememberError::Conflict) => self.ports.clock().sleep(PAUSE * attempt).await,
                Err(RememberError::Unavailable(error)) => {
                    tracing::warn!(%error, cause = %error.cause, "the record of the alarms is not used: the registry failed");
                    break;
                }
            }
        }
        if around.ringing.is_none() {
            around.ringing = self.ringing().await;
        }
        report_without_record(&news, &around)
    }

    async fn update(
        &self,
        news: &AlarmEvent<'_>,
        around: &mut AlarmSurroundings,
    ) -> Result<AlarmReport, RememberError> {
        let registry = self.ports.registry();
        let mut known = registry.incidents().await?;
        if known.as_ref().is_none_or(|record| !record.knows(news.alarm))
            && let Some(former) = registry.former_alarm(news.alarm).await?
        {
            let record = known.take().unwrap_or_default();
            known = Some(record.with_former(news.alarm, news.family, news.gravity, &former));
        }
        if around.ringing.is_none() && IncidentRecord::needs_ringing(known.as_ref(), news) {
            around.ringing = self.ringing().await;
        }
        let (report, next) = IncidentRecord::receive(known.as_ref(), news, around, self.ports.clock().now());
        if let Some(next) = next {
            registry.remember(&next).await?;
        }
        Ok(report)
    }

    /// Returns the muted alarms. If the registry does not answer, none is muted.
    async fn surroundings(&self) -> AlarmSurroundings {
        let muted = match self.ports.registry().mutes(self.ports.clock().now()).await {
            Ok(mutes) => mutes.iter().map(|mute| self.full_name(&mute.alarm)).collect(),
            Err(error) => {
                tracing::warn!(%error, cause = %error.cause, "the mutes are not used: the registry failed");
                Default::default()
            }
        };
        AlarmSurroundings { muted, ringing: None }
    }

    /// Returns the alarms that ring now. `None` if CloudWatch does not answer.
    async fn ringing(&self) -> Option<Vec<RingingAlarm>> {
        let states = match self.ports.alarm_states().alarm_states().await {
            Ok(states) => states,
            Err(error) => {
                tracing::warn!(%error, cause = %error.cause, "the states of other alarms are unknown");
                return None;
            }
        };
        let ringing = states.into_iter().filter(|state| state.condition == AlarmCondition::Alarm).map(|state| {
            let alarm = self.full_name(&state.name);
            let kind = AlarmKind::of(&alarm, self.stack);
            let family = kind.family(AlarmReading::of(&state.reason));
            RingingAlarm { alarm, family, gravity: kind.gravity(), since: state.since }
        });
        Some(ringing.collect())
    }

    fn full_name(&self, alarm: &str) -> String {
        format!("{}-{alarm}", self.stack)
    }
}
