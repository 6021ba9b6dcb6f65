//! Trait that reads the values of a metric over time.

use std::future::Future;

use jiff::Timestamp;

use super::Unavailable;

/// Where the values of a series come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SeriesSource {
    /// A metric of CloudWatch.
    Metric {
        /// The namespace, such as `Evergreen` or `AWS/Lambda`.
        namespace: String,
        /// The name of the metric.
        name: String,
        /// Name and value of each dimension.
        dimensions: Vec<(String, String)>,
        /// The statistic as CloudWatch writes it, such as `Maximum` or `p99`.
        statistic: String,
        /// The length of a period, in seconds.
        period: u32,
    },
    /// An expression over other series of the same request, such as `m1 / m2`.
    Expression(String),
}

/// A series that is read, as an alarm defines it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeriesQuery {
    /// The id that expressions use for the series.
    pub id: String,
    /// Where the values come from.
    pub source: SeriesSource,
    /// Whether the alarm compares this series with its threshold. One series of an alarm is compared.
    pub is_compared: bool,
}

/// Reads the values of metrics over time.
pub trait MetricHistory: Send + Sync {
    // A mail waits for the values, so an implementation gives up after two seconds.
    /// Returns the values of the compared series from `from` to `until`, oldest first: the beginning of each period with
    /// its value. Periods without a value are left out.
    ///
    /// # Errors
    /// [`Unavailable`] when the call to the monitoring service fails or takes too long.
    fn values(
        &self,
        series: &[SeriesQuery],
        from: Timestamp,
        until: Timestamp,
    ) -> impl Future<Output = Result<Vec<(Timestamp, f64)>, Unavailable>> + Send;
}
