//! Stores the records of CloudWatch alarms in DynamoDB.

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use evergreen_lifecycle::AlarmRecord;
use evergreen_lifecycle::ports::{AlarmRecords, RememberError, Unavailable};

use super::{Registry, items};
use crate::failure::unavailable;

impl AlarmRecords for Registry {
    async fn alarm(&self, name: &str) -> Result<Option<AlarmRecord>, Unavailable> {
        let what = "reading the record of an alarm";
        let item = self.item(self.keys.alarm(name), what).await?;
        item.map(|item| items::decode(item, what)).transpose()
    }

    async fn remember(&self, name: &str, record: &AlarmRecord) -> Result<(), RememberError> {
        let what = "remembering an alarm";
        let item = items::encode(&self.keys.alarm(name), record, what)?;
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
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::Client;
    use aws_sdk_dynamodb::operation::get_item::GetItemOutput;
    use aws_sdk_dynamodb::operation::put_item::{PutItemInput, PutItemOutput};
    use aws_sdk_dynamodb::types::error::ConditionalCheckFailedException;
    use aws_smithy_mocks::{MockResponse, mock};
    use evergreen_lifecycle::AlarmChange;
    use evergreen_testkit::moment;
    use serde_json::json as value;

    use super::*;
    use crate::registry::tests::support::{item, json, registry, texts};
    use crate::tests::mocks::record;

    /// Test helper: returns the stored record of an alarm that was raised once.
    fn raised() -> AlarmRecord {
        let now = moment("2026-11-24T03:00:00Z");
        let change = AlarmChange { raised: true, since: now, was_raised: false };
        AlarmRecord::receive(None, change, now).1.unwrap()
    }

    /// Test helper: returns the stored record of an alarm that was raised and then became OK.
    fn over() -> AlarmRecord {
        let now = moment("2026-11-24T03:05:00Z");
        let change = AlarmChange { raised: false, since: now, was_raised: true };
        AlarmRecord::receive(Some(&raised()), change, now).1.unwrap()
    }

    /// Test helper: stores the alarm record in a fake table, and returns the request that DynamoDB gets.
    async fn stored(remembered: &AlarmRecord) -> PutItemInput {
        let (rule, sent) = record(mock!(Client::put_item), || MockResponse::Output(PutItemOutput::builder().build()));
        registry(&[&rule]).remember("evergreen-throttles", remembered).await.unwrap();
        sent.only()
    }

    #[tokio::test]
    async fn a_record_replaces_only_the_one_before_it() {
        let [first, second] = [stored(&raised()).await, stored(&over()).await];
        assert_eq!(first.condition_expression(), Some("attribute_not_exists(pk)"));
        assert_eq!(second.condition_expression(), Some("revision = :before"));
        assert_eq!(json(second.expression_attribute_values.unwrap()), value!({":before": 1}));
        assert_eq!(
            json(first.item.unwrap()),
            value!({
                "pk": "MAIL#iris",
                "sk": "ALARM#evergreen-throttles",
                "revision": 1,
                "newest": {"raised": true, "since": "2026-11-24T03:00:00Z"},
                "telling": {"kind": "raised"},
                "open": true,
                "raised": ["2026-11-24T03:00:00Z"],
                "told": ["2026-11-24T03:00:00Z"],
                "in_a_row": 1,
                "held": false,
            })
        );
    }

    #[tokio::test]
    async fn a_record_that_changed_meanwhile_is_not_overwritten() {
        let rule = mock!(Client::put_item).then_error(|| {
            let refusal = ConditionalCheckFailedException::builder().build();
            PutItemError::ConditionalCheckFailedException(refusal)
        });
        let error = registry(&[&rule]).remember("evergreen-throttles", &raised()).await.unwrap_err();
        assert!(matches!(error, RememberError::Conflict));
    }

    #[tokio::test]
    async fn a_stored_record_is_read_consistently() {
        let (rule, sent) = record(mock!(Client::get_item), || {
            MockResponse::Output(GetItemOutput::builder().set_item(Some(item(&raised()))).build())
        });
        assert_eq!(registry(&[&rule]).alarm("evergreen-throttles").await.unwrap(), Some(raised()));
        let request = sent.only();
        assert_eq!(request.consistent_read(), Some(true));
        assert_eq!(request.key, Some(texts(&[("pk", "MAIL#iris"), ("sk", "ALARM#evergreen-throttles")])));
    }
}
