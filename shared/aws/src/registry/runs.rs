//! Reads the records of training runs from DynamoDB.

use evergreen_lifecycle::ports::{Runs, Unavailable};
use evergreen_lifecycle::{Record, Run, RunId};

use super::{Registry, items, keys};

impl Runs for Registry {
    async fn run(&self, id: &RunId) -> Result<Option<Record<Run>>, Unavailable> {
        self.read(self.keys.run(id), "reading a run").await
    }

    async fn recent_runs(&self, limit: u32) -> Result<Vec<Record<Run>>, Unavailable> {
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .index_name(keys::BY_START)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", items::text(self.keys.partition()));
        self.newest(query, limit, "reading the runs").await
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::Client;
    use aws_sdk_dynamodb::operation::get_item::GetItemOutput;
    use aws_sdk_dynamodb::operation::query::QueryOutput;
    use aws_smithy_mocks::{MockResponse, mock};
    use evergreen_testkit::{moment, run};
    use jiff::SignedDuration;

    use super::*;
    use crate::registry::items::RegistryItem;
    use crate::registry::tests::support::{item, registry, texts};
    use crate::tests::mocks::record;

    fn nightly(day: u8) -> Run {
        run(&format!("night-{day}"), moment("2026-11-01T03:00:00Z") + SignedDuration::from_hours(24 * i64::from(day)))
    }

    #[tokio::test]
    async fn a_run_is_read_by_its_identity_and_sees_every_earlier_write() {
        let (rule, sent) = record(mock!(Client::get_item), || {
            MockResponse::Output(GetItemOutput::builder().set_item(Some(item(&nightly(1)))).build())
        });
        assert_eq!(registry(&[&rule]).run(&nightly(1).id).await.unwrap(), Some(Ok(nightly(1))));
        let request = sent.only();
        assert_eq!((request.table_name(), request.consistent_read()), (Some("registry"), Some(true)));
        assert_eq!(request.key, Some(texts(&[("pk", "MODEL#iris"), ("sk", "RUN#manual-night-1")])));
    }

    #[tokio::test]
    async fn a_missing_run_is_none() {
        let rule = mock!(Client::get_item).then_output(|| GetItemOutput::builder().build());
        assert_eq!(registry(&[&rule]).run(&nightly(1).id).await.unwrap(), None);
    }

    #[tokio::test]
    async fn the_newest_runs_are_collected_over_as_few_pages_as_needed() {
        let page = |first: u8, second: u8| {
            let records = vec![item(&nightly(first)), item(&nightly(second))];
            let last = Some(item(&nightly(second)));
            move || QueryOutput::builder().set_items(Some(records.clone())).set_last_evaluated_key(last.clone()).build()
        };
        let rule = mock!(Client::query)
            .match_requests(|query| {
                query.index_name() == Some("by-start")
                    && query.scan_index_forward() == Some(false)
                    && query.limit() == Some(3)
                    && query.key_condition_expression() == Some("pk = :pk")
            })
            .sequence()
            .output(page(4, 3))
            .output(page(2, 1))
            .build();
        let expected = [nightly(4), nightly(3), nightly(2)].map(Ok);
        assert_eq!(registry(&[&rule]).recent_runs(3).await.unwrap(), expected);
        assert_eq!(rule.num_calls(), 2);
    }

    #[tokio::test]
    async fn no_usage_is_requested_without_a_call() {
        assert_eq!(registry(&[]).recent_runs(0).await.unwrap(), []);
    }

    /// Test helper: returns the item of a training run with a status that only a newer version of the software knows.
    fn of_a_newer_release(day: u8) -> RegistryItem {
        let mut item = item(&nightly(day));
        item.insert("sk".to_owned(), items::text(format!("RUN#{}", nightly(day).id)));
        item.insert("status".to_owned(), items::text("PAUSED"));
        item
    }

    #[tokio::test]
    async fn an_unreadable_run_is_listed_among_the_others_and_hides_none() {
        let records = vec![item(&nightly(4)), of_a_newer_release(3), item(&nightly(2))];
        let rule =
            mock!(Client::query).then_output(move || QueryOutput::builder().set_items(Some(records.clone())).build());
        let runs = registry(&[&rule]).recent_runs(9).await.unwrap();
        assert_eq!((&runs[0], &runs[2]), (&Ok(nightly(4)), &Ok(nightly(2))));
        let unreadable = runs[1].as_ref().unwrap_err();
        assert_eq!(unreadable.key, "RUN#manual-night-3");
        assert!(unreadable.cause.contains("PAUSED"), "{unreadable}");
        assert_eq!(unreadable.field::<String>("status").as_deref(), Some("PAUSED"));
        assert_eq!(unreadable.moment("started_at"), Some(nightly(3).started_at));
    }

    #[tokio::test]
    async fn one_unreadable_run_is_not_a_failure_of_the_registry() {
        let rule = mock!(Client::get_item)
            .then_output(|| GetItemOutput::builder().set_item(Some(of_a_newer_release(1))).build());
        let run = registry(&[&rule]).run(&nightly(1).id).await.unwrap().unwrap();
        assert_eq!(run.unwrap_err().field::<String>("id").as_deref(), Some("manual-night-1"));
    }
}
