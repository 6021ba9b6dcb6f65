//! Tests jobs that end well.

use serde_json::{Value, json};

use crate::support::{World, event, table};

const JOB: &str = "jobs/iris/20261124T091244Z-4f0c2a";

#[tokio::test]
async fn a_request_scores_all_files_under_a_prefix() {
    let world = World::new();
    world.put("inputs/iris/a.csv", table(20));
    world.put("inputs/iris/more/b.jsonl", "{\"column 0\":1,\"column 1\":2,\"id\":7}\n{\"column 0\":\"x\"}\n");
    let finished = world.run(event("score-plan")).await.unwrap();
    assert_eq!((&finished["complete"], &finished["rows"], &finished["errors"]), (&json!(true), &json!(22), &json!(1)));
    assert_eq!(finished["manifest"], "s3://evergreen-artifacts/scored/iris/november/manifest.json");

    let manifest = world.json("scored/iris/november/manifest.json");
    assert_eq!(world.json(&format!("{JOB}/manifest.json")), manifest);
    assert_eq!((&manifest["version"], &manifest["complete"]), (&json!(1), &json!(true)));
    let files: Vec<_> =
        manifest["files"].as_array().unwrap().iter().map(|file| (&file["rows"], &file["errors"])).collect();
    assert_eq!(files, [(&json!(20), &json!(0)), (&json!(2), &json!(1))]);
    let parts = manifest["parts"].as_array().unwrap();
    assert_eq!(manifest["dollars"], json!(0.5 * parts.len() as f64));

    let csv = world.keys("scored/iris/november/a.csv/");
    assert!(csv.len() > 2, "{csv:?}");
    let rows = csv.iter().map(|key| String::from_utf8(world.get(key).unwrap()).unwrap());
    let rows: Vec<String> = rows.flat_map(|part| part.lines().skip(1).map(str::to_owned).collect::<Vec<_>>()).collect();
    let kept: Vec<String> = rows.iter().map(|row| row.split(',').take(2).collect::<Vec<_>>().join(",")).collect();
    assert_eq!(kept, (0..20).map(|row| format!("{row},c{row}")).collect::<Vec<_>>());
    let lines = world.get(&world.keys("scored/iris/november/more/b.jsonl/")[0]).unwrap();
    let lines: Vec<Value> =
        String::from_utf8(lines).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((&lines[0]["id"], &lines[0]["version"], &lines[1]["prediction"]), (&json!(7), &json!(1), &json!(null)));
    let error = lines[1]["error"].as_str().unwrap();
    assert!(error.starts_with("Column \"column 0\" is a string that is not a number. Expected:"), "{error}");
}

#[tokio::test]
async fn an_upload_is_scored_into_a_prefix_of_its_own() {
    let world = World::new();
    world.put("batch/iris/customers.csv", table(9));
    let finished = world.run(event("score-upload")).await.unwrap();
    assert_eq!((&finished["complete"], &finished["rows"]), (&json!(true), &json!(9)));
    let manifest = finished["manifest"].as_str().unwrap();
    assert!(manifest.starts_with("s3://evergreen-artifacts/scored/iris/20261124T091244Z-"), "{manifest}");
    // The same event may arrive twice. Its job is done, so the list of work is empty.
    let planned = world.step(event("score-upload")).await.unwrap();
    assert_eq!(planned["work"]["parts"], json!(0));
}

#[tokio::test]
async fn the_schedule_scores_with_the_champion_of_its_time() {
    let world = World::new();
    world.promote(2);
    world.put("inputs/iris/a.csv", table(3));
    let planned = world.step(event("score-schedule")).await.unwrap();
    assert_eq!((&planned["job"]["id"], &planned["job"]["version"]), (&json!("20261124T030000Z-schedule"), &json!(2)));
}

#[tokio::test]
async fn a_version_is_pinned_when_the_job_begins() {
    let world = World::new();
    world.put("inputs/iris/a.csv", table(20));
    world.promote(2);
    let mut plan = event("score-plan");
    plan["request"]["version"] = json!(1);
    let planned = world.step(plan).await.unwrap();
    assert_eq!(planned["job"]["version"], json!(1));
    world.promote(3);
    let finished = world.run(event("score-plan")).await.unwrap();
    assert_eq!(finished["complete"], json!(true));
    assert_eq!(world.json("scored/iris/november/manifest.json")["version"], json!(1));
}

#[tokio::test]
async fn the_samples_of_the_steps_are_events_of_this_release() {
    let world = World::new();
    world.put("inputs/iris/a.csv", table(4));
    let planned = world.step(event("score-plan")).await.unwrap();
    // The sample has the fields of a real part. Only the entity tag depends on the store.
    let part = &world.json(planned["work"]["key"].as_str().unwrap())[0];
    let mut sample = event("score-part");
    let fields = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!((fields(&sample["part"]), fields(&sample["job"])), (fields(part), fields(&planned["job"])));
    assert_eq!(sample["part"]["head"], part["head"]);
    sample["part"] = part.clone();
    assert_eq!(world.step(sample).await.unwrap(), json!({}));
    assert_eq!(world.keys(&format!("{JOB}/receipts/")), [format!("{JOB}/receipts/00000-{}-0-0.json", part["rows"])]);
    world.step(event("score-finish")).await.unwrap();
}
