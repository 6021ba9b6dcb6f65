//! Tests the copy of the champion's artifact in the registry. The promoting transaction writes the copy. One call reads
//! the champion and the copy.

use evergreen_aws::Registry;
use evergreen_lifecycle::Champion;
use evergreen_lifecycle::ports::{LARGEST_COPY, Registrar, Registration};

use crate::world::{bad, champion_of, champion_with_copy, good, later, opened, promote, registry};

/// Returns pseudo-random bytes as the content of a model file (artifact).
fn artifact(seed: u32, size: usize) -> Vec<u8> {
    // The bytes cannot be compressed and do not repeat soon.
    let mut state = seed;
    let next = move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    std::iter::repeat_with(next).take(size).collect()
}

/// Registers model version `number` with the model file `artifact`, makes it the champion, and returns the champion.
async fn promoted_with(registry: &Registry, number: u32, artifact: Vec<u8>) -> Champion {
    let seen = champion_of(registry).await;
    let registration = opened(registry, good(number), seen.as_ref()).await;
    let registration = Registration { artifact: Some(artifact), ..registration };
    registry.register(&registration).await.unwrap();
    registration.promotion.unwrap()
}

#[tokio::test]
async fn a_registry_without_a_champion_returns_nothing() {
    assert_eq!(champion_with_copy(&registry()).await, None);
}

#[tokio::test]
async fn the_largest_copy_fits_into_the_transaction_and_is_read_back_whole() {
    let registry = registry();
    let content = artifact(1, LARGEST_COPY);
    let champion = promoted_with(&registry, 1, content.clone()).await;
    assert_eq!(champion_with_copy(&registry).await, Some((champion, Some(content))));
}

#[tokio::test]
async fn a_copy_is_replaced_with_the_champion_and_deleted_by_a_larger_artifact() {
    let registry = registry();
    promoted_with(&registry, 1, artifact(1, 30_000)).await;
    let second = promoted_with(&registry, 2, artifact(2, 20_000)).await;
    let kept = Some((second.clone(), Some(artifact(2, 20_000))));
    assert_eq!(champion_with_copy(&registry).await, kept);

    let refused = opened(&registry, bad(3), Some(&second)).await;
    registry.register(&Registration { artifact: Some(artifact(3, 10_000)), ..refused }).await.unwrap();
    assert_eq!(champion_with_copy(&registry).await, kept);

    let fourth = promoted_with(&registry, 4, artifact(4, LARGEST_COPY + 1)).await;
    assert_eq!(champion_with_copy(&registry).await, Some((fourth, None)));
}

#[tokio::test]
async fn a_second_promotion_stores_the_copy_or_deletes_it() {
    let registry = registry();
    let first = promoted_with(&registry, 1, artifact(1, 30_000)).await;
    let again = Champion::succeeding(Some(&first), good(1), later(1));
    promote(&registry, &again, 1, &artifact(2, LARGEST_COPY + 1)).await.unwrap();
    assert_eq!(champion_with_copy(&registry).await, Some((again.clone(), None)));

    let with_copy = Champion::succeeding(Some(&again), good(1), later(2));
    promote(&registry, &with_copy, 2, &artifact(1, LARGEST_COPY)).await.unwrap();
    assert_eq!(champion_with_copy(&registry).await, Some((with_copy, Some(artifact(1, LARGEST_COPY)))));
}
