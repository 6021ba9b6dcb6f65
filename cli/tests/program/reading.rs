//! Commands that only read.

use serde_json::json;

use crate::server::Server;

#[test]
fn every_request_is_signed_for_the_gateway() {
    let server = Server::start([("GET /api/aliases", 200, json!({"aliases": []}))]);
    let ran = server.run(&["alias", "list"]);
    assert_eq!((ran.code, ran.output.trim()), (0, "There are no aliases."), "{ran:?}");
    let request = &server.received()[0];
    let signature = &request.headers["authorization"];
    assert!(signature.starts_with("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/"), "{signature}");
    assert!(signature.contains("/eu-central-1/execute-api/aws4_request"), "{signature}");
    assert!(request.headers.contains_key("x-amz-date"));
}

#[test]
fn filters_of_runs_become_the_query_of_the_api() {
    let run = json!({"id": "manual-1", "status": "SUCCEEDED", "version": 7, "trigger": "manual", "family": "linear",
        "started_at": "2026-11-29T21:16:47Z", "seconds": 1.5, "metrics": {"roc_auc": 0.98}});
    let line = "GET /api/runs?status=SUCCEEDED&metric=roc_auc%3E%3D0.9&sort=-roc_auc&limit=5";
    let server = Server::start([(line, 200, json!({"runs": [run], "next": null, "searched": 1, "truncated": false}))]);
    let ran = server.run(&[
        "runs",
        "--status",
        "SUCCEEDED",
        "--metric",
        "roc_auc>=0.9",
        "--sort",
        "-roc_auc",
        "--limit",
        "5",
    ]);
    assert_eq!(ran.code, 0, "{ran:?}");
    for expected in ["RUN", "ROC AUC", "manual-1", "0.9800", "2026-11-29 21:16:47"] {
        assert!(ran.output.contains(expected), "{expected} is not in {}", ran.output);
    }
}

#[test]
fn with_json_the_answer_is_printed_as_it_came() {
    let answer = json!({"versions": [{"number": 7, "new_field": [1, 2]}], "next": "v6"});
    let server = Server::start([("GET /api/versions", 200, answer.clone())]);
    assert_eq!(server.run(&["versions", "--json"]).json(), answer);
}

#[test]
fn a_version_a_run_and_the_champion_are_shown_with_one_command() {
    let server = Server::start([
        ("GET /api/versions/7", 200, json!({"version": {"number": 7, "family": "linear"}, "aliases": ["staging"]})),
        ("GET /api/runs/manual-1", 200, json!({"id": "manual-1", "status": "FAILED", "reason": "no rows"})),
        ("GET /api/champion", 200, json!({"champion": {"revision": 3, "version": {"number": 7}}})),
    ]);
    assert!(server.run(&["show", "7"]).output.contains("aliases  staging"));
    assert!(server.run(&["show", "manual-1"]).output.contains("no rows"));
    assert!(server.run(&["show", "champion"]).output.contains("revision"));
}

#[test]
fn the_status_asks_for_all_parts_and_works_without_a_champion() {
    let server = Server::start([
        ("GET /api/champion", 200, json!({"champion": null})),
        ("GET /api/schedule", 200, json!({"is_enabled": true, "next_times": ["2026-11-30T03:00:00Z"]})),
        ("GET /api/alarms", 200, json!({"alarms": [{"name": "throttles", "state": "alarm"}]})),
        ("GET /api/cost", 404, json!({"title": "an older console has no such route"})),
        ("GET /api/runs?limit=5", 200, json!({"runs": []})),
    ]);
    let ran = server.run(&["status"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    for expected in ["none yet", "next 2026-11-30 03:00:00", "throttles"] {
        assert!(ran.output.contains(expected), "{expected} is not in {}", ran.output);
    }
}

#[test]
fn versions_are_compared_in_one_request() {
    let server = Server::start([(
        "GET /api/compare?versions=5%2C7",
        200,
        json!({"versions": [5, 7], "metrics": [{"name": "mae", "values": [3.0, 2.5], "differences": [0.0, -0.5]}]}),
    )]);
    let ran = server.run(&["compare", "5", "7"]);
    assert!(ran.output.contains("mae") && ran.output.contains("-0.5000"), "{ran:?}");
    assert_eq!(server.run(&["compare", "5"]).code, 2);
}

#[test]
fn drift_is_shown_with_the_skew_check_and_what_the_stack_did_by_itself() {
    let column = |name: &str, drifted, noise| {
        json!({"name": name, "psi": 0.41, "is_drifted": drifted, "is_beyond_noise": noise,
            "sentence": format!("{name}: above 50: 60.0 % of served rows, 20.0 % in training; PSI 0.41, beyond noise.")})
    };
    let columns = [column("income", false, true), column("age", true, true), column("plan", false, false)];
    let sentence = "Drift in the last four weeks (3000 rows): age.";
    let answer = json!({
        "comparisons": [{"length": "four_weeks", "columns": columns, "sentence": sentence}],
        "skew": {"rows": 20, "differing": 0, "sentence": "20 rows of training get the same answers."},
        "reactions": [{"sentence": "Evergreen asked for a training run, because the served data has drifted."}],
    });
    let server = Server::start([("GET /api/drift", 200, answer)]);
    let ran = server.run(&["drift"]);
    for expected in [
        "Drift in the last four weeks (3000 rows): age.",
        "four weeks",
        "drifted",
        "20 rows of training get the same answers.",
        "Evergreen asked for a training run",
    ] {
        assert!(ran.output.contains(expected), "{expected}: {ran:?}");
    }
    assert!(ran.output.find("age: above").unwrap() < ran.output.find("income: above").unwrap(), "{ran:?}");
    assert!(!ran.output.contains("plan: above"), "{ran:?}");
}

#[test]
fn the_live_accuracy_is_shown_with_its_days() {
    let server = Server::start([(
        "GET /api/live",
        200,
        json!({
            "sentence": "The truth is known for 400 of 9,841 predictions.",
            "windows": [{"days": 7, "sentence": "The truth is known for 400 of 9,841 predictions."}],
            "days": [{"day": "2026-11-24", "version": 7, "labelled": 400, "score": 0.91, "interval": [0.88, 0.93]}],
        }),
    )]);
    let ran = server.run(&["live"]);
    for expected in ["400 of 9,841", "2026-11-24", "0.9100", "0.8800 to 0.9300"] {
        assert!(ran.output.contains(expected), "{expected} is not in {}", ran.output);
    }
}
