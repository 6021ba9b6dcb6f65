//! Tests jobs that cannot be planned, and parts that fail.

use evergreen_score::BatchStepError;
use serde_json::{Value, json};

use crate::support::{World, event, table};

fn said(result: Result<Value, BatchStepError>) -> String {
    let error = result.unwrap_err();
    format!("{}: {error}", error.kind())
}

#[tokio::test]
async fn a_file_that_changed_after_the_plan_fails_and_is_listed() {
    let world = World::new();
    world.put("inputs/iris/a.csv", table(30));
    let planned = world.step(event("score-plan")).await.unwrap();
    world.put("inputs/iris/a.csv", table(31));
    let part = &world.json(planned["work"]["key"].as_str().unwrap())[0];
    let failed = world.step(json!({"step": "score", "job": planned["job"], "part": part})).await;
    insta::assert_snapshot!(said(failed), @"InputChanged: s3://evergreen-artifacts/inputs/iris/a.csv was overwritten after the job was planned; expected the planned content. Start a new job");
    let finished = world.step(json!({"step": "finish", "job": planned["job"]})).await.unwrap();
    assert_eq!(finished["complete"], json!(false));
    let manifest = world.json("scored/iris/november/manifest.json");
    let reasons: Vec<_> =
        manifest["failed"].as_array().unwrap().iter().map(|part| part["reason"].as_str().unwrap()).collect();
    assert!(reasons[0].contains("was overwritten") && reasons[1].starts_with("no invocation ended"), "{reasons:?}");
}

#[tokio::test]
async fn a_job_that_cannot_be_planned_says_why() {
    let world = World::new();
    let refused =
        async |request: Value| said(world.step(json!({"step": "plan", "execution": "e1", "request": request})).await);
    insta::assert_snapshot!(refused(json!({"in": "s3://evergreen-artifacts/inputs/iris/"})).await, @"Refused: no file with rows is at s3://evergreen-artifacts/inputs/iris/; expected files whose names end with one of .csv, .csv.gz, .jsonl, .jsonl.gz, .ndjson, .ndjson.gz, .jsonlines, .jsonlines.gz, .parquet");
    world.put("inputs/iris/a.csv", "id,column 0\n1,2\n");
    insta::assert_snapshot!(refused(json!({"in": "s3://evergreen-artifacts/inputs/iris/a.csv"})).await, @r#"Refused: s3://evergreen-artifacts/inputs/iris/a.csv: it has no column "column 1", which the version reads; expected a first row of names, separated by commas, with 2 columns: "column 0", "column 1""#);
    world.put("inputs/iris/a.csv", table(3));
    insta::assert_snapshot!(refused(json!({"in": "s3://evergreen-artifacts/inputs/iris/", "version": 9})).await, @"Refused: version 9 cannot score; expected a registered version that this release can read");
    insta::assert_snapshot!(refused(json!({"in": "s3://evergreen-artifacts/inputs/iris/", "keep": ["colour"]})).await, @r#"Refused: s3://evergreen-artifacts/inputs/iris/a.csv: it has no column "colour", which the answers should repeat; expected one of its columns"#);
    let inside = json!({"in": "s3://evergreen-artifacts/inputs/", "out": "s3://evergreen-artifacts/inputs/iris/"});
    insta::assert_snapshot!(refused(inside).await, @"Refused: the answers cannot be at s3://evergreen-artifacts/inputs/iris/, because the rows are there; expected another prefix");
    insta::assert_snapshot!(refused(json!({"in": "s3://evergreen-artifacts/inputs/iris/", "explain": true})).await, @"Refused: the version cannot explain its predictions: the artifact does not say which training rows reach which node; train again with this release");
    world.put("scored/iris/old/part-00000.csv", "");
    let occupied =
        json!({"in": "s3://evergreen-artifacts/inputs/iris/", "out": "s3://evergreen-artifacts/scored/iris/old"});
    insta::assert_snapshot!(refused(occupied).await, @"Refused: s3://evergreen-artifacts/scored/iris/old/ has objects already; expected a prefix without any. `evergreen score --resume JOB` goes on with a job");
    world.put("inputs/iris/b.parquet", "PAR1 but nothing else");
    insta::assert_snapshot!(refused(json!({"in": "s3://evergreen-artifacts/inputs/iris/b.parquet"})).await, @"Refused: s3://evergreen-artifacts/inputs/iris/b.parquet: it cannot be read as Parquet: Parquet error: Invalid Parquet file. Corrupt footer");
    assert_eq!(world.keys("jobs/"), [""; 0]);
}

#[tokio::test]
async fn only_calls_that_failed_for_a_moment_are_tried_again() {
    let world = World::new();
    world.put("inputs/iris/a.csv", table(3));
    world.memory.state().busy.insert("write", 1);
    assert_eq!(world.step(event("score-plan")).await.unwrap_err().kind(), "Unavailable");
    for missing_right in ["registry", "batch"] {
        world.memory.take_away(missing_right);
        assert_eq!(world.step(event("score-plan")).await.unwrap_err().kind(), "Refused");
        world.memory.bring_back(missing_right);
    }
    assert!(world.step(event("score-plan")).await.is_ok());
    let damaged = World::new();
    damaged.put("inputs/iris/a.csv", table(3));
    damaged.memory.state().objects.values_mut().for_each(|content| content.push(0));
    assert_eq!(damaged.step(event("score-plan")).await.unwrap_err().kind(), "Damaged");
    assert_eq!(damaged.step(json!({"step": "other"})).await.unwrap_err().kind(), "Refused");
}

#[tokio::test]
async fn rows_are_not_echoed_by_any_error() {
    let world = World::new();
    world.put("inputs/iris/a.csv", "id,column 0,column 1\nsecret-id,secret-value,1\n");
    world.run(event("score-plan")).await.unwrap();
    let answers = String::from_utf8(world.get("scored/iris/november/a.csv/part-00000.csv").unwrap()).unwrap();
    assert!(answers.contains("secret-id") && !answers.contains("secret-value"), "{answers}");
}
