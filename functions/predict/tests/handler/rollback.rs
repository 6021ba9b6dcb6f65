//! Tests of registry records that a newer release wrote before a rollback. This release uses and shows the fields that
//! it can read.

use evergreen_lifecycle::{Champion, Pointer, Unreadable};
use serde_json::{Value, json};

use crate::support::{Fixture, INTERVAL, SETOSA};

/// Replaces the champion's registry record by a changed one, which a newer release of the software might write.
fn rewrite_pointer(fixture: &Fixture, champion: &Champion, change: impl Fn(&mut Value)) {
    let mut fields = serde_json::to_value(champion).unwrap();
    change(&mut fields);
    let record = Unreadable::new("CHAMPION", "unknown variant", fields);
    fixture.remote.memory.state().pointer = Some(Some(Pointer::in_part(record)));
}

fn with_unknown_enums(fields: &mut Value) {
    fields["version"]["family"] = "oracle".into();
    fields["version"]["decision"]["metric"] = "hinge".into();
    fields["version"]["decision"]["verdict"] = "chosen_by_lot".into();
    fields["version"]["evaluation"] = json!({"ranking": 0.9});
    fields["version"]["dataset"]["task"] = "ranking".into();
}

#[tokio::test]
async fn a_new_environment_serves_a_champion_with_a_partly_readable_record() {
    let fixture = Fixture::empty();
    let champion = fixture.promote(1);
    rewrite_pointer(&fixture, &champion, with_unknown_enums);
    fixture.app.warm_up().await;
    assert_eq!((fixture.version().await, fixture.journal.failures()), (1, 0));
    let model = fixture.get("/model").await.json();
    assert_eq!((&model["version"], &model["trained_at"]), (&json!(1), &json!("2026-11-24T03:00:04.000Z")));
    assert_eq!(model["signature"]["labels"], json!(["setosa", "versicolor", "virginica"]));
    assert_eq!(model.get("metrics"), None);
    assert_eq!(model["unreadable"], "this release cannot read the record CHAMPION: unknown variant");
}

#[tokio::test]
async fn a_warm_environment_follows_a_partly_readable_pointer() {
    let fixture = Fixture::serving().await;
    let champion = fixture.promote(2);
    rewrite_pointer(&fixture, &champion, with_unknown_enums);
    fixture.pass(INTERVAL);
    assert_eq!((fixture.version().await, fixture.journal.failures()), (2, 0));
}

#[tokio::test]
async fn a_pointer_without_an_artifact_is_counted_and_the_champion_in_memory_serves() {
    let fixture = Fixture::serving().await;
    let champion = fixture.promote(2);
    rewrite_pointer(&fixture, &champion, |fields| fields["version"]["artifact"] = "elsewhere".into());
    fixture.pass(INTERVAL);
    assert_eq!((fixture.version().await, fixture.journal.failures()), (1, 1));
    let cold = Fixture::empty();
    rewrite_pointer(&cold, &champion, |fields| fields["version"]["artifact"] = "elsewhere".into());
    assert_eq!(cold.predict(SETOSA).await.status, 503);
}
