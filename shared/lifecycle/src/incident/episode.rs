//! One incident: the alarms that ring together, from the first raise to the last OK.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::record::AlarmEvent;
use super::{AlarmFamily, DAY, Gravity, QUIET};

/// Whether a mail was sent when an alarm was raised, as far as the record knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RaiseMail {
    /// No mail was sent about this alarm itself.
    None,
    /// A mail was sent. The claims on mails say to whom.
    Claimed,
    /// A mail was sent while the registry was away. Nobody knows to whom.
    Unclaimed,
}

/// An alarm of an incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RaisedAlarm {
    /// The alarm's full name, which begins with the stack's name.
    pub alarm: String,
    /// When the alarm was raised.
    pub since: Timestamp,
    /// When the alarm was OK again. `None` while it rings.
    pub over: Option<Timestamp>,
    /// Whether a mail was sent about it.
    pub mail: RaiseMail,
}

/// Alarms of one family that ring together, or have rung.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlarmIncident {
    /// When the first alarm was raised.
    pub began: Timestamp,
    /// When the last alarm was OK again. `None` while one rings.
    pub ended: Option<Timestamp>,
    /// The alarms that were raised, oldest first. The list may begin with alarms of an incident that ended just before.
    pub raised: Vec<RaisedAlarm>,
    /// The families of the alarms.
    pub(super) families: BTreeSet<AlarmFamily>,
    /// The gravest alarm about which a mail was sent.
    pub(super) gravity: Gravity,
    /// Whether no mail was sent, because the same alarm rang too often.
    pub(super) is_silent: bool,
    /// Whether its first mail stands for all incidents of the next 24 hours.
    pub(super) holds: bool,
}

impl AlarmIncident {
    /// Starts an incident with one alarm.
    pub(super) fn begin(news: &AlarmEvent<'_>, mail: RaiseMail) -> Self {
        Self {
            began: news.change.since,
            ended: None,
            raised: vec![RaisedAlarm { alarm: news.alarm.to_owned(), since: news.change.since, over: None, mail }],
            families: [news.family].into(),
            gravity: news.gravity,
            is_silent: mail == RaiseMail::None,
            holds: false,
        }
    }

    /// Returns whether an alarm that is raised now belongs to this incident.
    pub(super) fn takes(&self, news: &AlarmEvent<'_>) -> bool {
        if news.family == AlarmFamily::Other {
            return self.has(news.alarm);
        }
        let is_young = news.change.since.duration_since(self.began).abs() <= QUIET;
        let is_related = |family: &AlarmFamily| is_young && family.is_related_to(news.family);
        self.families.contains(&news.family) || self.families.iter().any(is_related)
    }

    /// Returns whether an alarm of this family, whose raise is unknown, may belong to this incident. All such alarms were
    /// raised in the same outage of the registry.
    pub(super) fn is_akin(&self, alarm: &str, family: AlarmFamily) -> bool {
        if family == AlarmFamily::Other {
            return self.has(alarm);
        }
        let is_unclaimed = self.raised.iter().any(|raised| raised.mail == RaiseMail::Unclaimed);
        is_unclaimed && self.families.iter().any(|own| *own == family || own.is_related_to(family))
    }

    /// Returns whether the alarm has rung in this incident.
    pub fn has(&self, alarm: &str) -> bool {
        self.raised.iter().any(|raised| raised.alarm == alarm && raised.since >= self.began)
    }

    /// Adds an alarm that is raised now.
    pub(super) fn add(&mut self, news: &AlarmEvent<'_>, mail: RaiseMail) {
        self.families.insert(news.family);
        let of_it = |raised: &&mut RaisedAlarm| raised.alarm == news.alarm && raised.mail == mail;
        match self.raised.iter_mut().rev().find(of_it).filter(|_| mail == RaiseMail::None) {
            // An alarm that rings again and again stays one line.
            Some(known) => known.over = None,
            None => self.raised.push(RaisedAlarm {
                alarm: news.alarm.to_owned(),
                since: news.change.since,
                over: None,
                mail,
            }),
        }
        if mail != RaiseMail::None {
            self.gravity = self.gravity.max(news.gravity);
            self.is_silent = false;
        }
    }

    /// Notes that an alarm is OK. Returns whether it rang.
    pub(super) fn end_of(&mut self, alarm: &str, at: Timestamp) -> bool {
        let mut rang = false;
        for raised in self.raised.iter_mut().filter(|raised| raised.alarm == alarm && raised.over.is_none()) {
            raised.over = Some(at);
            rang = true;
        }
        rang
    }

    /// Returns whether an alarm of the incident still rings that nobody has muted.
    pub(super) fn rings(&self, muted: &BTreeSet<String>) -> bool {
        self.raised.iter().any(|raised| raised.over.is_none() && !muted.contains(&raised.alarm))
    }

    /// Returns the raises about which a mail was sent.
    pub(super) fn mailed(&self) -> impl Iterator<Item = &RaisedAlarm> {
        self.raised.iter().filter(|raised| raised.mail != RaiseMail::None)
    }

    /// Returns the raises about which a mail was sent. An alarm that still rings counts as OK from `until` on.
    pub(super) fn mailed_until(&self, until: Timestamp) -> Vec<RaisedAlarm> {
        let over = |raised: &RaisedAlarm| RaisedAlarm { over: raised.over.or(Some(until)), ..raised.clone() };
        self.mailed().map(over).collect()
    }

    /// Returns the alarm that the first mail of this incident was about.
    pub(super) fn first_mailed(&self) -> Option<&RaisedAlarm> {
        self.mailed().find(|raised| raised.since >= self.began)
    }

    /// Returns whether the newest alarm came more than a day before `at`.
    pub(super) fn is_old_at(&self, at: Timestamp) -> bool {
        self.raised.iter().all(|raised| at.duration_since(raised.since) >= DAY)
    }
}
