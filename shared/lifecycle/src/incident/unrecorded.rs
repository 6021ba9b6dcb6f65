//! The decision while the registry is away, and no record can be read or stored.

use jiff::Timestamp;

use super::{AlarmEvent, AlarmReport, AlarmSurroundings, DAY, RingingAlarm};

/// Decides which mail to send about a change of an alarm without the stored record, from what CloudWatch says.
pub fn report_without_record(news: &AlarmEvent<'_>, around: &AlarmSurroundings) -> AlarmReport {
    // Without an answer of CloudWatch, a mail too many is better than none.
    let others = || around.ringing.iter().flatten().filter(|other| other.alarm != news.alarm && is_one(news, other));
    if around.muted.contains(news.alarm) {
        return AlarmReport::Muted;
    }
    if !news.change.raised {
        return match (news.change.was_raised, others().next()) {
            (false, _) => AlarmReport::NothingToReport,
            (true, Some(_)) => AlarmReport::OthersRing,
            (true, None) => AlarmReport::over_for_everybody(),
        };
    }
    let is_mailed = |other: &RingingAlarm| {
        let before = other.since.is_some_and(|since| (since, other.alarm.as_str()) < (news.change.since, news.alarm));
        before && other.gravity >= news.gravity && is_recent(other.since, news.change.since)
    };
    if others().any(is_mailed) { AlarmReport::OthersRing } else { AlarmReport::Raised }
}

/// Returns whether two alarms can belong to one incident.
fn is_one(news: &AlarmEvent<'_>, other: &RingingAlarm) -> bool {
    let is_same = news.family == other.family && news.family != super::AlarmFamily::Other;
    is_same || other.family.is_related_to(news.family)
}

fn is_recent(since: Option<Timestamp>, at: Timestamp) -> bool {
    since.is_some_and(|since| at.duration_since(since) < DAY)
}
