//! The rules: what is mailed when an alarm is raised, and when it is OK again.

use jiff::Timestamp;

use super::record::{AlarmEvent, AlarmSurroundings, IncidentRecord};
use super::{AlarmIncident, AlarmReport, DAY, LOST_AFTER, MOST_IN_A_DAY, NEWS_AGAIN, QUIET, RaiseMail, RaisedAlarm};

/// Maximum number of earlier incidents that a mail lists.
const MOST_LISTED: usize = 20;

/// Maximum number of alarms of incidents that ended just before, whose recipients may have missed the end.
const MOST_OWED: usize = 8;

impl IncidentRecord {
    /// An alarm is raised: it joins an incident, or begins one.
    pub(super) fn raise(&mut self, news: &AlarmEvent<'_>, around: &AlarmSurroundings, now: Timestamp) -> AlarmReport {
        let mut unended = self.settle(news, around, now);
        unended.extend(self.end_unheard(news));
        if around.muted.contains(news.alarm) {
            return AlarmReport::Muted;
        }
        match self.open.iter().position(|incident| incident.takes(news)) {
            Some(index) => self.join(index, news, unended, now),
            None => self.begin(news, unended),
        }
    }

    /// An alarm that is raised although it rang already was OK in between. Returns the mailed alarms of an incident that
    /// was over then.
    fn end_unheard(&mut self, news: &AlarmEvent<'_>) -> Vec<RaisedAlarm> {
        let since = news.change.since;
        let rang = self.open.iter_mut().position(|incident| incident.end_of(news.alarm, since));
        let is_over = |index: &usize| self.open.get(*index).is_some_and(|open| !open.rings(&Default::default()));
        rang.filter(is_over).map(|index| self.close(index, Some(since)).mailed_until(since)).unwrap_or_default()
    }

    fn join(&mut self, index: usize, news: &AlarmEvent<'_>, unended: Vec<RaisedAlarm>, now: Timestamp) -> AlarmReport {
        let is_new = self.in_last_day(news).next().is_none();
        let Some(incident) = self.open.get_mut(index) else { return AlarmReport::OthersRing };
        incident.raised.splice(0..0, unended);
        // A repeated alarm that is held back must not hide another one.
        if incident.is_silent {
            let mail = if is_new { RaiseMail::Claimed } else { RaiseMail::None };
            incident.add(news, mail);
            return if is_new { AlarmReport::Raised } else { AlarmReport::HeldBack };
        }
        if news.gravity > incident.gravity || incident.is_old_at(news.change.since) {
            let raised = incident.raised.clone();
            incident.add(news, RaiseMail::Claimed);
            return AlarmReport::AlsoRaised { raised };
        }
        incident.add(news, RaiseMail::None);
        // The first mail may still be on its way.
        let is_settled = |first: &&RaisedAlarm| now.duration_since(first.since) > LOST_AFTER;
        match incident.first_mailed().filter(is_settled) {
            Some(first) if first.mail == RaiseMail::Claimed => AlarmReport::Joined { first: first.clone() },
            _ => AlarmReport::OthersRing,
        }
    }

    /// `unended` are the mailed alarms of incidents that ended unnoticed just now.
    fn begin(&mut self, news: &AlarmEvent<'_>, unended: Vec<RaisedAlarm>) -> AlarmReport {
        let recent: Vec<_> = self.in_last_day(news).cloned().collect();
        let is_held = recent.iter().any(|incident| incident.holds) && !self.is_quiet(news);
        let holds = !is_held && recent.len() >= MOST_IN_A_DAY;
        let mail = if is_held { RaiseMail::None } else { RaiseMail::Claimed };
        // No mail is sent about an incident that is held back. But its end reports also the end of those before it.
        let owed = if is_held { unended } else { self.owed(news) };
        let mut incident = AlarmIncident { holds, ..AlarmIncident::begin(news, mail) };
        incident.raised.splice(0..0, owed);
        self.open.push(incident);
        if is_held {
            return AlarmReport::HeldBack;
        }
        if recent.is_empty() {
            return AlarmReport::Raised;
        }
        let mut earlier: Vec<_> = self.past.iter().filter(|past| past.has(news.alarm)).cloned().collect();
        earlier.drain(..earlier.len().saturating_sub(MOST_LISTED));
        AlarmReport::Repeated { earlier, holds }
    }

    /// An alarm is OK: the incident goes on, or is over.
    pub(super) fn end(&mut self, news: &AlarmEvent<'_>, around: &AlarmSurroundings) -> AlarmReport {
        let since = news.change.since;
        let was_muted = around.muted.contains(news.alarm);
        if let Some(index) = self.open.iter_mut().position(|incident| incident.end_of(news.alarm, since)) {
            return self.end_in(index, news, around);
        }
        let is_raise_known = self.alarms.get(news.alarm).is_some_and(|known| known.newest.raised);
        if was_muted {
            return AlarmReport::Muted;
        }
        if is_raise_known || !news.change.was_raised {
            return AlarmReport::NothingToReport;
        }
        self.end_unknown(news, around)
    }

    fn end_in(&mut self, index: usize, news: &AlarmEvent<'_>, around: &AlarmSurroundings) -> AlarmReport {
        if self.open.get(index).is_some_and(|incident| incident.rings(&around.muted)) {
            return AlarmReport::OthersRing;
        }
        let over = self.close(index, Some(news.change.since));
        let is_muted = |raised: &RaisedAlarm| around.muted.contains(&raised.alarm);
        if over.is_silent && over.mailed().next().is_none() {
            AlarmReport::HeldBack
        } else if over.mailed().all(is_muted) {
            AlarmReport::Muted
        } else {
            let began = Some(over.began).filter(|began| *began < news.change.since);
            AlarmReport::Over { began, raised: over.raised }
        }
    }

    // The registry was away when the alarm was raised, or the notification is lost or late. The mail about the begin was
    // sent without a record in the first case, and a mail about the end does no harm in the others.
    /// An alarm is OK whose raise is unknown.
    fn end_unknown(&mut self, news: &AlarmEvent<'_>, around: &AlarmSurroundings) -> AlarmReport {
        if self.in_last_day(news).count() >= MOST_IN_A_DAY {
            return AlarmReport::HeldBack;
        }
        let unknown: Vec<_> =
            around.ringing.iter().flatten().filter(|it| !self.is_raised(&it.alarm)).cloned().collect();
        let is_its = |incident: &AlarmIncident| incident.takes(news) || incident.is_akin(news.alarm, news.family);
        let index = self.open.iter().position(is_its).unwrap_or(self.open.len());
        if index == self.open.len() {
            self.open.push(AlarmIncident::begin(news, RaiseMail::Unclaimed));
        }
        let Some(incident) = self.open.get_mut(index) else { return AlarmReport::NothingToReport };
        if !incident.has(news.alarm) {
            incident.add(news, RaiseMail::None);
        }
        for other in unknown {
            let since = other.since.unwrap_or(news.change.since);
            let change = super::AlarmChange { raised: true, since, was_raised: false };
            let raise = AlarmEvent { alarm: &other.alarm, family: other.family, gravity: other.gravity, change };
            let is_its = incident.takes(&raise) || incident.is_akin(&other.alarm, other.family);
            if other.alarm != news.alarm && is_its && !incident.has(&other.alarm) {
                incident.began = incident.began.min(since);
                incident.add(&raise, RaiseMail::None);
            }
        }
        incident.end_of(news.alarm, news.change.since);
        self.end_in(index, news, around)
    }

    fn is_raised(&self, alarm: &str) -> bool {
        let rings = |raised: &RaisedAlarm| raised.alarm == alarm && raised.over.is_none();
        self.alarms.get(alarm).is_some_and(|known| known.newest.raised)
            || self.open.iter().any(|incident| incident.raised.iter().any(rings))
    }

    /// Returns the ended incidents with the same alarm that began in the last 24 hours, oldest first.
    fn in_last_day(&self, news: &AlarmEvent<'_>) -> impl Iterator<Item = &AlarmIncident> {
        let since = news.change.since;
        self.past.iter().filter(move |past| past.has(news.alarm) && since.duration_since(past.began) < DAY)
    }

    /// Returns whether no incident with the same alarm ended in the last six hours.
    fn is_quiet(&self, news: &AlarmEvent<'_>) -> bool {
        let ended = self.in_last_day(news).filter_map(|past| past.ended).max();
        ended.is_none_or(|ended| news.change.since.duration_since(ended) >= NEWS_AGAIN)
    }

    /// Returns the mailed alarms of an incident of the same kind that ended just now. A recipient may have got the mail
    /// about its begin, and miss that about its end.
    fn owed(&self, news: &AlarmEvent<'_>) -> Vec<RaisedAlarm> {
        let since: Timestamp = news.change.since;
        let is_fresh = |past: &&AlarmIncident| past.ended.is_none_or(|ended| since.duration_since(ended) <= QUIET);
        let fresh = self.past.iter().filter(|past| past.takes(news)).filter(is_fresh);
        let mut owed: Vec<_> = fresh.flat_map(|past| past.mailed_until(since)).collect();
        owed.drain(..owed.len().saturating_sub(MOST_OWED));
        owed
    }
}
