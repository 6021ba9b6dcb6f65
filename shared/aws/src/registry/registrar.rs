//! Writing runs and versions.

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::put_item::builders::PutItemFluentBuilder;
use aws_sdk_dynamodb::types::{ReturnValue, ReturnValuesOnConditionCheckFailure};
use evergreen_lifecycle::ports::{PromoteError, RegisterError, Registrar, Registration, RunWriteError, Unavailable};
use evergreen_lifecycle::{Champion, Run, VersionNumber};
use serde::Deserialize;

use super::{Registry, items, transaction};
use crate::failure::unavailable;

/// The counter after a number was taken.
#[derive(Deserialize)]
struct Counter {
    last_version: VersionNumber,
}

impl Registrar for Registry {
    async fn open(&self, run: &Run) -> Result<(), RunWriteError> {
        let what = "opening a run";
        let put = match run.attempt.saturating_sub(1) {
            0 => self.put(run, what)?.condition_expression("attribute_not_exists(pk)"),
            // A run that made a version is never overwritten, whatever its number of attempts.
            predecessor => self
                .put(run, what)?
                .condition_expression("attempt = :predecessor AND #status IN (:running, :failed)")
                .expression_attribute_names("#status", "status")
                .expression_attribute_values(":predecessor", items::number(predecessor))
                .expression_attribute_values(":running", items::text(transaction::RUNNING))
                .expression_attribute_values(":failed", items::text("FAILED")),
        };
        store(put, run, what).await
    }

    async fn fail(&self, run: &Run) -> Result<(), RunWriteError> {
        let what = "closing a run";
        let put = self
            .put(run, what)?
            .condition_expression(transaction::AT_WORK)
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":attempt", items::number(run.attempt))
            .expression_attribute_values(":running", items::text(transaction::RUNNING));
        store(put, run, what).await
    }

    async fn take_number(&self) -> Result<VersionNumber, Unavailable> {
        let what = "taking a version number";
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(self.keys.counter().into_item()))
            .update_expression("ADD last_version :one")
            .expression_attribute_values(":one", items::number(1))
            .return_values(ReturnValue::UpdatedNew);
        let answer = update.send().await.map_err(unavailable(what))?;
        let counter: Counter = items::decode(answer.attributes.unwrap_or_default(), what)?;
        Ok(counter.last_version)
    }

    async fn register(&self, registration: &Registration) -> Result<(), RegisterError> {
        let writes = self.writes(registration)?;
        // The SDK gives the call a token of its own, so that trying it again cannot register twice.
        let transaction = self.client.transact_write_items().set_transact_items(Some(writes));
        let Err(error) = transaction.send().await else { return Ok(()) };
        Err(transaction::refusal(&registration.run.id, error))
    }

    async fn promote(&self, champion: &Champion, artifact: Option<&[u8]>) -> Result<(), PromoteError> {
        let writes = self.promotion(champion, artifact)?.into();
        let transaction = self.client.transact_write_items().set_transact_items(Some(writes));
        let Err(error) = transaction.send().await else { return Ok(()) };
        Err(transaction::promotion_refusal(error))
    }
}

impl Registry {
    /// A write of `run` that returns what is stored when its condition fails.
    fn put(&self, run: &Run, what: &'static str) -> Result<PutItemFluentBuilder, Unavailable> {
        let item = items::encode(&self.keys.run(&run.id), run, what)?;
        let put = self.client.put_item().table_name(&self.table).set_item(Some(item));
        Ok(put.return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld))
    }
}

/// Sends a conditional write of `run`. That it stands there already is success: the answer to an earlier try was lost.
async fn store(put: PutItemFluentBuilder, run: &Run, what: &'static str) -> Result<(), RunWriteError> {
    let Err(error) = put.send().await else { return Ok(()) };
    match error.as_service_error() {
        Some(PutItemError::ConditionalCheckFailedException(refusal)) if items::holds(refusal.item(), run) => Ok(()),
        Some(PutItemError::ConditionalCheckFailedException(_)) => Err(RunWriteError::Conflict(run.id.clone())),
        _ => Err(unavailable(what)(error).into()),
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::Client;
    use aws_sdk_dynamodb::operation::put_item::{PutItemInput, PutItemOutput};
    use aws_sdk_dynamodb::operation::update_item::UpdateItemOutput;
    use aws_sdk_dynamodb::types::error::ConditionalCheckFailedException;
    use aws_smithy_mocks::{MockResponse, Rule, mock};
    use evergreen_testkit::{moment, run};
    use serde_json::json as value;

    use super::*;
    use crate::mocks::{Sent, record};
    use crate::registry::support::{item, json, registry, texts};

    const START: &str = "2026-11-24T03:00:00Z";

    fn attempt(attempt: u32) -> Run {
        Run { attempt, ..run("7", moment(START)) }
    }

    fn accepting() -> (Rule, Sent<PutItemInput>) {
        record(mock!(Client::put_item), || MockResponse::Output(PutItemOutput::builder().build()))
    }

    fn refusing(stored: Run) -> Rule {
        mock!(Client::put_item).then_error(move || {
            let refusal = ConditionalCheckFailedException::builder().set_item(Some(item(&stored))).build();
            PutItemError::ConditionalCheckFailedException(refusal)
        })
    }

    #[tokio::test]
    async fn a_first_attempt_is_opened_only_where_there_is_no_run() {
        let (rule, sent) = accepting();
        registry(&[&rule]).open(&attempt(1)).await.unwrap();
        let request = sent.only();
        assert_eq!(request.table_name(), Some("registry"));
        assert_eq!(request.condition_expression(), Some("attribute_not_exists(pk)"));
        assert_eq!(request.expression_attribute_values(), None);
        let stored = json(request.item.unwrap());
        assert_eq!((&stored["pk"], &stored["sk"]), (&value!("MODEL#iris"), &value!("RUN#manual-7")));
        assert_eq!((&stored["status"], &stored["attempt"]), (&value!("RUNNING"), &value!(1)));
        assert_eq!(stored["started_at"], value!("2026-11-24T03:00:00.000Z"));
    }

    #[tokio::test]
    async fn a_later_attempt_is_opened_only_over_its_predecessor() {
        let (rule, sent) = accepting();
        registry(&[&rule]).open(&attempt(3)).await.unwrap();
        let request = sent.only();
        assert_eq!(request.condition_expression(), Some("attempt = :predecessor AND #status IN (:running, :failed)"));
        let values = json(request.expression_attribute_values.unwrap());
        assert_eq!(values, value!({":predecessor": 2, ":running": "RUNNING", ":failed": "FAILED"}));
    }

    #[tokio::test]
    async fn a_failure_is_stored_only_over_the_attempt_that_failed() {
        let (rule, sent) = accepting();
        let failed = attempt(2).failed("no such column".into(), None, moment(START));
        registry(&[&rule]).fail(&failed).await.unwrap();
        let request = sent.only();
        assert_eq!(request.condition_expression(), Some("attempt = :attempt AND #status = :running"));
        let values = json(request.expression_attribute_values.unwrap());
        assert_eq!(values, value!({":attempt": 2, ":running": "RUNNING"}));
        assert_eq!(json(request.item.unwrap())["reason"], value!("no such column"));
    }

    #[tokio::test]
    async fn another_attempt_in_the_way_is_a_conflict() {
        let error = registry(&[&refusing(attempt(2))])
            .open(&Run { invocation: "another".into(), ..attempt(2) })
            .await
            .unwrap_err();
        assert!(matches!(error, RunWriteError::Conflict(id) if id == attempt(2).id));
        let failed = attempt(1).failed("no such column".into(), None, moment(START));
        let error = registry(&[&refusing(attempt(2))]).fail(&failed).await.unwrap_err();
        assert!(matches!(error, RunWriteError::Conflict(_)));
    }

    #[tokio::test]
    async fn an_attempt_that_stands_there_already_was_written_by_an_earlier_try() {
        registry(&[&refusing(attempt(2))]).open(&attempt(2)).await.unwrap();
        let failed = attempt(2).failed("no such column".into(), None, moment(START));
        registry(&[&refusing(failed.clone())]).fail(&failed).await.unwrap();
    }

    #[tokio::test]
    async fn a_table_that_does_not_answer_is_unavailable_and_not_a_conflict() {
        let rule = mock!(Client::put_item).then_error(|| PutItemError::generic(Default::default()));
        let error = registry(&[&rule]).open(&attempt(1)).await.unwrap_err();
        assert!(matches!(error, RunWriteError::Unavailable(Unavailable { what: "opening a run", .. })));
    }

    #[tokio::test]
    async fn a_number_is_taken_by_adding_one() {
        let (rule, sent) = record(mock!(Client::update_item), || {
            MockResponse::Output(UpdateItemOutput::builder().attributes("last_version", items::number(42)).build())
        });
        assert_eq!(registry(&[&rule]).take_number().await.unwrap().get(), 42);
        let request = sent.only();
        assert_eq!(request.update_expression(), Some("ADD last_version :one"));
        assert_eq!(request.return_values(), Some(&ReturnValue::UpdatedNew));
        assert_eq!(request.key, Some(texts(&[("pk", "MODEL#iris"), ("sk", "COUNTER")])));
    }

    #[tokio::test]
    async fn a_counter_that_says_nothing_gives_no_number() {
        let rule = mock!(Client::update_item).then_output(|| UpdateItemOutput::builder().build());
        assert_eq!(registry(&[&rule]).take_number().await.unwrap_err().what, "taking a version number");
    }
}
