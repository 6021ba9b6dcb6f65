//! Tests how one champion replaces another, and the average accuracy of the champions over time.
#![allow(clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used)]

use evergreen_lifecycle::champion::{Tenure, average_accuracy};
use evergreen_lifecycle::{Actor, ActorKind, Champion, Pointer, Record, Unreadable, VersionNumber};
use evergreen_testkit::{moment, version};
use proptest::prelude::*;

const NOW: &str = "2026-11-24T12:00:00Z";

/// Test helper: returns a champion that was promoted `hours` before [`NOW`].
fn promoted(revision: u32, accuracy: f64, hours: f64) -> Champion {
    let promoted_at = moment(NOW) - jiff::SignedDuration::from_secs_f64(hours * 3600.0);
    Champion { revision, promoted_at, previous: None, version: version(revision, accuracy, promoted_at), by_hand: None }
}

fn average(history: &[Champion]) -> Option<f64> {
    let tenures: Vec<_> = history.iter().cloned().map(|champion| Tenure::of(&champion.into()).unwrap()).collect();
    average_accuracy(&tenures, moment(NOW), 7)
}

fn assert_close(left: Option<f64>, right: f64) {
    assert!(left.is_some_and(|left| (left - right).abs() < 1e-9), "{left:?} is not {right}");
}

#[test]
fn a_champion_says_why_it_is_the_champion() {
    let champion = promoted(1, 0.5, 1.0);
    let gate = champion.version.decision.to_string();
    assert_eq!(champion.why(), gate);
    let ada = Actor::new(ActorKind::Session, "Ada");
    let by_hand = champion.promoted_by(ada, Some("wrong labels".to_owned()));
    assert_eq!(by_hand.why(), format!("Ada promoted it by hand: wrong labels (the gate had refused it: {gate})"));
}

#[test]
fn a_new_champion_counts_promotions_and_names_its_predecessor() {
    let first = Champion::succeeding(None, version(1, 0.9, moment(NOW)), moment(NOW));
    assert_eq!((first.revision, first.previous), (1, None));
    let second = Champion::succeeding(Some(&first), version(4, 0.9, moment(NOW)), moment(NOW));
    assert_eq!((second.revision, second.previous), (2, Some(VersionNumber::FIRST)));
}

#[test]
fn without_a_champion_there_is_no_average() {
    assert_eq!(average(&[]), None);
}

#[test]
fn each_champion_weighs_as_long_as_it_served() {
    // The older champion had accuracy 0.9 and was in use for six days. The newer one had 0.97 and was in use for one
    // day. The newest comes first.
    assert_close(average(&[promoted(2, 0.97, 24.0), promoted(1, 0.9, 168.0)]), 0.91);
}

#[test]
fn time_before_the_period_and_before_the_first_champion_does_not_count() {
    assert_close(average(&[promoted(1, 0.8, 1000.0), promoted(2, 1.0, 84.0)]), 0.9);
    assert_close(average(&[promoted(1, 0.8, 2.0), promoted(2, 1.0, 1.0)]), 0.9);
    assert_close(average(&[promoted(1, 0.1, 1000.0), promoted(2, 1.0, 500.0)]), 1.0);
}

#[test]
fn a_champion_promoted_just_now_counts_as_it_is() {
    assert_close(average(&[promoted(1, 0.95, 0.0)]), 0.95);
    assert_close(average(&[promoted(1, 0.95, -0.001)]), 0.95);
}

#[test]
fn promotions_in_the_wrong_order_have_no_negative_weight() {
    assert_close(average(&[promoted(1, 0.5, 1.0), promoted(2, 0.9, 2.0)]), 0.9);
}

proptest! {
    #[test]
    fn the_average_lies_between_the_worst_and_the_best(
        served in prop::collection::vec((0.0f64..=1.0, -1.0f64..500.0), 1..12),
    ) {
        let history: Vec<_> =
            (1..).zip(&served).map(|(revision, (accuracy, hours))| promoted(revision, *accuracy, *hours)).collect();
        let accuracies = || served.iter().map(|(accuracy, _)| *accuracy);
        let average = average(&history).unwrap();
        prop_assert!(average >= accuracies().fold(f64::INFINITY, f64::min) - 1e-9);
        prop_assert!(average <= accuracies().fold(0.0, f64::max) + 1e-9);
    }

    #[test]
    fn the_order_of_the_list_does_not_matter(
        served in prop::collection::vec((0.0f64..=1.0, 0.0f64..500.0), 1..12),
    ) {
        let mut history: Vec<_> =
            (1..).zip(&served).map(|(revision, (accuracy, hours))| promoted(revision, *accuracy, *hours)).collect();
        let forwards = average(&history);
        history.reverse();
        prop_assert_eq!(average(&history), forwards);
    }
}

// `change` writes the unreadable fields.
/// Test helper: returns the record of `champion` as a newer release of the software might write it. `change` makes the
/// record unreadable.
fn of_a_newer_release(champion: &Champion, change: impl Fn(&mut serde_json::Value)) -> Record<Pointer> {
    let mut fields = serde_json::to_value(champion).unwrap();
    change(&mut fields);
    Pointer::in_part(Unreadable::new("CHAMPION", "unknown variant", fields))
}

#[test]
fn a_pointer_is_read_as_far_as_this_release_can() {
    let first = promoted(1, 0.9, 48.0);
    let serving = Champion::succeeding(Some(&first), version(7, 0.96, moment(NOW)), moment(NOW));
    let whole = Pointer::from(serving.clone());
    let part = of_a_newer_release(&serving, |fields| fields["version"]["family"] = "oracle".into()).unwrap();
    for pointer in [&whole, &part] {
        assert_eq!((pointer.revision, pointer.number.get(), &pointer.artifact), (2, 7, &serving.version.artifact));
        assert_eq!((pointer.previous(), pointer.promoted_at()), (Some(VersionNumber::FIRST), Some(moment(NOW))));
        assert_eq!((pointer.trained_at(), pointer.headline()), (Some(moment(NOW)), Some(0.96)));
        assert_eq!((pointer.dataset().as_ref(), pointer.is_imported()), (Some(&serving.version.dataset), false));
        assert_eq!(pointer.interval_level(), None);
    }
    assert_eq!((whole.champion(), whole.unreadable()), (Some(&serving), None));
    assert_eq!(part.champion(), None);
    assert_eq!(part.unreadable().map(|record| record.key.as_str()), Some("CHAMPION"));
    let next = Champion::following(Some(&part), 2, version(8, 0.97, moment(NOW)), moment(NOW));
    assert_eq!((next.revision, next.previous), (3, VersionNumber::new(7)));
}

#[test]
fn values_unknown_to_a_release_are_none() {
    let serving = promoted(1, 0.9, 1.0);
    let part = of_a_newer_release(&serving, |fields| {
        fields["promoted_at"] = 7.into();
        fields["version"]["evaluation"] = serde_json::json!({"ranking": 0.9});
        fields["version"]["dataset"]["task"] = "ranking".into();
        fields["version"]["imported"] = serde_json::json!({"from": "elsewhere"});
    });
    let part = part.unwrap();
    assert_eq!((part.promoted_at(), part.headline(), part.dataset(), part.is_imported()), (None, None, None, true));
}

#[test]
fn a_pointer_without_an_artifact_is_unreadable() {
    for needed in ["/revision", "/version/number", "/version/artifact"] {
        let record = of_a_newer_release(&promoted(1, 0.9, 1.0), |fields| {
            *fields.pointer_mut(needed).unwrap() = "another".into();
        });
        assert_eq!(record.unwrap_err().key, "CHAMPION", "{needed}");
    }
}
