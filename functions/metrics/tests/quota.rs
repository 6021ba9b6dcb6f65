//! The use of the month's quota, beside the figures of the model.
#![allow(clippy::unwrap_used)]

use evergreen_lifecycle::ports::{MetricSink, RequestUsage, Unavailable};
use evergreen_lifecycle::{Datum, Metric};
use evergreen_metrics::WithQuota;
use evergreen_testkit::{Memory, moment};
use jiff::civil::{Date, date};

/// What keys have made from the first day to the last; nothing where the gateway is away.
struct Counted {
    expected: (Date, Date),
    requests: Option<Vec<u64>>,
}

impl RequestUsage for Counted {
    async fn requests(&self, first: Date, last: Date) -> Result<Vec<u64>, Unavailable> {
        assert_eq!((first, last), self.expected);
        self.requests.clone().ok_or_else(|| Unavailable::new("the gateway", "it was taken away"))
    }
}

/// What is published at `at` beside an age, of a quota of 1,000.
async fn published(at: &str, expected: (Date, Date), requests: Option<Vec<u64>>) -> Vec<(Metric, f64)> {
    let (memory, usage) = (Memory::default(), Counted { expected, requests });
    let sink = WithQuota { sink: &memory, usage: &usage, quota: 1000 };
    sink.publish(&[Datum { metric: Metric::ModelAgeHours, value: 2.0 }], moment(at)).await.unwrap();
    memory.state().data.iter().map(|datum| (datum.metric, datum.value)).collect()
}

const AGE: (Metric, f64) = (Metric::ModelAgeHours, 2.0);

#[tokio::test]
async fn the_key_that_used_most_counts_since_the_month_began() {
    let november = (date(2026, 11, 1), date(2026, 11, 24));
    let data = published("2026-11-24T05:00:00Z", november, Some(vec![120, 800, 3])).await;
    assert_eq!(data, [AGE, (Metric::QuotaUsed, 0.8)]);
    let first = (date(2026, 12, 1), date(2026, 12, 1));
    let data = published("2026-12-01T00:00:01Z", first, Some(vec![0])).await;
    assert_eq!(data, [AGE, (Metric::QuotaUsed, 0.0)]);
}

#[tokio::test]
async fn without_any_request_nothing_is_used() {
    let november = (date(2026, 11, 1), date(2026, 11, 24));
    let data = published("2026-11-24T05:00:00Z", november, Some(Vec::new())).await;
    assert_eq!(data, [AGE, (Metric::QuotaUsed, 0.0)]);
}

#[tokio::test]
async fn a_gateway_that_does_not_answer_leaves_the_other_figures() {
    let november = (date(2026, 11, 1), date(2026, 11, 24));
    assert_eq!(published("2026-11-24T05:00:00Z", november, None).await, [AGE]);
}
