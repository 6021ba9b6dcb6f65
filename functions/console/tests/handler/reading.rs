//! Tests of the reading routes, except runs and comparison.

use serde_json::json;

use crate::support::Fixture;

#[tokio::test]
async fn versions_are_listed_with_aliases_and_the_champion_first_to_last() {
    let fixture = Fixture::serving();
    fixture.signed("PUT", "/aliases/staging", json!({"version": 3})).await;
    let listed = fixture.read("/versions").await.json();
    let versions = listed["versions"].as_array().unwrap();
    let shown: Vec<_> =
        versions.iter().map(|it| (it["number"].as_u64().unwrap(), it["champion"].as_bool().unwrap())).collect();
    assert_eq!(shown, [(3, false), (2, true), (1, false)]);
    assert_eq!((&versions[0]["aliases"], &versions[1]["aliases"]), (&json!(["staging"]), &json!([])));
}

#[tokio::test]
async fn a_search_finds_versions_by_metric_alias_and_tag() {
    let fixture = Fixture::serving();
    fixture.signed("PUT", "/versions/1/tags/team", json!({"value": "risk"})).await;
    fixture.signed("PUT", "/aliases/staging", json!({"version": 3})).await;
    for (query, expected) in [
        ("metric=accuracy>0.915", vec![3, 2]),
        ("sort=accuracy", vec![1, 2, 3]),
        ("tag=team=risk", vec![1]),
        ("alias=staging", vec![3]),
        ("alias=champion", vec![2]),
        ("alias=nobody", vec![]),
    ] {
        let listed = fixture.read(&format!("/versions?{query}")).await.json();
        let numbers: Vec<_> =
            listed["versions"].as_array().unwrap().iter().map(|it| it["number"].as_u64().unwrap()).collect();
        assert_eq!(numbers, expected, "{query}");
    }
}

#[tokio::test]
async fn pages_of_versions_follow_each_other() {
    let fixture = Fixture::serving();
    let first = fixture.read("/versions?limit=2").await.json();
    assert_eq!(first["versions"].as_array().unwrap().len(), 2);
    let after = first["next"].as_str().unwrap();
    let second = fixture.read(&format!("/versions?limit=2&after={after}")).await.json();
    assert_eq!((&second["versions"][0]["number"], &second["next"]), (&json!(1), &json!(null)));
}

#[tokio::test]
async fn a_wrong_parameter_is_named() {
    let fixture = Fixture::serving();
    for (path, field) in [
        ("/versions?famly=linear", "famly"),
        ("/versions?metric=accuracy", "metric"),
        ("/versions?limit=0", "limit"),
        ("/versions/0", "number"),
        ("/versions/seven", "number"),
        ("/champions?limit=101", "limit"),
        ("/audit?before=yesterday", "before"),
        ("/schedule?limit=2", "limit"),
        ("/compare", "versions"),
    ] {
        let answer = fixture.read(path).await;
        assert_eq!((answer.status, answer.json()["field"].as_str()), (400, Some(field)), "{path}");
    }
}

#[tokio::test]
async fn a_version_is_shown_with_what_people_wrote_about_it() {
    let fixture = Fixture::serving();
    fixture.signed("PUT", "/versions/2/note", json!({"text": "kept for the audit"})).await;
    let shown = fixture.read("/versions/2").await.json();
    assert_eq!((&shown["version"]["number"], &shown["champion"]), (&json!(2), &json!(true)));
    assert_eq!(shown["annotations"], json!({"revision": 1, "tags": {}, "note": "kept for the audit"}));
    assert_eq!(fixture.read("/versions/9").await.problem(), (404, "unknown".into()));
}

#[tokio::test]
async fn an_artifact_is_handed_out_for_minutes() {
    let fixture = Fixture::serving();
    let link = fixture.read("/versions/2/artifact").await.json();
    assert_eq!(link["url"], "https://bucket.example/models/iris/00000002/model.onnx?seconds=300");
    assert_eq!(link["expires_at"], "2026-11-24T08:05:00.000Z");
    assert_eq!(link["sha256"].as_str().map(str::len), Some(64));
}

#[tokio::test]
async fn the_champion_and_those_before_it_are_shown() {
    let fixture = Fixture::serving();
    let champion = fixture.read("/champion").await.json();
    assert_eq!((&champion["champion"]["number"], &champion["champion"]["previous"]), (&json!(2), &json!(1)));
    let champions = fixture.read("/champions?limit=1").await.json();
    assert_eq!(champions["champions"].as_array().unwrap().len(), 1);
    assert_eq!(Fixture::empty().read("/champion").await.json(), json!({"champion": null}));
}

#[tokio::test]
async fn the_schedule_shows_its_next_times_and_whether_runs_ended_in_time() {
    let fixture = Fixture::serving();
    let schedule = fixture.read("/schedule").await.json();
    assert_eq!(schedule["next_times"][0], "2026-11-25T02:00:00.000Z");
    assert_eq!(schedule["next_times"].as_array().unwrap().len(), 5);
    assert_eq!((&schedule["is_enabled"], &schedule["deadline_minutes"]), (&json!(true), &json!(60)));
    fixture.memory.state().schedule = None;
    let gone = fixture.read("/schedule").await.json();
    assert_eq!((&gone["expression"], &gone["unreadable"]), (&json!(null), &json!("the schedule does not exist")));
}

#[tokio::test]
async fn alarms_are_shown_with_their_mutes() {
    let fixture = Fixture::serving();
    let mute = json!({"until": "2026-11-24T12:00:00Z", "reason": "load test"});
    assert_eq!(fixture.signed("PUT", "/alarms/throttles/mute", mute).await.status, 200);
    let alarms = fixture.read("/alarms").await.json()["alarms"].clone();
    assert_eq!((&alarms[0]["name"], &alarms[0]["muted_until"]), (&json!("accuracy-low"), &json!(null)));
    assert_eq!((&alarms[1]["state"], &alarms[1]["muted_until"]), (&json!("ok"), &json!("2026-11-24T12:00:00.000Z")));
}

#[tokio::test]
async fn before_the_first_feedback_nothing_is_known_of_the_live_accuracy() {
    let fixture = Fixture::serving();
    let live = fixture.read("/live").await.json();
    let nothing = json!({
        "judged": null, "version": null, "is_worse": false, "estimate": null, "sentence": null, "windows": [],
        "versions": [], "days": [],
    });
    assert_eq!(live, nothing);
}

#[tokio::test]
async fn before_the_first_comparison_nothing_has_drifted() {
    let fixture = Fixture::serving();
    let drift = fixture.read("/drift").await.json();
    let nothing = json!({"judged_until": null, "rows": 0, "drifted": 0, "sentence": null, "comparisons": [], "skew": null, "reactions": []});
    assert_eq!(drift, nothing);
}

#[tokio::test]
async fn an_unreachable_registry_gives_503_without_the_cause() {
    let fixture = Fixture::serving();
    fixture.memory.take_away("registry");
    for path in ["/runs", "/runs/manual-v1", "/versions", "/versions/1", "/champion", "/audit", "/aliases"] {
        let answer = fixture.read(path).await;
        assert_eq!((answer.status, answer.header("retry-after")), (503, Some("2")), "{path}");
        assert!(!answer.body.contains("taken away"), "{}", answer.body);
    }
}

#[tokio::test]
async fn the_openapi_document_describes_every_route_that_the_caller_may_use() {
    let fixture = Fixture::serving();
    let read = fixture.read("/openapi.json").await.json();
    assert!(read["paths"]["/runs"]["get"].is_object() && read["paths"].get("/promotions").is_none());
    let all = fixture.signed("GET", "/openapi.json", None).await.json();
    for route in evergreen_console::route::ROUTES {
        let path = format!("/api{}", route.template);
        assert!(all["paths"][&path][route.method.to_ascii_lowercase()].is_object(), "{path}");
    }
    assert_eq!(all["components"]["schemas"]["Promotion"]["required"], json!(["version", "reason"]));
}
