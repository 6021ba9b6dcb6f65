//! Tests how the registry gives out version numbers.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use evergreen_aws::Registry;
use evergreen_lifecycle::VersionNumber;
use evergreen_lifecycle::ports::Registrar;

use crate::world::{config, new_model, promoted, registry, registry_of, table};

/// Test helper: lets twenty concurrent callers take a version number above `above`. Returns the numbers that they get.
async fn taken_at_once(registry: &Registry, above: Option<VersionNumber>) -> BTreeSet<u32> {
    let takers: Vec<_> = (0..20)
        .map(|_| {
            let registry = registry.clone();
            tokio::spawn(async move { registry.take_number(above).await })
        })
        .collect();
    let mut numbers = BTreeSet::new();
    for taker in takers {
        numbers.insert(taker.await.unwrap().unwrap().get());
    }
    numbers
}

#[tokio::test]
async fn concurrent_requests_never_get_the_same_number() {
    assert_eq!(taken_at_once(&registry(), None).await, (1..=20).collect());
}

#[tokio::test]
async fn a_deleted_counter_starts_above_the_stored_numbers() {
    let registry = registry();
    assert_eq!(taken_at_once(&registry, VersionNumber::new(7)).await, (8..=27).collect());
    assert_eq!(registry.take_number(VersionNumber::new(7)).await.unwrap().get(), 28);
    assert_eq!(registry.take_number(VersionNumber::new(41)).await.unwrap().get(), 42);
}

#[tokio::test]
async fn a_damaged_counter_is_repaired() {
    for damaged in [Some(AttributeValue::S("12".into())), Some(AttributeValue::Null(true)), None] {
        let model = new_model();
        let put = Client::new(&config())
            .put_item()
            .table_name(table())
            .item("pk", AttributeValue::S(format!("MODEL#{model}")))
            .item("sk", AttributeValue::S("COUNTER".into()));
        let put = match damaged.clone() {
            Some(value) => put.item("last_version", value),
            None => put,
        };
        put.send().await.unwrap();
        let number = registry_of(&model).take_number(VersionNumber::new(7)).await.unwrap();
        assert_eq!(number.get(), 8, "{damaged:?}");
    }
}

#[tokio::test]
async fn the_highest_version_and_revision_are_found() {
    let registry = registry();
    assert_eq!((registry.last_registered().await.unwrap(), registry.last_revision().await.unwrap()), (None, 0));
    promoted(&registry, 9).await;
    promoted(&registry, 12).await;
    let highest = (registry.last_registered().await.unwrap(), registry.last_revision().await.unwrap());
    assert_eq!(highest, (VersionNumber::new(12), 2));
}
