//! Tests how alarms react to missing data.

use std::collections::BTreeSet;

use aws_sdk_cloudwatch::types::StateValue;
use evergreen_alert::{AlarmKind, MissingData};
use evergreen_tests::Stack;
use evergreen_tests::wait::seconds;

use crate::copies::Copy;

// 10 s is the shortest possible period.
/// Period of the alarms' test copies, in seconds.
const PERIOD: i32 = 10;

#[tokio::test]
async fn missing_data_raises_ends_or_keeps_each_alarm_as_intended() {
    let stack = Stack::take().await;
    let deployed = stack.cloudwatch.alarms().await;
    let names: BTreeSet<_> = deployed.iter().filter_map(|alarm| alarm.alarm_name.clone()).collect();
    let entries = || {
        AlarmKind::KNOWN.into_iter().map(|kind| kind.entry()).filter(|entry| entry.is_emulated && !entry.needs_webhook)
    };
    let emulated = || entries().map(|entry| (entry.name, entry.missing_data));
    let expected: BTreeSet<_> = emulated().map(|(kind, _)| stack.cloudwatch.name(kind)).collect();
    assert_eq!(names, expected, "each alarm says what silence means");

    let mut copies = Vec::new();
    for (kind, silence) in emulated() {
        let alarm = stack.cloudwatch.alarm(kind).await;
        for before in [StateValue::Ok, StateValue::Alarm] {
            let mut copy = Copy::of(&stack, &alarm);
            copy.alarm.period = Some(PERIOD);
            copy.define(&stack).await;
            copies.push((kind, silence, before, copy));
        }
    }
    // LocalStack has now evaluated the copies for the first time. The next evaluation starts from the states that the
    // test sets.
    tokio::time::sleep(seconds(3)).await;
    for (_, _, before, copy) in &copies {
        copy.set(before.clone()).await;
    }
    let longest = copies.iter().map(|(_, _, _, copy)| copy.periods()).max().unwrap_or_default();
    tokio::time::sleep(seconds((PERIOD * longest + 10).unsigned_abs().into())).await;
    for (kind, silence, before, copy) in copies {
        let after = match silence {
            MissingData::Raises => StateValue::Alarm,
            MissingData::Ends => StateValue::Ok,
            MissingData::KeepsState => before.clone(),
        };
        assert_eq!(copy.state().await, after, "{kind} after silence, from {before:?}");
    }
}
