//! What people learn in a year: which mails they get, and which incident each mail reports.

use std::collections::BTreeMap;

use crate::calendar::Calendar;
use crate::chance::Chance;
use crate::incident::{HOUR, Incident, IncidentKind};
use crate::mailing::{MailRoom, ReceivedMail};
use crate::queue::EventQueue;
use crate::recording::RecordedYear;
use crate::rule::AlarmRule;
use crate::series::MetricSeries;
use crate::stack::{ALARMS_END, TIDY_AFTER, YearError};
use crate::watch::{Cadence, StateChange, changes};

/// Purpose of the random numbers of the evaluations' times.
const CADENCE: u64 = 8;

/// The queue of mails that could not be sent, in the template.
const MAIL_QUEUE: &str = "AlertFailureQueue";

/// The metric of SES for mails that could not be delivered.
const BOUNCES: &str = "Bounce";

// The last alarm of an incident is over when its queue was emptied and the alarm has looked at its last bad period.
/// Minutes after the end of an incident in which a mail still belongs to it.
const AFTERMATH: u32 = 30 * HOUR;

/// One incident, and what was reported about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportedIncident {
    /// The incident.
    pub incident: Incident,
    /// The mails about it, in the order of time.
    pub mails: Vec<ReceivedMail>,
}

/// A year as people saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct YearOutcome {
    /// The incidents, in the order of time.
    pub incidents: Vec<ReportedIncident>,
    /// The mails that belong to no incident.
    pub false_mails: Vec<ReceivedMail>,
}

impl YearOutcome {
    /// Lets the alarms with these rules look at a year.
    ///
    /// # Errors
    /// [`YearError`] if the alert function no longer fits the simulation.
    pub fn of(year: &RecordedYear, rules: &[AlarmRule]) -> Result<Self, YearError> {
        let (calendar, chance) = (Calendar::default(), Chance(year.seed));
        let mut room = MailRoom::new(&year.incidents, &calendar)?;
        let look = |index: usize, metrics: &BTreeMap<_, _>| {
            rules.get(index).map(|rule| changes(rule, metrics, cadence(rule, index, chance), ALARMS_END))
        };
        let is_of_mails = |metric: &String| [MAIL_QUEUE, BOUNCES].contains(&metric.as_str());
        let watches_mails = |index: &usize| rules.get(*index).is_some_and(|rule| rule.metrics.iter().any(is_of_mails));
        let (about_mails, others): (Vec<usize>, Vec<usize>) = (0..rules.len()).partition(watches_mails);
        let found: BTreeMap<usize, Vec<StateChange>> =
            others.into_iter().filter_map(|index| Some((index, look(index, &year.metrics)?))).collect();
        room.deliver(&found, rules)?;
        // Mails that were not sent wait in a queue, which has an alarm of its own. So have mails that bounce.
        let queue = mail_queue(&room.failures, &year.incidents);
        let mut bounces = MetricSeries::default();
        room.bounces.iter().for_each(|minute| bounces.push(*minute, 1.0));
        let metrics = BTreeMap::from([(MAIL_QUEUE.to_owned(), queue.series(chance)), (BOUNCES.to_owned(), bounces)]);
        let found = about_mails.into_iter().filter_map(|index| Some((index, look(index, &metrics)?))).collect();
        room.deliver(&found, rules)?;
        let mut mails = room.received;
        mails.sort_by_key(|mail| mail.minute);
        Ok(Self::sorted(&year.incidents, mails))
    }

    /// Gives each mail to the incident in whose time it came.
    fn sorted(incidents: &[Incident], mails: Vec<ReceivedMail>) -> Self {
        let reported = |incident: &Incident| ReportedIncident { incident: *incident, mails: Vec::new() };
        let mut outcome = Self { incidents: incidents.iter().map(reported).collect(), false_mails: Vec::new() };
        for mail in mails {
            let ended = outcome.incidents.iter().rposition(|reported| reported.ends_with(&mail));
            let owner = ended.or_else(|| outcome.incidents.iter().rposition(|reported| reported.is_in_its_time(&mail)));
            match owner.and_then(|index| outcome.incidents.get_mut(index)) {
                Some(reported) => reported.mails.push(mail),
                None => outcome.false_mails.push(mail),
            }
        }
        outcome
    }
}

impl ReportedIncident {
    /// Returns whether a mail comes while the incident lasts, or soon after it.
    fn is_in_its_time(&self, mail: &ReceivedMail) -> bool {
        (self.incident.begin..self.incident.end + AFTERMATH).contains(&mail.minute)
    }

    /// Returns whether a mail says that an alarm is over that this incident has raised.
    fn ends_with(&self, mail: &ReceivedMail) -> bool {
        let is_of_it =
            |other: &&ReceivedMail| other.is_from_sns == mail.is_from_sns && mail.about.contains(&other.alarm);
        !mail.is_raised && self.mails.iter().rev().find(is_of_it).is_some_and(|newest| newest.is_raised)
    }

    /// Returns the first mail that says that something is wrong.
    pub fn first_mail(&self) -> Option<&ReceivedMail> {
        self.mails.iter().find(|mail| mail.is_raised)
    }

    /// Returns the minutes from the begin of the incident to its first mail.
    pub fn delay(&self) -> Option<u32> {
        self.first_mail().map(|mail| mail.minute.saturating_sub(self.incident.begin))
    }

    /// Returns whether a mail reported it in time.
    pub fn is_reported_in_time(&self) -> bool {
        self.first_mail().is_some_and(|mail| mail.minute <= self.incident.deadline)
    }

    /// Returns whether every alarm that was raised has also been reported to be over.
    pub fn is_reported_to_be_over(&self) -> bool {
        let mut open: Vec<(&str, bool)> = Vec::new();
        for mail in &self.mails {
            let is_about =
                |alarm: &str, is_from_sns| is_from_sns == mail.is_from_sns && mail.about.iter().any(|it| it == alarm);
            open.retain(|(alarm, is_from_sns)| !is_about(alarm, *is_from_sns));
            if mail.is_raised {
                open.push((mail.alarm.as_str(), mail.is_from_sns));
            }
        }
        open.is_empty()
    }
}

/// Returns whether the stack has an alarm that could report a kind of incident.
pub fn has_rule(kind: IncidentKind, rules: &[AlarmRule]) -> bool {
    let watches = |metric: &str| rules.iter().any(|rule| rule.metrics.iter().any(|watched| watched == metric));
    kind.needs_alarm_on().is_none_or(watches)
}

/// Returns when the alarm is evaluated in the year.
fn cadence(rule: &AlarmRule, index: usize, chance: Chance) -> Cadence {
    let mut rng = chance.of(CADENCE, index as u64);
    if rng.bool() {
        Cadence { every: 1, phase: 0 }
    } else {
        Cadence { every: rule.period, phase: rng.u32(..rule.period) }
    }
}

fn mail_queue(failures: &[u32], incidents: &[Incident]) -> EventQueue {
    let mut queue = EventQueue::default();
    failures.iter().for_each(|minute| queue.send(*minute));
    incidents.iter().for_each(|incident| queue.empty(incident.end + TIDY_AFTER));
    queue
}
