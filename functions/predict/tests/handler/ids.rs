//! Tests of the ids that predictions get.

use std::collections::BTreeSet;

use evergreen_lifecycle::VersionNumber;
use evergreen_lifecycle::feedback::{PredictedOutcome, PredictionKey};
use evergreen_testkit::moment;
use jiff::SignedDuration;

use crate::support::{Fixture, SETOSA, VIRGINICA};

fn key(fixture: &Fixture) -> PredictionKey {
    PredictionKey::new(&fixture.remote.memory.state().prediction_secret.unwrap())
}

#[tokio::test]
async fn the_id_of_a_row_says_what_was_predicted_for_it() {
    let fixture = Fixture::serving().await;
    let answer = fixture.predict(format!("[{VIRGINICA},{SETOSA}]")).await;
    let key = key(&fixture);
    let records: Vec<_> = answer.ids().iter().map(|id| key.open(id).unwrap()).collect();
    let labels: Vec<_> = records
        .iter()
        .map(|record| match &record.outcome {
            PredictedOutcome::Label(label) => (label.predicted, label.labels, label.probability(label.predicted)),
            PredictedOutcome::Number(_) => panic!("{record:?}"),
        })
        .collect();
    assert_eq!(labels, [(2, 3, 1.0), (0, 3, 1.0)]);
    assert!(records.iter().all(|record| record.version == VersionNumber::FIRST && record.rival.is_none()));
    assert_eq!(records[0].at, moment("2026-11-24T08:00:00Z"));
}

#[tokio::test]
async fn no_two_predictions_have_the_same_id() {
    let fixture = Fixture::serving().await;
    let mut ids = BTreeSet::new();
    for _ in 0..3 {
        ids.extend(fixture.predict(format!("[{SETOSA},{SETOSA}]")).await.ids());
    }
    assert_eq!(ids.len(), 6);
}

#[tokio::test]
async fn the_key_is_read_once_and_environments_share_it() {
    let fixture = Fixture::serving().await;
    for _ in 0..3 {
        fixture.predict(SETOSA).await;
        fixture.pass(SignedDuration::from_mins(2));
    }
    assert_eq!(fixture.remote.key_reads(), 1);
    let secret = fixture.remote.memory.state().prediction_secret;
    let other = Fixture::empty();
    other.remote.memory.state().prediction_secret = secret;
    other.promote(1);
    other.app.warm_up().await;
    let id = other.predict(SETOSA).await.ids().remove(0);
    assert!(key(&fixture).open(&id).is_ok());
}

#[tokio::test]
async fn without_the_key_predictions_have_no_ids_and_go_on() {
    let fixture = Fixture::empty();
    fixture.remote.memory.take_away("key");
    fixture.promote(1);
    fixture.app.warm_up().await;
    let answer = fixture.predict(SETOSA).await;
    assert_eq!((answer.status, answer.json().get("ids")), (200, None));
    assert_eq!(answer.json()["labels"][0], "setosa");

    // A later request gets the key in the background.
    fixture.remote.memory.bring_back("key");
    fixture.pass(SignedDuration::from_mins(2));
    fixture.predict(SETOSA).await;
    tokio::task::yield_now().await;
    assert_eq!(fixture.predict(SETOSA).await.ids().len(), 1);
}
