//! Stores claims on mails, see [`MailClaims`]. A claim reserves one mail for one invocation. When the mail was sent, or
//! may have been sent, the claim records that. DynamoDB's time-to-live deletes old claims.

use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;
use evergreen_lifecycle::ports::{Claim, Lease, MailClaims, REMEMBERED, UNANSWERED, Unavailable};
use evergreen_lifecycle::time;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::keys::RegistryKeys;
use super::{Registry, items};
use crate::failure::unavailable;

/// A claim as stored in DynamoDB, without its key. A claim reserves one mail for one invocation, so that no other one
/// sends it too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct ClaimRecord {
    state: ClaimState,
    // Empty after the result of sending is recorded.
    /// The identifier of the Lambda invocation that has reserved the mail.
    holder: String,
    // A sent mail can never be reserved again. The text format of the time sorts by time.
    /// The time from which another invocation may reserve the mail.
    open_at: String,
    /// The time at which DynamoDB's time-to-live may delete the claim, in seconds since 1970.
    expires_at: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum ClaimState {
    Sending,
    Sent,
    Unanswered,
}

// A claim of such a release is in the partition of the model's training runs.
/// A claim as releases up to 0.1 stored it in DynamoDB. A claim reserves one mail for one invocation.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct EarlyClaimRecord {
    sent: bool,
    lease_until: String,
}

impl ClaimRecord {
    fn new(state: ClaimState, holder: &str, now: Timestamp, open_at: Timestamp) -> Self {
        let expires_at = later(now, REMEMBERED).as_second();
        Self { state, holder: holder.to_owned(), open_at: time::format(open_at), expires_at }
    }

    /// Returns why another invocation cannot reserve the mail at `now`.
    fn claim_at(&self, now: Timestamp) -> Claim {
        // The mail was sent, may have been sent, or is being sent.
        match self.state {
            ClaimState::Sent => Claim::Sent,
            ClaimState::Sending if time::format(later(now, UNANSWERED)) < self.open_at => Claim::Busy,
            ClaimState::Sending | ClaimState::Unanswered => Claim::Unanswered,
        }
    }
}

impl EarlyClaimRecord {
    /// Returns why the mail must not be sent at `now`, according to this claim of an old release. `None` if the mail
    /// may be sent.
    fn claim_at(&self, now: Timestamp) -> Option<Claim> {
        if self.sent {
            Some(Claim::Sent)
        } else if time::format(now) < self.lease_until {
            Some(Claim::Busy)
        } else {
            (time::format(later(now, -UNANSWERED)) < self.lease_until).then_some(Claim::Unanswered)
        }
    }
}

impl MailClaims for Registry {
    async fn claim(&self, key: &str, lease: &Lease) -> Result<Claim, Unavailable> {
        if let Some(early) = self.early_claim(key, lease.now).await? {
            return Ok(early);
        }
        let what = "claiming a mail";
        let record = ClaimRecord::new(ClaimState::Sending, &lease.holder, lease.now, later(lease.until, UNANSWERED));
        let item = items::encode(&self.keys.claim(key), &record, what)?;
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(pk) OR (#state <> :sent AND open_at <= :now)")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":sent", items::text("sent"))
            .expression_attribute_values(":now", items::text(time::format(lease.now)))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let Err(error) = put.send().await else { return Ok(Claim::Granted) };
        match error.as_service_error() {
            Some(PutItemError::ConditionalCheckFailedException(refusal)) => refused(refusal.item(), lease),
            _ => Err(unavailable(what)(error)),
        }
    }

    async fn claim_state(&self, key: &str, now: Timestamp) -> Result<Option<Claim>, Unavailable> {
        let what = "reading a claim";
        match self.item(self.keys.claim(key), what).await? {
            Some(item) => Ok(Some(items::decode::<ClaimRecord>(item, what)?.claim_at(now))),
            None => self.early_claim(key, now).await,
        }
    }

    async fn sent(&self, key: &str, now: Timestamp) -> Result<(), Unavailable> {
        self.note(key, ClaimRecord::new(ClaimState::Sent, "", now, later(now, REMEMBERED))).await
    }

    async fn unanswered(&self, key: &str, now: Timestamp) -> Result<(), Unavailable> {
        self.note(key, ClaimRecord::new(ClaimState::Unanswered, "", now, later(now, UNANSWERED))).await
    }

    async fn release(&self, key: &str, lease: &Lease) -> Result<(), Unavailable> {
        let delete = self
            .client
            .delete_item()
            .table_name(&self.table)
            .set_key(Some(self.keys.claim(key).into_item()))
            .condition_expression("holder = :holder")
            .expression_attribute_values(":holder", items::text(&lease.holder));
        let Err(error) = delete.send().await else { return Ok(()) };
        match error.as_service_error() {
            // This invocation has no claim on the mail, so there is no claim to delete.
            Some(DeleteItemError::ConditionalCheckFailedException(_)) => Ok(()),
            _ => Err(unavailable("releasing the claim on a mail")(error)),
        }
    }
}

impl Registry {
    async fn note(&self, key: &str, record: ClaimRecord) -> Result<(), Unavailable> {
        let what = "recording the result of sending a mail";
        let item = items::encode(&self.keys.claim(key), &record, what)?;
        let put = self.client.put_item().table_name(&self.table).set_item(Some(item));
        put.send().await.map_err(unavailable(what))?;
        Ok(())
    }

    /// Reads the claim on the mail `key` that a release up to 0.1 stored. Returns why the claim forbids to send the
    /// mail. `None` if the mail may be sent.
    async fn early_claim(&self, key: &str, now: Timestamp) -> Result<Option<Claim>, Unavailable> {
        // `None` also means that there is no such claim. The code uses a DynamoDB query and not a get, so the role
        // needs no permission to get items of that partition.
        let what = "reading a claim of an earlier release";
        let query = self.query(&RegistryKeys::early_claim(key)).consistent_read(true).limit(1).send();
        let found = query.await.map_err(unavailable(what))?.items.unwrap_or_default().into_iter().next();
        let record: Option<EarlyClaimRecord> = found.map(|item| items::decode(item, what)).transpose()?;
        Ok(record.and_then(|record| record.claim_at(now)))
    }
}

/// Decides whether an invocation may send a mail after DynamoDB refused to store its claim on the mail. `item` is the
/// claim that is already stored.
fn refused(item: Option<&items::RegistryItem>, lease: &Lease) -> Result<Claim, Unavailable> {
    // If `item` is `None`, that claim was deleted in the meantime. The result is then `Busy`, so the invocation tries
    // again.
    let Some(item) = item else { return Ok(Claim::Busy) };
    let record: ClaimRecord = items::decode(item.clone(), "reading a claim")?;
    // The SDK repeats a write if the answer is lost. Then the stored claim is this invocation's own one.
    let own = record.state == ClaimState::Sending && record.holder == lease.holder;
    Ok(if own { Claim::Granted } else { record.claim_at(lease.now) })
}

fn later(moment: Timestamp, by: SignedDuration) -> Timestamp {
    moment.saturating_add(by).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::Client;
    use aws_sdk_dynamodb::operation::delete_item::DeleteItemOutput;
    use aws_sdk_dynamodb::operation::put_item::PutItemOutput;
    use aws_sdk_dynamodb::operation::query::QueryOutput;
    use aws_sdk_dynamodb::types::error::ConditionalCheckFailedException;
    use aws_smithy_mocks::{MockResponse, Rule, mock};
    use evergreen_testkit::moment;
    use serde_json::json as value;

    use super::*;
    use crate::registry::tests::support::{item, json, registry, texts};
    use crate::tests::mocks::record;

    const NOW: &str = "2026-11-24T03:00:00Z";
    const LATER: &str = "2026-11-24T03:05:00Z";

    fn lease_at(now: &str) -> Lease {
        Lease { holder: "invocation-7".into(), now: moment(now), until: moment(LATER) }
    }

    /// Test helper: returns the stored item of a claim as JSON.
    fn stored(state: &str, holder: &str, open_at: &str) -> serde_json::Value {
        value!({
            "pk": "MAIL#iris",
            "sk": "CLAIM#abc",
            "state": state,
            "holder": holder,
            "open_at": open_at,
            "expires_at": 1_798_081_200,
        })
    }

    fn sending(holder: &str) -> ClaimRecord {
        ClaimRecord::new(ClaimState::Sending, holder, moment(NOW), later(moment(LATER), UNANSWERED))
    }

    /// Test helper: returns a fake DynamoDB answer with a claim of an old release. `sent` says whether the claimed mail
    /// was sent. `None` means that there is no claim.
    fn early(sent: Option<bool>) -> Rule {
        mock!(Client::query)
            .match_requests(|query| {
                let values = query.expression_attribute_values().unwrap();
                values[":pk"] == items::text("MODEL#iris") && values[":prefix"] == items::text("MAIL#abc")
            })
            .then_output(move || {
                let record = sent.map(|sent| item(&value!({"sent": sent, "lease_until": "2026-11-24T03:05:00.000Z"})));
                QueryOutput::builder().set_items(record.map(|record| vec![record])).build()
            })
    }

    fn refused(stored: Option<ClaimRecord>) -> Rule {
        mock!(Client::put_item).then_error(move || {
            let stored = stored.as_ref().map(item);
            let refusal = ConditionalCheckFailedException::builder().set_item(stored).build();
            PutItemError::ConditionalCheckFailedException(refusal)
        })
    }

    async fn claim(stored: Option<ClaimRecord>, now: &str) -> Claim {
        registry(&[&early(None), &refused(stored)]).claim("abc", &lease_at(now)).await.unwrap()
    }

    #[tokio::test]
    async fn a_mail_is_claimed_when_nobody_has_sent_or_claimed_it() {
        let (rule, sent) = record(mock!(Client::put_item), || MockResponse::Output(PutItemOutput::builder().build()));
        let claim = registry(&[&early(None), &rule]).claim("abc", &lease_at(NOW)).await.unwrap();
        assert_eq!(claim, Claim::Granted);
        let request = sent.only();
        assert_eq!(
            request.condition_expression(),
            Some("attribute_not_exists(pk) OR (#state <> :sent AND open_at <= :now)")
        );
        assert_eq!(
            json(request.expression_attribute_values.unwrap()),
            value!({":sent": "sent", ":now": "2026-11-24T03:00:00.000Z"})
        );
        assert_eq!(json(request.item.unwrap()), stored("sending", "invocation-7", "2026-11-24T04:05:00.000Z"));
    }

    #[tokio::test]
    async fn a_refused_claim_says_why() {
        assert_eq!(claim(Some(ClaimRecord { state: ClaimState::Sent, ..sending("") }), NOW).await, Claim::Sent);
        assert_eq!(claim(Some(sending("another")), NOW).await, Claim::Busy);
        assert_eq!(claim(Some(sending("another")), LATER).await, Claim::Unanswered, "its holder was stopped");
        assert_eq!(
            claim(Some(ClaimRecord { state: ClaimState::Unanswered, ..sending("") }), NOW).await,
            Claim::Unanswered
        );
        assert_eq!(claim(None, NOW).await, Claim::Busy);
    }

    #[tokio::test]
    async fn a_claim_with_a_lost_answer_is_granted_to_its_holder() {
        assert_eq!(claim(Some(sending("invocation-7")), NOW).await, Claim::Granted);
    }

    #[tokio::test]
    async fn a_mail_that_an_earlier_release_sent_is_not_sent_again() {
        let claim = async |sent, now| registry(&[&early(Some(sent))]).claim("abc", &lease_at(now)).await.unwrap();
        assert_eq!(claim(true, "2026-12-20T03:00:00Z").await, Claim::Sent);
        assert_eq!(claim(false, NOW).await, Claim::Busy);
        assert_eq!(claim(false, LATER).await, Claim::Unanswered);
        let rule = mock!(Client::put_item).then_output(|| PutItemOutput::builder().build());
        let lease = lease_at("2026-11-24T04:05:00Z");
        let claim = registry(&[&early(Some(false)), &rule]).claim("abc", &lease).await.unwrap();
        assert_eq!(claim, Claim::Granted, "it may have been sent, but long ago");
    }

    #[tokio::test]
    async fn the_result_of_a_mail_is_kept_until_it_expires() {
        let taking = || record(mock!(Client::put_item), || MockResponse::Output(PutItemOutput::builder().build()));
        let (rule, sent) = taking();
        registry(&[&rule]).sent("abc", moment(NOW)).await.unwrap();
        assert_eq!(json(sent.only().item.unwrap()), stored("sent", "", "2026-12-24T03:00:00.000Z"));
        let (rule, sent) = taking();
        registry(&[&rule]).unanswered("abc", moment(NOW)).await.unwrap();
        assert_eq!(json(sent.only().item.unwrap()), stored("unanswered", "", "2026-11-24T04:00:00.000Z"));
    }

    #[tokio::test]
    async fn only_the_holder_gives_a_claim_back() {
        let (rule, sent) =
            record(mock!(Client::delete_item), || MockResponse::Output(DeleteItemOutput::builder().build()));
        registry(&[&rule]).release("abc", &lease_at(NOW)).await.unwrap();
        let request = sent.only();
        assert_eq!(request.condition_expression(), Some("holder = :holder"));
        assert_eq!(json(request.expression_attribute_values.unwrap()), value!({":holder": "invocation-7"}));
        assert_eq!(request.key, Some(texts(&[("pk", "MAIL#iris"), ("sk", "CLAIM#abc")])));
    }

    #[tokio::test]
    async fn giving_back_a_missing_claim_is_not_a_failure() {
        let rule = mock!(Client::delete_item).then_error(|| {
            let refusal = ConditionalCheckFailedException::builder().build();
            DeleteItemError::ConditionalCheckFailedException(refusal)
        });
        registry(&[&rule]).release("abc", &lease_at(NOW)).await.unwrap();
    }
}
