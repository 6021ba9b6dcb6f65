//! Decides which state changes of the stack's CloudWatch alarms are reported by mail.
//!
//! Alarms that have one cause ring together: a damaged pointer raises four of them. So alarms of one family form one
//! incident. It begins with the first alarm and ends when the last one is OK. One mail reports the begin and one the
//! end. A further mail comes only if a graver alarm joins, or if an alarm joins a day after the others.
//!
//! Notifications from CloudWatch may arrive twice, late, in the wrong order, or never. So one stored record has the
//! newest change of every alarm, and the incidents of the last week.

mod answer;
mod episode;
mod family;
mod former;
mod record;
mod report;
mod unrecorded;

pub use episode::{AlarmIncident, RaiseMail, RaisedAlarm};
pub use family::{AlarmFamily, Gravity};
pub use former::FormerAlarm;
pub use record::{AlarmEvent, AlarmSurroundings, IncidentRecord, RingingAlarm};
pub use report::{AlarmChange, AlarmReport};
pub use unrecorded::report_without_record;

use jiff::SignedDuration;

// With their ends and one summary, that makes at most eight mails on the first day. A new Amazon SES account (in the
// sandbox) can send at most 200 mails a day.
/// Maximum number of incidents with the same alarm in 24 hours that are reported one by one.
pub const MOST_IN_A_DAY: usize = 3;

/// How long no incident with an alarm may have ended, so that its next one is mailed in any case.
pub const NEWS_AGAIN: SignedDuration = SignedDuration::from_hours(6);

/// How long after its last alarm an incident counts as just ended: a mail about its end may still be on its way.
pub const QUIET: SignedDuration = SignedDuration::from_hours(1);

// Lambda tries a notification three times within 20 minutes.
/// How long a notification may be on its way. After that, the state that CloudWatch shows counts, and not the record.
pub const LOST_AFTER: SignedDuration = SignedDuration::from_mins(30);

/// The time for which incidents count as repeated, and after which a joining alarm is mailed again.
pub(crate) const DAY: SignedDuration = SignedDuration::from_hours(24);
