//! Tests the page of the batch jobs.

use evergreen_lifecycle::session::Right;
use serde_json::{Value, json};

use super::sample::World;
use super::{full, page};

fn put(world: &World, key: &str, value: &Value) {
    world.artifacts.state().journal.insert(format!("jobs/iris/{key}"), value.to_string().into_bytes());
}

fn job(id: &str, at: &str) -> Value {
    json!({
        "id": id, "model": "iris", "input": "s3://rows/in/<b>/", "output": "s3://rows/out/", "version": 16,
        "artifact": {"key": "models/iris/00000016/model.onnx", "sha256": "0", "size": 1}, "explain": false, "keep": [],
        "rates": {"millisecond": 0.0001, "part": 0.001}, "planned_at": at, "plan": "jobs/iris/a/plan/e.json",
        "files": 1, "parts": 2, "rows": 3000,
    })
}

#[tokio::test]
async fn the_newest_jobs_are_shown_with_their_progress() {
    let world = full();
    let (old, new) = ("20261123T090000Z-aaaaaa", "20261124T090000Z-bbbbbb");
    put(&world, &format!("{old}/job.json"), &job(old, "2026-11-23T09:00:00Z"));
    put(&world, &format!("{old}/receipts/00000-2000-0-500.json"), &json!({}));
    put(&world, &format!("{old}/receipts/00001-1000-7-500.json"), &json!({}));
    let manifest = json!({
        "job": old, "model": "iris", "version": 16, "complete": true, "input": "s3://rows/in/", "output": "s3://rows/out/",
        "planned_at": "2026-11-23T09:00:00Z", "checked_at": "2026-11-23T09:05:00Z", "rows": 3000, "errors": 7,
        "milliseconds": 1000, "dollars": 0.102, "files": [], "parts": [], "failed": [],
    });
    put(&world, &format!("{old}/manifest.json"), &manifest);
    put(&world, &format!("{new}/job.json"), &job(new, "2026-11-24T09:00:00Z"));
    put(&world, &format!("{new}/receipts/00000-2000-0-500.json"), &json!({}));
    put(&world, "not-planned-yet/plan/e.json", &json!([]));

    let page = page(&world, Right::See, "batch").await;
    let text = &page.text;
    assert!(text.find(new).unwrap() < text.find(old).unwrap(), "the newest is first: {text}");
    for expected in
        ["1 of 2", "2,000 of 3,000", "$0.0510", "2 of 2", "3,000 of 3,000", "complete", "$0.1020", "in/<b>/"]
    {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    let link = format!("https://bucket.example/jobs/iris/{old}/manifest.json?seconds=300");
    let tags: Vec<_> = page.tags.iter().filter_map(|tag| tag.get("href")).collect();
    assert!(tags.iter().any(|tag| *tag == link), "{tags:?}");
}

#[tokio::test]
async fn a_stack_without_jobs_says_so() {
    assert!(page(&full(), Right::See, "batch").await.text.contains("No batch job was planned in the last 90 days."));
}
