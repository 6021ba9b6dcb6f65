//! Writes in a mail which alarms an incident has, and how often it has happened before.

use evergreen_lifecycle::AlarmReport;
use evergreen_lifecycle::incident::{AlarmIncident, RaisedAlarm};
use jiff::Timestamp;

use crate::quantity::{moment, span};
use crate::{Alarm, AlarmKind, AlarmReading, AlarmState};

/// Remark in the mail that stands for all incidents with its alarm in the next 24 hours.
const HOLDS: &str = "This alarm rings again and again. This mail stands for the whole day: for 24 hours no further mail \
                     is sent about this alarm, unless nothing happens for six hours. Mails about other alarms are sent \
                     as usual. The dashboard shows all alarms.";

/// Returns the remarks about the incident that a mail is about.
pub(crate) fn story(report: &AlarmReport, stack: &str) -> Vec<String> {
    match report {
        AlarmReport::Repeated { earlier, holds } => {
            let times: Vec<_> = earlier.iter().map(when).collect();
            let again = format!("Earlier incidents with this alarm in the last week: {}.", times.join("; "));
            holds.then(|| HOLDS.to_owned()).into_iter().chain([again]).collect()
        }
        AlarmReport::AlsoRaised { raised } => {
            vec![format!("This alarm belongs to an incident that was mailed before: {}.", list(raised, stack))]
        }
        AlarmReport::Joined { first } => {
            let (name, at) = (short(&first.alarm, stack), moment(first.since));
            vec![format!("The incident began with {name} ({at}). The mail about that could not be sent.")]
        }
        AlarmReport::Over { raised, .. } if raised.len() > 1 => {
            vec![format!("The alarms of this incident: {}. All are OK.", list(raised, stack))]
        }
        _ => Vec::new(),
    }
}

/// Returns the alarm that the mail about the end of an incident is about: the first one, as in the mail about the begin.
pub(crate) fn lead(alarm: &Alarm, report: &AlarmReport, stack: &str) -> Option<Alarm> {
    let AlarmReport::Over { began: Some(began), raised } = report else { return None };
    let first = raised.iter().find(|raised| raised.since >= *began)?;
    (first.alarm != alarm.name).then(|| Alarm {
        name: first.alarm.clone(),
        kind: AlarmKind::of(&first.alarm, stack),
        state: AlarmState::Ok,
        before: Some(AlarmState::Alarm),
        since: alarm.since,
        reading: AlarmReading::Missing,
        threshold: None,
        comparison: None,
        metric: None,
        series: Vec::new(),
        description: None,
        reason: String::new(),
    })
}

fn when(incident: &AlarmIncident) -> String {
    lasting(incident.began, incident.ended)
}

fn list(raised: &[RaisedAlarm], stack: &str) -> String {
    let one = |it: &RaisedAlarm| format!("{} ({})", short(&it.alarm, stack), lasting(it.since, it.over));
    raised.iter().map(one).collect::<Vec<_>>().join("; ")
}

/// Writes when something began, and how long it lasted if it is over.
fn lasting(since: Timestamp, over: Option<Timestamp>) -> String {
    let at = moment(since);
    over.map_or_else(|| at.clone(), |over| format!("{at}, for {}", span(over.duration_since(since))))
}

fn short<'a>(alarm: &'a str, stack: &str) -> &'a str {
    alarm.strip_prefix(stack).and_then(|rest| rest.strip_prefix('-')).unwrap_or(alarm)
}
