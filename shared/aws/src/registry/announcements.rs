//! Stores events that must be published, each as an item in the outbox partition of the DynamoDB table. The transaction
//! that makes a change also writes the event about it. The event is deleted after it was published. If it is never
//! published, DynamoDB's time-to-live deletes it.

use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};
use evergreen_lifecycle::Announcement;
use evergreen_lifecycle::ports::{EventOutbox, Unavailable, Waiting};
use evergreen_lifecycle::time;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::items::{self, RegistryItem};
use super::keys::Key;
use super::{Registry, transaction};
use crate::failure::unavailable;

const WHAT: &str = "reading the events to be published";

// An event has only a few KB, so a page stays below DynamoDB's limit of 1 MB.
/// Maximum number of stored events that are read in one page.
const PAGE: i32 = 100;

// Dead-letter queues keep their messages for the same time.
/// Time after which DynamoDB deletes a stored event that was never published.
const KEPT: SignedDuration = SignedDuration::from_hours(14 * 24);

// The event is stored in its published form, so every release of the software can publish events that another release
// stored.
/// DynamoDB item of an event that must be published, without its key.
#[derive(Debug, Serialize, Deserialize)]
struct OutboxRecord {
    detail_type: String,
    detail: String,
    /// The time at which DynamoDB's time-to-live may delete the stored event, in seconds since 1970.
    expires_at: i64,
}

impl Registry {
    /// Returns the DynamoDB write that stores the event `announcement` for publishing.
    pub(super) fn outbox_write(&self, announcement: &Announcement) -> Result<TransactWriteItem, Unavailable> {
        // The write has no condition, because the other writes of the transaction have conditions.
        let record = OutboxRecord {
            detail_type: announcement.kind.clone(),
            detail: announcement.detail.clone(),
            expires_at: expiry(&announcement.key)?,
        };
        let item = items::encode(&self.keys.event(&announcement.key), &record, transaction::WHAT)?;
        transaction::finish(Put::builder().table_name(&self.table).set_item(Some(item)))
    }
}

/// Returns when DynamoDB may delete the stored event with the key `key`, in seconds since 1970.
fn expiry(key: &str) -> Result<i64, Unavailable> {
    // The time is computed from the event's time, with which the key begins.
    let (occurred_at, _id) = key.split_once('#').unwrap_or((key, ""));
    let occurred_at: Timestamp =
        occurred_at.parse().map_err(|error: jiff::Error| Unavailable::new(transaction::WHAT, error))?;
    Ok((occurred_at + KEPT).as_second())
}

impl EventOutbox for Registry {
    async fn waiting(&self, before: Timestamp, after: Option<&str>) -> Result<Waiting, Unavailable> {
        // The read is consistent. So an event that was just published and removed is not published again.
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk AND sk < :before")
            .expression_attribute_values(":pk", items::text(self.keys.outbox()))
            .expression_attribute_values(":before", items::text(time::format(before)))
            .consistent_read(true)
            .limit(PAGE)
            .set_exclusive_start_key(after.map(|key| self.keys.event(key).into_item()));
        let page = query.send().await.map_err(unavailable(WHAT))?;
        let next = page.last_evaluated_key.as_ref().and_then(Key::sort_of).map(str::to_owned);
        let mut waiting = Waiting { next, ..Waiting::default() };
        for item in page.items.unwrap_or_default() {
            match decode(item) {
                Some(announcement) => waiting.announcements.push(announcement),
                None => waiting.unreadable += 1,
            }
        }
        Ok(waiting)
    }

    async fn journal(&self, key: &str) -> Result<(), Unavailable> {
        self.store_changes(key).await
    }

    async fn remove(&self, key: &str) -> Result<(), Unavailable> {
        let key = self.keys.event(key).into_item();
        let delete = self.client.delete_item().table_name(&self.table).set_key(Some(key));
        delete.send().await.map_err(unavailable("removing a published event"))?;
        Ok(())
    }
}

/// Returns the event that the DynamoDB item stores. `None` if this version of the software cannot read the item.
fn decode(mut item: RegistryItem) -> Option<Announcement> {
    let key = Key::sort_of(&item)?.to_owned();
    let mut word = |name: &str| match item.remove(name) {
        Some(AttributeValue::S(word)) => Some(word),
        _ => None,
    };
    let (kind, detail) = (word("detail_type")?, word("detail")?);
    let is_json = serde_json::from_str::<serde::de::IgnoredAny>(&detail).is_ok();
    is_json.then_some(Announcement { key, kind, detail })
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::Client;
    use aws_sdk_dynamodb::operation::delete_item::DeleteItemOutput;
    use aws_sdk_dynamodb::operation::query::{QueryError, QueryOutput};
    use aws_smithy_mocks::{MockResponse, mock};
    use evergreen_testkit::moment;
    use serde_json::json as value;

    use super::*;
    use crate::registry::tests::support::{json, registry, texts};
    use crate::tests::mocks::record;

    const KEY: &str = "2026-11-24T03:00:04.000Z#iris/manual-7/1/TrainingFailed";

    fn announcement() -> Announcement {
        Announcement { key: KEY.into(), kind: "TrainingFailed".into(), detail: r#"{"id":"1"}"#.into() }
    }

    fn stored() -> RegistryItem {
        let write = registry(&[]).outbox_write(&announcement()).unwrap();
        write.put.unwrap().item
    }

    #[test]
    fn an_event_is_stored_as_it_will_be_published_and_expires_after_two_weeks() {
        let expected = value!({
            "pk": "OUTBOX#iris", "sk": KEY, "detail_type": "TrainingFailed", "detail": "{\"id\":\"1\"}",
            "expires_at": moment("2026-12-08T03:00:04Z").as_second(),
        });
        assert_eq!(json(stored()), expected);
    }

    #[tokio::test]
    async fn waiting_events_are_read_oldest_first_and_unreadable_ones_are_counted() {
        let with = |name: &str, value: AttributeValue| {
            let mut item = stored();
            item.insert(name.into(), value);
            item
        };
        let items = [
            with("detail", items::number(1)),
            with("detail", items::text("{")),
            with("detail_type", items::flag(true)),
            with("of_a_newer_release", items::flag(true)),
        ];
        let (rule, sent) = record(mock!(Client::query), move || {
            let last = texts(&[("pk", "OUTBOX#iris"), ("sk", KEY)]);
            let page = QueryOutput::builder().set_items(Some(items.to_vec())).set_last_evaluated_key(Some(last));
            MockResponse::Output(page.build())
        });
        let page = registry(&[&rule]).waiting(moment("2026-11-24T03:00:00Z"), Some("a")).await.unwrap();
        let expected = Waiting { announcements: vec![announcement()], unreadable: 3, next: Some(KEY.into()) };
        assert_eq!(page, expected);
        let request = sent.only();
        assert_eq!(request.key_condition_expression(), Some("pk = :pk AND sk < :before"));
        assert_eq!((request.consistent_read(), request.scan_index_forward()), (Some(true), None));
        let values = texts(&[(":pk", "OUTBOX#iris"), (":before", "2026-11-24T03:00:00.000Z")]);
        assert_eq!(request.expression_attribute_values, Some(values));
        assert_eq!(request.exclusive_start_key, Some(texts(&[("pk", "OUTBOX#iris"), ("sk", "a")])));
    }

    #[tokio::test]
    async fn a_silent_table_is_unavailable() {
        let rule = mock!(Client::query).then_error(|| QueryError::generic(Default::default()));
        let error = registry(&[&rule]).waiting(moment("2026-11-24T03:00:00Z"), None).await.unwrap_err();
        assert_eq!(error.to_string(), "reading the events to be published failed");
    }

    #[tokio::test]
    async fn a_published_event_is_removed() {
        let (rule, sent) =
            record(mock!(Client::delete_item), || MockResponse::Output(DeleteItemOutput::builder().build()));
        registry(&[&rule]).remove(KEY).await.unwrap();
        assert_eq!(sent.only().key, Some(texts(&[("pk", "OUTBOX#iris"), ("sk", KEY)])));
    }
}
