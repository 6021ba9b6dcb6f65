//! Writes how far a running training run has come into its DynamoDB record.

use evergreen_lifecycle::ports::{RunProgress, Unavailable};
use evergreen_lifecycle::{Progress, Run};

use super::retention::sent;
use super::{Registry, items};

const REPORTING: &str = "writing the progress of a run";

impl RunProgress for Registry {
    async fn report(&self, run: &Run, progress: &Progress) -> Result<(), Unavailable> {
        // Without the condition, a late report would bring back a record that has expired, or change an ended run.
        let update = self
            .update(self.keys.run(&run.id))
            .update_expression("SET progress = :progress")
            .condition_expression("attempt = :attempt AND #status = :running")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":progress", items::attribute(progress, REPORTING)?)
            .expression_attribute_values(":attempt", items::number(run.attempt))
            .expression_attribute_values(":running", items::text("RUNNING"));
        sent(update, REPORTING).await.map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::Client;
    use aws_sdk_dynamodb::operation::update_item::{UpdateItemError, UpdateItemOutput};
    use aws_sdk_dynamodb::types::error::ConditionalCheckFailedException;
    use aws_smithy_mocks::{MockResponse, mock};
    use evergreen_lifecycle::{PrimaryMetric, RunStage};
    use evergreen_testkit::{moment, run};

    use super::*;
    use crate::registry::items::RegistryItem;
    use crate::registry::tests::support::{item, registry, texts};
    use crate::tests::mocks::record;

    const START: &str = "2026-11-24T03:00:00Z";

    fn progress() -> Progress {
        Progress {
            stage: RunStage::Searching,
            tried: 3,
            planned: 20,
            best: Some(-1e200),
            metric: Some(PrimaryMetric::R2),
            updated_at: moment(START),
        }
    }

    #[tokio::test]
    async fn only_the_attempt_that_still_runs_gets_the_progress() {
        let (rule, sent) =
            record(mock!(Client::update_item), || MockResponse::Output(UpdateItemOutput::builder().build()));
        registry(&[&rule]).report(&run("7", moment(START)), &progress()).await.unwrap();
        let request = sent.only();
        assert_eq!(request.key, Some(texts(&[("pk", "MODEL#iris"), ("sk", "RUN#manual-7")])));
        assert_eq!(request.condition_expression(), Some("attempt = :attempt AND #status = :running"));
        let values = request.expression_attribute_values.unwrap();
        assert_eq!((&values[":attempt"], &values[":running"]), (&items::number(1), &items::text("RUNNING")));
        let stored = values[":progress"].as_m().unwrap();
        assert_eq!((&stored["stage"], &stored["tried"]), (&items::text("searching"), &items::number(3)));
        // DynamoDB refuses a larger number.
        assert_eq!(stored["best"].as_n().unwrap().parse::<f64>().unwrap(), -9.999e125);
    }

    #[tokio::test]
    async fn a_run_that_has_ended_meanwhile_is_not_an_error() {
        let rule = mock!(Client::update_item).then_error(|| {
            UpdateItemError::ConditionalCheckFailedException(ConditionalCheckFailedException::builder().build())
        });
        registry(&[&rule]).report(&run("7", moment(START)), &progress()).await.unwrap();
    }

    #[test]
    fn a_running_record_is_read_with_its_progress() {
        let running = Run { progress: Some(Progress { best: Some(0.5), ..progress() }), ..run("7", moment(START)) };
        let stored: RegistryItem = item(&running);
        assert_eq!(items::decode::<Run>(stored, "reading").unwrap(), running);
    }
}
