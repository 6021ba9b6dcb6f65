//! Tests which records of the registry expire and which are kept.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use evergreen_lifecycle::ports::{Expiry, RecordRetention, Registrar};
use evergreen_lifecycle::{RunState, Version};

use crate::world::{
    attempt, bad, config, later, new_model, open, opened, promoted, registry_of, run_of, table, version_of,
};

/// Returns when DynamoDB may delete the registry item with this sort key, in seconds since 1970. `None` if the item
/// never expires.
async fn expiry(model: &str, sort: &str) -> Option<i64> {
    let get = Client::new(&config()).get_item().table_name(table()).consistent_read(true);
    let get = get.key("pk", AttributeValue::S(format!("MODEL#{model}"))).key("sk", AttributeValue::S(sort.into()));
    let item = get.send().await.unwrap().item.expect("the record is there");
    item.get("expires_at").map(|value| value.as_n().expect("a number").parse().expect("whole seconds"))
}

#[tokio::test]
async fn a_refused_version_and_its_run_expire_unless_somebody_keeps_them() {
    let model = new_model();
    let registry = registry_of(&model);
    let champion = promoted(&registry, 1).await;
    let refused = opened(&registry, bad(2), Some(&champion)).await;
    registry.register(&refused).await.unwrap();
    assert_eq!(registry.expire_records(&refused.run, later(60)).await.unwrap(), Expiry::Marked);
    let at = Some(later(60).as_second());
    assert_eq!((expiry(&model, "VERSION#00000002").await, expiry(&model, "RUN#manual-v2").await), (at, at));
    assert_eq!(version_of(&registry, refused.version.number).await, Some(refused.version.clone()));
    assert_eq!(run_of(&registry, &refused.run.id).await, Some(refused.run.clone()));

    let kept = Version { run_id: refused.run.id.clone(), ..refused.version.clone() };
    assert!(registry.keep_records(&kept).await.unwrap());
    assert_eq!((expiry(&model, "VERSION#00000002").await, expiry(&model, "RUN#manual-v2").await), (None, None));
    assert_eq!(registry.expire_records(&refused.run, later(60)).await.unwrap(), Expiry::Kept);
    assert_eq!(expiry(&model, "VERSION#00000002").await, None);
}

#[tokio::test]
async fn a_failed_run_that_was_started_again_does_not_expire() {
    let model = new_model();
    let registry = registry_of(&model);
    open(&registry, &attempt("7", 1)).await.unwrap();
    let failed = attempt("7", 1).failed("no such column".into(), None, later(1));
    registry.fail(&failed, &[]).await.unwrap();
    assert_eq!(registry.expire_records(&failed, later(60)).await.unwrap(), Expiry::Marked);
    assert_eq!(expiry(&model, "RUN#manual-7").await, Some(later(60).as_second()));

    open(&registry, &attempt("7", 2)).await.unwrap();
    assert_eq!(expiry(&model, "RUN#manual-7").await, None);
    assert_eq!(registry.expire_records(&failed, later(60)).await.unwrap(), Expiry::Kept);
    let stored = run_of(&registry, &failed.id).await.expect("the second attempt");
    assert_eq!((stored.attempt, stored.state), (2, RunState::Running));
}

#[tokio::test]
async fn a_deleted_version_cannot_be_kept() {
    assert!(!registry_of(&new_model()).keep_records(&bad(7)).await.unwrap());
}
