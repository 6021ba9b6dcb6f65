//! Claims on mails. A claim is a record with a lease; once the mail is sent the record says so, and is kept until the
//! table's time-to-live takes it away.

use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;
use evergreen_lifecycle::ports::{Claim, Outbox, Unavailable};
use evergreen_lifecycle::time;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Registry, items};
use crate::failure::unavailable;

/// A claim as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Record {
    /// Whether the mail was sent.
    sent: bool,
    /// Until when nobody else may send it, as text that sorts as time does.
    lease_until: String,
    /// When the record may be forgotten, in seconds since 1970: the table's time-to-live.
    expires_at: i64,
}

impl Record {
    /// A record that stands until `moment`.
    fn until(moment: Timestamp, sent: bool) -> Self {
        Self { sent, lease_until: time::format(moment), expires_at: moment.as_second() + 1 }
    }
}

impl Outbox for Registry {
    async fn claim(&self, key: &str, now: Timestamp, lease_until: Timestamp) -> Result<Claim, Unavailable> {
        let what = "claiming a mail";
        let item = items::encode(&self.keys.mail(key), &Record::until(lease_until, false), what)?;
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(pk) OR (sent = :unsent AND lease_until <= :now)")
            .expression_attribute_values(":unsent", items::flag(false))
            .expression_attribute_values(":now", items::text(time::format(now)))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let Err(error) = put.send().await else { return Ok(Claim::Granted) };
        match error.as_service_error() {
            Some(PutItemError::ConditionalCheckFailedException(refusal)) => standing(refusal.item()),
            _ => Err(unavailable(what)(error)),
        }
    }

    async fn sent(&self, key: &str, keep_until: Timestamp) -> Result<(), Unavailable> {
        let what = "noting that a mail was sent";
        let item = items::encode(&self.keys.mail(key), &Record::until(keep_until, true), what)?;
        let put = self.client.put_item().table_name(&self.table).set_item(Some(item));
        put.send().await.map_err(unavailable(what))?;
        Ok(())
    }

    async fn release(&self, key: &str) -> Result<(), Unavailable> {
        let delete = self
            .client
            .delete_item()
            .table_name(&self.table)
            .set_key(Some(self.keys.mail(key).into_item()))
            .condition_expression("sent = :unsent")
            .expression_attribute_values(":unsent", items::flag(false));
        let Err(error) = delete.send().await else { return Ok(()) };
        match error.as_service_error() {
            // There is no claim to give back: it has lapsed, or the mail was sent after all.
            Some(DeleteItemError::ConditionalCheckFailedException(_)) => Ok(()),
            _ => Err(unavailable("giving a mail back")(error)),
        }
    }
}

/// What a record that stands in the way says. Without one the claim was given back meanwhile: the caller comes again.
fn standing(item: Option<&items::Item>) -> Result<Claim, Unavailable> {
    let Some(item) = item else { return Ok(Claim::Busy) };
    let record: Record = items::decode(item.clone(), "reading a claim")?;
    Ok(if record.sent { Claim::Sent } else { Claim::Busy })
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::Client;
    use aws_sdk_dynamodb::operation::delete_item::DeleteItemOutput;
    use aws_sdk_dynamodb::operation::put_item::PutItemOutput;
    use aws_sdk_dynamodb::types::error::ConditionalCheckFailedException;
    use aws_smithy_mocks::{MockResponse, Rule, mock};
    use evergreen_testkit::moment;
    use serde_json::json as value;

    use super::*;
    use crate::mocks::record;
    use crate::registry::support::{item, json, registry, texts};

    const NOW: &str = "2026-11-24T03:00:00Z";
    const LATER: &str = "2026-11-24T03:01:00Z";

    /// The record that stands until `LATER`, as it is stored.
    fn stored(sent: bool) -> serde_json::Value {
        value!({
            "pk": "MODEL#iris",
            "sk": "MAIL#abc",
            "sent": sent,
            "lease_until": "2026-11-24T03:01:00.000Z",
            "expires_at": 1_795_489_261,
        })
    }

    fn refused(stored: Option<Record>) -> Rule {
        mock!(Client::put_item).then_error(move || {
            let stored = stored.as_ref().map(item);
            let refusal = ConditionalCheckFailedException::builder().set_item(stored).build();
            PutItemError::ConditionalCheckFailedException(refusal)
        })
    }

    async fn claim(rule: &Rule) -> Claim {
        registry(&[rule]).claim("abc", moment(NOW), moment(LATER)).await.unwrap()
    }

    #[tokio::test]
    async fn a_mail_is_claimed_when_nobody_sent_it_and_nobody_is_at_it() {
        let (rule, sent) = record(mock!(Client::put_item), || MockResponse::Output(PutItemOutput::builder().build()));
        assert_eq!(claim(&rule).await, Claim::Granted);
        let request = sent.only();
        assert_eq!(
            request.condition_expression(),
            Some("attribute_not_exists(pk) OR (sent = :unsent AND lease_until <= :now)")
        );
        assert_eq!(
            json(request.expression_attribute_values.unwrap()),
            value!({":unsent": false, ":now": "2026-11-24T03:00:00.000Z"})
        );
        assert_eq!(json(request.item.unwrap()), stored(false));
    }

    #[tokio::test]
    async fn a_claim_that_is_refused_says_why() {
        assert_eq!(claim(&refused(Some(Record::until(moment(LATER), true)))).await, Claim::Sent);
        assert_eq!(claim(&refused(Some(Record::until(moment(LATER), false)))).await, Claim::Busy);
        assert_eq!(claim(&refused(None)).await, Claim::Busy);
    }

    #[tokio::test]
    async fn a_sent_mail_is_remembered_until_its_time() {
        let (rule, sent) = record(mock!(Client::put_item), || MockResponse::Output(PutItemOutput::builder().build()));
        registry(&[&rule]).sent("abc", moment(LATER)).await.unwrap();
        let request = sent.only();
        assert_eq!(request.condition_expression(), None);
        assert_eq!(json(request.item.unwrap()), stored(true));
    }

    #[tokio::test]
    async fn a_claim_is_given_back_unless_the_mail_was_sent() {
        let (rule, sent) =
            record(mock!(Client::delete_item), || MockResponse::Output(DeleteItemOutput::builder().build()));
        registry(&[&rule]).release("abc").await.unwrap();
        let request = sent.only();
        assert_eq!(request.condition_expression(), Some("sent = :unsent"));
        assert_eq!(request.key, Some(texts(&[("pk", "MODEL#iris"), ("sk", "MAIL#abc")])));
    }

    #[tokio::test]
    async fn giving_back_what_is_gone_is_no_failure() {
        let rule = mock!(Client::delete_item).then_error(|| {
            let refusal = ConditionalCheckFailedException::builder().build();
            DeleteItemError::ConditionalCheckFailedException(refusal)
        });
        registry(&[&rule]).release("abc").await.unwrap();
    }
}
