//! Tests the list of training runs in the API.

use evergreen_tests::Stack;
use evergreen_tests::registry::text;
use evergreen_tests::training::{bad, fresh_id};
use serde_json::{Value, json};

#[tokio::test]
async fn runs_are_listed_newest_first_with_their_results() {
    let stack = Stack::take().await;
    let version = stack.train_good().await;
    let refused = stack.train(bad()).await;

    let listed = stack.api.get("/runs?limit=2").await.ok();
    let runs = listed.body["runs"].as_array().expect("a list of runs");
    assert_eq!(runs.len(), 2);
    assert_eq!((&runs[0]["id"], &runs[0]["status"]), (&refused["run_id"], &Value::from("REJECTED")), "{}", listed.text);
    assert_eq!((&runs[1]["version"], &runs[1]["status"]), (&Value::from(version), &Value::from("SUCCEEDED")));
    for run in runs {
        assert!(run["metrics"]["accuracy"].is_number() && run["parameters"]["max_depth"].is_number(), "{run}");
        assert!(run["reason"].as_str().is_some_and(|reason| reason.contains("hold-out log loss")), "{run}");
    }
}

#[tokio::test]
async fn a_run_is_shown_by_its_id() {
    let stack = Stack::take().await;
    stack.train_good().await;
    let report = stack.train(bad()).await;
    let id = report["run_id"].as_str().expect("a run has an id");
    let run = stack.api.get(&format!("/runs/{id}")).await.ok().body;
    assert_eq!((&run["id"], &run["version"]), (&report["run_id"], &report["version"]));
    assert_eq!(run["dataset"]["source"], "built-in");
    assert_eq!(run["trigger"]["kind"], "manual");
}

#[tokio::test]
async fn an_unknown_run_is_not_found() {
    let stack = Stack::take().await;
    stack.api.get(&format!("/runs/manual-{}", fresh_id())).await.problem(404);
    let problem = stack.api.get("/runs/a%20b").await.problem(400);
    assert_eq!(problem.answer.body["field"], "id");
}

#[tokio::test]
async fn an_invalid_limit_is_named() {
    let stack = Stack::take().await;
    for limit in ["0", "-1", "many", "1000000", "1.5", ""] {
        let problem = stack.api.get(&format!("/runs?limit={limit}")).await.problem(400);
        assert_eq!(problem.answer.body["field"], "limit", "{limit:?}: {}", problem.answer.text);
    }
}

#[tokio::test]
async fn a_run_that_was_stopped_is_shown_as_lost() {
    let stack = Stack::take().await;
    stack.train_good().await;
    let report = stack.train(bad()).await;
    let finished = report["run_id"].as_str().expect("a run has an id");

    // This is the record of the newest training run, which never ended.
    let id = format!("manual-{}", fresh_id());
    let mut item = stack.registry.item(&format!("RUN#{finished}")).await.expect("the run is on record");
    for ending in ["finished_at", "version", "reason", "metrics"] {
        item.remove(ending);
    }
    item.insert("sk".into(), text(&format!("RUN#{id}")));
    item.insert("id".into(), text(&id));
    item.insert("status".into(), text("RUNNING"));
    let began = jiff::Timestamp::now();
    item.insert("started_at".into(), text(&format!("{began:.3}")));
    // The time for Lambda's retries must be over, because the API does not show the status `LOST` before that.
    let lease = began - jiff::SignedDuration::from_mins(10);
    item.insert("lease_until".into(), text(&format!("{lease:.3}")));
    stack.registry.put(item).await;

    assert_eq!(stack.api.get(&format!("/runs/{id}")).await.ok().body["status"], "LOST");
    let listed = stack.api.get("/runs?limit=1").await.ok().body;
    assert_eq!((&listed["runs"][0]["id"], &listed["runs"][0]["status"]), (&id.clone().into(), &"LOST".into()));
    let published = stack.functions.measure().await;
    assert_eq!(published["FailedRuns"].as_f64(), Some(1.0), "a lost run is a failed one: {published}");

    stack.registry.delete(&format!("RUN#{id}")).await;
    assert_eq!(stack.functions.measure().await["FailedRuns"].as_f64(), Some(0.0));
}

#[tokio::test]
async fn a_run_of_a_newer_release_is_listed_as_such_and_blocks_no_figure() {
    let stack = Stack::take().await;
    let version = stack.train_good().await;
    let finished = stack.registry.items("RUN#").await;
    let mut item = finished.into_iter().next().expect("a run is on record");
    let id = format!("manual-{}", fresh_id());
    item.insert("sk".into(), text(&format!("RUN#{id}")));
    item.insert("id".into(), text(&id));
    item.insert("status".into(), text("PAUSED"));
    item.insert("started_at".into(), text(&format!("{:.3}", jiff::Timestamp::now())));
    stack.registry.put(item).await;

    let listed = stack.api.get("/runs?limit=2").await.ok();
    let runs = listed.body["runs"].as_array().expect("a list of runs");
    assert_eq!((&runs[0]["id"], &runs[0]["status"]), (&id.clone().into(), &"UNREADABLE".into()), "{}", listed.text);
    assert_eq!(runs[0]["stored_status"], "PAUSED", "{}", listed.text);
    assert_eq!((&runs[1]["version"], &runs[1]["status"]), (&version.into(), &"SUCCEEDED".into()), "{}", listed.text);
    let shown = stack.api.get(&format!("/runs/{id}")).await.ok().body;
    assert!(shown["reason"].as_str().is_some_and(|reason| reason.contains("PAUSED")), "{shown}");

    let published = stack.functions.measure().await;
    let told =
        ["UnreadableRecords", "FailedRuns", "DeadlineMissed", "UnknownFigures"].map(|name| published[name].as_f64());
    let report = stack.functions.call(&stack.functions.metrics, &json!({})).await.payload;
    assert_eq!(told, [Some(1.0), Some(0.0), Some(0.0), Some(0.0)], "{report}");
    stack.registry.delete(&format!("RUN#{id}")).await;
    assert_eq!(stack.functions.measure().await["UnreadableRecords"].as_f64(), Some(0.0));
}
