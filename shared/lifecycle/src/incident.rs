//! Decides which state changes of a CloudWatch alarm are reported by mail.
//!
//! An incident begins when an alarm is raised, and it ends when the alarm is OK again. Each incident and its end are
//! reported once and in order. The number of mails is limited.
//!
//! Notifications from CloudWatch may arrive twice, late, or in the wrong order. So every alarm has a stored record of
//! its newest state change and of the latest reports.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

// Incidents are in a row if no quiet hour is between them. The next incident is reported as flapping: the alarm changes
// too often.
/// Maximum number of incidents of one CloudWatch alarm that are reported by mail until the alarm is quiet for an hour.
pub const MOST_IN_A_ROW: u32 = 3;

// Each incident causes a mail at its start and a mail at its end. With the mails about flapping (an alarm that changes
// too often), each recipient gets fewer than 20 mails a day for the alarm. A new Amazon SES account (in the sandbox)
// can send at most 200 mails a day.
/// Maximum number of incidents of one CloudWatch alarm that are reported by mail in 24 hours.
pub const MOST_IN_A_DAY: usize = 8;

/// How long a CloudWatch alarm must stay in one state to count as quiet.
pub const QUIET: SignedDuration = SignedDuration::from_hours(1);

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// How far in the future the recorded time of a CloudWatch alarm's state change may be. A later time counts as wrong.
const MOST_AHEAD: SignedDuration = SignedDuration::from_mins(5);

/// One state change of a CloudWatch alarm: the alarm was raised, or it became OK.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlarmChange {
    /// `true` if the alarm was raised, `false` if the alarm became OK.
    pub raised: bool,
    /// The time at which the alarm changed its state.
    pub since: Timestamp,
    // Only used if no record of the alarm is stored.
    /// Whether the alarm was raised before this change, according to the notification.
    #[serde(skip)]
    pub was_raised: bool,
}

/// The mail to send about one state change of a CloudWatch alarm, or the reason to send none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum AlarmReport {
    /// Send the mail that the alarm is raised.
    Raised,
    // The mail also says that no more mails about the alarm follow for now.
    /// Send the mail that the alarm is raised and flapping (it changes too often).
    Flapping,
    /// Send the mail that the incident is over.
    Over {
        // The list has earlier incidents too if some recipients may have missed the mails about their end. Only
        // recipients who got a mail about the start of at least one listed incident get this mail.
        /// The start times of the incidents that are over, newest last. If the list is empty, every recipient gets the
        /// mail.
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
    // The record is only stored if the stored number is one lower. So two Lambda invocations cannot overwrite each
    // other's record.
    /// How many times the alarm has changed its state. The first change has the number 1.
    pub revision: u32,
    newest: AlarmChange,
    // If the same notification arrives again, this is the answer again.
    /// The mail about the newest state change, or the reason to send none.
    #[serde(rename = "telling")]
    alarm_report: AlarmReport,
    /// `true` if a mail reported the newest incident, and the incident is not over. `false` while mails are suppressed.
    open: bool,
    // Earlier incidents are listed if some recipients may have missed the mails about their end.
    /// The start times of the last reported incident and of earlier incidents, newest last.
    raised: Vec<Timestamp>,
    /// The start times of the incidents that were reported by mail within the last 24 hours.
    told: Vec<Timestamp>,
    // Incidents are in a row if no quiet hour is between them.
    /// How many incidents were reported by mail since the alarm was last quiet for an hour.
    in_a_row: u32,
    /// Whether mails about this alarm are suppressed, because it changes too often.
    held: bool,
}

impl AlarmRecord {
    // `known` is the alarm's stored record, or `None` if there is none. The returned record is `None` if the stored
    // record stays as it is.
    /// Decides which mail to send about a state change of a CloudWatch alarm, and returns the new record to store.
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

    /// Returns whether this record contains a newer state change of the alarm than `change`.
    pub fn overtakes(&self, change: AlarmChange, now: Timestamp) -> bool {
        // If the newest change in the record is dated in the future, its date is wrong.
        !self.newest.is(change) && self.newest.since >= change.since && self.is_believed(now)
    }

    /// Returns when the alarm's newest incident began and when it ended. The end is `None` while the alarm is raised. `None`
    /// if no incident is known.
    pub fn newest_incident(&self) -> Option<(Timestamp, Option<Timestamp>)> {
        if self.newest.raised {
            return Some((self.newest.since, None));
        }
        let began = self.raised.last().max(self.told.last())?;
        Some((*began, Some(self.newest.since)))
    }

    /// Returns whether the date of the record's newest state change is plausible.
    fn is_believed(&self, now: Timestamp) -> bool {
        // A wrong date must not suppress all mails of the alarm until that date.
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

    // If no incident is open, `to_everybody` decides whether all recipients get a mail (`true`) or nobody does
    // (`false`).
    /// Ends the open incident after the alarm became OK, and returns the new record.
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
