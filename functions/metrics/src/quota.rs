//! How much of the month's quota is used. The figure is of the API and not of the model, so it joins the others where they are
//! published.

use evergreen_lifecycle::Datum;
use evergreen_lifecycle::health::quota_used;
use evergreen_lifecycle::ports::{MetricSink, RequestUsage, Unavailable};
use jiff::Timestamp;
use jiff::tz::Offset;

/// A sink that adds the use of the quota to the figures that it is given.
#[derive(Debug)]
pub struct WithQuota<'a, S, U> {
    /// Where the figures go.
    pub sink: &'a S,
    /// Who counts the requests.
    pub usage: &'a U,
    /// Requests that a key may make in a calendar month.
    pub quota: u64,
}

impl<S: MetricSink, U: RequestUsage> MetricSink for WithQuota<'_, S, U> {
    /// Publishes `data` with the use of the quota, which is left out where it cannot be read.
    async fn publish(&self, data: &[Datum], at: Timestamp) -> Result<(), Unavailable> {
        // API Gateway begins a month in UTC.
        let today = Offset::UTC.to_datetime(at).date();
        let mut all = data.to_vec();
        match self.usage.requests(today.first_of_month(), today).await {
            Ok(requests) => all.push(quota_used(&requests, self.quota)),
            Err(error) => tracing::warn!(%error, cause = %error.cause, "the use of the quota is left out"),
        }
        self.sink.publish(&all, at).await
    }
}
