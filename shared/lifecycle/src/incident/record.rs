//! The stored record of all alarms and incidents of a stack.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    AlarmChange, AlarmFamily, AlarmIncident, AlarmReport, FormerAlarm, Gravity, LOST_AFTER, RaiseMail, RaisedAlarm,
};

/// How far in the future the recorded time of a CloudWatch alarm's state change may be. A later time counts as wrong.
const MOST_AHEAD: SignedDuration = SignedDuration::from_mins(5);

/// How long the record keeps incidents that are over.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(8 * 24);

// An item of DynamoDB has at most 400 KB, and an incident a few hundred bytes.
/// Maximum number of ended incidents in the record.
const MOST_PAST: usize = 200;

/// A state change of an alarm, with what the catalogue of alarms says about this alarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AlarmEvent<'a> {
    /// The alarm's full name, which begins with the stack's name.
    pub alarm: &'a str,
    /// The family of alarms that it belongs to.
    pub family: AlarmFamily,
    /// How grave it is.
    pub gravity: Gravity,
    /// What has changed.
    pub change: AlarmChange,
}

/// An alarm that rings now, according to CloudWatch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RingingAlarm {
    /// The alarm's full name, which begins with the stack's name.
    pub alarm: String,
    /// The family of alarms that it belongs to.
    pub family: AlarmFamily,
    /// How grave it is.
    pub gravity: Gravity,
    /// Since when it rings. `None` if CloudWatch does not say it.
    pub since: Option<Timestamp>,
}

/// What else counts for the decision about a change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AlarmSurroundings {
    /// The full names of the alarms that a person has muted.
    pub muted: BTreeSet<String>,
    /// The alarms that ring now, according to CloudWatch. `None` if CloudWatch was not asked, or does not answer.
    pub ringing: Option<Vec<RingingAlarm>>,
}

/// The stored record of the stack's alarms: the newest change of each, and the incidents of the last week.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncidentRecord {
    // The record is only stored if the stored number is one lower. So two Lambda invocations cannot overwrite each
    // other's record.
    /// How many times the record was changed. The first record has the number 1.
    pub revision: u32,
    pub(super) alarms: BTreeMap<String, KnownAlarm>,
    pub(super) open: Vec<AlarmIncident>,
    /// The incidents that are over, newest last.
    pub(super) past: Vec<AlarmIncident>,
}

/// What the record knows of one alarm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct KnownAlarm {
    pub(super) newest: AlarmChange,
    // If the same notification arrives again, this is the answer again.
    /// The mail about the newest change, or the reason to send none.
    pub(super) report: AlarmReport,
}

impl IncidentRecord {
    // The returned record is `None` if the stored record stays as it is.
    /// Decides which mail to send about a change of an alarm, and returns the new record to store. `known` is the stored
    /// record.
    pub fn receive(
        known: Option<&Self>,
        news: &AlarmEvent<'_>,
        around: &AlarmSurroundings,
        now: Timestamp,
    ) -> (AlarmReport, Option<Self>) {
        let change = news.change;
        match known.and_then(|record| record.alarms.get(news.alarm)) {
            Some(alarm) if alarm.newest.is(change) => return (alarm.report.clone(), None),
            Some(alarm) if alarm.newest.since > change.since && is_believed(alarm.newest, now) => {
                return (AlarmReport::Overtaken, None);
            }
            _ => {}
        }
        let mut next = known.cloned().unwrap_or_default();
        next.revision = next.revision.saturating_add(1);
        next.forget_before(change.since.min(now));
        let report = if change.raised { next.raise(news, around, now) } else { next.end(news, around) };
        next.alarms.insert(news.alarm.to_owned(), KnownAlarm { newest: change, report: report.clone() });
        (report, Some(next))
    }

    /// Returns whether the decision about a change depends on which other alarms ring now.
    pub fn needs_ringing(known: Option<&Self>, news: &AlarmEvent<'_>) -> bool {
        // A join is silent only if another alarm of the incident really rings. An end without a known raise may be the
        // end of an incident of several alarms.
        let alarm = known.and_then(|record| record.alarms.get(news.alarm));
        if news.change.raised {
            known.is_some_and(|record| record.open.iter().any(|incident| incident.takes(news)))
        } else {
            news.change.was_raised && alarm.is_none_or(|alarm| !alarm.newest.raised)
        }
    }

    /// Returns whether this record contains a newer change of the alarm `alarm` than `change`.
    pub fn overtakes(&self, alarm: &str, change: AlarmChange, now: Timestamp) -> bool {
        // If the newest change in the record is dated in the future, its date is wrong.
        self.alarms.get(alarm).is_some_and(|known| {
            !known.newest.is(change) && known.newest.since >= change.since && is_believed(known.newest, now)
        })
    }

    /// Returns whether the incident in which `alarm` was raised at `since` still goes on.
    pub fn is_open_since(&self, alarm: &str, since: Timestamp) -> bool {
        let is_it = |raised: &RaisedAlarm| raised.alarm == alarm && raised.since == since;
        self.open.iter().any(|incident| incident.raised.iter().any(is_it))
    }

    /// Returns whether the record has a change of the alarm.
    pub fn knows(&self, alarm: &str) -> bool {
        self.alarms.contains_key(alarm)
    }

    /// Returns the incidents of the last week, oldest first. The last ones may still go on.
    pub fn incidents(&self) -> impl Iterator<Item = &AlarmIncident> {
        self.past.iter().chain(&self.open)
    }

    /// Returns the record with what an earlier release has stored about an alarm.
    #[must_use]
    pub fn with_former(mut self, alarm: &str, family: AlarmFamily, gravity: Gravity, former: &FormerAlarm) -> Self {
        let known = KnownAlarm { newest: former.newest, report: AlarmReport::Overtaken };
        self.alarms.insert(alarm.to_owned(), known);
        if let Some(began) = former.raised.last().copied().filter(|_| former.open) {
            let change = AlarmChange { raised: true, since: began, was_raised: false };
            let mut incident = AlarmIncident::begin(&AlarmEvent { alarm, family, gravity, change }, RaiseMail::Claimed);
            let mailed = |since: &Timestamp| RaisedAlarm {
                alarm: alarm.to_owned(),
                since: *since,
                over: None,
                mail: RaiseMail::Claimed,
            };
            incident.raised = former.raised.iter().map(mailed).collect();
            self.open.push(incident);
        }
        self
    }

    /// Closes an incident.
    pub(super) fn close(&mut self, index: usize, at: Option<Timestamp>) -> AlarmIncident {
        let mut incident = self.open.remove(index);
        incident.ended = at;
        self.past.push(incident.clone());
        let surplus = self.past.len().saturating_sub(MOST_PAST);
        self.past.drain(..surplus);
        incident
    }

    /// Ends the alarms that no longer ring according to CloudWatch, and whose notification is lost. Closes the incidents of
    /// which only lost or muted alarms are left, and that would take `news`. Returns their mailed alarms.
    pub(super) fn settle(
        &mut self,
        news: &AlarmEvent<'_>,
        around: &AlarmSurroundings,
        now: Timestamp,
    ) -> Vec<RaisedAlarm> {
        let rings = |alarm: &str| around.ringing.as_ref().is_none_or(|all| all.iter().any(|it| it.alarm == alarm));
        let is_lost = |raised: &RaisedAlarm| now.duration_since(raised.since) > LOST_AFTER && !rings(&raised.alarm);
        for incident in self.open.iter_mut().filter(|incident| incident.takes(news)) {
            for raised in incident.raised.iter_mut().filter(|raised| raised.over.is_none() && is_lost(raised)) {
                raised.over = Some(now);
            }
        }
        let mut unended = Vec::new();
        let is_over = |incident: &AlarmIncident| incident.takes(news) && !incident.rings(&around.muted);
        while let Some(index) = self.open.iter().position(is_over) {
            unended.extend(self.close(index, Some(now)).mailed_until(now));
        }
        unended
    }

    fn forget_before(&mut self, now: Timestamp) {
        let ended = |incident: &AlarmIncident| incident.ended.unwrap_or(incident.began);
        self.past.retain(|incident| now.duration_since(ended(incident)) <= REMEMBERED);
    }
}

/// Returns whether the date of a change is plausible. A wrong date must not suppress all mails of the alarm until then.
fn is_believed(newest: AlarmChange, now: Timestamp) -> bool {
    newest.since.duration_since(now) <= MOST_AHEAD
}
