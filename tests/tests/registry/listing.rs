//! Tests the lists of summaries: what every write of a run or a version leaves there, and records of earlier releases.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use evergreen_aws::Registry;
use evergreen_lifecycle::listing::{RunSummary, Span, VersionSummary};
use evergreen_lifecycle::ports::{Listing, Registrar, Steering};
use evergreen_lifecycle::{Annotations, AuditedAction, Edit, RunStatus};
use evergreen_testkit::{audit_entry, change, run};

use crate::world::{
    attempt, bad, config, good, later, new_model, open, opened, promoted, registry, registry_of, table,
};

async fn runs(registry: &Registry, minutes: i64) -> Vec<RunSummary> {
    registry.run_summaries(Span::default(), 100, later(minutes)).await.unwrap()
}

fn ids(runs: &[RunSummary]) -> Vec<&str> {
    runs.iter().map(|run| run.id.as_str()).collect()
}

#[tokio::test]
async fn a_run_is_listed_as_it_starts_and_with_its_result() {
    let registry = registry();
    open(&registry, &attempt("v1", 1)).await.unwrap();
    assert_eq!(runs(&registry, 1).await[0].status, RunStatus::Running);
    assert_eq!(runs(&registry, 16).await[0].status, RunStatus::Lost);
    let registration = evergreen_testkit::registration(attempt("v1", 1), good(1), None);
    registry.register(&registration).await.unwrap();
    let expected = RunSummary::of(&registration.run, Some(&registration.version), later(1));
    assert_eq!(runs(&registry, 1).await, [expected]);
    assert_eq!(registry.version_summaries(10).await.unwrap(), [VersionSummary::of(&good(1), BTreeMap::new())]);
}

#[tokio::test]
async fn lists_are_newest_first_and_hold_a_part_of_the_history() {
    let registry = registry();
    for minutes in [7, 5, 9] {
        open(&registry, &run(&minutes.to_string(), later(minutes))).await.unwrap();
    }
    assert_eq!(ids(&runs(&registry, 10).await), ["manual-9", "manual-7", "manual-5"]);
    let span = Span { from: Some(later(5)), until: Some(later(7)) };
    let found = registry.run_summaries(span, 100, later(10)).await.unwrap();
    assert_eq!(ids(&found), ["manual-7", "manual-5"]);
    assert_eq!(registry.run_summaries(span, 1, later(10)).await.unwrap().len(), 1);
    assert_eq!(registry.version_summaries(9).await.unwrap(), []);
}

#[tokio::test]
async fn a_version_is_listed_with_its_present_tags() {
    let registry = registry();
    promoted(&registry, 1).await;
    let annotations = Annotations { revision: 1, tags: [("team".into(), "risk".into())].into(), note: None };
    let edit = Edit::Annotate { version: good(1).number, annotations: annotations.clone() };
    registry.apply(&change(edit, audit_entry(AuditedAction::TagSet, "version 1", later(1)))).await.unwrap();
    assert_eq!(registry.version_summaries(9).await.unwrap(), [VersionSummary::of(&good(1), annotations.tags)]);
}

/// Removes the attributes that releases before 0.2 did not write.
async fn forget_summary(model: &str, sort: &str) {
    let update = Client::new(&config()).update_item().table_name(table());
    let update =
        update.key("pk", AttributeValue::S(format!("MODEL#{model}"))).key("sk", AttributeValue::S(sort.into()));
    update.update_expression("REMOVE listed, summary").send().await.unwrap();
}

#[tokio::test]
async fn records_of_an_earlier_release_are_listed_too() {
    let model = new_model();
    let registry = registry_of(&model);
    let champion = promoted(&registry, 1).await;
    let refused = opened(&registry, bad(2), Some(&champion)).await;
    registry.register(&refused).await.unwrap();
    for sort in ["RUN#manual-v1", "RUN#manual-v2", "VERSION#00000001", "VERSION#00000002"] {
        forget_summary(&model, sort).await;
    }
    // The first calls add the summaries. DynamoDB updates an index a moment after the table.
    for _ in 0..100 {
        if runs(&registry, 1).await.len() == 2 && registry.version_summaries(9).await.unwrap().len() == 2 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let versions = [bad(2), good(1)].map(|version| VersionSummary::of(&version, BTreeMap::new()));
    assert_eq!(registry.version_summaries(9).await.unwrap(), versions);
    let families: Vec<_> = runs(&registry, 1).await.into_iter().map(|run| run.family).collect();
    assert_eq!(families, [Some(good(1).family); 2]);
}
