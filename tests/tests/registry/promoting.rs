//! Tests the promotion by hand of a model version that is already registered.

use evergreen_lifecycle::Champion;
use evergreen_lifecycle::ports::PromoteError;

use crate::world::{champion_of, champion_with_copy, good, history_of, later, promote, promoted, registry};

#[tokio::test]
async fn a_version_is_promoted_again_if_the_champion_has_not_changed() {
    let registry = registry();
    let first = promoted(&registry, 1).await;
    let second = promoted(&registry, 2).await;
    let again = Champion::succeeding(Some(&second), good(1), later(5));
    promote(&registry, &again, 2, b"a model").await.unwrap();
    assert_eq!(champion_with_copy(&registry).await, Some((again.clone(), Some(b"a model".to_vec()))));
    assert_eq!(history_of(&registry).await, [again, second, first]);
}

#[tokio::test]
async fn a_champion_that_moved_is_not_replaced() {
    let registry = registry();
    let first = promoted(&registry, 1).await;
    let second = promoted(&registry, 2).await;
    for (stale, seen) in [(None, 0), (Some(&first), 1)] {
        let again = Champion::succeeding(stale, good(1), later(5));
        let error = promote(&registry, &again, seen, b"a model").await.unwrap_err();
        assert!(matches!(error, PromoteError::ChampionMoved), "{error:?}");
    }
    assert_eq!(champion_with_copy(&registry).await, Some((second.clone(), None)));
    assert_eq!(history_of(&registry).await, [second, first]);
}

#[tokio::test]
async fn only_one_of_many_concurrent_promotions_succeeds() {
    let registry = registry();
    let first = promoted(&registry, 1).await;
    let rivals: Vec<_> = (0..8)
        .map(|rival| {
            let again = Champion::succeeding(Some(&first), good(1), later(5 + rival));
            let registry = registry.clone();
            tokio::spawn(async move { promote(&registry, &again, 1, b"a model").await.map(|()| again) })
        })
        .collect();
    let mut champions = Vec::new();
    for rival in rivals {
        match rival.await.unwrap() {
            Ok(champion) => champions.push(champion),
            Err(error) => assert!(is_of_a_rival(&error), "{error:?}"),
        }
    }
    assert_eq!(champions.len(), 1);
    assert_eq!(champion_of(&registry).await, champions.pop());
}

/// Returns whether the error means that another caller promotes a version at the same time.
fn is_of_a_rival(error: &PromoteError) -> bool {
    // On such an error, the test retries.
    match error {
        PromoteError::ChampionMoved => true,
        PromoteError::Unavailable(unavailable) => unavailable.is_brief,
    }
}
