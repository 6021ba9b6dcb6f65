//! Stores the counts of served rows in DynamoDB: the share of each environment, and the sum of each hour.
//!
//! They have a partition of their own, the only one to which the role of the prediction function may write.

use std::ops::Range;

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::put_item::builders::PutItemFluentBuilder;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use evergreen_lifecycle::VersionNumber;
use evergreen_lifecycle::drift::{CountedHour, DriftComparison, DriftSummary};
use evergreen_lifecycle::ports::{CountShare, HourCounts, ServedCounting, ServedRecord, Unavailable};

use super::Registry;
use super::items::{self, RegistryItem};
use super::keys::{COMPARISONS, HOURS, Key, RegistryKeys, SHARES};
use crate::failure::unavailable;

/// Number of hours after which the share of an environment expires: three days.
const SHARE_KEPT: i64 = 3 * 24;

// The longest window has 28 days.
/// Number of hours after which the sum of an hour expires: 40 days.
const HOUR_KEPT: i64 = 40 * 24;

const HOUR: &str = "hour";
const VERSION: &str = "version";
const ENVIRONMENT: &str = "environment";
const SEQUENCE: &str = "sequence";
const ROWS: &str = "rows";
const COUNTS: &str = "counts";

impl ServedCounting for Registry {
    async fn put_share(&self, share: &CountShare) -> Result<(), Unavailable> {
        let mut item = encode(self.keys.share(share), share.hour, share.version, &share.counts, SHARE_KEPT);
        item.insert(ENVIRONMENT.to_owned(), items::text(&share.environment));
        item.insert(SEQUENCE.to_owned(), items::number(share.sequence));
        item.insert(ROWS.to_owned(), items::number(share.rows));
        let put = self.client.put_item().table_name(&self.table).set_item(Some(item));
        put_if_newer(put, share.sequence, "storing the counts of served rows").await
    }
}

impl ServedRecord for Registry {
    async fn shares(&self, hours: Range<CountedHour>) -> Result<Vec<CountShare>, Unavailable> {
        let items = self.counted(SHARES, hours, "reading the counts of served rows").await?;
        Ok(items.iter().filter_map(share).collect())
    }

    async fn put_hour(&self, hour: &HourCounts) -> Result<(), Unavailable> {
        let key = self.keys.hour_counts(hour.hour, hour.version);
        let item = encode(key, hour.hour, hour.version, &hour.counts, HOUR_KEPT);
        let put = self.client.put_item().table_name(&self.table).set_item(Some(item));
        let put = put.condition_expression("attribute_not_exists(pk)");
        put_unless_there(put, "storing the sum of an hour's served rows").await
    }

    async fn hours(&self, hours: Range<CountedHour>) -> Result<Vec<HourCounts>, Unavailable> {
        let items = self.counted(HOURS, hours, "reading the sums of served rows").await?;
        Ok(items.iter().filter_map(hour_counts).collect())
    }

    async fn drift_summary(&self) -> Result<Option<DriftSummary>, Unavailable> {
        let what = "reading the summary of drift";
        let item = self.item(self.keys.drift(), what).await?;
        item.map(|item| items::decode(item, what)).transpose()
    }

    async fn store_drift(&self, comparisons: &[DriftComparison], summary: &DriftSummary) -> Result<(), Unavailable> {
        let what = "storing the comparison of served rows";
        let of_comparison = |comparison: &DriftComparison| {
            items::encode(&self.keys.drift_comparison(comparison.window.length), comparison, what)
        };
        let mut new = comparisons.iter().map(of_comparison).collect::<Result<Vec<_>, _>>()?;
        new.push(items::encode(&self.keys.drift(), summary, what)?);
        for item in new {
            let put = self.client.put_item().table_name(&self.table).set_item(Some(item));
            put.send().await.map_err(unavailable(what))?;
        }
        Ok(())
    }

    async fn drift_comparisons(&self) -> Result<Vec<DriftComparison>, Unavailable> {
        let what = "reading the comparisons of served rows";
        let items =
            self.query_in(self.keys.served(), COMPARISONS).consistent_read(true).into_paginator().items().send();
        let items: Vec<RegistryItem> = items.collect::<Result<_, _>>().await.map_err(unavailable(what))?;
        let mut comparisons: Vec<DriftComparison> =
            items.into_iter().filter_map(|item| items::decode(item, what).ok()).collect();
        comparisons.sort_by_key(|comparison| comparison.window.length.hours());
        Ok(comparisons)
    }
}

impl Registry {
    /// Returns the items of one kind and of these hours. The read sees every earlier write.
    async fn counted(
        &self,
        kind: &str,
        hours: Range<CountedHour>,
        what: &'static str,
    ) -> Result<Vec<RegistryItem>, Unavailable> {
        // A sort key goes on after the hour, so none equals the end.
        let query = self.client.query().table_name(&self.table).consistent_read(true);
        let query = query
            .key_condition_expression("pk = :pk AND sk BETWEEN :first AND :end")
            .expression_attribute_values(":pk", items::text(self.keys.served()))
            .expression_attribute_values(":first", items::text(RegistryKeys::hour(kind, hours.start)))
            .expression_attribute_values(":end", items::text(RegistryKeys::hour(kind, hours.end)));
        query.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await.map_err(unavailable(what))
    }
}

/// Stores a share, unless the stored one has at least the same sequence: a late try must not replace a newer share.
pub(super) async fn put_if_newer(
    put: PutItemFluentBuilder,
    sequence: u64,
    what: &'static str,
) -> Result<(), Unavailable> {
    let put = put
        .condition_expression("attribute_not_exists(pk) OR #sequence < :sequence")
        .expression_attribute_names("#sequence", SEQUENCE)
        .expression_attribute_values(":sequence", items::number(sequence));
    put_unless_there(put, what).await
}

/// Sends a put. A failed condition is no error: the stored item is as new.
async fn put_unless_there(put: PutItemFluentBuilder, what: &'static str) -> Result<(), Unavailable> {
    let Err(error) = put.send().await else { return Ok(()) };
    match error.as_service_error() {
        Some(PutItemError::ConditionalCheckFailedException(_)) => Ok(()),
        _ => Err(unavailable(what)(error)),
    }
}

fn encode(key: Key, hour: CountedHour, version: VersionNumber, counts: &[u8], kept: i64) -> RegistryItem {
    // DynamoDB deletes an item some time after this second.
    let expires_at = hour.0.saturating_add(kept).saturating_mul(3600);
    let mut item = key.into_item();
    item.extend([
        (HOUR.to_owned(), items::number(hour.0)),
        (VERSION.to_owned(), items::number(version)),
        (COUNTS.to_owned(), AttributeValue::B(Blob::new(counts))),
        ("expires_at".to_owned(), items::number(expires_at)),
    ]);
    item
}

/// Returns the share in an item. `None` if an attribute is missing or wrong: such an item is left out.
fn share(item: &RegistryItem) -> Option<CountShare> {
    let HourCounts { hour, version, counts } = hour_counts(item)?;
    let environment = item.get(ENVIRONMENT)?.as_s().ok()?.clone();
    Some(CountShare {
        hour,
        version,
        environment,
        sequence: number(item, SEQUENCE)?,
        rows: number(item, ROWS)?,
        counts,
    })
}

fn hour_counts(item: &RegistryItem) -> Option<HourCounts> {
    let version = VersionNumber::new(number(item, VERSION)?)?;
    let counts = item.get(COUNTS)?.as_b().ok()?.clone().into_inner();
    Some(HourCounts { hour: CountedHour(number(item, HOUR)?), version, counts })
}

fn number<T: std::str::FromStr>(item: &RegistryItem, name: &str) -> Option<T> {
    item.get(name)?.as_n().ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::Client;
    use aws_sdk_dynamodb::operation::put_item::{PutItemInput, PutItemOutput};
    use aws_sdk_dynamodb::operation::query::QueryOutput;
    use aws_sdk_dynamodb::types::error::ConditionalCheckFailedException;
    use aws_smithy_mocks::{MockResponse, mock};

    use super::*;
    use crate::registry::tests::support::registry;
    use crate::tests::mocks::record;

    fn share_of(sequence: u64) -> CountShare {
        CountShare {
            hour: CountedHour(498_872),
            version: VersionNumber::FIRST,
            environment: "00c0ffee00c0ffee".into(),
            sequence,
            rows: 4,
            counts: vec![1, 2, 3],
        }
    }

    #[tokio::test]
    async fn a_share_replaces_only_an_older_one_and_expires() {
        let (put, sent) = record(mock!(Client::put_item), || MockResponse::Output(PutItemOutput::builder().build()));
        registry(&[&put]).put_share(&share_of(2)).await.unwrap();
        let sent: PutItemInput = sent.only();
        let item = sent.item.clone().unwrap();
        assert_eq!(item["pk"].as_s().unwrap(), "SERVED#iris");
        assert_eq!(item["sk"].as_s().unwrap(), "COUNTS#0000498872#00000001#00c0ffee00c0ffee");
        assert_eq!(item["expires_at"].as_n().unwrap(), &((498_872 + 72) * 3600).to_string());
        assert_eq!(sent.condition_expression(), Some("attribute_not_exists(pk) OR #sequence < :sequence"));
        assert_eq!(share(&item).unwrap(), share_of(2));
    }

    #[tokio::test]
    async fn a_share_that_is_older_than_the_stored_one_is_no_error() {
        let refused = mock!(Client::put_item).then_error(|| {
            PutItemError::ConditionalCheckFailedException(ConditionalCheckFailedException::builder().build())
        });
        registry(&[&refused]).put_share(&share_of(1)).await.unwrap();
    }

    #[tokio::test]
    async fn the_sums_of_some_hours_are_read_and_damaged_items_left_out() {
        let hour = HourCounts { hour: CountedHour(7), version: VersionNumber::FIRST, counts: vec![9] };
        let keys = RegistryKeys::of(&"iris".parse().unwrap());
        let item = encode(keys.hour_counts(hour.hour, hour.version), hour.hour, hour.version, &hour.counts, HOUR_KEPT);
        let (query, sent) = record(mock!(Client::query), move || {
            let damaged = RegistryItem::from([("sk".to_owned(), items::text("HOUR#"))]);
            MockResponse::Output(QueryOutput::builder().items(damaged).items(item.clone()).build())
        });
        let found = registry(&[&query]).hours(CountedHour(6)..CountedHour(9)).await.unwrap();
        assert_eq!(found, [hour]);
        let values = sent.only().expression_attribute_values.unwrap();
        let [first, end] = [":first", ":end"].map(|name| values[name].as_s().unwrap().clone());
        assert_eq!((first.as_str(), end.as_str()), ("HOUR#0000000006", "HOUR#0000000009"));
    }
}
