//! Tests of the weekly digest.

use evergreen_alert::{DigestError, DigestHandler, DigestReport, Letterhead, Recipients};
use evergreen_lifecycle::incident::{AlarmEvent, AlarmFamily, AlarmSurroundings, Gravity};
use evergreen_lifecycle::ports::{BilledResources, StoredSchedule};
use evergreen_lifecycle::{AlarmChange, IncidentRecord, Run, RunState};
use evergreen_testkit::{FixedClock, Memory, finished_run, moment, run, version};
use jiff::SignedDuration;

use crate::support::{FIRST, SECOND, mails, memory, readers};

const NOW: &str = "2026-11-30T07:00:00Z";

/// Lets the alert function send the digest of the week before `now`.
async fn digest(memory: &Memory, now: &str) -> Result<DigestReport, DigestError> {
    let recipients: Recipients = format!("{FIRST},{SECOND}").parse().unwrap();
    let billed = BilledResources::read("predict=1769,metrics=512", "registry".into()).unwrap();
    let letterhead = Letterhead {
        model: "iris".parse().unwrap(),
        stack: "evergreen".into(),
        table: "evergreen-registry".into(),
        dashboard_url: "https://example.com/dashboard?a=1&b=2".into(),
        console_url: None,
        zone: jiff::tz::TimeZone::UTC,
    };
    let clock = &FixedClock::at(moment(now));
    let (billed, recipients, letterhead) = (&billed, &recipients, &letterhead);
    let (registry, mailer, schedules, usage, history) = (memory, memory, memory, memory, memory);
    let handler = DigestHandler { registry, mailer, schedules, usage, history, billed, clock, recipients, letterhead };
    handler.handle(moment(now), "invocation-7", moment(now) + SignedDuration::from_mins(5)).await
}

/// Returns a stack with a week of trainings, an incident and usage.
fn eventful() -> Memory {
    let memory = memory();
    let mut state = memory.state();
    let promoted = finished_run("a", moment("2026-11-24T03:00:00Z"), &version(2, 0.9, moment("2026-11-24T03:00:10Z")));
    let finished_at = moment("2026-11-25T03:00:10Z");
    let failed = RunState::Failed { finished_at, reason: "the table has no rows".into(), retry_until: None };
    let failed = Run { state: failed, ..run("b", moment("2026-11-25T03:00:00Z")) };
    let old = finished_run("c", moment("2026-11-20T03:00:00Z"), &version(1, 0.9, moment("2026-11-20T03:00:10Z")));
    state.runs.extend([promoted, failed, old].map(|run| (run.id.clone(), run)));
    state.incidents = Some(incidents());
    let log = r#"{"revision": 1, "taken": [{"at": "2026-11-26T03:05:00.000Z", "cause": "drift", "reaction": "retrain", "version": 2}]}"#;
    state.reactions = serde_json::from_str(log).unwrap();
    state.schedule = Some(StoredSchedule {
        expression: "cron(0 3 * * ? *)".into(),
        zone: None,
        changed_at: moment("2026-11-01T12:00:00Z"),
        is_enabled: true,
    });
    state.month_usage = serde_usage();
    drop(state);
    memory
}

/// Returns a record with an incident that is over, one that goes on, and one of an earlier week.
fn incidents() -> IncidentRecord {
    let changes = [
        ("accuracy-low", AlarmFamily::Quality, true, "2026-11-22T03:00:00Z"),
        ("accuracy-low", AlarmFamily::Quality, false, "2026-11-22T05:30:00Z"),
        ("data-drifted", AlarmFamily::Other, true, "2026-11-26T03:00:00Z"),
        ("data-drifted", AlarmFamily::Other, false, "2026-11-26T05:30:00Z"),
        ("throttles", AlarmFamily::Other, true, "2026-11-29T03:00:00Z"),
    ];
    let mut record = None;
    for (alarm, family, raised, since) in changes {
        let change = AlarmChange { raised, since: moment(since), was_raised: !raised };
        let alarm = &format!("evergreen-{alarm}");
        let news = AlarmEvent { alarm, family, gravity: Gravity::Internal, change };
        record = IncidentRecord::receive(record.as_ref(), &news, &AlarmSurroundings::default(), moment(since)).1;
    }
    record.unwrap()
}

fn serde_usage() -> evergreen_lifecycle::cost::MonthUsage {
    let predict = evergreen_lifecycle::cost::FunctionUsage {
        name: "predict".into(),
        memory: 1769,
        calls: 12_345.0,
        milliseconds: 99_000.0,
    };
    evergreen_lifecycle::cost::MonthUsage { functions: vec![predict], ..Default::default() }
}

#[tokio::test]
async fn a_digest_says_what_served_what_happened_and_what_it_cost() {
    let memory = eventful();
    assert_eq!(digest(&memory, NOW).await.unwrap(), DigestReport { sent: 2, sent_before: 0 });
    assert_eq!(readers(&memory), [FIRST, SECOND]);
    let (_, mail) = mails(&memory).remove(0);
    assert_eq!(mail.subject, "[WEEK] iris: version 2 serves, 2 runs, 2 incidents");
    // The estimate of the cost depends on the processor and on the number of metrics.
    let text = mail.text.split("\n- The month has cost").next().unwrap();
    insta::assert_snapshot!(text, @"
    iris: version 2 serves, 2 runs, 2 incidents

    The week from Mon 23 Nov 2026, 07:00 UTC to Mon 30 Nov 2026, 07:00 UTC, stack evergreen.

    Versions
    - Version 2 served from Mon 23 Nov 2026, 03:00 UTC. Its accuracy on the hold-out is 0.9667.

    Watched
    - The champion's rows were not compared with its training data yet.
    - Live accuracy is unknown, because no true values have come back.
    - Evergreen asked for a training run at 2026-11-26 03:05 UTC, because the served data has drifted and OnDrift is retrain.

    Training
    - 2 runs began: 1 promoted, 0 refused, 1 failed, 0 in progress.
    - Run manual-b of Wed 25 Nov 2026, 03:00 UTC failed.
    - The next training begins at Tue 1 Dec 2026, 03:00 UTC.

    Incidents
    - data-drifted: from Thu 26 Nov 2026, 03:00 UTC, for 2 h 30 min.
    - throttles: since Sun 29 Nov 2026, 03:00 UTC, and not over.

    Requests and cost
    - The prediction function answered 12345 requests.
    ");
    assert!(mail.text.contains("The month has cost about $"), "{}", mail.text);
    for line in mail.text.lines().filter_map(|line| line.strip_prefix("- ")).filter(|line| !line.contains('\'')) {
        assert!(mail.html.contains(line), "{line}");
    }
}

#[tokio::test]
async fn a_digest_shows_the_week_as_a_picture_and_in_words() {
    let memory = eventful();
    let values = [("2026-11-24T07:00:00Z", 0.91), ("2026-11-28T07:00:00Z", 0.94)];
    memory.state().series = values.map(|(at, value)| (moment(at), value)).to_vec();
    digest(&memory, NOW).await.unwrap();
    let (_, mail) = mails(&memory).remove(0);
    assert!(mail.picture.as_ref().is_some_and(|picture| picture.starts_with(b"\x89PNG") && picture.len() < 60_000));
    let words = "Live accuracy in the last 7 days: 0.94 at the end, lowest 0.91, highest 0.94.";
    assert!(mail.html.contains(words) && mail.text.contains(words), "{}", mail.text);
    memory.take_away("history");
    digest(&memory, "2026-12-07T07:00:00Z").await.unwrap();
    let (_, mail) = mails(&memory).pop().unwrap();
    assert!(mail.picture.is_none() && !mail.html.contains("<img"), "{}", mail.html);
}

#[tokio::test]
async fn each_recipient_gets_one_digest_in_a_week() {
    let memory = eventful();
    digest(&memory, NOW).await.unwrap();
    let again = digest(&memory, "2026-12-06T07:00:00Z").await.unwrap();
    assert_eq!(again, DigestReport { sent: 0, sent_before: 2 }, "it is the same calendar week");
    let next = digest(&memory, "2026-12-07T07:00:00Z").await.unwrap();
    assert_eq!(next, DigestReport { sent: 2, sent_before: 0 });
}

#[tokio::test]
async fn a_recipient_who_cannot_get_mail_does_not_keep_the_digest_from_the_others() {
    let memory = eventful();
    memory.take_away(FIRST);
    assert!(matches!(digest(&memory, NOW).await, Err(DigestError::NotSent(1))));
    memory.bring_back(FIRST);
    assert_eq!(digest(&memory, NOW).await.unwrap(), DigestReport { sent: 1, sent_before: 1 });
    assert_eq!(readers(&memory), [SECOND, FIRST]);
}

#[tokio::test]
async fn what_cannot_be_read_is_called_unknown() {
    let memory = eventful();
    for service in ["served", "schedule", "billing"] {
        memory.take_away(service);
    }
    digest(&memory, NOW).await.unwrap();
    let (_, mail) = mails(&memory).remove(0);
    for expected in [
        "Drift is unknown",
        "When the next training begins is unknown",
        "How many requests were answered is unknown",
        "What the month has cost is unknown",
    ] {
        assert!(mail.text.contains(expected), "{expected}: {}", mail.text);
    }
}

#[tokio::test]
async fn the_first_digest_of_a_new_stack_has_nothing_to_report() {
    let memory = Memory::default();
    digest(&memory, NOW).await.unwrap();
    let (_, mail) = mails(&memory).remove(0);
    assert_eq!(mail.subject, "[WEEK] iris: there is no champion, no run, no incident");
    assert!(mail.text.contains("No training is due"), "{}", mail.text);
}

#[tokio::test]
async fn without_claims_nobody_gets_two_digests() {
    let memory = eventful();
    memory.take_away("registry");
    assert!(matches!(digest(&memory, NOW).await, Err(DigestError::NotSent(2))));
    assert!(mails(&memory).is_empty(), "Lambda tries again");
}
