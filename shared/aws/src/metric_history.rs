//! Reads the values of metrics over time from Amazon CloudWatch.

use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_cloudwatch::config::timeout::TimeoutConfig;
use aws_sdk_cloudwatch::primitives::DateTime;
use aws_sdk_cloudwatch::types::{Dimension, Metric, MetricDataQuery, MetricDataResult, MetricStat};
use aws_sdk_cloudwatch::{Client, Config};
use evergreen_lifecycle::ports::{MetricHistory, SeriesQuery, SeriesSource, Unavailable};
use jiff::Timestamp;

use crate::failure::unavailable;

/// Maximum time to read a series, all retries included. A mail waits for it.
const LIMIT: Duration = Duration::from_secs(2);

/// Maximum number of values of one answer. A mail shows no longer series.
const MOST_VALUES: i32 = 5000;

/// Client for the values of metrics over time.
#[derive(Debug, Clone)]
pub struct CloudWatchHistory(Client);

impl CloudWatchHistory {
    /// Creates a client for CloudWatch.
    pub fn new(config: &SdkConfig) -> Self {
        Self(Client::new(config))
    }
}

impl MetricHistory for CloudWatchHistory {
    async fn values(
        &self,
        series: &[SeriesQuery],
        from: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<(Timestamp, f64)>, Unavailable> {
        let what = "reading the values of a metric";
        let queries = series.iter().map(query).collect();
        let read =
            self.0.get_metric_data().start_time(moment(from)).end_time(moment(until)).max_datapoints(MOST_VALUES);
        let read = read.set_metric_data_queries(Some(queries));
        let limit = TimeoutConfig::builder().operation_timeout(LIMIT).build();
        let in_time = Config::builder().timeout_config(limit);
        let answer = read.customize().config_override(in_time).send().await.map_err(unavailable(what))?;
        let mut values: Vec<_> = answer.metric_data_results().iter().flat_map(values_of).collect();
        values.sort_by_key(|(at, _)| *at);
        Ok(values)
    }
}

fn query(series: &SeriesQuery) -> MetricDataQuery {
    let query = MetricDataQuery::builder().id(&series.id).return_data(series.is_compared);
    match &series.source {
        SeriesSource::Expression(expression) => query.expression(expression).build(),
        SeriesSource::Metric { namespace, name, dimensions, statistic, period } => {
            let dimensions =
                dimensions.iter().map(|(name, value)| Dimension::builder().name(name).value(value).build());
            let metric = Metric::builder().namespace(namespace).metric_name(name);
            let metric = metric.set_dimensions(Some(dimensions.collect())).build();
            let period = i32::try_from(*period).unwrap_or(i32::MAX);
            query.metric_stat(MetricStat::builder().metric(metric).period(period).stat(statistic).build()).build()
        }
    }
}

fn values_of(result: &MetricDataResult) -> impl Iterator<Item = (Timestamp, f64)> {
    let pairs = result.timestamps().iter().zip(result.values());
    pairs.filter_map(|(at, value)| Some((Timestamp::from_second(at.secs()).ok()?, *value)))
}

fn moment(at: Timestamp) -> DateTime {
    DateTime::from_secs(at.as_second())
}

#[cfg(test)]
mod tests {
    use aws_sdk_cloudwatch::operation::get_metric_data::GetMetricDataOutput;
    use aws_smithy_mocks::{mock, mock_client};

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[tokio::test]
    async fn an_alarms_series_is_read_oldest_value_first() {
        let metric = SeriesSource::Metric {
            namespace: "Evergreen".into(),
            name: "DriftedColumns".into(),
            dimensions: vec![("ModelName".into(), "iris".into())],
            statistic: "Maximum".into(),
            period: 300,
        };
        let series = [
            SeriesQuery { id: "m1".into(), source: metric, is_compared: false },
            SeriesQuery { id: "e1".into(), source: SeriesSource::Expression("m1 * 2".into()), is_compared: true },
        ];
        let rule = mock!(Client::get_metric_data)
            .match_requests(|request| {
                let [metric, expression] = request.metric_data_queries() else { return false };
                let stat = metric.metric_stat().unwrap();
                (stat.stat(), stat.period(), metric.return_data()) == (Some("Maximum"), Some(300), Some(false))
                    && stat.metric().unwrap().dimensions()[0].value() == Some("iris")
                    && (expression.expression(), expression.return_data()) == (Some("m1 * 2"), Some(true))
            })
            .then_output(|| {
                let result = MetricDataResult::builder().id("e1");
                let result = result.timestamps(DateTime::from_secs(900)).values(3.0);
                let result = result.timestamps(DateTime::from_secs(600)).values(1.0).build();
                GetMetricDataOutput::builder().metric_data_results(result).build()
            });
        let history = CloudWatchHistory(mock_client!(aws_sdk_cloudwatch, [&rule]));
        assert_eq!(history.values(&series, at(0), at(3600)).await.unwrap(), [(at(600), 1.0), (at(900), 3.0)]);
    }
}
