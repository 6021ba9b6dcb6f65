//! The kinds of incidents that a simulated year has, and the time by which a mail must report each.

use serde::{Deserialize, Serialize};

/// Minutes of a day.
pub(crate) const DAY: u32 = 24 * 60;

/// Minutes of an hour.
pub(crate) const HOUR: u32 = 60;

/// When an incident begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Beginning {
    /// With a scheduled training.
    Training,
    /// On a working day between 9 and 16 o'clock, when people change things and there is traffic.
    WorkingHours,
    /// At any time.
    AnyTime,
    /// In the first half of a month, at any time of day.
    EarlyInMonth,
}

/// What is known of one kind of incident.
pub(crate) struct KindFacts {
    /// The kind's name in tables and recordings.
    pub(crate) name: &'static str,
    pub(crate) begins: Beginning,
    /// Shortest and longest duration, in minutes.
    pub(crate) lasts: (u32, u32),
    /// Minutes from the begin until a mail must have reported.
    pub(crate) deadline: u32,
    /// What begins and ends, in words.
    pub(crate) meaning: &'static str,
}

/// Defines the enum [`IncidentKind`] from a list with one row for each kind.
macro_rules! kinds {
    ($(
        $kind:ident { name: $name:literal, begins: $begins:ident, lasts: ($least:expr, $most:expr), deadline: $deadline:expr,
            meaning: $meaning:literal }
    )+) => {
        /// A kind of incident.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum IncidentKind {
            $(#[doc = $meaning] #[serde(rename = $name)] $kind,)+
        }

        impl IncidentKind {
            /// All kinds, in the order of the tables.
            pub const ALL: [Self; [$($name),+].len()] = [$(Self::$kind),+];

            pub(crate) fn facts(self) -> KindFacts {
                match self {
                    $(Self::$kind => KindFacts {
                        name: $name, begins: Beginning::$begins, lasts: ($least, $most), deadline: $deadline,
                        meaning: $meaning,
                    },)+
                }
            }
        }
    };
}

kinds! {
    TrainingFails {
        name: "training fails", begins: Training, lasts: (6 * HOUR, 20 * HOUR), deadline: 30,
        meaning: "The table is damaged, so the run fails for good. Somebody repairs the table and trains by hand."
    }
    TrainingLate {
        name: "training late", begins: Training, lasts: (80, 180), deadline: 75,
        meaning: "The run starts much later than planned. The incident ends when it has made a version."
    }
    TrainingLost {
        name: "training lost", begins: Training, lasts: (4 * HOUR, 20 * HOUR), deadline: 60,
        meaning: "The function is stopped in all three tries, as without memory. Somebody trains by hand."
    }
    ScheduleDeleted {
        name: "schedule deleted", begins: Training, lasts: (4 * HOUR, 20 * HOUR), deadline: 75,
        meaning: "The schedule does not exist at a due time. Somebody deploys it again and trains."
    }
    SchedulePaused {
        name: "schedule paused", begins: WorkingHours, lasts: (36 * HOUR, 60 * HOUR), deadline: 33 * HOUR,
        meaning: "The schedule is switched off and forgotten. Somebody switches it on and trains."
    }
    LabelsTurn {
        name: "labels turn", begins: Training, lasts: (6 * HOUR, 20 * HOUR), deadline: 30,
        meaning: "Half of the labels in the table are wrong. Somebody repairs the table and trains."
    }
    DriftsAtOnce {
        name: "data drifts at once", begins: WorkingHours, lasts: (2 * DAY, 4 * DAY), deadline: 100,
        meaning: "The served rows change from one hour to the next. Somebody trains on new data."
    }
    DriftsSlowly {
        name: "data drifts slowly", begins: WorkingHours, lasts: (7 * DAY, 9 * DAY), deadline: 6 * DAY,
        meaning: "The served rows change over five days. Somebody trains on new data."
    }
    LiveAccuracyFalls {
        name: "live accuracy falls", begins: WorkingHours, lasts: (4 * DAY, 6 * DAY), deadline: 2 * DAY + HOUR,
        meaning: "Predictions become wrong, as feedback of the next day says. Somebody trains on new data."
    }
    ArtifactDamaged {
        name: "artifact damaged", begins: AnyTime, lasts: (2 * HOUR, 20 * HOUR), deadline: 15,
        meaning: "The bucket's object of the champion changes. Somebody restores it."
    }
    PointerDamaged {
        name: "pointer damaged", begins: WorkingHours, lasts: (HOUR, 5 * HOUR), deadline: 15,
        meaning: "The record that names the champion is gone. Somebody restores it."
    }
    DynamoDbAway {
        name: "DynamoDB away", begins: WorkingHours, lasts: (HOUR, 5 * HOUR), deadline: 30,
        meaning: "No call to DynamoDB succeeds. It ends by itself; somebody empties the queues."
    }
    S3Away {
        name: "S3 away", begins: WorkingHours, lasts: (HOUR, 5 * HOUR), deadline: 30,
        meaning: "No call to S3 succeeds. It ends by itself."
    }
    SesAway {
        name: "SES away", begins: Training, lasts: (6 * HOUR, 12 * HOUR), deadline: 60,
        meaning: "A training fails for good while SES accepts no mail. Both are repaired together."
    }
    MailBounces {
        name: "a mail bounces", begins: Training, lasts: (6 * HOUR, 20 * HOUR), deadline: 90,
        meaning: "A training fails, and SES cannot deliver mails to the mailbox. Both are repaired together."
    }
    MetricsFail {
        name: "metrics function fails", begins: AnyTime, lasts: (2 * HOUR, 10 * HOUR), deadline: 45,
        meaning: "Every invocation of the metrics function fails. Somebody repairs it and empties the queue."
    }
    MetricsStopped {
        name: "metrics function stopped", begins: AnyTime, lasts: (2 * HOUR, 10 * HOUR), deadline: 45,
        meaning: "The schedule of the metrics function is gone. Somebody deploys it again."
    }
    TrafficGone {
        name: "traffic gone", begins: WorkingHours, lasts: (DAY, 2 * DAY), deadline: 3 * HOUR,
        meaning: "No request arrives any more. The client is repaired."
    }
    TrafficTenfold {
        name: "traffic ten times", begins: EarlyInMonth, lasts: (9 * DAY, 11 * DAY), deadline: 11 * DAY,
        meaning: "Ten times the requests arrive. The mail must come before the month's quota is used up."
    }
    NoConcurrency {
        name: "no concurrency", begins: WorkingHours, lasts: (HOUR, 4 * HOUR), deadline: 15,
        meaning: "Other functions of the account take the concurrency, and three in ten requests are refused."
    }
    ReleaseFails {
        name: "bad release: 5xx", begins: WorkingHours, lasts: (HOUR, 2 * HOUR), deadline: 15,
        meaning: "A release answers one request in twenty with an error. Somebody deploys the previous one."
    }
    ReleaseSlow {
        name: "bad release: slow", begins: WorkingHours, lasts: (HOUR, 2 * HOUR), deadline: 15,
        meaning: "A release takes seconds for one request in twenty. Somebody deploys the previous one."
    }
    AlarmMuted {
        name: "muted for a day", begins: WorkingHours, lasts: (26 * HOUR, 30 * HOUR), deadline: 15,
        meaning: "A bad release as before. Somebody mutes its alarm for a day with the first mail, and repairs it later."
    }
    BadPromotion {
        name: "bad model by hand", begins: WorkingHours, lasts: (HOUR, 8 * HOUR), deadline: 15,
        meaning: "Somebody promotes a version that is no better than a constant answer, and goes back later."
    }
}

/// One incident of a simulated year. Times are minutes from the start of the year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incident {
    /// What happens.
    pub kind: IncidentKind,
    /// When it begins.
    pub begin: u32,
    /// When its cause is gone.
    pub end: u32,
    /// The minute by which a mail must have reported.
    pub deadline: u32,
}

impl IncidentKind {
    /// Returns the kind's name in tables.
    pub fn name(self) -> &'static str {
        self.facts().name
    }

    /// Returns what begins and ends, in words.
    pub fn meaning(self) -> &'static str {
        self.facts().meaning
    }

    /// Returns the time from the begin until a mail must have reported, in minutes.
    pub fn deadline(self) -> u32 {
        self.facts().deadline
    }

    /// Returns the metric that must have an alarm, if the stack has no other metric about this kind.
    pub(crate) fn needs_alarm_on(self) -> Option<&'static str> {
        match self {
            Self::DriftsAtOnce | Self::DriftsSlowly => Some("DriftedColumns"),
            Self::LiveAccuracyFalls => Some("LiveAccuracyWorse"),
            Self::TrafficGone => Some("TrafficGone"),
            _ => None,
        }
    }
}

impl Incident {
    /// Returns whether the cause exists at `minute`.
    pub fn is_active(&self, minute: u32) -> bool {
        (self.begin..self.end).contains(&minute)
    }
}
