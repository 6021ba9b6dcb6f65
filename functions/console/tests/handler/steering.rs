//! Tests of the changes that people make.

use evergreen_lifecycle::{AuditedAction, VersionNumber};
use serde_json::{Value, json};

use crate::support::{ADA, Fixture, WHY, signed};

fn published(fixture: &Fixture) -> Vec<(String, Value)> {
    let state = fixture.memory.state();
    state.events.iter().map(|event| (event.kind.clone(), serde_json::from_str(&event.detail).unwrap())).collect()
}

#[tokio::test]
async fn a_promotion_moves_the_champion_and_tells_who_and_why() {
    let fixture = Fixture::serving();
    let order = json!({"version": 3, "reason": WHY, "seen_revision": 2});
    let answer = fixture.signed("POST", "/promotions", order).await;
    let told = answer.json();
    assert_eq!(
        (answer.status, &told["promoted"], &told["replaced"], &told["revision"]),
        (200, &json!(3), &json!(2), &json!(3))
    );
    assert_eq!(fixture.champion(), (3, 3));
    let entry = fixture.memory.state().audit.last().unwrap().clone();
    assert_eq!((entry.action, entry.actor.name.as_str()), (AuditedAction::Promoted, ADA));
    let events = published(&fixture);
    let kinds: Vec<_> = events.iter().map(|(kind, _)| kind.as_str()).collect();
    assert_eq!(kinds, ["RegistryChanged", "ModelPromoted"]);
    assert_eq!((&events[0].1["version"], &events[0].1["reason"]), (&json!(3), &json!(WHY)));
    assert!(fixture.memory.state().outbox.is_empty(), "the events were sent at once");
}

#[tokio::test]
async fn a_promotion_for_a_champion_that_moved_meanwhile_is_a_conflict() {
    let fixture = Fixture::serving();
    let order = json!({"version": 3, "reason": WHY, "seen_revision": 1});
    assert_eq!(fixture.signed("POST", "/promotions", order).await.problem(), (409, "conflict".into()));
    let mut event = signed("POST", "/promotions", Some(json!({"version": 3, "reason": WHY})));
    event["headers"]["if-match"] = "\"1\"".into();
    assert_eq!(fixture.call(&event).await.problem(), (409, "conflict".into()));
    assert_eq!(fixture.champion(), (2, 2));
}

#[tokio::test]
async fn a_version_that_could_not_answer_predictions_is_not_promoted() {
    let fixture = Fixture::serving();
    let order = || json!({"version": 3, "reason": WHY});
    fixture.memory.state().objects.insert("models/iris/00000003/model.onnx".into(), b"damaged".to_vec());
    assert_eq!(fixture.signed("POST", "/promotions", order()).await.problem(), (409, "cannot-serve".into()));
    fixture.memory.state().objects.remove("models/iris/00000003/model.onnx");
    assert_eq!(fixture.signed("POST", "/promotions", order()).await.problem(), (409, "cannot-serve".into()));
    assert_eq!(fixture.champion(), (2, 2));
}

#[tokio::test]
async fn a_repeated_request_with_the_same_key_changes_nothing_and_gets_the_same_entry() {
    let fixture = Fixture::serving();
    let mut event = signed("POST", "/promotions", Some(json!({"version": 3, "reason": WHY, "seen_revision": 2})));
    event["headers"]["idempotency-key"] = "k1".into();
    let first = fixture.call(&event).await.json();
    let second = fixture.call(&event).await.json();
    assert_eq!((&second["audit"], &second["repeated"], fixture.champion()), (&first["audit"], &json!(true), (3, 3)));
    let mut other = signed("POST", "/trainings", None);
    other["headers"]["idempotency-key"] = "k1".into();
    assert_eq!(fixture.call(&other).await.problem(), (409, "key-reused".into()));
}

#[tokio::test]
async fn a_key_that_is_used_again_for_another_request_is_refused_and_does_not_pass_as_done() {
    let fixture = Fixture::serving();
    let tag = |path: &str, value: &str| {
        let mut event = signed("PUT", path, Some(json!({"value": value})));
        event["headers"]["idempotency-key"] = "k1".into();
        event
    };
    assert_eq!(fixture.call(&tag("/versions/2/tags/team", "risk")).await.status, 200);
    // The same action at the same version, but with another value, another tag or another person.
    let mut grace = tag("/versions/2/tags/team", "risk");
    grace["requestContext"]["identity"]["userArn"] = "arn:aws:iam::123456789012:user/grace".into();
    for other in [tag("/versions/2/tags/team", "fraud"), tag("/versions/2/tags/owner", "risk"), grace] {
        let answer = fixture.call(&other).await;
        assert_eq!(answer.problem(), (409, "key-reused".into()));
        assert_eq!(answer.json()["field"], "idempotency-key");
    }
    assert_eq!(fixture.call(&tag("/versions/2/tags/team", "risk")).await.json()["repeated"], true);
    let tags = fixture.memory.state().annotations[&VersionNumber::new(2).unwrap()].tags.clone();
    assert_eq!(tags, [("team".to_owned(), "risk".to_owned())].into());
}

#[tokio::test]
async fn a_key_of_an_earlier_release_still_finds_its_change() {
    let fixture = Fixture::serving();
    let mut event = signed("POST", "/rollbacks", Some(json!({"reason": WHY})));
    event["headers"]["idempotency-key"] = "k1".into();
    fixture.call(&event).await;
    fixture.memory.state().keys.values_mut().for_each(|made| made.request = None);
    assert_eq!(fixture.call(&event).await.json()["repeated"], true);
}

#[tokio::test]
async fn a_rollback_needs_no_number() {
    let fixture = Fixture::serving();
    let told = fixture.signed("POST", "/rollbacks", json!({"reason": "errors since Monday"})).await.json();
    assert_eq!((&told["promoted"], &told["replaced"], fixture.champion()), (&json!(1), &json!(2), (1, 3)));
    assert_eq!(fixture.memory.state().audit.last().unwrap().action, AuditedAction::RolledBack);
    let none = Fixture::empty().signed("POST", "/rollbacks", json!({"reason": WHY})).await;
    assert_eq!(none.problem(), (404, "unknown".into()));
}

#[tokio::test]
async fn what_changes_the_answers_needs_a_reason() {
    let fixture = Fixture::serving();
    for (method, path, body) in [
        ("POST", "/promotions", json!({"version": 3, "reason": " "})),
        ("POST", "/rollbacks", json!({"reason": "x"})),
        ("DELETE", "/versions/3", json!({"reason": ""})),
        ("POST", "/schedule/pause", json!({"reason": ""})),
    ] {
        let answer = fixture.signed(method, path, body).await;
        assert_eq!((answer.status, answer.json()["field"].as_str()), (400, Some("reason")), "{path}");
    }
}

#[tokio::test]
async fn a_training_is_requested_with_every_field_and_an_event() {
    let fixture = Fixture::serving();
    let order = json!({"seed": 7, "family": "linear", "hyperparameters": {"alpha": 0.1}, "note": "a test"});
    let answer = fixture.signed("POST", "/trainings", order).await;
    let run = answer.json()["run_id"].as_str().unwrap().to_owned();
    let (kind, detail) = published(&fixture).remove(0);
    assert_eq!((answer.status, kind.as_str()), (202, "TrainingRequested"));
    let id = run.trim_start_matches("manual-");
    let request = json!({"id": id, "seed": 7, "family": "linear", "hyperparameters": {"alpha": 0.1}, "note": "a test"});
    assert_eq!(detail["request"], request);
    assert_eq!(fixture.signed("POST", "/trainings", None).await.status, 202);
    let wrong = fixture.signed("POST", "/trainings", json!({"family": "magic"})).await;
    assert_eq!((wrong.status, wrong.json()["field"].as_str()), (400, Some("family")));
    // EventBridge would refuse the event with this seed, after the answer.
    let wrong = fixture.signed("POST", "/trainings", json!({"seed": u64::MAX})).await;
    assert_eq!((wrong.status, wrong.json()["field"].as_str()), (400, Some("seed")));
}

#[tokio::test]
async fn hyperparameters_that_the_training_would_refuse_are_refused_before_anything_is_stored() {
    let fixture = Fixture::serving();
    for (order, field, expected) in [
        (
            json!({"hyperparameters": {"max_depth": u64::MAX}}),
            "hyperparameters.max_depth",
            "a whole number from 1 to 100",
        ),
        (json!({"hyperparameters": {"max_depth": [1]}}), "hyperparameters.max_depth", "a number from 1 to 100"),
        (json!({"hyperparameters": {"depth": 4}}), "hyperparameters.depth", "one of n_estimators, max_depth"),
        (json!({"family": "linear", "hyperparameters": {"max_depth": 4}}), "hyperparameters.max_depth", "one of alpha"),
        (json!({"hyperparameters": {"alpha": "x".repeat(5000)}}), "hyperparameters", "at most 4096 bytes"),
    ] {
        let refused = fixture.signed("POST", "/trainings", order).await;
        assert_eq!((refused.status, refused.json()["field"].as_str()), (400, Some(field)));
        assert!(refused.json()["expected"].as_str().unwrap().starts_with(expected), "{}", refused.body);
    }
    assert!(actions(&fixture).is_empty() && fixture.memory.state().outbox.is_empty());
    let allowed = json!({"hyperparameters": {"max_depth": 6, "alpha": 1e-3}});
    assert_eq!(fixture.signed("POST", "/trainings", allowed).await.status, 202);
}

#[tokio::test]
async fn a_verification_is_requested_with_an_event() {
    let fixture = Fixture::serving();
    assert_eq!(fixture.signed("POST", "/versions/2/verifications", None).await.status, 202);
    let (_, detail) = published(&fixture).remove(0);
    assert_eq!((&detail["request"]["verify"], &detail["version"]), (&json!(2), &json!(2)));
    assert_eq!(fixture.signed("POST", "/versions/9/verifications", None).await.status, 404);
}

#[tokio::test]
async fn upkeep_is_requested_with_the_event_of_the_training_function() {
    let fixture = Fixture::serving();
    let asked = fixture.signed("POST", "/rebuild", json!({"reason": "the table was lost"})).await;
    let id = asked.json()["request"].as_str().unwrap().to_owned();
    let (kind, detail) = published(&fixture).remove(0);
    assert_eq!((asked.status, kind.as_str()), (202, "TrainingRequested"));
    assert_eq!(detail["request"], json!({"rebuild": true, "id": id}));
    let body = json!({"reason": "old versions", "keep": 5, "dry_run": true});
    assert_eq!(fixture.signed("POST", "/retention", body).await.status, 202);
    let (_, detail) = published(&fixture).remove(1);
    assert_eq!(detail["request"]["retention"], json!({"keep": 5, "champion_days": null, "dry_run": true}));
    let wrong = fixture.signed("POST", "/retention", json!({"reason": "old versions", "keep": 0})).await;
    assert_eq!((wrong.status, wrong.json()["field"].as_str()), (400, Some("keep")));
    assert_eq!(fixture.signed("POST", "/rebuild", None).await.status, 400);
}

#[tokio::test]
async fn a_deleted_version_leaves_its_manifest() {
    let fixture = Fixture::serving();
    fixture.memory.state().objects.insert("models/iris/00000003/manifest.json".to_owned(), b"{}".to_vec());
    let deleted = fixture.signed("DELETE", "/versions/3", json!({"reason": "no longer needed"})).await.json();
    let kept = deleted["audit"]["details"]["manifest"].as_str().unwrap().to_owned();
    assert_eq!(fixture.memory.state().objects[&kept], b"{}");
}

#[tokio::test]
async fn an_alias_moves_only_as_its_caller_saw_it() {
    let fixture = Fixture::serving();
    let set = async |body: Value| fixture.signed("PUT", "/aliases/staging", body).await;
    assert_eq!(set(json!({"version": 1, "seen_revision": 0})).await.json()["alias"]["revision"], 1);
    assert_eq!(set(json!({"version": 2, "seen_revision": 0})).await.problem(), (409, "conflict".into()));
    assert_eq!(set(json!({"version": 2})).await.json()["alias"]["revision"], 2);
    assert_eq!(set(json!({"version": 9})).await.problem(), (404, "unknown".into()));
    assert_eq!(fixture.signed("PUT", "/aliases/champion", json!({"version": 1})).await.status, 400);
    assert_eq!(fixture.signed("DELETE", "/aliases/staging", None).await.status, 200);
    assert_eq!(fixture.signed("DELETE", "/aliases/staging", None).await.status, 404);
}

#[tokio::test]
async fn tags_and_notes_are_kept_side_by_side() {
    let fixture = Fixture::serving();
    fixture.signed("PUT", "/versions/2/tags/team", json!({"value": "risk"})).await;
    fixture.signed("PUT", "/versions/2/note", json!({"text": "see ticket 7"})).await;
    let removed = fixture.signed("DELETE", "/versions/2/tags/team", None).await.json();
    assert_eq!(removed["annotations"], json!({"revision": 3, "tags": {}, "note": "see ticket 7"}));
    assert_eq!(fixture.signed("DELETE", "/versions/2/tags/team", None).await.status, 404);
    assert_eq!(fixture.signed("PUT", "/versions/2/tags/a%20b", json!({"value": ""})).await.status, 400);
}

#[tokio::test]
async fn what_is_needed_cannot_be_deleted() {
    let fixture = Fixture::serving();
    let delete = async |number: u32| {
        fixture.signed("DELETE", &format!("/versions/{number}"), json!({"reason": "no longer needed"})).await
    };
    for number in [1, 2] {
        assert_eq!(delete(number).await.problem(), (409, "protected".into()), "a champion");
    }
    fixture.signed("PUT", "/aliases/staging", json!({"version": 3})).await;
    assert_eq!(delete(3).await.problem(), (409, "protected".into()), "an alias names it");
    fixture.signed("DELETE", "/aliases/staging", None).await;
    assert_eq!(delete(3).await.json()["objects_removed"], true);
    let state = fixture.memory.state();
    assert!(!state.versions.contains_key(&VersionNumber::new(3).unwrap()));
    assert!(state.objects.keys().all(|key| !key.contains("00000003")));
}

#[tokio::test]
async fn a_deletion_whose_objects_remain_is_done_all_the_same() {
    let fixture = Fixture::serving();
    fixture.memory.take_away("removal");
    let told = fixture.signed("DELETE", "/versions/3", json!({"reason": "no longer needed"})).await.json();
    assert_eq!((&told["deleted"], &told["objects_removed"]), (&json!(3), &json!(false)));
    assert_eq!(fixture.read("/versions/3").await.status, 404);
}

#[tokio::test]
async fn the_schedule_is_switched_off_and_on() {
    let fixture = Fixture::serving();
    assert_eq!(fixture.signed("POST", "/schedule/pause", json!({"reason": "holidays"})).await.status, 200);
    let paused = fixture.read("/schedule").await.json();
    assert_eq!((&paused["is_enabled"], &paused["next_times"]), (&json!(false), &json!([])));
    assert_eq!(fixture.signed("POST", "/schedule/resume", None).await.status, 200);
    assert_eq!(fixture.read("/schedule").await.json()["is_enabled"], true);
    use AuditedAction::{PauseRequested, ResumeRequested, SchedulePaused, ScheduleResumed};
    assert_eq!(actions(&fixture), [PauseRequested, SchedulePaused, ResumeRequested, ScheduleResumed]);
}

fn actions(fixture: &Fixture) -> Vec<AuditedAction> {
    fixture.memory.state().audit.iter().map(|entry| entry.action).collect()
}

#[tokio::test]
async fn the_schedule_never_changes_without_an_entry_that_says_who_asked() {
    let fixture = Fixture::serving();
    fixture.memory.state().busy.insert("switch", 1);
    let mut pause = signed("POST", "/schedule/pause", Some(json!({"reason": "holidays"})));
    pause["headers"]["idempotency-key"] = "k1".into();
    assert_eq!(fixture.call(&pause).await.status, 503);
    assert_eq!(actions(&fixture), [AuditedAction::PauseRequested]);
    let entry = fixture.memory.state().audit[0].clone();
    assert_eq!((entry.actor.name.as_str(), entry.reason.as_deref()), (ADA, Some("holidays")));
    // The repeat makes the change that is still missing, and a further repeat makes none.
    assert_eq!(fixture.call(&pause).await.json()["repeated"], false);
    assert_eq!(fixture.call(&pause).await.json()["repeated"], true);
    assert_eq!(actions(&fixture).iter().filter(|action| **action == AuditedAction::SchedulePaused).count(), 1);
}

#[tokio::test]
async fn a_mute_ends_within_a_month_and_names_an_alarm() {
    let fixture = Fixture::serving();
    let mute = async |name: &str, until: &str| {
        let body = json!({"until": until, "reason": "load test"});
        fixture.signed("PUT", &format!("/alarms/{name}/mute"), body).await.status
    };
    assert_eq!(mute("throttles", "2026-11-24T07:00:00Z").await, 400);
    assert_eq!(mute("throttles", "2027-11-24T07:00:00Z").await, 400);
    for until in ["tomorrow", "2026-11-25", ""] {
        let body = json!({"until": until, "reason": "load test"});
        let refused = fixture.signed("PUT", "/alarms/throttles/mute", body).await;
        assert_eq!(
            (refused.status, refused.json()["detail"].as_str()),
            (400, Some("The end of the mute is not a time."))
        );
        assert!(
            refused.json()["expected"].as_str().unwrap().contains("such as 2026-12-01T09:00:00Z"),
            "{}",
            refused.body
        );
    }
    assert_eq!(mute("nothing", "2026-11-25T07:00:00Z").await, 404);
    assert_eq!(mute("throttles", "2026-11-25T07:00:00Z").await, 200);
    assert_eq!(fixture.signed("DELETE", "/alarms/throttles/mute", None).await.status, 200);
    assert_eq!(fixture.signed("DELETE", "/alarms/throttles/mute", None).await.status, 404);
}

#[tokio::test]
async fn an_event_that_cannot_be_sent_now_stays_in_the_outbox() {
    let fixture = Fixture::serving();
    fixture.memory.take_away("bus");
    assert_eq!(fixture.signed("POST", "/trainings", None).await.status, 202);
    assert_eq!(fixture.memory.state().outbox.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_stored_change_is_answered_although_the_bus_never_does() {
    let fixture = Fixture::serving();
    fixture.memory.state().stalled.insert("bus".to_owned());
    let answer = fixture.signed("POST", "/promotions", json!({"version": 3, "reason": WHY}));
    let answer = tokio::time::timeout(std::time::Duration::from_secs(3), answer).await.unwrap();
    assert_eq!((answer.status, fixture.champion()), (200, (3, 3)));
    assert_eq!(fixture.memory.state().outbox.len(), 2, "the metrics function sends the events");
}

#[tokio::test]
async fn an_import_of_a_history_says_where_it_came_from_and_asks_for_a_rebuild() {
    let fixture = Fixture::serving();
    let seal = "0af1".repeat(16);
    let body = |model: &str, stack: &str, seal: &str| json!({"reason": "it proved itself", "stack": stack, "model": model, "versions": 12, "seal": seal});
    let asked = fixture.signed("POST", "/transfers", body("iris", "staging", &seal)).await;
    let id = asked.json()["request"].as_str().unwrap().to_owned();
    let (kind, detail) = published(&fixture).remove(0);
    assert_eq!((asked.status, kind.as_str()), (202, "TrainingRequested"));
    assert_eq!((&detail["action"], &detail["subject"]), (&json!("history_imported"), &json!("history of staging")));
    assert_eq!(detail["details"], json!({"request": id, "versions": "12", "seal": seal}));
    assert_eq!(detail["request"], json!({"rebuild": true, "id": id}));
    for (wrong, field) in [
        (body("other", "staging", &seal), "model"),
        (body("iris", "no stack", &seal), "stack"),
        (body("iris", "staging", "0AF1"), "seal"),
    ] {
        let refused = fixture.signed("POST", "/transfers", wrong).await;
        assert_eq!((refused.status, refused.json()["field"].as_str()), (400, Some(field)));
    }
}
