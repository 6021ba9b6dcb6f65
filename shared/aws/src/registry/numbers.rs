//! The counter in DynamoDB that gives each model version its number.
//!
//! The counter never decreases. If it is missing, damaged or too low, the next caller that needs a number raises it.

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::ReturnValue;
use evergreen_lifecycle::VersionNumber;
use evergreen_lifecycle::ports::Unavailable;
use serde::Deserialize;

use super::keys::{self, Key};
use super::{Registry, items};
use crate::failure::unavailable;

const WHAT: &str = "taking a version number";

// A try increments the counter if it is valid, and else raises it. If both fail, another caller has raised the
// counter, so the next increment usually succeeds.
/// Maximum number of tries to take a new model version number.
const MAX_TURNS: u32 = 5;

/// DynamoDB condition: the counter of model versions is at least `:above`, so the next number is greater than `:above`.
const IS_ABOVE: &str = "last_version >= :above";

/// DynamoDB condition: the counter of model versions is missing, is not a number, or is less than `:above`.
pub(super) const IS_BEHIND: &str =
    "attribute_not_exists(last_version) OR NOT attribute_type(last_version, :number) OR last_version < :above";

/// Answer of DynamoDB with the new value of the counter of model version numbers.
#[derive(Deserialize)]
struct Counter {
    last_version: VersionNumber,
}

impl Registry {
    /// Increases the counter in DynamoDB and returns a new model version number. The number is greater than `above`.
    pub(super) async fn next_number(&self, above: Option<VersionNumber>) -> Result<VersionNumber, Unavailable> {
        // If `above` is `None`, no number has been used yet.
        let above = above.map_or(0, VersionNumber::get);
        for _ in 0..MAX_TURNS {
            let counting_up = self
                .counter(above)
                .update_expression("ADD last_version :one")
                .condition_expression(IS_ABOVE)
                .expression_attribute_values(":one", items::number(1));
            if let Some(number) = take(counting_up).await? {
                return Ok(number);
            }
            let raising = self
                .counter(above)
                .update_expression("SET last_version = :next")
                .condition_expression(IS_BEHIND)
                .expression_attribute_values(":next", items::number(above.saturating_add(1)))
                .expression_attribute_values(":number", items::text("N"));
            if let Some(number) = take(raising).await? {
                return Ok(number);
            }
        }
        Err(Unavailable::briefly(WHAT, "other callers changed the counter in every try"))
    }

    pub(super) fn counter(&self, above: u32) -> UpdateItemFluentBuilder {
        self.client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(self.keys.counter().into_item()))
            .expression_attribute_values(":above", items::number(above))
            .return_values(ReturnValue::UpdatedNew)
    }

    /// Returns the highest sort key that begins with `prefix`, without the prefix. `None` if there is no such key.
    pub(super) async fn highest(&self, prefix: &str, what: &'static str) -> Result<Option<String>, Unavailable> {
        // The read sees every earlier write. It reads only the key, because this release may be unable to read the
        // record.
        let query = self.query(prefix).scan_index_forward(false).consistent_read(true).limit(1);
        let page = query.projection_expression(keys::SORT).send().await.map_err(unavailable(what))?;
        let sort = page.items().first().and_then(Key::sort_of);
        Ok(sort.and_then(|sort| sort.strip_prefix(prefix)).map(str::to_owned))
    }
}

/// Sends an update of the counter to DynamoDB and returns the counter's new value, a model version number. `None` if
/// the update's condition was false.
async fn take(update: UpdateItemFluentBuilder) -> Result<Option<VersionNumber>, Unavailable> {
    match update.send().await {
        Ok(answer) => {
            let counter: Counter = items::decode(answer.attributes.unwrap_or_default(), WHAT)?;
            Ok(Some(counter.last_version))
        }
        Err(error) if error.as_service_error().is_some_and(UpdateItemError::is_conditional_check_failed_exception) => {
            Ok(None)
        }
        Err(error) => Err(unavailable(WHAT)(error)),
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::Client;
    use aws_sdk_dynamodb::operation::query::QueryOutput;
    use aws_sdk_dynamodb::operation::update_item::{UpdateItemInput, UpdateItemOutput};
    use aws_sdk_dynamodb::types::error::ConditionalCheckFailedException;
    use aws_smithy_mocks::{MockResponse, Rule, mock};
    use evergreen_lifecycle::ports::Registrar;
    use serde_json::json as value;

    use super::*;
    use crate::registry::tests::support::{json, registry, texts};
    use crate::tests::mocks::{Sent, record};

    fn giving(number: u32) -> (Rule, Sent<UpdateItemInput>) {
        record(mock!(Client::update_item), move || {
            MockResponse::Output(UpdateItemOutput::builder().attributes("last_version", items::number(number)).build())
        })
    }

    fn refusing() -> Rule {
        mock!(Client::update_item).then_error(|| {
            UpdateItemError::ConditionalCheckFailedException(ConditionalCheckFailedException::builder().build())
        })
    }

    #[tokio::test]
    async fn a_number_is_taken_by_adding_one_if_the_result_is_unused() {
        let (rule, sent) = giving(42);
        let number = registry(&[&rule]).take_number(VersionNumber::new(41)).await.unwrap();
        assert_eq!(number.get(), 42);
        let request = sent.only();
        assert_eq!(request.update_expression(), Some("ADD last_version :one"));
        assert_eq!(request.condition_expression(), Some("last_version >= :above"));
        assert_eq!(request.return_values(), Some(&ReturnValue::UpdatedNew));
        assert_eq!(request.key, Some(texts(&[("pk", "MODEL#iris"), ("sk", "COUNTER")])));
        assert_eq!(json(request.expression_attribute_values.unwrap()), value!({":one": 1, ":above": 41}));
    }

    #[tokio::test]
    async fn a_deleted_or_low_counter_is_raised_and_gives_the_next_number() {
        let (raising, sent) = giving(8);
        let number = registry(&[&refusing(), &raising]).take_number(VersionNumber::new(7)).await.unwrap();
        assert_eq!(number.get(), 8);
        let request = sent.only();
        assert_eq!(request.update_expression(), Some("SET last_version = :next"));
        assert_eq!(request.condition_expression(), Some(IS_BEHIND));
        let values = value!({":next": 8, ":above": 7, ":number": "N"});
        assert_eq!(json(request.expression_attribute_values.unwrap()), values);
    }

    #[tokio::test]
    async fn a_counter_that_another_writer_raised_meanwhile_is_incremented() {
        let (counting, _) = giving(9);
        let number = registry(&[&refusing(), &refusing(), &counting]).take_number(VersionNumber::new(7)).await.unwrap();
        assert_eq!(number.get(), 9);
    }

    #[tokio::test]
    async fn a_counter_without_a_value_gives_no_number() {
        let rule = mock!(Client::update_item).then_output(|| UpdateItemOutput::builder().build());
        assert_eq!(registry(&[&rule]).take_number(None).await.unwrap_err().what, "taking a version number");
    }

    #[tokio::test]
    async fn the_highest_version_and_revision_are_read_from_their_keys_alone() {
        for (sort, prefix) in [("VERSION#00000012", "VERSION#"), ("CHAMPION#00000012", "CHAMPION#")] {
            let (rule, sent) = record(mock!(Client::query), move || {
                MockResponse::Output(QueryOutput::builder().items(texts(&[("sk", sort)])).build())
            });
            let registry = registry(&[&rule]);
            let highest = match prefix {
                "VERSION#" => registry.last_registered().await.unwrap().map_or(0, VersionNumber::get),
                _ => registry.last_revision().await.unwrap(),
            };
            assert_eq!(highest, 12);
            let request = sent.only();
            assert_eq!((request.scan_index_forward(), request.limit()), (Some(false), Some(1)));
            assert_eq!((request.consistent_read(), request.projection_expression()), (Some(true), Some("sk")));
            let values = texts(&[(":pk", "MODEL#iris"), (":prefix", prefix)]);
            assert_eq!(request.expression_attribute_values, Some(values));
        }
    }

    #[tokio::test]
    async fn without_versions_and_champions_there_is_no_highest() {
        let none = || mock!(Client::query).then_output(|| QueryOutput::builder().build());
        assert_eq!(registry(&[&none()]).last_registered().await.unwrap(), None);
        assert_eq!(registry(&[&none()]).last_revision().await.unwrap(), 0);
    }
}
