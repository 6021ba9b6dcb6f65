//! Decides which changes of an alarm are reported by mail. Each incident and its end are reported once, in order, and
//! only so often.
//!
//! An incident begins when an alarm is raised and ends when the alarm is OK again. Notifications may come twice, late,
//! or in the wrong order. So every alarm has a record of its newest change and of the latest reports.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// Maximum number of incidents of one alarm that are reported without a quiet hour between them. The next one is
/// reported as flapping.
pub const MOST_IN_A_ROW: u32 = 3;

/// Maximum number of incidents of one alarm that are reported within a day. With their ends and the reports of
/// flapping, each recipient gets fewer than 20 mails. SES's sandbox sends 200 mails a day.
pub const MOST_IN_A_DAY: usize = 8;

/// An alarm is quiet if it has not changed for this time.
pub const QUIET: SignedDuration = SignedDuration::from_hours(1);

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// Maximum distance into the future at which a change's date is trusted.
const MOST_AHEAD: SignedDuration = SignedDuration::from_mins(5);

/// A change of an alarm's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlarmChange {
    /// `true` if the alarm was raised, `false` if it became OK.
    pub raised: bool,
    /// When the alarm changed.
    pub since: Timestamp,
    /// Whether the alarm was raised before the change, according to the notification. It only matters if the alarm has
    /// no record.
    #[serde(skip)]
    pub was_raised: bool,
}

/// What to report about a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum AlarmReport {
    /// Report that the alarm is raised.
    Raised,
    /// Report that the alarm is raised and flapping, and that further mails about it are held back.
    Flapping,
    /// Report that the incident is over.
    Over {
        /// The begin of each incident that is over, newest last. There are several if the end of an earlier incident
        /// may not have reached everybody. A recipient who got no mail about any of them gets no mail about the end. If
        /// the list is empty, everybody gets the mail.
        raised: Vec<Timestamp>,
    },
    /// Report nothing: a newer change is known.
    Overtaken,
    /// Report nothing: the alarm is flapping, and everybody knows.
    HeldBack,
    /// Report nothing: the alarm is OK, and no mail said otherwise.
    #[serde(rename = "no_news")]
    NothingToReport,
}

/// The stored record of an alarm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlarmRecord {
    /// Number of changes so far, from 1 up. Conditional writes compare it.
    pub revision: u32,
    /// The newest change.
    newest: AlarmChange,
    /// What was reported about it. A repeated notification gets the same answer.
    #[serde(rename = "telling")]
    alarm_report: AlarmReport,
    /// Whether the last reported incident is still going on.
    open: bool,
    /// When that incident began, and when earlier ones began whose end may not have reached everybody.
    raised: Vec<Timestamp>,
    /// When each incident began that was reported within the last day.
    told: Vec<Timestamp>,
    /// How many incidents were reported without a quiet hour between them.
    in_a_row: u32,
    /// Whether mails are held back.
    held: bool,
}

impl AlarmRecord {
    /// Decides what to report about `change` at `now`. `known` is the alarm's stored record. Also returns the record
    /// that must replace `known`, or `None` if `known` stays.
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

    /// Checks whether a change after `change` is known at `now`.
    pub fn overtakes(&self, change: AlarmChange, now: Timestamp) -> bool {
        !self.newest.is(change) && self.newest.since >= change.since && self.is_believed(now)
    }

    /// Checks whether the newest change is not dated in the future. A wrong date must not silence the alarm until that
    /// date.
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
            // If an hour has passed since an end, no mail about that end is still on its way.
            raised: if quiet && !before.open { Vec::new() } else { before.raised.clone() },
            open: before.open,
            told,
        };
        match (change.raised, next.held) {
            (true, true) => Self { open: false, ..next },
            (true, false) => next.raise(),
            // The first change after a quiet hour is reported. Otherwise the last report would be that the alarm flaps.
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

    /// Returns the record after the end of the open incident. If no incident is open, either everybody gets a mail or
    /// nobody does.
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
