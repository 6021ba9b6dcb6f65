//! Tests that the registry stores a model version completely, or stores no part of it. The version replaces only the
//! champion that the gate has compared it with.

use evergreen_aws::Registry;
use evergreen_lifecycle::Champion;
use evergreen_lifecycle::ports::{Listing, RegisterError, Registrar, Registration};
use evergreen_testkit::registration;

use crate::world::{attempt, bad, champion_of, good, history_of, open, opened, promoted, registry, run_of, version_of};

/// Asserts that the registry has stored no part of `registration`, and that the registry's champion is `champion`.
async fn assert_absent(registry: &Registry, registration: &Registration, champion: Option<&Champion>) {
    assert_eq!(version_of(registry, registration.version.number).await, None);
    assert_eq!(champion_of(registry).await.as_ref(), champion);
    assert_eq!(history_of(registry).await.first(), champion);
    assert_ne!(run_of(registry, &registration.run.id).await.as_ref(), Some(&registration.run));
}

#[tokio::test]
async fn a_promotion_stores_the_version_its_run_the_champion_and_the_history() {
    let registry = registry();
    let first = opened(&registry, good(1), None).await;
    registry.register(&first).await.unwrap();
    assert_eq!(run_of(&registry, &first.run.id).await, Some(first.run));
    assert_eq!(version_of(&registry, first.version.number).await, Some(first.version));
    assert_eq!(champion_of(&registry).await, first.promotion);

    let second = promoted(&registry, 2).await;
    assert_eq!(champion_of(&registry).await, Some(second.clone()));
    assert_eq!(history_of(&registry).await, [second, first.promotion.unwrap()]);
}

#[tokio::test]
async fn a_refused_version_is_stored_and_the_champion_stays() {
    let registry = registry();
    let champion = promoted(&registry, 1).await;
    let refused = opened(&registry, bad(2), Some(&champion)).await;
    registry.register(&refused).await.unwrap();
    assert_eq!(run_of(&registry, &refused.run.id).await, Some(refused.run));
    assert_eq!(version_of(&registry, refused.version.number).await, Some(refused.version));
    assert_eq!(history_of(&registry).await, [champion]);
}

#[tokio::test]
async fn a_run_that_another_attempt_holds_registers_nothing() {
    let registry = registry();
    let late = opened(&registry, good(1), None).await;
    open(&registry, &attempt("v1", 2)).await.unwrap();
    let error = registry.register(&late).await.unwrap_err();
    assert!(matches!(&error, RegisterError::RunTaken(id) if *id == late.run.id), "{error:?}");
    assert_absent(&registry, &late, None).await;
    assert_eq!(run_of(&registry, &late.run.id).await, Some(attempt("v1", 2)));
}

#[tokio::test]
async fn a_run_that_was_never_opened_registers_nothing() {
    let registry = registry();
    let unopened = registration(attempt("v1", 1), good(1), None);
    let error = registry.register(&unopened).await.unwrap_err();
    assert!(matches!(error, RegisterError::RunTaken(_)), "{error:?}");
    assert_absent(&registry, &unopened, None).await;
}

#[tokio::test]
async fn a_champion_that_changed_after_the_gate_stops_promotion_and_refusal() {
    let registry = registry();
    let first = promoted(&registry, 1).await;
    let blind = opened(&registry, good(2), None).await;
    let stale = opened(&registry, good(3), Some(&first)).await;
    let refused = opened(&registry, bad(4), Some(&first)).await;
    let second = promoted(&registry, 5).await;
    for registration in [blind, stale, refused] {
        let error = registry.register(&registration).await.unwrap_err();
        assert!(matches!(error, RegisterError::ChampionMoved), "{error:?}");
        assert_absent(&registry, &registration, Some(&second)).await;
    }
}

#[tokio::test]
async fn a_repeated_registration_succeeds() {
    let registry = registry();
    let first = opened(&registry, good(1), None).await;
    registry.register(&first).await.unwrap();
    // This repeats the registration, as if the answer to the first try was lost.
    registry.register(&first).await.unwrap();
    assert_eq!(history_of(&registry).await, [first.promotion.unwrap()]);
}

#[tokio::test]
async fn a_registered_number_is_not_registered_again() {
    let registry = registry();
    let champion = promoted(&registry, 1).await;
    open(&registry, &attempt("again", 1)).await.unwrap();
    let again = registration(attempt("again", 1), good(1), Some(&champion));
    registry.register(&again).await.unwrap_err();
    assert_eq!(champion_of(&registry).await, Some(champion.clone()));
    assert_eq!(version_of(&registry, champion.version.number).await, Some(champion.version));
    assert_eq!(run_of(&registry, &again.run.id).await, Some(attempt("again", 1)));
}

/// Registers model version `number`, makes it the champion, and returns the champion.
async fn persist(registry: Registry, number: u32) -> Champion {
    // Retries if another caller has changed the champion meanwhile.
    let mut seen = None;
    let mut tried = opened(&registry, good(number), None).await;
    loop {
        match registry.register(&tried).await {
            Ok(()) => return tried.promotion.expect("the gate promotes it"),
            Err(RegisterError::ChampionMoved) => seen = champion_of(&registry).await.or(seen),
            Err(error) => panic!("version {number}: {error:?}"),
        }
        tried = registration(attempt(&format!("v{number}"), 1), good(number), seen.as_ref());
    }
}

#[tokio::test]
async fn ten_concurrent_registrations_all_succeed() {
    let registry = registry();
    let trainings: Vec<_> = (1..=10).map(|number| tokio::spawn(persist(registry.clone(), number))).collect();
    let mut champions = Vec::new();
    for training in trainings {
        champions.push(training.await.unwrap());
    }
    champions.sort_by_key(|champion| std::cmp::Reverse(champion.revision));
    let revisions: Vec<_> = champions.iter().map(|champion| champion.revision).collect();
    assert_eq!(revisions, (1..=10).rev().collect::<Vec<_>>());
    assert_eq!(history_of(&registry).await, champions);
    assert_eq!(champion_of(&registry).await.as_ref(), champions.first());
    assert_eq!(registry.version_summaries(1000).await.unwrap().len(), 10);
    for pair in champions.windows(2) {
        assert_eq!(pair[0].previous, Some(pair[1].version.number));
    }
}

#[tokio::test]
async fn only_one_of_many_concurrent_ends_of_an_attempt_succeeds() {
    let registry = registry();
    open(&registry, &attempt("7", 1)).await.unwrap();
    let rivals: Vec<_> = (1..=8)
        .map(|number| {
            let (registry, registration) = (registry.clone(), registration(attempt("7", 1), good(number), None));
            tokio::spawn(async move { registry.register(&registration).await })
        })
        .collect();
    let mut ended = 0;
    for rival in rivals {
        match rival.await.unwrap() {
            Ok(()) => ended += 1,
            Err(RegisterError::RunTaken(_) | RegisterError::ChampionMoved) => {}
            Err(error) => panic!("{error:?}"),
        }
    }
    assert_eq!((ended, registry.version_summaries(1000).await.unwrap().len()), (1, 1));
    assert_eq!(history_of(&registry).await.len(), 1);
}
