//! Decides which state changes of a CloudWatch alarm are reported by mail. Each incident and its end are reported once
//! and in order. The number of mails is limited.
//!
//! An incident begins when an alarm is raised, and it ends when the alarm is OK again. Notifications from CloudWatch
//! may arrive twice, late, or in the wrong order. So every alarm has a stored record of its newest state change and of
//! the latest reports.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// Maximum number of incidents in a row that are reported by mail for one CloudWatch alarm. Incidents are in a row if
/// no quiet hour is between them. The next incident is reported as flapping: the alarm changes too often.
pub const MOST_IN_A_ROW: u32 = 3;

/// Maximum number of incidents of one CloudWatch alarm that are reported by mail in 24 hours. Each incident causes a
/// mail at its start and a mail at its end. With the mails about flapping (an alarm that changes too often), each
/// recipient gets fewer than 20 mails a day for the alarm. A new Amazon SES account (in the sandbox) can send at most
/// 200 mails a day.
pub const MOST_IN_A_DAY: usize = 8;

/// A CloudWatch alarm counts as quiet if its state has not changed for this time.
pub const QUIET: SignedDuration = SignedDuration::from_hours(1);

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// Maximum time by which the date of a CloudWatch alarm's state change may be in the future. A date further in the
/// future is treated as wrong.
const MOST_AHEAD: SignedDuration = SignedDuration::from_mins(5);

/// One state change of a CloudWatch alarm: the alarm was raised, or it became OK.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlarmChange {
    /// `true` if the alarm was raised, `false` if the alarm became OK.
    pub raised: bool,
    /// The time at which the alarm changed its state.
    pub since: Timestamp,
    /// Whether the alarm was in the raised state before this change, according to the notification. The value is only
    /// used if no record of the alarm is stored.
    #[serde(skip)]
    pub was_raised: bool,
}

/// The mail to send about one state change of a CloudWatch alarm, or the reason to send none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum AlarmReport {
    /// Send the mail that the alarm is raised.
    Raised,
    /// Send the mail that the alarm is raised and flapping (it changes too often). The mail also says that no more
    /// mails about the alarm follow for now.
    Flapping,
    /// Send the mail that the incident is over.
    Over {
        /// The start times of the incidents that are over, newest last. The list has earlier incidents too if some
        /// recipients may have missed the mails about their end. Only recipients who got a mail about the start of at
        /// least one listed incident get this mail. An empty list means that every recipient gets it.
        raised: Vec<Timestamp>,
    },
    /// Send no mail, because a newer state change of the alarm is already known.
    Overtaken,
    /// Send no mail, because the alarm is flapping, and a mail about that was already sent.
    HeldBack,
    /// Send no mail, because the alarm is OK, and no earlier mail said that it was raised.
    #[serde(rename = "no_news")]
    NothingToReport,
}

/// The stored record of one CloudWatch alarm: its newest state change, and the mails that were sent about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlarmRecord {
    /// The number of state changes of the alarm so far, from 1 up. The record is only stored if the stored number is
    /// one lower. So two Lambda invocations cannot overwrite each other's record.
    pub revision: u32,
    newest: AlarmChange,
    /// The mail about the newest state change, or the reason to send none. If the same notification arrives again, this
    /// is the answer again.
    #[serde(rename = "telling")]
    alarm_report: AlarmReport,
    /// Whether the incident of the last mail is still going on.
    open: bool,
    /// The start times of incidents, newest last: the incident that was last reported by mail, and earlier incidents
    /// whose end some recipients may have missed.
    raised: Vec<Timestamp>,
    /// The start times of the incidents that were reported by mail within the last 24 hours.
    told: Vec<Timestamp>,
    /// The number of incidents in a row that were reported by mail, without a quiet hour between them.
    in_a_row: u32,
    /// Whether mails about this alarm are suppressed, because the alarm is flapping.
    held: bool,
}

impl AlarmRecord {
    /// Decides at the time `now` which mail to send about the state change `change`. `known` is the alarm's stored
    /// record, or `None` if there is none. The second result is the new record, which the caller must store. It is
    /// `None` if the stored record stays as it is.
    pub fn receive(known: Option<&Self>, change: AlarmChange, now: Timestamp) -> (AlarmReport, Option<Self>) {
        match known {
            Some(record) if record.newest.is(change) => (record.alarm_report.clone(), None),
            Some(record) if record.newest.since > change.since && record.is_believed(now) => {
                (AlarmReport::Overtaken, None)
            }
            _ => {
                let next = Self::after(known, change);
                (next.alarm_report.clone(), Some(next))
            }
        }
    }

    /// Returns whether the record contains a newer state change of the alarm than `change`. If the newest change in the
    /// record is dated in the future, the result is `false`, because that date is wrong.
    pub fn overtakes(&self, change: AlarmChange, now: Timestamp) -> bool {
        !self.newest.is(change) && self.newest.since >= change.since && self.is_believed(now)
    }

    /// Returns whether the date of the record's newest state change is plausible: at most [`MOST_AHEAD`] after `now`. A
    /// wrong date must not suppress all mails of the alarm until that date.
    fn is_believed(&self, now: Timestamp) -> bool {
        self.newest.since.duration_since(now) <= MOST_AHEAD
    }

    fn after(known: Option<&Self>, change: AlarmChange) -> Self {
        let Some(before) = known else { return Self::first(change) };
        let quiet = change.since.duration_since(before.newest.since).abs() >= QUIET;
        let told: Vec<_> =
            before.told.iter().copied().filter(|told| change.since.duration_since(*told) < DAY).collect();
        let next = Self {
            revision: before.revision.saturating_add(1),
            newest: change,
            alarm_report: AlarmReport::HeldBack,
            in_a_row: if quiet { 0 } else { before.in_a_row },
            held: before.held && !(quiet && told.len() < MOST_IN_A_DAY),
            // If an incident ended more than an hour ago, no mail about its end is still on its way.
            raised: if quiet && !before.open { Vec::new() } else { before.raised.clone() },
            open: before.open,
            told,
        };
        match (change.raised, next.held) {
            (true, true) => Self { open: false, ..next },
            (true, false) => next.raise(),
            // The first OK after a quiet hour is reported. Otherwise the last mail would say that the alarm is
            // flapping.
            (false, held) => next.end(before.held && !held),
        }
    }

    fn first(change: AlarmChange) -> Self {
        let none = Self {
            revision: 1,
            newest: change,
            alarm_report: AlarmReport::NothingToReport,
            open: false,
            raised: Vec::new(),
            told: Vec::new(),
            in_a_row: 0,
            held: false,
        };
        if change.raised { none.raise() } else { none.end(change.was_raised) }
    }

    fn raise(mut self) -> Self {
        let flaps = self.in_a_row >= MOST_IN_A_ROW || self.told.len() >= MOST_IN_A_DAY;
        self.told.push(self.newest.since);
        if flaps {
            return Self { alarm_report: AlarmReport::Flapping, open: false, raised: Vec::new(), held: true, ..self };
        }
        self.raised.push(self.newest.since);
        Self { alarm_report: AlarmReport::Raised, open: true, in_a_row: self.in_a_row + 1, ..self }
    }

    /// Ends the open incident after the alarm became OK, and returns the new record. If no incident is open,
    /// `to_everybody` decides whether all recipients get a mail (`true`) or nobody does (`false`).
    fn end(self, to_everybody: bool) -> Self {
        let alarm_report = match (self.open, self.held) {
            (true, _) => AlarmReport::Over { raised: self.raised.clone() },
            (false, true) => AlarmReport::HeldBack,
            (false, false) if to_everybody => AlarmReport::Over { raised: Vec::new() },
            (false, false) => AlarmReport::NothingToReport,
        };
        Self { alarm_report, open: false, ..self }
    }
}

impl AlarmChange {
    fn is(self, other: Self) -> bool {
        (self.raised, self.since) == (other.raised, other.since)
    }
}
