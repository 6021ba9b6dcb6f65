//! Tests of requests that name the version that shall answer them.

use evergreen_predict::other_versions::MAX_VERSIONS;
use serde_json::Value;

use crate::models::{artifact, counted, forest};
use crate::support::{Fixture, FunctionAnswer, INTERVAL, SETOSA, With, event};

impl Fixture {
    /// Creates a function that serves version 3. The versions 1 and 2 are registered too.
    async fn with_three_versions() -> Self {
        let fixture = Self::empty();
        (1..=3).for_each(|number| drop(fixture.promote(number)));
        fixture.app.warm_up().await;
        fixture
    }

    /// Sends `POST /predict` with these query parameters.
    async fn predict_by(&self, query: &str) -> FunctionAnswer {
        self.call(&event("predict-one").with("body", SETOSA).asking(query)).await
    }

    /// Sends `POST /predict` with these query parameters. Returns the number of the version that answers.
    async fn version_by(&self, query: &str) -> u64 {
        let response = self.predict_by(query).await;
        response.json()["model"]["version"].as_u64().unwrap_or_else(|| panic!("{response:?}"))
    }

    fn object_reads(&self) -> usize {
        self.remote.memory.state().reads
    }
}

fn problem(response: &FunctionAnswer) -> (u16, String, Value) {
    let body = response.json();
    let code = body["type"].as_str().unwrap().rsplit(':').next().unwrap().to_owned();
    (response.status, code, body["field"].clone())
}

#[tokio::test]
async fn one_request_is_answered_by_the_version_that_it_names() {
    let fixture = Fixture::with_three_versions().await;
    assert_eq!(fixture.version_by("version=1").await, 1);
    assert_eq!(fixture.journal.last().version, Some(1));
    assert_eq!(fixture.version().await, 3, "the next request is the champion's again");
    let by_header = event("predict-one").with("body", SETOSA).with_header("X-Evergreen-Version", "2");
    assert_eq!(fixture.call(&by_header).await.json()["model"]["version"], 2);
}

#[tokio::test]
async fn an_alias_is_read_again_once_in_a_refresh_interval() {
    let fixture = Fixture::with_three_versions().await;
    fixture.set_alias("stable", 1);
    assert_eq!(fixture.version_by("alias=stable").await, 1);
    fixture.set_alias("stable", 2);
    assert_eq!((fixture.version_by("alias=stable").await, fixture.remote.alias_reads()), (1, 1));
    fixture.pass(INTERVAL);
    assert_eq!((fixture.version_by("alias=stable").await, fixture.remote.alias_reads()), (2, 2));
    let by_header = event("predict-one").with("body", SETOSA).with_header("X-Evergreen-Alias", "stable");
    assert_eq!(fixture.call(&by_header).await.json()["model"]["version"], 2);
}

#[tokio::test]
async fn a_version_is_loaded_once_and_confirmed_once_in_a_refresh_interval() {
    let fixture = Fixture::with_three_versions().await;
    for _ in 0..3 {
        assert_eq!(fixture.version_by("version=1").await, 1);
    }
    assert_eq!((fixture.remote.version_reads(), fixture.object_reads()), (1, 1));
    fixture.pass(INTERVAL);
    assert_eq!(fixture.version_by("version=1").await, 1);
    assert_eq!((fixture.remote.version_reads(), fixture.object_reads()), (2, 1));
}

#[tokio::test]
async fn the_champion_is_not_loaded_a_second_time_if_a_request_names_it() {
    let fixture = Fixture::with_three_versions().await;
    assert_eq!((fixture.version_by("version=3").await, fixture.remote.version_reads()), (3, 0));
    let model = fixture.get("/model?version=3").await.json();
    assert_eq!((&model["version"], &model["previous_version"]), (&3.into(), &2.into()));
}

#[tokio::test]
async fn the_version_that_was_named_longest_ago_leaves_the_memory() {
    let fixture = Fixture::with_three_versions().await;
    fixture.register_as(4, &forest("iris", 5, 4));
    assert_eq!(MAX_VERSIONS, 2);
    for (query, reads) in [("version=1", 1), ("version=2", 2), ("version=1", 2), ("version=4", 3), ("version=1", 3)] {
        fixture.version_by(query).await;
        assert_eq!(fixture.object_reads(), reads, "{query}");
    }
    fixture.version_by("version=2").await;
    assert_eq!(fixture.object_reads(), 4);
}

#[tokio::test]
async fn an_unknown_version_or_alias_is_404_and_named() {
    let fixture = Fixture::with_three_versions().await;
    let response = fixture.predict_by("version=7").await;
    assert_eq!(problem(&response), (404, "unknown-version".into(), "version".into()));
    assert_eq!(response.json()["detail"], "Version 7 is not registered.");
    let response = fixture.predict_by("alias=stable").await;
    assert_eq!(problem(&response), (404, "unknown-alias".into(), "alias".into()));
    assert_eq!(response.json()["detail"], "No alias is called stable.");
    assert_eq!(fixture.version().await, 3);
}

#[tokio::test]
async fn a_malformed_or_repeated_name_is_400_on_every_path() {
    let fixture = Fixture::with_three_versions().await;
    for (query, field) in [("version=latest", "version"), ("alias=Stable!", "alias"), ("version=1&alias=a", "alias")] {
        let expected = (400, "invalid-parameter".into(), field.into());
        assert_eq!(problem(&fixture.predict_by(query).await), expected);
        for path in ["/model", "/version"] {
            assert_eq!(problem(&fixture.get(&format!("{path}?{query}")).await), expected);
        }
    }
}

#[tokio::test]
async fn a_version_without_an_intact_artifact_is_409_and_is_not_fetched_again_at_once() {
    let fixture = Fixture::with_three_versions().await;
    for damage in [None, Some(artifact(2))] {
        fixture.tamper(1, damage);
        fixture.pass(INTERVAL);
        let before = fixture.object_reads();
        for _ in 0..3 {
            assert_eq!(problem(&fixture.predict_by("version=1").await), (409, "cannot-serve".into(), "version".into()));
        }
        assert!(fixture.object_reads() <= before + 1);
    }
    assert_eq!((fixture.version().await, fixture.journal.failures()), (3, 0), "the champion is not affected");
    fixture.tamper(1, Some(artifact(1)));
    fixture.pass(INTERVAL);
    assert_eq!(fixture.version_by("version=1").await, 1);
}

#[tokio::test]
async fn a_registry_that_does_not_answer_stops_only_versions_that_are_not_in_memory() {
    let fixture = Fixture::with_three_versions().await;
    fixture.set_alias("stable", 1);
    assert_eq!(fixture.version_by("alias=stable").await, 1);
    fixture.remote.memory.take_away("registry");
    fixture.pass(INTERVAL);
    assert_eq!(fixture.version_by("alias=stable").await, 1);
    let response = fixture.predict_by("version=2").await;
    assert_eq!(problem(&response), (503, "unavailable".into(), "version".into()));
    assert_eq!(response.header("retry-after"), Some("2"));
    assert_eq!(problem(&fixture.predict_by("alias=other").await).0, 503);
    assert_eq!(fixture.version().await, 3);
}

#[tokio::test]
async fn a_deleted_version_stops_answering_with_the_next_read() {
    let fixture = Fixture::with_three_versions().await;
    assert_eq!(fixture.version_by("version=1").await, 1);
    fixture.remote.memory.state().versions.retain(|number, _| number.get() != 1);
    fixture.pass(INTERVAL);
    assert_eq!(fixture.predict_by("version=1").await.status, 404);
}

#[tokio::test]
async fn a_named_version_answers_even_if_no_champion_can_be_loaded() {
    let fixture = Fixture::empty();
    fixture.promote(1);
    fixture.promote(2);
    fixture.keep_copy(None);
    fixture.tamper(2, None);
    assert_eq!(fixture.predict(SETOSA).await.status, 503);
    assert_eq!(fixture.version_by("version=1").await, 1);
}

#[tokio::test(start_paused = true)]
async fn rows_for_a_named_version_are_not_counted_as_served_by_the_champion() {
    let fixture = Fixture::serving_as(&counted(1)).await;
    fixture.promote_as(2, &counted(2));
    fixture.pass(INTERVAL);
    for query in ["version=1", "version=2", "alias=stable"] {
        fixture.set_alias("stable", 2);
        let row = event("predict-one").with("body", r#"{"x": 1}"#).asking(query);
        assert_eq!(fixture.call(&row).await.status, 200);
        let refused = event("predict-one").with("body", r#"{"x": "one"}"#).asking(query);
        assert_eq!(fixture.call(&refused).await.status, 400);
    }
    fixture.app.served().hand_over().await;
    assert_eq!(fixture.remote.memory.state().shares, []);
}

#[tokio::test]
async fn model_and_version_show_the_version_that_the_request_names() {
    let fixture = Fixture::with_three_versions().await;
    let model = fixture.get("/model?version=1").await.json();
    assert_eq!((&model["version"], &model["promoted_at"]), (&1.into(), &Value::Null));
    assert_eq!((&model["trained_at"], &model["family"]), (&"2026-11-24T03:00:04.000Z".into(), &"random_forest".into()));
    fixture.set_alias("stable", 2);
    let version = fixture.get("/version?alias=stable").await;
    insta::assert_snapshot!(version.body, @r#"{"model":"iris","version":2,"promoted_at":null}"#);
    assert_eq!(fixture.get("/version?alias=other").await.status, 404);
}
