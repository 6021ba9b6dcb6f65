//! Controls when DynamoDB deletes the records of a training run and its model version. The attribute `expires_at` of a
//! record is the time at which DynamoDB's time-to-live deletes it.
//!
//! The attribute `kept` marks a record that must stay. A record with this attribute never gets a deletion time. For
//! example, a training run may end while somebody promotes its model version.

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use evergreen_lifecycle::ports::{Expiry, RecordRetention, Unavailable};
use evergreen_lifecycle::{Run, RunState, Version, VersionNumber};
use jiff::Timestamp;

use super::keys::Key;
use super::{Registry, items};
use crate::failure::unavailable;

const EXPIRING: &str = "marking a record for deletion";
const KEEPING: &str = "marking a record to be kept";

impl RecordRetention for Registry {
    async fn expire_records(&self, run: &Run, at: Timestamp) -> Result<Expiry, Unavailable> {
        // The model version is marked first. If the run cannot be marked, the model version must still expire.
        if let Some(number) = refused(run)
            && !self.expire(self.keys.version(number), at, None).await?
        {
            return Ok(Expiry::Kept);
        }
        let marked = self.expire(self.keys.run(&run.id), at, Some(run.attempt)).await?;
        Ok(if marked { Expiry::Marked } else { Expiry::Kept })
    }

    async fn keep_records(&self, version: &Version) -> Result<bool, Unavailable> {
        let is_registered = self.keep(self.keys.version(version.number)).await?;
        // The training run's record may have expired. Then its update does nothing, which is correct.
        self.keep(self.keys.run(&version.run_id)).await?;
        Ok(is_registered)
    }
}

impl Registry {
    /// Sets the time `at` when DynamoDB deletes the record with the key `key`. Returns whether the time was set.
    async fn expire(&self, key: Key, at: Timestamp, attempt: Option<u32>) -> Result<bool, Unavailable> {
        // The time is not set if the record must stay, does not exist, or belongs to another attempt than `attempt`. If
        // `attempt` is `None`, the attempt is not compared.
        let mut update = self
            .update(key)
            .update_expression("SET expires_at = :at")
            .expression_attribute_values(":at", items::number(at.as_second()));
        update = match attempt {
            None => update.condition_expression("attribute_exists(pk) AND attribute_not_exists(kept)"),
            Some(attempt) => update
                .condition_expression("attempt = :attempt AND attribute_not_exists(kept)")
                .expression_attribute_values(":attempt", items::number(attempt)),
        };
        sent(update, EXPIRING).await
    }

    /// Keeps a record, now and later. Returns `false` if there is none.
    pub(super) async fn keep(&self, key: Key) -> Result<bool, Unavailable> {
        let update = self
            .update(key)
            .update_expression("SET kept = :kept REMOVE expires_at")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_values(":kept", items::flag(true));
        sent(update, KEEPING).await
    }

    pub(super) fn update(&self, key: Key) -> UpdateItemFluentBuilder {
        self.client.update_item().table_name(&self.table).set_key(Some(key.into_item()))
    }
}

/// Sends a DynamoDB update. Returns whether its condition was true, so that the update was performed.
pub(super) async fn sent(update: UpdateItemFluentBuilder, what: &'static str) -> Result<bool, Unavailable> {
    let Err(error) = update.send().await else { return Ok(true) };
    match error.as_service_error() {
        Some(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(false),
        _ => Err(unavailable(what)(error)),
    }
}

/// Returns the number of the model version that this training run made and the gate refused. `None` if the gate refused
/// none.
fn refused(run: &Run) -> Option<VersionNumber> {
    matches!(run.state, RunState::Rejected { .. }).then(|| run.version()).flatten()
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::Client;
    use aws_sdk_dynamodb::operation::update_item::{UpdateItemInput, UpdateItemOutput};
    use aws_sdk_dynamodb::types::error::ConditionalCheckFailedException;
    use aws_smithy_mocks::{MockResponse, Rule, RuleMode, mock, mock_client};
    use evergreen_testkit::{finished_run, moment, run, version};

    use super::*;
    use crate::registry::tests::support::texts;
    use crate::tests::mocks::{Sent, record};

    const START: &str = "2026-11-24T03:00:00Z";
    const LATER: &str = "2026-12-24T03:00:00Z";

    /// Test helper: returns a registry whose calls are all answered by `rule`.
    fn registry(rule: &Rule) -> Registry {
        Registry::over(mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, [rule]), "registry", &"iris".parse().unwrap())
    }

    fn accepting() -> (Rule, Sent<UpdateItemInput>) {
        record(mock!(Client::update_item), || MockResponse::Output(UpdateItemOutput::builder().build()))
    }

    fn refusing() -> Rule {
        mock!(Client::update_item).then_error(|| {
            UpdateItemError::ConditionalCheckFailedException(ConditionalCheckFailedException::builder().build())
        })
    }

    fn refused_run() -> Run {
        finished_run("7", moment(START), &version(3, 0.5, moment(START)))
    }

    #[tokio::test]
    async fn a_refused_run_and_its_version_are_marked_unless_they_are_to_be_kept() {
        let (rule, sent) = accepting();
        let marked = registry(&rule).expire_records(&refused_run(), moment(LATER)).await.unwrap();
        assert_eq!(marked, Expiry::Marked);
        let [version, run] = sent.all().try_into().unwrap();
        assert_eq!(version.key, Some(texts(&[("pk", "MODEL#iris"), ("sk", "VERSION#00000003")])));
        assert_eq!(version.condition_expression(), Some("attribute_exists(pk) AND attribute_not_exists(kept)"));
        assert_eq!(run.key, Some(texts(&[("pk", "MODEL#iris"), ("sk", "RUN#manual-7")])));
        assert_eq!(run.condition_expression(), Some("attempt = :attempt AND attribute_not_exists(kept)"));
        for update in [version, run] {
            let at = update.expression_attribute_values().unwrap()[":at"].clone();
            assert_eq!(at, items::number(moment(LATER).as_second()));
        }
    }

    #[tokio::test]
    async fn only_a_failed_run_is_marked() {
        let (rule, sent) = accepting();
        let failed = run("7", moment(START)).failed("no such column".into(), None, moment(START));
        registry(&rule).expire_records(&failed, moment(LATER)).await.unwrap();
        assert_eq!(sent.only().key, Some(texts(&[("pk", "MODEL#iris"), ("sk", "RUN#manual-7")])));
    }

    #[tokio::test]
    async fn keeping_a_version_keeps_its_run() {
        let marked = registry(&refusing()).expire_records(&refused_run(), moment(LATER)).await.unwrap();
        assert_eq!(marked, Expiry::Kept);
    }

    #[tokio::test]
    async fn a_kept_version_loses_its_mark_permanently() {
        let (rule, sent) = accepting();
        assert!(registry(&rule).keep_records(&version(3, 0.5, moment(START))).await.unwrap());
        for update in sent.all() {
            assert_eq!(update.update_expression(), Some("SET kept = :kept REMOVE expires_at"));
            assert_eq!(update.condition_expression(), Some("attribute_exists(pk)"), "nothing is made up");
        }
    }

    #[tokio::test]
    async fn an_expired_version_cannot_be_kept() {
        let rule = refusing();
        assert!(!registry(&rule).keep_records(&version(3, 0.5, moment(START))).await.unwrap());
    }

    #[tokio::test]
    async fn a_silent_registry_is_not_a_refusal() {
        let rule = mock!(Client::update_item).then_error(|| UpdateItemError::generic(Default::default()));
        let error = registry(&rule).expire_records(&refused_run(), moment(LATER)).await.unwrap_err();
        assert_eq!(error.what, EXPIRING);
    }
}
