//! Tests that a job that was stopped goes on where it was, and that nothing is done twice.

use serde_json::json;

use crate::support::{World, event, table};

const RECEIPTS: &str = "jobs/iris/20261124T091244Z-4f0c2a/receipts/";

#[tokio::test]
async fn a_stopped_job_is_resumed_with_the_rest_of_its_parts() {
    let world = World::new();
    world.put("inputs/iris/a.csv", table(60));
    world.stops_after.set(4);
    let stopped = world.run(event("score-plan")).await.unwrap();
    assert_eq!(stopped["complete"], json!(false));
    let problem = stopped["problem"].as_str().unwrap();
    assert!(problem.contains("no invocation ended"), "{problem}");
    let before = world.keys(RECEIPTS);
    assert_eq!(before.len(), 4);

    // A newer champion changes nothing: the job has its version.
    world.promote(2);
    world.stops_after.set(usize::MAX);
    let resumed = world.run(event("score-resume")).await.unwrap();
    assert_eq!((&resumed["complete"], &resumed["rows"]), (&json!(true), &json!(60)));
    let after = world.keys(RECEIPTS);
    assert!(after.len() > before.len() && before.iter().all(|key| after.contains(key)), "{after:?}");
    assert_eq!(world.json("scored/iris/november/manifest.json")["version"], json!(1));
    assert_eq!(world.step(event("score-resume")).await.unwrap()["work"]["parts"], json!(0));
}

#[tokio::test]
async fn a_part_whose_answers_are_gone_is_scored_again() {
    let world = World::new();
    world.put("inputs/iris/a.csv", table(30));
    world.run(event("score-plan")).await.unwrap();
    let part = &world.keys("scored/iris/november/a.csv/")[1];
    let answers = world.get(part);
    world.remove(part);
    assert_eq!(world.run(event("score-resume")).await.unwrap()["complete"], json!(true));
    assert_eq!(world.get(part), answers, "the same part has the same bytes");
}

#[tokio::test]
async fn a_job_that_nobody_planned_cannot_be_resumed() {
    let error = World::new().step(event("score-resume")).await.unwrap_err();
    assert_eq!(error.kind(), "Refused");
    insta::assert_snapshot!(error, @"no job 20261124T091244Z-4f0c2a was planned; expected the identity of a job of the last 90 days");
}

#[tokio::test]
async fn the_same_identity_with_another_request_is_refused() {
    let world = World::new();
    world.put("inputs/iris/a.csv", table(3));
    world.run(event("score-plan")).await.unwrap();
    let mut other = event("score-plan");
    other["request"]["keep"] = json!([]);
    other["request"]["version"] = json!(2);
    let error = world.step(other).await.unwrap_err();
    assert_eq!(error.kind(), "Refused");
    insta::assert_snapshot!(error, @"the job 20261124T091244Z-4f0c2a exists, and other values were planned for: version, keep; expected the same request. `evergreen score --resume 20261124T091244Z-4f0c2a` goes on with the job; a new job needs another identity");
}
