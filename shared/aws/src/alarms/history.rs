//! Reads from Amazon CloudWatch how the prediction API was used in the last day.

use std::collections::BTreeMap;

use aws_sdk_cloudwatch::primitives::DateTime;
use aws_sdk_cloudwatch::types::{Dimension, Metric, MetricDataQuery, MetricDataResult, MetricStat};
use evergreen_lifecycle::ports::{RequestDay, RequestHistory, RequestHour, Unavailable};
use jiff::Timestamp;

use super::CloudWatchAlarms;
use crate::failure::unavailable;

const HOUR: i32 = 3600;
const DAY: i32 = 24 * HOUR;

/// The metrics of the API: id of the query, name, statistic, period in seconds.
const METRICS: [(&str, &str, &str, i32); 4] = [
    ("requests", "Count", "Sum", HOUR),
    ("refused", "4XXError", "Sum", HOUR),
    ("failed", "5XXError", "Sum", HOUR),
    ("p99", "Latency", "p99", DAY),
];

impl RequestHistory for CloudWatchAlarms {
    async fn last_day(&self, until: Timestamp) -> Result<RequestDay, Unavailable> {
        let until = until.as_second();
        // The first hour begins with the hour of the clock, because CloudWatch counts so.
        let from = until - until.rem_euclid(i64::from(HOUR)) - i64::from(DAY - HOUR);
        let request = self.client.get_metric_data().start_time(DateTime::from_secs(from));
        let queries = METRICS.map(|metric| self.query_of(metric)).to_vec();
        let mut pages =
            request.end_time(DateTime::from_secs(until)).set_metric_data_queries(Some(queries)).into_paginator().send();
        let mut day = RequestDay::default();
        let hours = (0..24).filter_map(|hour| Timestamp::from_second(from + hour * i64::from(HOUR)).ok());
        let mut hours: BTreeMap<_, _> = hours.map(|from| (from, empty(from))).collect();
        while let Some(page) = pages.next().await {
            let page = page.map_err(unavailable("reading the use of the prediction API"))?;
            for result in page.metric_data_results.into_iter().flatten() {
                add(&result, &mut hours, &mut day);
            }
        }
        day.hours = hours.into_values().collect();
        Ok(day)
    }
}

impl CloudWatchAlarms {
    fn query_of(&self, (id, name, statistic, period): (&str, &str, &str, i32)) -> MetricDataQuery {
        // The prediction API has the name of the stack.
        let api = self.prefix.strip_suffix('-').unwrap_or(&self.prefix);
        let dimension = |name: &str, value: &str| Dimension::builder().name(name).value(value).build();
        let metric = Metric::builder().namespace("AWS/ApiGateway").metric_name(name);
        let metric = metric.dimensions(dimension("ApiName", api)).dimensions(dimension("Stage", "v1")).build();
        let statistic = MetricStat::builder().metric(metric).period(period).stat(statistic).build();
        MetricDataQuery::builder().id(id).metric_stat(statistic).build()
    }
}

fn empty(from: Timestamp) -> RequestHour {
    RequestHour { from, requests: 0, refused: 0, failed: 0 }
}

/// Adds the values of one metric.
fn add(result: &MetricDataResult, hours: &mut BTreeMap<Timestamp, RequestHour>, day: &mut RequestDay) {
    for (at, value) in result.timestamps().iter().zip(result.values()) {
        let Ok(from) = Timestamp::from_second(at.secs()) else { continue };
        if result.id() == Some("p99") {
            day.p99_milliseconds = Some(day.p99_milliseconds.unwrap_or_default().max(*value));
            continue;
        }
        let hour = hours.entry(from).or_insert(empty(from));
        let count = *value as u64;
        match result.id() {
            Some("requests") => hour.requests += count,
            Some("refused") => hour.refused += count,
            _ => hour.failed += count,
        }
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_cloudwatch::Client;
    use aws_sdk_cloudwatch::operation::get_metric_data::GetMetricDataOutput;
    use aws_smithy_mocks::{mock, mock_client};

    use super::*;

    #[tokio::test]
    async fn the_values_of_an_hour_are_joined() {
        let rule = mock!(Client::get_metric_data)
            .match_requests(|request| request.start_time() == Some(&DateTime::from_secs(3600)))
            .then_output(|| {
                let result = |id: &str, at: i64, value: f64| {
                    MetricDataResult::builder().id(id).timestamps(DateTime::from_secs(at)).values(value).build()
                };
                GetMetricDataOutput::builder()
                    .metric_data_results(result("requests", 7200, 12.0))
                    .metric_data_results(result("refused", 7200, 2.0))
                    .metric_data_results(result("p99", 3600, 41.5))
                    .build()
            });
        let monitoring = CloudWatchAlarms::over(mock_client!(aws_sdk_cloudwatch, [&rule]), "evergreen");
        let day = monitoring.last_day(Timestamp::from_second(24 * 3600 + 90).unwrap()).await.unwrap();
        let from = Timestamp::from_second(7200).unwrap();
        assert_eq!((day.hours.len(), day.hours[0].requests), (24, 0));
        assert_eq!(day.hours[1], RequestHour { from, requests: 12, refused: 2, failed: 0 });
        assert_eq!(day.p99_milliseconds, Some(41.5));
    }
}
