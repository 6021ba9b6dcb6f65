//! Commands that change something.

use serde_json::json;

use crate::server::Server;

#[test]
fn a_promotion_says_which_champion_the_person_saw() {
    let server = Server::start([
        ("GET /api/champion", 200, json!({"champion": {"revision": 3, "version": {"number": 5}}})),
        ("POST /api/promotions", 200, json!({"promoted": 7, "replaced": 5, "revision": 4, "audit": "e"})),
    ]);
    let ran = server.run(&["promote", "7", "--reason", "better for new customers", "--yes"]);
    assert_eq!((ran.code, ran.output.trim()), (0, "Version 7 is the champion. It replaced version 5."), "{ran:?}");
    let change = server.change();
    assert_eq!(change.body, json!({"version": 7, "reason": "better for new customers", "seen_revision": 3}));
    assert_eq!(change.headers["idempotency-key"].len(), 32);
}

#[test]
fn without_a_terminal_a_change_of_the_champion_needs_yes() {
    let server =
        Server::start([("GET /api/champion", 200, json!({"champion": {"revision": 3, "version": {"number": 5}}}))]);
    for arguments in [
        &["promote", "7", "--reason", "why"][..],
        &["rollback", "--reason", "why"],
        &["delete", "4", "--reason", "why"],
    ] {
        let ran = server.run(arguments);
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(ran.errors.contains("--yes"), "{ran:?}");
    }
    assert!(server.received().iter().all(|request| request.line.starts_with("GET ")));
}

#[test]
fn a_rollback_needs_no_number_but_a_reason() {
    let server = Server::start([
        ("GET /api/champion", 200, json!({"champion": {"revision": 4, "version": {"number": 7}}})),
        ("POST /api/rollbacks", 200, json!({"promoted": 5, "replaced": 7, "revision": 5, "audit": "e"})),
    ]);
    assert_eq!(server.run(&["rollback", "--yes"]).code, 2);
    assert_eq!(server.run(&["rollback", "--reason", "wrong labels", "--yes"]).code, 0);
    assert_eq!(server.change().body, json!({"reason": "wrong labels", "seen_revision": 4}));
}

#[test]
fn a_training_run_is_requested_with_what_was_set_and_nothing_else() {
    let server = Server::start([("POST /api/trainings", 202, json!({"run_id": "manual-1"}))]);
    let ran = server.run(&["train", "--seed", "7", "--family", "linear", "--set", "alpha=0.5", "--note", "less noise"]);
    assert!(ran.output.contains("evergreen show manual-1"), "{ran:?}");
    let expected = json!({"seed": 7, "family": "linear", "hyperparameters": {"alpha": 0.5}, "note": "less noise"});
    assert_eq!(server.change().body, expected);
}

#[test]
fn a_wait_ends_with_the_run_and_its_exit_code_says_how() {
    for (status, code) in [("SUCCEEDED", 0), ("REJECTED", 4), ("FAILED", 4)] {
        let server = Server::start([
            ("POST /api/trainings", 202, json!({"run_id": "manual-1"})),
            (
                "GET /api/runs/manual-1",
                404,
                json!({"type": "urn:evergreen:problem:unknown-run", "title": "Unknown run"}),
            ),
            ("GET /api/runs/manual-1", 200, json!({"id": "manual-1", "status": status, "reason": "so it is"})),
        ]);
        let ran = server.run(&["train", "--wait"]);
        assert_eq!(ran.code, code, "{ran:?}");
        assert!(ran.output.contains(status) && ran.output.contains("so it is"), "{ran:?}");
    }
}

#[test]
fn a_verification_that_finds_differences_has_an_exit_code_of_its_own() {
    let old = json!({"at": "2026-11-01T00:00:00Z", "outcome": "identical"});
    let new =
        json!({"at": "2026-11-29T00:00:00Z", "outcome": "differs", "differences": ["the table changed: flats.csv"]});
    let server = Server::start([
        ("GET /api/versions/7/verifications", 200, json!({"verifications": [old]})),
        ("GET /api/versions/7/verifications", 200, json!({"verifications": [new, old]})),
        ("POST /api/versions/7/verifications", 202, json!({})),
    ]);
    let ran = server.run(&["verify", "7", "--wait"]);
    assert_eq!(ran.code, 4, "{ran:?}");
    assert!(ran.output.contains("the table changed: flats.csv"), "{ran:?}");
}

#[test]
fn an_alias_is_set_only_if_it_is_as_the_person_saw_it() {
    let server = Server::start([
        ("GET /api/aliases", 200, json!({"aliases": [{"name": "staging", "version": 5, "revision": 2}]})),
        ("PUT /api/aliases/staging", 200, json!({})),
    ]);
    assert_eq!(server.run(&["alias", "set", "staging", "7"]).code, 0);
    assert_eq!(server.change().body, json!({"version": 7, "seen_revision": 2}));
}

#[test]
fn tags_notes_and_deletions_go_to_the_version() {
    let cases: [(&[&str], &'static str, serde_json::Value); 4] = [
        (&["tag", "set", "7", "team", "red/blue"], "PUT /api/versions/7/tags/team", json!({"value": "red/blue"})),
        (&["tag", "remove", "7", "a b"], "DELETE /api/versions/7/tags/a%20b", json!(null)),
        (&["note", "7", "for the audit"], "PUT /api/versions/7/note", json!({"text": "for the audit"})),
        (&["delete", "4", "--reason", "a test", "--yes"], "DELETE /api/versions/4", json!({"reason": "a test"})),
    ];
    for (arguments, line, body) in cases {
        let server = Server::start([(line, 200, json!({}))]);
        assert_eq!(server.run(arguments).code, 0, "{arguments:?}");
        assert_eq!(server.change().body, body);
    }
}

#[test]
fn the_schedule_is_paused_with_a_reason_and_an_alarm_is_muted_until_a_time() {
    let server = Server::start([("POST /api/schedule/pause", 200, json!({}))]);
    assert_eq!(server.run(&["schedule", "pause", "--reason", "new table", "--yes"]).code, 0);
    assert_eq!(server.change().body, json!({"reason": "new table"}));

    let server = Server::start([("PUT /api/alarms/throttles/mute", 200, json!({}))]);
    let ran = server.run(&["mute", "throttles", "--until", "2126-12-01T08:00:00Z", "--reason", "load test"]);
    assert_eq!(ran.output.trim(), "The alarm throttles sends no mail until 2126-12-01 08:00:00 UTC.");
    assert_eq!(server.change().body, json!({"until": "2126-12-01T08:00:00Z", "reason": "load test"}));
}

#[test]
fn a_link_is_printed_with_the_address_under_which_the_console_was_called() {
    let answer = json!({"path": "/open/token", "usable_until": "2026-11-29T21:30:00Z", "right": "see"});
    let server = Server::start([("POST /api/links", 200, answer)]);
    let ran = server.run(&["console", "--see", "--hours", "2", "--name", "Ada"]);
    assert!(ran.output.starts_with("http://127.0.0.1:") && ran.output.contains("/open/token\n"), "{ran:?}");
    assert_eq!(server.change().body, json!({"right": "see", "hours": 2, "name": "Ada"}));
}

#[test]
fn work_on_the_whole_registry_says_where_its_result_will_be() {
    let server = Server::start([("POST /api/retention", 202, json!({"request": "r"}))]);
    let ran = server.run(&["retention", "--keep", "10", "--dry-run", "--reason", "look first"]);
    assert!(ran.output.contains("nothing is deleted"), "{ran:?}");
    assert_eq!(server.change().body, json!({"reason": "look first", "keep": 10, "dry_run": true}));
    let server = Server::start([("POST /api/rebuild", 202, json!({"request": "r"}))]);
    let ran = server.run(&["rebuild", "--reason", "records are gone"]);
    assert!(ran.output.contains("evergreen audit"), "{ran:?}");
}

#[test]
fn a_rebuild_is_awaited_until_the_audit_trail_has_its_result() {
    let other = json!({"action": "registry_rebuilt", "details": {"request": "q"}});
    let details = json!({"request": "r", "restored": "2 runs, 1 version", "champion": "1", "unreadable": "a.json"});
    let ended = json!({"action": "registry_rebuilt", "details": details});
    let server = Server::start([
        ("POST /api/rebuild", 202, json!({"request": "r"})),
        ("GET /api/audit?limit=100", 200, json!({"entries": [other]})),
        ("GET /api/audit?limit=100", 200, json!({"entries": [ended, other]})),
    ]);
    let ran = server.run(&["rebuild", "--reason", "records are gone", "--wait"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.output.contains("Restored: 2 runs, 1 version. The champion is version 1."), "{ran:?}");
    assert!(ran.output.contains("left out: a.json"), "{ran:?}");
}
