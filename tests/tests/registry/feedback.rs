//! Tests on the table that feedback is counted once, whoever sends it and how often.

use std::collections::BTreeSet;

use evergreen_lifecycle::VersionNumber;
use evergreen_lifecycle::feedback::{
    FeedbackGroup, JudgedPrediction, PredictedLabel, PredictedOutcome, PredictionKey, PredictionRecord,
    RivalPrediction, TrueValue,
};
use evergreen_lifecycle::ports::{FeedbackCounting, FeedbackRecord, PredictionKeys};

use crate::world::{new_model, registry, registry_of, start};

/// Judges predictions of label 1 of which each fourth is wrong.
fn judged(ids: std::ops::Range<u64>, rival: Option<u32>) -> Vec<JudgedPrediction> {
    let outcome = PredictedOutcome::Label(PredictedLabel::new(1, &[0.25, 0.75]));
    let rival = rival.and_then(VersionNumber::new);
    let rival = rival.map(|version| RivalPrediction { version, outcome: outcome.clone() });
    let one = |unique: u64| {
        let (outcome, rival) = (outcome.clone(), rival.clone());
        let record = PredictionRecord { version: VersionNumber::FIRST, at: start(), unique, outcome, rival };
        let truth = TrueValue::Label(u16::from(!unique.is_multiple_of(4)));
        JudgedPrediction::new(&format!("id-{unique}"), &record, truth, None).expect("a true label")
    };
    ids.map(one).collect()
}

#[tokio::test]
async fn calls_at_the_same_time_count_each_id_once() {
    let registry = registry();
    // Each call overlaps with the next one by half.
    let calls = (0..6_u64).map(|call| {
        let registry = registry.clone();
        tokio::spawn(async move {
            let mut known = 0;
            for group in FeedbackGroup::of(judged(call * 20..call * 20 + 40, None)) {
                known += registry.count_feedback(&group).await.unwrap().len();
            }
            known
        })
    });
    let calls: Vec<_> = calls.collect();
    let mut repeated = 0;
    for call in calls {
        repeated += call.await.unwrap();
    }
    assert_eq!(repeated, 6 * 40 - 140);
    let day = jiff::tz::Offset::UTC.to_datetime(start()).date();
    let tallies = registry.day_tallies(day..=day).await.unwrap();
    assert_eq!(tallies.len(), 1);
    let tally = &tallies[0].tally;
    assert_eq!((tally.rows, tally.right, tally.labels[&0]), (140, 105, (35, 0)));
}

#[tokio::test]
async fn a_known_id_is_reported_and_its_first_value_stays() {
    let registry = registry();
    let group = |ids| FeedbackGroup::of(judged(ids, None)).remove(0);
    assert_eq!(registry.count_feedback(&group(0..3)).await.unwrap(), BTreeSet::new());
    let hash = |one: &JudgedPrediction| one.id_hash.clone();
    let known: BTreeSet<_> = group(2..3).predictions.iter().map(hash).collect();
    assert_eq!(registry.count_feedback(&group(2..5)).await.unwrap(), known);
    assert_eq!(registry.count_feedback(&group(0..5)).await.unwrap().len(), 5);
    let day = group(0..1).day;
    assert_eq!(registry.day_tallies(day..=day).await.unwrap()[0].tally.rows, 5);
    let before = day.yesterday().unwrap();
    assert_eq!(registry.day_tallies(before..=before).await.unwrap(), []);
}

#[tokio::test]
async fn the_largest_group_fits_into_a_transaction() {
    let registry = registry();
    let groups = FeedbackGroup::of(judged(0..100, Some(2)));
    assert_eq!(groups.len(), 2);
    for group in &groups {
        assert_eq!(registry.count_feedback(group).await.unwrap(), BTreeSet::new());
    }
    let [first, second] = [1, 2].map(|number| VersionNumber::new(number).expect("from 1 up"));
    let pair = registry.paired_tally(first, second).await.unwrap();
    assert_eq!((pair.rows, pair.answering.right, pair.rival.right), (100, 75, 75));
    assert_eq!(registry.paired_tally(second, first).await.unwrap().rows, 100);
}

#[tokio::test]
async fn a_stack_has_one_key_and_never_changes_it() {
    let model = new_model();
    let registry = registry_of(&model);
    assert!(registry.prediction_key().await.unwrap().is_none());
    let outcome = PredictedOutcome::Number(1.0);
    let record = PredictionRecord { version: VersionNumber::FIRST, at: start(), unique: 1, outcome, rival: None };
    let id = registry.create_prediction_key(&[1; 32]).await.unwrap().sign(&record);
    assert_eq!(id, PredictionKey::new(&[1; 32]).sign(&record));
    // Another environment of the prediction function is slower.
    assert_eq!(registry.create_prediction_key(&[2; 32]).await.unwrap().sign(&record), id);
    let signing = registry_of(&model).with_prediction_key();
    assert_eq!(signing.prediction_key().await.unwrap().unwrap().sign(&record), id);
}
