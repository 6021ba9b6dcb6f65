//! Which changes of an alarm become a mail: each incident is told once and its end once, in order, and within bounds.
//!
//! An incident begins when an alarm is raised and ends when it is OK again. Notifications may come twice, late, or in the
//! wrong order. So every alarm has a record of the newest change and of what was told lately.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// Maximum number of incidents of one alarm that are told without a quiet hour between. The next one is told as flapping.
pub const MOST_IN_A_ROW: u32 = 3;

/// Maximum number of incidents of one alarm that are told within a day. With their ends and with what is told of flapping,
/// that is under 20 mails a recipient. SES's sandbox sends 200 mails a day.
pub const MOST_IN_A_DAY: usize = 8;

/// An alarm is quiet when it has kept its state for so long.
pub const QUIET: SignedDuration = SignedDuration::from_hours(1);

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// A change that is dated further ahead than this is not believed to be newer than others.
const MOST_AHEAD: SignedDuration = SignedDuration::from_mins(5);

/// A change of an alarm's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlarmChange {
    /// Whether the alarm was raised; else it became OK.
    pub raised: bool,
    /// When.
    pub since: Timestamp,
    /// Whether it was raised before, as far as that is said. It decides where nothing is remembered of the alarm.
    #[serde(skip)]
    pub was_raised: bool,
}

/// What to do about a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Telling {
    /// Tell that the alarm is raised.
    Raised,
    /// Tell that the alarm is raised, that it flaps, and that further mails about it are held back.
    Flapping,
    /// Tell that it is over.
    Over {
        /// When it was raised, newest last. More than one where the end of an earlier incident may not have reached
        /// everybody. Who was told of none of them is not told of the end. None: everybody is told.
        raised: Vec<Timestamp>,
    },
    /// Tell nothing: a newer change is known.
    Overtaken,
    /// Tell nothing: the alarm flaps, and everybody was told so.
    HeldBack,
    /// Tell nothing: the alarm is OK, and nobody was told otherwise.
    NoNews,
}

/// What is remembered of an alarm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlarmRecord {
    /// Counts the changes, from 1 up: what a conditional write compares.
    pub revision: u32,
    /// The newest change.
    newest: AlarmChange,
    /// What was done about it. A notification that comes again gets the same answer.
    telling: Telling,
    /// Whether the incident that was told last is not over.
    open: bool,
    /// When it began, and when those before it did whose end may not have reached everybody.
    raised: Vec<Timestamp>,
    /// When the incidents began that were told in the last day.
    told: Vec<Timestamp>,
    /// How many of them were told without a quiet hour between.
    in_a_row: u32,
    /// Whether mails are held back.
    held: bool,
}

impl AlarmRecord {
    /// What to do about `change` at `now`, where `known` is remembered of its alarm. Returns the record to store in the
    /// place of `known`, or nothing where that stays.
    pub fn hear(known: Option<&Self>, change: AlarmChange, now: Timestamp) -> (Telling, Option<Self>) {
        match known {
            Some(record) if record.newest.is(change) => (record.telling.clone(), None),
            Some(record) if record.newest.since > change.since && record.is_believed(now) => (Telling::Overtaken, None),
            _ => {
                let next = Self::after(known, change);
                (next.telling.clone(), Some(next))
            }
        }
    }

    /// Whether a change is known at `now` that came after `change`.
    pub fn overtakes(&self, change: AlarmChange, now: Timestamp) -> bool {
        !self.newest.is(change) && self.newest.since >= change.since && self.is_believed(now)
    }

    /// Whether the newest change is not dated in the future. One that is must not silence its alarm until then.
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
            telling: Telling::HeldBack,
            in_a_row: if quiet { 0 } else { before.in_a_row },
            held: before.held && !(quiet && told.len() < MOST_IN_A_DAY),
            // An hour after an end nobody is about to be told of it any more.
            raised: if quiet && !before.open { Vec::new() } else { before.raised.clone() },
            open: before.open,
            told,
        };
        match (change.raised, next.held) {
            (true, true) => Self { open: false, ..next },
            (true, false) => next.raise(),
            // The first change after a quiet hour is told, so that the last word is not that the alarm flaps.
            (false, held) => next.end(before.held && !held),
        }
    }

    fn first(change: AlarmChange) -> Self {
        let none = Self {
            revision: 1,
            newest: change,
            telling: Telling::NoNews,
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
            return Self { telling: Telling::Flapping, open: false, raised: Vec::new(), held: true, ..self };
        }
        self.raised.push(self.newest.since);
        Self { telling: Telling::Raised, open: true, in_a_row: self.in_a_row + 1, ..self }
    }

    /// The record with the end of what is open. Where nothing is, the change is told to everybody, or to nobody.
    fn end(self, to_everybody: bool) -> Self {
        let telling = match (self.open, self.held) {
            (true, _) => Telling::Over { raised: self.raised.clone() },
            (false, true) => Telling::HeldBack,
            (false, false) if to_everybody => Telling::Over { raised: Vec::new() },
            (false, false) => Telling::NoNews,
        };
        Self { telling, open: false, ..self }
    }
}

impl AlarmChange {
    fn is(self, other: Self) -> bool {
        (self.raised, self.since) == (other.raised, other.since)
    }
}
