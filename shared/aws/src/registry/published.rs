//! Stores in DynamoDB which metric values were published last.

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use evergreen_lifecycle::PublishedMetrics;
use evergreen_lifecycle::ports::{PublishedRecord, RememberError, Unavailable};

use super::{Registry, items};
use crate::failure::unavailable;

impl PublishedRecord for Registry {
    async fn published(&self) -> Result<Option<PublishedMetrics>, Unavailable> {
        let what = "reading which metrics were published";
        let item = self.item(self.keys.published(), what).await?;
        item.map(|item| items::decode(item, what)).transpose()
    }

    async fn store_published(&self, record: &PublishedMetrics) -> Result<(), RememberError> {
        let what = "storing which metrics were published";
        let item = items::encode(&self.keys.published(), record, what)?;
        let put = self.client.put_item().table_name(&self.table).set_item(Some(item));
        let put = match record.revision.saturating_sub(1) {
            0 => put.condition_expression("attribute_not_exists(pk)"),
            before => put
                .condition_expression("revision = :before")
                .expression_attribute_values(":before", items::number(before)),
        };
        let Err(error) = put.send().await else { return Ok(()) };
        match error.as_service_error() {
            Some(PutItemError::ConditionalCheckFailedException(_)) => Err(RememberError::Conflict),
            _ => Err(unavailable(what)(error).into()),
        }
    }

    async fn forget_published(&self) -> Result<(), Unavailable> {
        let key = self.keys.published().into_item();
        let delete = self.client.delete_item().table_name(&self.table).set_key(Some(key));
        delete.send().await.map_err(unavailable("forgetting which metrics were published"))?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::Client;
    use aws_sdk_dynamodb::operation::delete_item::DeleteItemOutput;
    use aws_sdk_dynamodb::operation::get_item::GetItemOutput;
    use aws_sdk_dynamodb::operation::put_item::{PutItemInput, PutItemOutput};
    use aws_sdk_dynamodb::types::error::ConditionalCheckFailedException;
    use aws_smithy_mocks::{MockResponse, mock};
    use evergreen_lifecycle::{Datum, Metric};
    use evergreen_testkit::moment;
    use serde_json::json as value;

    use super::*;
    use crate::registry::tests::support::{item, json, registry, texts};
    use crate::tests::mocks::record;

    /// Test helper: returns a record with one published value, as revision `revision`.
    fn published(revision: u32) -> PublishedMetrics {
        let datum = Datum { metric: Metric::ModelAccuracy, value: 0.972_222_222_222_222_2 };
        let record = PublishedMetrics { revision, ..PublishedMetrics::default() }.for_release("1.2.3");
        record.after(&[datum], moment("2026-11-24T03:00:00Z"))
    }

    async fn stored(revision: u32) -> PutItemInput {
        let (rule, sent) = record(mock!(Client::put_item), || MockResponse::Output(PutItemOutput::builder().build()));
        registry(&[&rule]).store_published(&published(revision)).await.unwrap();
        sent.only()
    }

    #[tokio::test]
    async fn a_record_replaces_only_the_one_before_it() {
        let [first, third] = [stored(1).await, stored(3).await];
        assert_eq!(first.condition_expression(), Some("attribute_not_exists(pk)"));
        assert_eq!(third.condition_expression(), Some("revision = :before"));
        assert_eq!(json(third.expression_attribute_values.unwrap()), value!({":before": 2}));
        let at = "2026-11-24T03:00:00Z";
        assert_eq!(
            json(first.item.unwrap()),
            value!({
                "pk": "METRICS#iris",
                "sk": "PUBLISHED",
                "revision": 1,
                "release": "1.2.3",
                "points": {"ModelAccuracy": {"value": 0.972_222_222_222_222_2, "since": at, "at": at}},
            })
        );
    }

    #[tokio::test]
    async fn a_record_that_changed_meanwhile_is_not_overwritten() {
        let rule = mock!(Client::put_item).then_error(|| {
            let refusal = ConditionalCheckFailedException::builder().build();
            PutItemError::ConditionalCheckFailedException(refusal)
        });
        let error = registry(&[&rule]).store_published(&published(1)).await.unwrap_err();
        assert!(matches!(error, RememberError::Conflict));
    }

    #[tokio::test]
    async fn a_stored_record_is_read_consistently_and_bit_by_bit() {
        let (rule, sent) = record(mock!(Client::get_item), || {
            MockResponse::Output(GetItemOutput::builder().set_item(Some(item(&published(2)))).build())
        });
        assert_eq!(registry(&[&rule]).published().await.unwrap(), Some(published(2)));
        let request = sent.only();
        assert_eq!(request.consistent_read(), Some(true));
        assert_eq!(request.key, Some(texts(&[("pk", "METRICS#iris"), ("sk", "PUBLISHED")])));
    }

    #[tokio::test]
    async fn a_record_is_forgotten_whatever_its_revision() {
        let (rule, sent) =
            record(mock!(Client::delete_item), || MockResponse::Output(DeleteItemOutput::builder().build()));
        registry(&[&rule]).forget_published().await.unwrap();
        let request = sent.only();
        assert_eq!(request.condition_expression(), None);
        assert_eq!(request.key, Some(texts(&[("pk", "METRICS#iris"), ("sk", "PUBLISHED")])));
    }
}
