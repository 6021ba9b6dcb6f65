//! Version numbers.

use std::collections::BTreeSet;

use evergreen_lifecycle::ports::Registrar;

use crate::world::registry;

#[tokio::test]
async fn no_number_is_given_twice_however_many_ask_at_once() {
    let registry = registry();
    let takers: Vec<_> = (0..20)
        .map(|_| {
            let registry = registry.clone();
            tokio::spawn(async move { registry.take_number().await })
        })
        .collect();
    let mut numbers = BTreeSet::new();
    for taker in takers {
        numbers.insert(taker.await.unwrap().unwrap().get());
    }
    assert_eq!(numbers, (1..=20).collect());
}
