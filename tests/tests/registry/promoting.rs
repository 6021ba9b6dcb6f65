//! Promoting a registered version again.

use evergreen_lifecycle::Champion;
use evergreen_lifecycle::ports::{Champions, PromoteError, Registrar};

use crate::world::{good, later, promoted, registry};

#[tokio::test]
async fn a_version_is_promoted_again_over_the_champion_that_was_seen() {
    let registry = registry();
    let first = promoted(&registry, 1).await;
    let second = promoted(&registry, 2).await;
    let again = Champion::succeeding(Some(&second), good(1), later(5));
    registry.promote(&again, None).await.unwrap();
    assert_eq!(registry.champion().await.unwrap(), Some(again.clone()));
    assert_eq!(registry.recent_champions(9).await.unwrap(), [again, second, first]);
}

#[tokio::test]
async fn a_champion_that_moved_is_not_replaced() {
    let registry = registry();
    let first = promoted(&registry, 1).await;
    let second = promoted(&registry, 2).await;
    for stale in [None, Some(&first)] {
        let again = Champion::succeeding(stale, good(1), later(5));
        let error = registry.promote(&again, Some(b"a model")).await.unwrap_err();
        assert!(matches!(error, PromoteError::ChampionMoved), "{error:?}");
    }
    assert_eq!(registry.champion_with_artifact().await.unwrap(), Some((second.clone(), None)));
    assert_eq!(registry.recent_champions(9).await.unwrap(), [second, first]);
}

#[tokio::test]
async fn of_many_who_promote_at_once_one_does() {
    let registry = registry();
    let first = promoted(&registry, 1).await;
    let rivals: Vec<_> = (0..8)
        .map(|rival| {
            let again = Champion::succeeding(Some(&first), good(1), later(5 + rival));
            let registry = registry.clone();
            tokio::spawn(async move { registry.promote(&again, None).await.map(|()| again) })
        })
        .collect();
    let mut champions = Vec::new();
    for rival in rivals {
        match rival.await.unwrap() {
            Ok(champion) => champions.push(champion),
            Err(error) => assert!(matches!(error, PromoteError::ChampionMoved), "{error:?}"),
        }
    }
    assert_eq!(champions.len(), 1);
    assert_eq!(registry.champion().await.unwrap(), champions.pop());
}
