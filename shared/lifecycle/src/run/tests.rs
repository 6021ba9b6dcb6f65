//! Tests of the states of a run, and of which run may begin.

use super::*;

const INVOCATION: &str = "invocation-1";

fn start() -> Timestamp {
    "2026-11-24T03:00:00Z".parse().unwrap()
}

fn run(invocation: &str) -> Run {
    Run {
        id: RunId::scheduled(start()),
        model: "iris".parse().unwrap(),
        attempt: 1,
        invocation: invocation.into(),
        tries: 1,
        trigger: Trigger::Schedule { scheduled_at: Some(start()) },
        code_version: "test".into(),
        started_at: start(),
        lease_until: start() + SignedDuration::from_mins(15),
        dataset: None,
        seed: None,
        parameters: None,
        search: None,
        warnings: Vec::new(),
        imported: None,
        rescored: None,
        metrics: None,
        progress: None,
        state: RunState::Running,
    }
}

fn minutes_later(minutes: i64) -> Timestamp {
    start() + SignedDuration::from_mins(minutes)
}

#[test]
fn a_second_delivery_is_busy_while_the_first_attempt_runs() {
    let admission = Run::admit(run("invocation-2"), Some(run(INVOCATION)), minutes_later(1));
    assert!(matches!(admission, Admission::Busy(_)));
}

#[test]
fn the_platforms_retry_continues_at_once() {
    let Admission::Open(attempt, _) = Run::admit(run(INVOCATION), Some(run(INVOCATION)), minutes_later(1)) else {
        panic!("expected the retry to be admitted");
    };
    assert_eq!(attempt.attempt, 2);
}

#[test]
fn a_run_whose_time_has_passed_is_lost_and_may_be_tried_again() {
    assert_eq!(run(INVOCATION).status_at(minutes_later(15)), RunStatus::Running);
    assert_eq!(run(INVOCATION).status_at(minutes_later(16)), RunStatus::Lost);
    let admission = Run::admit(run("invocation-2"), Some(run(INVOCATION)), minutes_later(16));
    assert!(matches!(admission, Admission::Open(attempt, Some(_)) if attempt.attempt == 2));
}

#[test]
fn a_failed_run_may_be_retried_and_a_finished_one_may_not() {
    let failed = run(INVOCATION).failed("no such column".into(), None, minutes_later(1));
    assert!(matches!(Run::admit(run("invocation-2"), Some(failed), minutes_later(2)), Admission::Open(..)));
    let finished = Run {
        state: RunState::Succeeded { finished_at: start(), version: VersionNumber::FIRST, reason: String::new() },
        ..run(INVOCATION)
    };
    assert!(matches!(Run::admit(run(INVOCATION), Some(finished), minutes_later(2)), Admission::Finished(_)));
}

#[test]
fn a_failure_may_be_retried_after_the_first_two_tries_of_an_invocation() {
    let failed_at = minutes_later(1);
    let mut stored: Option<Run> = None;
    for window in [Some(3), Some(4), None] {
        let Admission::Open(attempt, _) = Run::admit(run(INVOCATION), stored, minutes_later(1)) else {
            panic!("expected the try to be admitted");
        };
        let window = window.map(|minutes| failed_at + SignedDuration::from_mins(minutes));
        assert_eq!(attempt.retry_window(failed_at), window, "try {}", attempt.tries);
        let failed = attempt.failed("the store is away".into(), window, failed_at);
        assert_eq!(failed.retry_until(), window);
        stored = Some(failed);
    }
    let again = Run::admit(run(INVOCATION), stored.clone(), minutes_later(9));
    assert!(matches!(again, Admission::Failed(_)), "{again:?}");
    let Admission::Open(attempt, _) = Run::admit(run("invocation-2"), stored, minutes_later(9)) else {
        panic!("expected another invocation to be admitted");
    };
    assert_eq!((attempt.attempt, attempt.tries), (4, 1));
}

#[test]
fn a_stored_failure_without_retry_fields_is_final_and_the_first_attempt() {
    let failed = run(INVOCATION).failed("no such column".into(), None, minutes_later(1));
    let mut stored = serde_json::to_value(&failed).unwrap();
    assert_eq!(stored.get("retry_until"), None);
    stored.as_object_mut().unwrap().remove("tries");
    let read: Run = serde_json::from_value(stored).unwrap();
    assert_eq!((read.retry_until(), read), (None, failed));
}

#[test]
fn an_import_names_its_file_and_is_not_a_training() {
    let trigger = Trigger::Import { key: "incoming/iris/a.onnx".into(), note: None };
    insta::assert_json_snapshot!(trigger, @r#"
    {
      "kind": "import",
      "key": "incoming/iris/a.onnx"
    }
    "#);
    assert!(!trigger.is_training() && Trigger::Manual { note: None }.is_training());
}

#[test]
fn the_stored_form_is_stable() {
    let failed = run(INVOCATION).failed("no such column".into(), None, minutes_later(1));
    insta::assert_json_snapshot!(failed, @r#"
    {
      "id": "scheduled-20261124T030000Z",
      "model": "iris",
      "attempt": 1,
      "invocation": "invocation-1",
      "tries": 1,
      "trigger": {
        "kind": "schedule",
        "scheduled_at": "2026-11-24T03:00:00Z"
      },
      "code_version": "test",
      "started_at": "2026-11-24T03:00:00.000Z",
      "lease_until": "2026-11-24T03:15:00.000Z",
      "dataset": null,
      "seed": null,
      "parameters": null,
      "metrics": null,
      "status": "FAILED",
      "finished_at": "2026-11-24T03:01:00.000Z",
      "reason": "no such column"
    }
    "#);
}
