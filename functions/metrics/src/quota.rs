//! Computes which share of the monthly request quota the busiest API key has used.

use evergreen_lifecycle::health::quota_used;
use evergreen_lifecycle::ports::RequestUsage;
use jiff::Timestamp;
use jiff::tz::Offset;

// Each API key has the whole quota for itself. `None` if the request counts cannot be read.
/// Returns the share (0 to 1) of the monthly request quota that the busiest API key has used. `None` if unknown.
pub(crate) async fn used(usage: &impl RequestUsage, quota: u64, now: Timestamp) -> Option<f64> {
    // API Gateway's month begins at midnight UTC.
    let today = Offset::UTC.to_datetime(now).date();
    match usage.requests(today.first_of_month(), today).await {
        Ok(requests) => Some(quota_used(&requests, quota)),
        Err(error) => {
            tracing::warn!(%error, cause = %error.cause, "the requests per API key could not be read");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use evergreen_lifecycle::ports::Unavailable;
    use evergreen_testkit::moment;
    use jiff::civil::{Date, date};

    use super::*;

    // Returns the counts only for the expected range of days.
    /// Test fake of the request counts. Fails if `requests` is `None`.
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

    async fn used_of_1000(at: &str, expected: (Date, Date), requests: Option<Vec<u64>>) -> Option<f64> {
        used(&Counted { expected, requests }, 1000, moment(at)).await
    }

    #[tokio::test]
    async fn the_most_used_key_counts_since_the_start_of_the_month() {
        let november = (date(2026, 11, 1), date(2026, 11, 24));
        let requests = Some(vec![120, 800, 3]);
        assert_eq!(used_of_1000("2026-11-24T05:00:00Z", november, requests).await, Some(0.8));
        let first = (date(2026, 12, 1), date(2026, 12, 1));
        assert_eq!(used_of_1000("2026-12-01T00:00:01Z", first, Some(vec![0])).await, Some(0.0));
    }

    #[tokio::test]
    async fn no_requests_mean_no_usage_and_no_answer_means_unknown() {
        let november = (date(2026, 11, 1), date(2026, 11, 24));
        assert_eq!(used_of_1000("2026-11-24T05:00:00Z", november, Some(Vec::new())).await, Some(0.0));
        assert_eq!(used_of_1000("2026-11-24T05:00:00Z", november, None).await, None);
    }
}
