//! Tests of muted alarms.

use evergreen_alert::AlertReport;
use evergreen_lifecycle::Mute;
use evergreen_testkit::moment;

use crate::support::*;

fn mute(alarm: &str, until: &str) -> evergreen_testkit::Memory {
    let memory = memory();
    let mute = Mute { alarm: alarm.to_owned(), until: moment(until) };
    memory.state().mutes.insert(alarm.to_owned(), mute);
    memory
}

#[tokio::test]
async fn a_muted_alarm_sends_no_mail_and_its_incident_ends_without_one() {
    let memory = mute("accuracy-low", "2026-11-24T04:00:00Z");
    let muted = Ok(AlertReport { muted: 1, ..AlertReport::default() });
    assert_eq!(handle(&memory, event(RAISED)).await, muted);
    assert_eq!(handle_at(&memory, event(CLEARED), "2026-11-24T03:59:00Z").await, muted);
    assert_eq!(mails(&memory).len(), 0);
}

#[tokio::test]
async fn a_mute_of_another_alarm_or_of_the_past_changes_nothing() {
    for (alarm, until) in [("throttles", "2026-11-24T04:00:00Z"), ("accuracy-low", "2026-11-24T03:05:00Z")] {
        assert_eq!(handle(&mute(alarm, until), event(RAISED)).await, Ok(sent(2)), "{alarm} until {until}");
    }
}
