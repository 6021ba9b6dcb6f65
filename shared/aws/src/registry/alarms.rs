//! Stores the record of the CloudWatch alarms and their incidents in DynamoDB.

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use evergreen_lifecycle::IncidentRecord;
use evergreen_lifecycle::incident::FormerAlarm;
use evergreen_lifecycle::ports::{AlarmRecords, RememberError, Unavailable};

use super::{Registry, items};
use crate::failure::unavailable;

impl AlarmRecords for Registry {
    async fn incidents(&self) -> Result<Option<IncidentRecord>, Unavailable> {
        let what = "reading the record of the alarms";
        let item = self.item(self.keys.incidents(), what).await?;
        item.map(|item| items::decode(item, what)).transpose()
    }

    async fn remember(&self, record: &IncidentRecord) -> Result<(), RememberError> {
        let what = "storing the record of the alarms";
        let item = items::encode(&self.keys.incidents(), record, what)?;
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

    async fn former_alarm(&self, name: &str) -> Result<Option<FormerAlarm>, Unavailable> {
        let what = "reading an earlier release's record of an alarm";
        let item = self.item(self.keys.former_alarm(name), what).await?;
        item.map(|item| items::decode(item, what)).transpose()
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
    use evergreen_lifecycle::incident::{AlarmEvent, AlarmFamily, AlarmSurroundings, Gravity};
    use evergreen_testkit::moment;
    use serde_json::json as value;

    use super::*;
    use crate::registry::tests::support::{item, json, registry, texts};
    use crate::tests::mocks::record;

    /// Test helper: returns the record after a change of an alarm.
    fn after(known: Option<&IncidentRecord>, raised: bool, since: &str) -> IncidentRecord {
        // Only a notification says whether the alarm was raised before. The record does not store it.
        let change = AlarmChange { raised, since: moment(since), was_raised: false };
        let (family, gravity) = (AlarmFamily::Predictions, Gravity::Outage);
        let news = AlarmEvent { alarm: "evergreen-throttles", family, gravity, change };
        IncidentRecord::receive(known, &news, &AlarmSurroundings::default(), moment(since)).1.unwrap()
    }

    /// Test helper: returns the stored record of an alarm that was raised once.
    fn raised() -> IncidentRecord {
        after(None, true, "2026-11-24T03:00:00Z")
    }

    /// Test helper: returns the stored record of an alarm that was raised and then became OK.
    fn over() -> IncidentRecord {
        after(Some(&raised()), false, "2026-11-24T03:05:00Z")
    }

    /// Test helper: stores the record in a fake table, and returns the request that DynamoDB gets.
    async fn stored(remembered: &IncidentRecord) -> PutItemInput {
        let (rule, sent) = record(mock!(Client::put_item), || MockResponse::Output(PutItemOutput::builder().build()));
        registry(&[&rule]).remember(remembered).await.unwrap();
        sent.only()
    }

    #[tokio::test]
    async fn a_record_replaces_only_the_one_before_it() {
        let [first, second] = [stored(&raised()).await, stored(&over()).await];
        assert_eq!(first.condition_expression(), Some("attribute_not_exists(pk)"));
        assert_eq!(second.condition_expression(), Some("revision = :before"));
        assert_eq!(json(second.expression_attribute_values.unwrap()), value!({":before": 1}));
        let since = "2026-11-24T03:00:00Z";
        assert_eq!(
            json(first.item.unwrap()),
            value!({
                "pk": "MAIL#iris",
                "sk": "INCIDENTS",
                "revision": 1,
                "alarms": {
                    "evergreen-throttles": {"newest": {"raised": true, "since": since}, "report": {"kind": "raised"}},
                },
                "open": [{
                    "began": since,
                    "ended": null,
                    "raised": [{"alarm": "evergreen-throttles", "since": since, "over": null, "mail": "claimed"}],
                    "families": ["predictions"],
                    "gravity": "outage",
                    "is_silent": false,
                    "holds": false,
                }],
                "past": [],
            })
        );
    }

    #[tokio::test]
    async fn a_record_that_changed_meanwhile_is_not_overwritten() {
        let rule = mock!(Client::put_item).then_error(|| {
            let refusal = ConditionalCheckFailedException::builder().build();
            PutItemError::ConditionalCheckFailedException(refusal)
        });
        let error = registry(&[&rule]).remember(&raised()).await.unwrap_err();
        assert!(matches!(error, RememberError::Conflict));
    }

    #[tokio::test]
    async fn a_stored_record_is_read_consistently() {
        let (rule, sent) = record(mock!(Client::get_item), || {
            MockResponse::Output(GetItemOutput::builder().set_item(Some(item(&over()))).build())
        });
        assert_eq!(registry(&[&rule]).incidents().await.unwrap(), Some(over()));
        let request = sent.only();
        assert_eq!(request.consistent_read(), Some(true));
        assert_eq!(request.key, Some(texts(&[("pk", "MAIL#iris"), ("sk", "INCIDENTS")])));
    }

    #[tokio::test]
    async fn what_an_earlier_release_stored_about_an_alarm_is_read() {
        let (rule, sent) = record(mock!(Client::get_item), || {
            let former = value!({
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
            });
            MockResponse::Output(GetItemOutput::builder().set_item(Some(item(&former))).build())
        });
        let former = registry(&[&rule]).former_alarm("evergreen-throttles").await.unwrap().unwrap();
        assert!(former.open && former.newest.raised);
        assert_eq!(former.raised, [moment("2026-11-24T03:00:00Z")]);
        assert_eq!(sent.only().key, Some(texts(&[("pk", "MAIL#iris"), ("sk", "ALARM#evergreen-throttles")])));
    }
}
