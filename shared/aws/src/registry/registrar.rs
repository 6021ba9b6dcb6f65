//! Writing runs and versions.

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::put_item::builders::PutItemFluentBuilder;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;
use evergreen_lifecycle::ports::{
    PromoteError, Promotion, RegisterError, Registrar, Registration, RunWriteError, Runs, Unavailable,
};
use evergreen_lifecycle::{Announcement, Champion, Run, VersionNumber};

use super::cancellation::Refused;
use super::{Registry, items, keys, transaction};
use crate::failure::unavailable;

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

    async fn fail(&self, run: &Run, announcements: &[Announcement]) -> Result<(), RunWriteError> {
        let Err(refused) = self.transact(self.failure(run, announcements)?, "closing a run").await else {
            return Ok(());
        };
        if !refused.is_about(&self.keys.run(&run.id)) {
            return Err(refused.error.into());
        }
        if self.has_ended_so(run).await? { Ok(()) } else { Err(RunWriteError::Conflict(run.id.clone())) }
    }

    async fn last_registered(&self) -> Result<Option<VersionNumber>, Unavailable> {
        let highest = self.highest(keys::VERSIONS, "looking for the newest version").await?;
        Ok(highest.as_deref().and_then(VersionNumber::of_padded))
    }

    async fn last_revision(&self) -> Result<u32, Unavailable> {
        let highest = self.highest(keys::CHAMPIONS, "looking for the newest champion").await?;
        Ok(highest.and_then(|revision| revision.parse().ok()).unwrap_or_default())
    }

    async fn take_number(&self, above: Option<VersionNumber>) -> Result<VersionNumber, Unavailable> {
        self.next_number(above).await
    }

    async fn register(&self, registration: &Registration) -> Result<(), RegisterError> {
        let run = &registration.run;
        let Err(refused) = self.transact(self.writes(registration)?, "registering a version").await else {
            return Ok(());
        };
        // The run comes first: without the run nothing else matters.
        if refused.is_about(&self.keys.run(&run.id)) {
            return if self.has_ended_so(run).await? { Ok(()) } else { Err(RegisterError::RunTaken(run.id.clone())) };
        }
        match &registration.promotion {
            Some(champion) if self.is_overtaken(champion, &refused) => Err(RegisterError::ChampionMoved),
            None if refused.is_about(&self.keys.champion()) => Err(RegisterError::ChampionMoved),
            _ => Err(refused.error.into()),
        }
    }

    async fn promote(&self, promotion: &Promotion<'_>) -> Result<(), PromoteError> {
        let Err(refused) = self.transact(self.promotion(promotion)?, "promoting a version").await else {
            return Ok(());
        };
        let is_overtaken = self.is_overtaken(promotion.champion, &refused);
        Err(if is_overtaken { PromoteError::ChampionMoved } else { refused.error.into() })
    }
}

impl Registry {
    /// Whether another champion stands where `champion` was to be put: at the pointer, or in the history.
    fn is_overtaken(&self, champion: &Champion, refused: &Refused) -> bool {
        let places = [self.keys.champion(), self.keys.champion_of(champion.revision)];
        places.iter().any(|place| refused.is_about(place))
    }

    /// Whether the run's end is on record already: an earlier try has written it, and its answer was lost.
    async fn has_ended_so(&self, run: &Run) -> Result<bool, Unavailable> {
        let stored = self.run(&run.id).await?;
        let end = |run: &Run| (run.attempt, run.invocation.clone(), run.state.clone());
        Ok(stored.and_then(Result::ok).is_some_and(|stored| end(&stored) == end(run)))
    }

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
    use aws_sdk_dynamodb::types::error::ConditionalCheckFailedException;
    use aws_smithy_mocks::{MockResponse, Rule, mock};
    use evergreen_testkit::{moment, run};
    use serde_json::json as value;

    use super::*;
    use crate::mocks::{Sent, record};
    use crate::registry::support::{item, json, registry};

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
    async fn another_attempt_in_the_way_is_a_conflict() {
        let error = registry(&[&refusing(attempt(2))])
            .open(&Run { invocation: "another".into(), ..attempt(2) })
            .await
            .unwrap_err();
        assert!(matches!(error, RunWriteError::Conflict(id) if id == attempt(2).id));
    }

    #[tokio::test]
    async fn an_attempt_that_stands_there_already_was_written_by_an_earlier_try() {
        registry(&[&refusing(attempt(2))]).open(&attempt(2)).await.unwrap();
    }

    #[tokio::test]
    async fn a_table_that_does_not_answer_is_unavailable_and_not_a_conflict() {
        let rule = mock!(Client::put_item).then_error(|| PutItemError::generic(Default::default()));
        let error = registry(&[&rule]).open(&attempt(1)).await.unwrap_err();
        assert!(matches!(error, RunWriteError::Unavailable(Unavailable { what: "opening a run", .. })));
    }
}
