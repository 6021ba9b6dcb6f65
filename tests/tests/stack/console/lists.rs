//! Tests the lists, the filters and the comparison.

use std::collections::BTreeSet;

use evergreen_tests::Stack;
use reqwest::Method;
use serde_json::{Value, json};

use super::Versions;

#[tokio::test]
async fn pages_of_runs_have_every_run_once() {
    let stack = Stack::take().await;
    Versions::make(&stack).await;
    let (mut seen, mut after) = (Vec::new(), String::new());
    loop {
        let page = stack.api.get(&format!("/runs?limit=2&sort=-started_at{after}")).await.ok().body;
        let runs = page["runs"].as_array().expect("a list");
        assert!(runs.len() <= 2, "{page}");
        seen.extend(runs.iter().map(|run| run["id"].as_str().expect("a run has an id").to_owned()));
        match page["next"].as_str() {
            Some(next) if seen.len() < 20 => after = format!("&after={next}"),
            _ => break,
        }
    }
    let different: BTreeSet<_> = seen.iter().collect();
    assert!(seen.len() >= 3 && different.len() == seen.len(), "{seen:?}");
}

#[tokio::test]
async fn versions_are_found_by_what_the_gate_said_by_metric_tag_and_alias() {
    let stack = Stack::take().await;
    let versions = Versions::make(&stack).await;
    let (champion, refused) = (versions.champion, versions.refused);
    let tag = format!("/versions/{champion}/tags/team");
    stack.console.send(Method::PUT, &tag, json!({"value": "risk"})).await.ok();
    let found = async |query: &str| -> Vec<u64> {
        let answer = stack.api.get(&format!("/versions?limit=100&{query}")).await.ok();
        let versions = answer.body["versions"].as_array().expect("a list").iter();
        versions.filter_map(|version| version["number"].as_u64()).collect()
    };
    let promoted = found("status=promoted").await;
    assert!(promoted.contains(&champion) && !promoted.contains(&refused), "{promoted:?}");
    let refusals = found("status=refused").await;
    assert!(refusals.contains(&refused) && !refusals.contains(&champion), "{refusals:?}");
    let good = found("metric=accuracy%3E%3D0.9").await;
    assert!(good.contains(&champion) && !good.contains(&refused), "{good:?}");
    assert_eq!(found("tag=team%3Drisk").await, [champion]);
    assert_eq!(found("alias=champion").await, [champion]);
    stack.api.get("/versions?metric=speed%3E1").await.problem(400);
    stack.api.get("/versions?colour=red").await.problem(400);
    stack.console.call(Method::DELETE, &tag, None, &[]).await.ok();
}

#[tokio::test]
async fn a_comparison_shows_what_differs_and_the_gates_test() {
    let stack = Stack::take().await;
    let Versions { champion, refused, .. } = Versions::make(&stack).await;
    let compared = stack.api.get(&format!("/compare?versions={champion},{refused}")).await.ok().body;
    assert_eq!(compared["versions"], json!([champion, refused]));
    let row = |name: &str, list: &str| -> Value {
        let rows = compared[list].as_array().expect("a list").iter();
        rows.clone().find(|row| row["name"] == name).unwrap_or_else(|| panic!("no {name} in {compared}")).clone()
    };
    assert_eq!(row("n_estimators", "differing")["values"], json!([60, 1]));
    let differences = &row("accuracy", "metrics")["differences"];
    assert!(differences[1].as_f64().is_some_and(|difference| difference < 0.0), "{differences}");
    assert_eq!(compared["tests"][0]["challenger"], json!(refused), "{compared}");
    stack.api.get(&format!("/compare?versions={champion}")).await.problem(400);
    stack.api.get(&format!("/compare?versions={champion},99999")).await.problem(404);
}

#[tokio::test]
async fn the_link_to_an_artifact_gives_the_registered_file() {
    let stack = Stack::take().await;
    let serving = stack.served().await;
    let link = stack.api.get(&format!("/versions/{serving}/artifact")).await.ok().body;
    let url = link["url"].as_str().expect("a link has a URL");
    let file = reqwest::get(url).await.expect("the bucket answers").bytes().await.expect("the file can be read");
    assert_eq!(link["sha256"], evergreen_tests::storage::sha256(&file));
    assert_eq!(link["size"], file.len());
}
