//! Tests of `POST /feedback`: what turned out true about predictions.

use evergreen_lifecycle::feedback::{
    LiveTally, PredictedLabel, PredictedOutcome, PredictionKey, PredictionRecord, RivalPrediction,
};
use evergreen_lifecycle::ports::Clock;
use evergreen_lifecycle::{Column, Signature, VersionNumber};
use evergreen_testkit::moment;
use jiff::SignedDuration;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::{Fixture, NOW, event, sample};

const SECRET: [u8; 32] = [7; 32];

fn number(version: u32) -> VersionNumber {
    VersionNumber::new(version).unwrap()
}

/// A stack that has signed ids, and whose version 2 predicts three species.
pub fn fixture() -> Fixture {
    let fixture = Fixture::serving();
    let labels = ["setosa", "versicolor", "virginica"].map(Into::into).to_vec();
    let signature = Signature::classification(vec![Column::number("petal length (cm)")], labels).unwrap();
    let manifest = json!({"signature": signature, "of_a_newer_release": 1}).to_string().into_bytes();
    let mut state = fixture.memory.state();
    state.prediction_secret = Some(SECRET);
    state.objects.insert(number(2).object_key(&"iris".parse().unwrap(), "manifest.json"), manifest);
    drop(state);
    fixture
}

/// The prediction of setosa by version 2, or what `change` makes of it.
fn id(unique: u64, change: impl FnOnce(&mut PredictionRecord)) -> String {
    let outcome = PredictedOutcome::Label(PredictedLabel::new(0, &[0.7, 0.2, 0.1]));
    let at = moment("2026-11-23T12:00:00Z");
    let mut record = PredictionRecord { version: number(2), at, unique, outcome, rival: None };
    change(&mut record);
    PredictionKey::new(&SECRET).sign(&record)
}

pub fn setosa(unique: u64) -> String {
    id(unique, |_| {})
}

fn tally(fixture: &Fixture, day: &str) -> LiveTally {
    fixture.memory.state().day_tallies.get(&(day.parse().unwrap(), number(2))).cloned().unwrap_or_default()
}

#[tokio::test]
async fn the_sample_event_is_counted_for_the_day_of_the_predictions() {
    let fixture = fixture();
    let answer = fixture.call(&sample("console-feedback")).await;
    assert_eq!((answer.status, answer.json()), (200, json!({"counted": 2, "repeated": 0, "refused": []})));
    let tally = tally(&fixture, "2026-11-23");
    assert_eq!((tally.rows, tally.right), (2, 1));
    assert_eq!(tally.labels, [(0, (1, 1)), (2, (1, 0))].into());
}

#[tokio::test]
async fn feedback_that_comes_twice_is_counted_once_with_its_first_value() {
    let fixture = fixture();
    let one = |actual: &str| json!({"id": setosa(1), "actual": actual});
    assert_eq!(fixture.feed(one("setosa")).await.json()["counted"], 1);
    for actual in ["setosa", "virginica"] {
        let again = json!({"counted": 0, "repeated": 1, "refused": []});
        assert_eq!(fixture.feed(one(actual)).await.json(), again);
    }
    let twice = json!({"feedback": [{"id": setosa(2), "actual": "virginica"}, {"id": setosa(2), "actual": "setosa"}]});
    assert_eq!(fixture.feed(twice).await.json(), json!({"counted": 1, "repeated": 1, "refused": []}));
    let tally = tally(&fixture, "2026-11-23");
    assert_eq!((tally.rows, tally.right), (2, 1));
}

#[tokio::test]
async fn one_wrong_element_does_not_lose_the_others() {
    let fixture = fixture();
    let elements = json!({"feedback": [
        {"id": setosa(1), "actual": "setosa"},
        {"id": setosa(2)[..40], "actual": "setosa"},
        {"id": setosa(3), "actual": "rose"},
        {"id": PredictionKey::new(&[8; 32]).sign(&PredictionRecord {
            version: number(2), at: moment(NOW), unique: 1, outcome: PredictedOutcome::Number(1.0), rival: None,
        }), "actual": 1},
        {"id": id(4, |record| record.at = moment("2025-10-01T00:00:00Z")), "actual": "setosa"},
        {"id": id(5, |record| record.at = moment("2026-11-24T09:00:00Z")), "actual": "setosa"},
        {"id": setosa(6), "actual": null},
        {"id": id(7, |record| record.version = number(9)), "actual": "setosa"},
        7,
    ]});
    let answer = fixture.feed(elements).await.json();
    assert_eq!((&answer["counted"], &answer["repeated"]), (&json!(1), &json!(0)));
    let words = |refused: &Value| format!("{} {}: {}", refused["index"], refused["field"], refused["detail"]);
    let refused: Vec<_> = answer["refused"].as_array().unwrap().iter().map(words).collect();
    insta::assert_snapshot!(refused.join("\n"), @r#"
    1 "id": "This is not the id of a prediction, or a part of it is missing."
    2 "actual": "This is not a label of the version that predicted."
    3 "id": "This stack did not make this id, or it has lost the key of its ids since."
    4 "id": "The prediction is too old."
    5 "id": "The prediction is dated in the future."
    6 "actual": "The true value is missing, or it is not a single value."
    7 "id": "The manifest of the version that predicted is gone, so nobody knows its labels any more."
    8 "feedback": "The element is not an object."
    "#);
}

#[tokio::test]
async fn a_request_without_a_single_right_element_is_refused() {
    let fixture = fixture();
    let answer = fixture.feed(json!({"id": setosa(1), "actual": "rose"})).await;
    assert_eq!((answer.problem(), &answer.json()["field"]), ((400, "invalid-field".into()), &json!("actual")));
    let elements = json!({"feedback": [{"id": "x", "actual": 1}, {"id": "y", "actual": 1}]});
    let answer = fixture.feed(elements).await;
    assert_eq!((answer.status, &answer.json()["row"]), (400, &json!(0)));
    assert!(!answer.body.contains("rose"));
    let many = json!({"feedback": vec![json!({"id": setosa(1), "actual": "setosa"}); 1001]});
    assert_eq!(fixture.feed(many).await.problem(), (400, "invalid-field".into()));
    assert!(fixture.memory.state().day_tallies.is_empty());
}

#[tokio::test]
async fn numbers_need_no_manifest_and_a_deleted_version_needs_its_kept_one() {
    let fixture = fixture();
    let regression = |unique| {
        id(unique, |record| {
            record.version = number(9);
            record.outcome = PredictedOutcome::Number(2.5);
        })
    };
    let elements = json!({"feedback": [{"id": regression(1), "actual": 3}, {"id": regression(2), "actual": "2.0"},
        {"id": regression(3), "actual": "much"}]});
    let answer = fixture.feed(elements).await.json();
    assert_eq!((&answer["counted"], &answer["refused"][0]["index"]), (&json!(2), &json!(2)));
    let day = "2026-11-23".parse().unwrap();
    assert_eq!(fixture.memory.state().day_tallies[&(day, number(9))].loss, 1.0);

    let key = number(2).object_key(&"iris".parse().unwrap(), "manifest.json");
    let manifest = fixture.memory.state().objects.remove(&key).unwrap();
    let kept = "registry/iris/manifests/00000002.json".to_owned();
    fixture.memory.state().objects.insert(kept, manifest);
    assert_eq!(fixture.feed(json!({"id": setosa(1), "actual": "setosa"})).await.status, 200);
}

#[tokio::test]
async fn a_row_that_two_versions_predicted_compares_them() {
    let fixture = fixture();
    let rival = PredictedOutcome::Label(PredictedLabel::new(2, &[0.1, 0.2, 0.7]));
    let both = |unique| {
        id(unique, |record| record.rival = Some(RivalPrediction { version: number(3), outcome: rival.clone() }))
    };
    let elements = json!({"feedback": [{"id": both(1), "actual": "setosa"}, {"id": both(2), "actual": "setosa"},
        {"id": both(3), "actual": "virginica"}]});
    assert_eq!(fixture.feed(elements).await.json()["counted"], 3);
    let pair = fixture.memory.state().paired_tallies[&(number(2), number(3))];
    assert_eq!((pair.rows, pair.answering.right, pair.rival.right), (3, 2, 1));
    assert!(pair.difference > 0.0);
}

#[tokio::test]
async fn only_a_key_that_may_predict_or_a_signature_may_send_feedback() {
    let fixture = fixture();
    let body = json!({"id": setosa(1), "actual": "setosa"});
    let mut reading = event("/{proxy+}", ("proxy", "/feedback"), "POST", "/feedback");
    reading["headers"] = json!({"content-type": "application/json"});
    reading["body"] = body.to_string().into();
    assert_eq!(fixture.call(&reading).await.problem(), (403, "forbidden".into()));
    assert_eq!(fixture.signed("POST", "/feedback", body).await.json()["counted"], 1);
}

#[tokio::test]
async fn feedback_can_be_repeated_after_a_failure() {
    let fixture = fixture();
    fixture.memory.state().unheard.insert("count_feedback", 1);
    let elements = json!({"feedback": [{"id": setosa(1), "actual": "setosa"}]});
    let answer = fixture.feed(elements.clone()).await;
    assert_eq!((answer.problem().0, answer.header("retry-after")), (503, Some("2")));
    assert_eq!(fixture.feed(elements).await.json(), json!({"counted": 0, "repeated": 1, "refused": []}));
    assert_eq!(tally(&fixture, "2026-11-23").rows, 1);
}

#[tokio::test]
async fn a_stack_that_has_signed_no_id_refuses_all() {
    let fixture = fixture();
    fixture.memory.state().prediction_secret = None;
    assert_eq!(fixture.feed(json!({"id": setosa(1), "actual": "setosa"})).await.status, 400);
}

#[tokio::test]
async fn an_id_is_accepted_for_400_days() {
    let fixture = fixture();
    fixture.clock.set(fixture.clock.now() + SignedDuration::from_hours(399 * 24));
    assert_eq!(fixture.feed(json!({"id": setosa(1), "actual": "setosa"})).await.status, 200);
    fixture.clock.set(fixture.clock.now() + SignedDuration::from_hours(24));
    assert_eq!(fixture.feed(json!({"id": setosa(2), "actual": "setosa"})).await.status, 400);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Each call has some of ten ids, in any order and with repetitions.
    #[test]
    fn any_order_and_any_repetition_count_each_id_once(calls in prop::collection::vec(prop::collection::vec(0_u64..10, 1..8), 1..8)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (fixture, mut ids) = (fixture(), std::collections::BTreeSet::new());
            for call in calls {
                let actual = |unique: u64| if unique.is_multiple_of(3) { "virginica" } else { "setosa" };
                let elements: Vec<_> =
                    call.iter().map(|unique| json!({"id": setosa(*unique), "actual": actual(*unique)})).collect();
                let new = call.iter().filter(|unique| ids.insert(**unique)).count();
                let answer = fixture.feed(json!({"feedback": elements})).await.json();
                assert_eq!(answer, json!({"counted": new, "repeated": call.len() - new, "refused": []}));
            }
            let tally = tally(&fixture, "2026-11-23");
            let right = ids.iter().filter(|unique| *unique % 3 != 0).count();
            assert_eq!((tally.rows, tally.right), (ids.len() as u64, right as u64));
        });
    }
}
