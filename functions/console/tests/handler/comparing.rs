//! Tests of the comparison of versions.

use evergreen_lifecycle::{AnswerChanges, ComparedRows, Impact, Version, VersionNumber};
use serde_json::json;

use crate::support::Fixture;

#[tokio::test]
async fn a_comparison_shows_what_differs_and_the_metrics_side_by_side() {
    let fixture = Fixture::serving();
    let compared = fixture.read("/compare?versions=3,1").await.json();
    assert_eq!(compared["versions"], json!([3, 1]));
    let accuracy = compared["metrics"].as_array().unwrap().iter().find(|row| row["name"] == "accuracy").unwrap();
    assert_eq!(accuracy["values"], json!([0.93, 0.91]));
    let difference = accuracy["differences"][1].as_f64().unwrap();
    assert!((difference + 0.02).abs() < 1e-9, "{difference}");
    assert!(compared["equal"].as_array().unwrap().contains(&json!("family")), "{compared}");
}

#[tokio::test]
async fn the_gates_decision_is_shown_where_one_version_was_judged_against_the_other() {
    let fixture = Fixture::serving();
    {
        let mut state = fixture.memory.state();
        let version = state.versions.get_mut(&VersionNumber::new(3).unwrap()).unwrap();
        let Version { decision, .. } = version;
        decision.champion_version = VersionNumber::new(2);
        decision.impact = Some(Impact {
            basis: ComparedRows::HoldOut,
            rows: 1200,
            changed: 31,
            changes: AnswerChanges::Numbers { step: 2.5, higher: 30, lower: 1 },
            mostly: None,
            moving: None,
        });
    }
    let compared = fixture.read("/compare?versions=2,3").await.json();
    let test = &compared["tests"][0];
    assert_eq!((&test["challenger"], &test["champion"]), (&json!(3), &json!(2)));
    let impact =
        "against version 2, on 1,200 hold-out rows: 31 of 1,200 answers change by more than 2.5; higher: 30, lower: 1";
    assert_eq!(test["impact"], impact);
    assert_eq!(fixture.read("/versions/3").await.json()["impact"], impact);
    assert_eq!(fixture.read("/versions/1").await.json()["impact"], json!(null));
    assert_eq!(fixture.read("/compare?versions=1,3").await.json()["tests"], json!([]));
}

#[tokio::test]
async fn two_to_ten_different_versions_are_compared() {
    let fixture = Fixture::serving();
    for versions in ["", "1", "1,1", "1,x", "1,2,3,4,5,6,7,8,9,10,11"] {
        let answer = fixture.read(&format!("/compare?versions={versions}")).await;
        assert_eq!((answer.status, answer.json()["field"].as_str()), (400, Some("versions")), "{versions}");
    }
    assert_eq!(fixture.read("/compare?versions=1,9").await.status, 404);
}
