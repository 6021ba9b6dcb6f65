//! Tests of the changed records that a transaction stores with its event, and of their file in the bucket.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::get_item::GetItemOutput;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsOutput;
use aws_sdk_dynamodb::types::TransactWriteItem;
use aws_sdk_s3::operation::put_object::PutObjectOutput;
use aws_smithy_mocks::{MockResponse, RuleMode, mock, mock_client};
use evergreen_lifecycle::journal::{JournalEntry, RecordKind, journal_key};
use evergreen_lifecycle::ports::{EventOutbox, LARGEST_COPY, Registrar, Registration};
use evergreen_lifecycle::{Announcement, LifecycleEvent, Run, Version};
use evergreen_testkit::{moment, registration, run, version};

use super::support::{registry, texts};
use crate::ArtifactBucket;
use crate::registry::Registry;
use crate::tests::mocks::{record, record_part};

const START: &str = "2026-11-24T03:00:00Z";

fn good() -> Registration {
    let registration = registration(run("7", moment(START)), version(1, 0.97, moment(START)), None);
    let events = LifecycleEvent::of_version(&registration.run, &registration.version, None, moment(START));
    let announcements = events.iter().map(|event| Announcement::of(event).unwrap()).collect();
    Registration { artifact: Some(vec![1; LARGEST_COPY]), announcements, ..registration }
}

async fn sent_for(registration: &Registration) -> Vec<TransactWriteItem> {
    let (rule, sent) = record(mock!(Client::transact_write_items), || {
        MockResponse::Output(TransactWriteItemsOutput::builder().build())
    });
    registry(&[&rule]).register(registration).await.unwrap();
    sent.only().transact_items.unwrap()
}

fn changes(writes: &[TransactWriteItem]) -> Vec<JournalEntry> {
    let items = writes.iter().filter_map(|write| Some(write.put()?.item()));
    items.filter_map(|item| serde_json::from_str(item.get("changes")?.as_s().ok()?).ok()).collect()
}

#[tokio::test]
async fn the_first_event_of_a_registration_has_its_records_without_the_copy_and_the_pointer() {
    let registration = good();
    let entries = changes(&sent_for(&registration).await);
    let [entry] = entries.as_slice() else { panic!("expected one entry, got {entries:?}") };
    assert_eq!(entry.event, registration.announcements[0].key);
    let keys: Vec<_> = entry.written.iter().map(|record| record["sk"].as_str().unwrap().to_owned()).collect();
    assert_eq!(keys, ["RUN#manual-7", "VERSION#00000001", "CHAMPION#00000001"]);
    let read = |position: usize| serde_json::Value::from(entry.written[position].clone());
    assert_eq!(serde_json::from_value::<Run>(read(0)).unwrap(), registration.run);
    assert_eq!(serde_json::from_value::<Version>(read(1)).unwrap(), registration.version);
}

#[tokio::test]
async fn a_record_without_room_is_named() {
    let mut registration = good();
    registration.run.warnings = vec!["x".repeat(300 * 1024)];
    let entries = changes(&sent_for(&registration).await);
    assert_eq!(entries[0].left_out[0].kind(), RecordKind::Run);
    assert!(serde_json::to_string(&entries[0]).unwrap().len() < 300 * 1024);
}

#[tokio::test]
async fn the_records_of_an_event_become_a_file_in_the_bucket() {
    let key = "2026-11-24T03:00:00.000Z#0#a";
    let stored = mock!(Client::get_item)
        .then_output(|| GetItemOutput::builder().set_item(Some(texts(&[("changes", "{}")]))).build());
    let iris = "iris".parse().unwrap();
    let (put, sent) = record_part(
        mock!(aws_sdk_s3::Client::put_object),
        |put| format!("{} {}", put.key().unwrap_or_default(), put.if_none_match().unwrap_or_default()),
        || MockResponse::Output(PutObjectOutput::builder().e_tag("\"new\"").build()),
    );
    let s3 = mock_client!(aws_sdk_s3, RuleMode::Sequential, [&put]);
    let bucket = ArtifactBucket::over(s3, "artifacts", &iris);
    registry(&[&stored]).with_journal(&bucket).journal(key).await.unwrap();
    assert_eq!(sent.only(), format!("{} *", journal_key(&iris, key)));
}

#[tokio::test]
async fn an_event_without_records_needs_no_file() {
    for item in [None, Some(texts(&[("detail", "{}")]))] {
        let rule = mock!(Client::get_item).then_output(move || GetItemOutput::builder().set_item(item.clone()).build());
        let registry: Registry = registry(&[&rule]);
        registry.journal("2026-11-24T03:00:00.000Z#0#a").await.unwrap();
    }
}

#[tokio::test]
async fn without_a_bucket_the_event_stays() {
    let stored = mock!(Client::get_item)
        .then_output(|| GetItemOutput::builder().set_item(Some(texts(&[("changes", "{}")]))).build());
    let error = registry(&[&stored]).journal("a").await.unwrap_err();
    assert_eq!(error.cause.to_string(), "the function has no bucket for the journal");
}
