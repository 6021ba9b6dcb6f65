//! Reads from Amazon CloudWatch how much of the billed services the stack used, with one call.

use aws_sdk_cloudwatch::primitives::DateTime;
use aws_sdk_cloudwatch::types::{Dimension, Metric, MetricDataQuery, MetricStat};
use evergreen_lifecycle::cost::{FunctionUsage, MonthUsage};
use evergreen_lifecycle::ports::{BilledResources, BilledUsage, Unavailable};
use jiff::Timestamp;

use super::CloudWatchAlarms;
use crate::failure::unavailable;

const DAY: i32 = 24 * 3600;

/// The endings of the names of the stack's REST APIs.
const APIS: [&str; 3] = ["", "-status", "-console"];

/// The indexes of the registry's table. CloudWatch counts their writes apart from those of the table.
const INDEXES: [&str; 2] = ["by-start", "listing"];

/// What a metric counts. A number is the place of the function in the list.
#[derive(Debug, Clone, Copy)]
enum Counted {
    Calls(usize),
    Milliseconds(usize),
    LogBytes,
    ApiRequests,
    Reads,
    Writes,
}

impl BilledUsage for CloudWatchAlarms {
    async fn billed_usage(
        &self,
        resources: &BilledResources,
        from: Timestamp,
        until: Timestamp,
    ) -> Result<MonthUsage, Unavailable> {
        let (counted, metrics): (Vec<_>, Vec<_>) = self.billed_metrics(resources).into_iter().unzip();
        let queries = metrics.into_iter().enumerate().map(|(index, metric)| query(index, metric)).collect();
        let request = self.client.get_metric_data().start_time(DateTime::from_secs(from.as_second()));
        let request = request.end_time(DateTime::from_secs(until.as_second())).set_metric_data_queries(Some(queries));
        let mut pages = request.into_paginator().send();
        let function = |(name, memory): &(String, u32)| FunctionUsage {
            name: name.clone(),
            memory: *memory,
            calls: 0.0,
            milliseconds: 0.0,
        };
        let mut usage =
            MonthUsage { functions: resources.functions.iter().map(function).collect(), ..MonthUsage::default() };
        while let Some(page) = pages.next().await {
            let page = page.map_err(unavailable("reading the usage of the month"))?;
            for result in page.metric_data_results.into_iter().flatten() {
                let index = result.id().and_then(|id| id.strip_prefix('m')?.parse::<usize>().ok());
                let Some(what) = index.and_then(|index| counted.get(index)) else { continue };
                add(&mut usage, *what, result.values().iter().sum());
            }
        }
        Ok(usage)
    }
}

impl CloudWatchAlarms {
    /// Returns the metrics to read, each with what it counts.
    fn billed_metrics(&self, resources: &BilledResources) -> Vec<(Counted, Metric)> {
        let stack = self.prefix.strip_suffix('-').unwrap_or(&self.prefix);
        let functions = resources.functions.iter().enumerate().flat_map(|(place, (name, _))| {
            let function = format!("{stack}-{name}");
            let group = format!("/aws/lambda/{function}");
            [
                (Counted::Calls(place), metric("AWS/Lambda", "Invocations", &[("FunctionName", &function)])),
                (Counted::Milliseconds(place), metric("AWS/Lambda", "Duration", &[("FunctionName", &function)])),
                (Counted::LogBytes, metric("AWS/Logs", "IncomingBytes", &[("LogGroupName", &group)])),
            ]
        });
        let apis = APIS.map(|ending| {
            let dimensions = [("ApiName", &*format!("{stack}{ending}")), ("Stage", "v1")];
            (Counted::ApiRequests, metric("AWS/ApiGateway", "Count", &dimensions))
        });
        let table = ("TableName", resources.table.as_str());
        let reads = |more: &[(&str, &str)]| {
            (Counted::Reads, metric("AWS/DynamoDB", "ConsumedReadCapacityUnits", &[&[table], more].concat()))
        };
        let writes = |more: &[(&str, &str)]| {
            (Counted::Writes, metric("AWS/DynamoDB", "ConsumedWriteCapacityUnits", &[&[table], more].concat()))
        };
        let indexes = INDEXES.into_iter().flat_map(|index| {
            let of_index = [("GlobalSecondaryIndexName", index)];
            [reads(&of_index), writes(&of_index)]
        });
        functions.chain(apis).chain([reads(&[]), writes(&[])]).chain(indexes).collect()
    }
}

fn metric(namespace: &str, name: &str, dimensions: &[(&str, &str)]) -> Metric {
    let dimensions = dimensions.iter().map(|(name, value)| Dimension::builder().name(*name).value(*value).build());
    Metric::builder().namespace(namespace).metric_name(name).set_dimensions(Some(dimensions.collect())).build()
}

fn query(index: usize, metric: Metric) -> MetricDataQuery {
    let statistic = MetricStat::builder().metric(metric).period(DAY).stat("Sum").build();
    MetricDataQuery::builder().id(format!("m{index}")).metric_stat(statistic).build()
}

fn add(usage: &mut MonthUsage, counted: Counted, sum: f64) {
    match counted {
        Counted::Calls(place) => usage.functions.get_mut(place).into_iter().for_each(|used| used.calls += sum),
        Counted::Milliseconds(place) => {
            usage.functions.get_mut(place).into_iter().for_each(|used| used.milliseconds += sum);
        }
        Counted::LogBytes => usage.log_bytes += sum,
        Counted::ApiRequests => usage.api_requests += sum,
        Counted::Reads => usage.table_reads += sum,
        Counted::Writes => usage.table_writes += sum,
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_cloudwatch::Client;
    use aws_sdk_cloudwatch::operation::get_metric_data::GetMetricDataOutput;
    use aws_sdk_cloudwatch::types::MetricDataResult;
    use aws_smithy_mocks::{MockResponse, mock, mock_client};
    use evergreen_testkit::moment;

    use super::*;
    use crate::tests::mocks::record;

    #[tokio::test]
    async fn the_days_of_the_month_are_added_up_in_one_call() {
        let (rule, sent) = record(mock!(Client::get_metric_data), || {
            let result = |id: &str, values: &[f64]| {
                MetricDataResult::builder().id(id).set_values(Some(values.to_vec())).build()
            };
            let output = GetMetricDataOutput::builder().metric_data_results(result("m0", &[3.0, 4.0]));
            let output = output.metric_data_results(result("m1", &[90.0])).metric_data_results(result("m3", &[10.0]));
            MockResponse::Output(output.metric_data_results(result("m4", &[20.0])).build())
        });
        let monitoring = CloudWatchAlarms::over(mock_client!(aws_sdk_cloudwatch, [&rule]), "evergreen");
        let resources =
            BilledResources { functions: vec![("predict".to_owned(), 1769)], table: "registry".to_owned() };
        let (from, until) = (moment("2026-11-01T00:00:00Z"), moment("2026-11-24T09:30:00Z"));
        let usage = monitoring.billed_usage(&resources, from, until).await.unwrap();
        let predict = FunctionUsage { name: "predict".to_owned(), memory: 1769, calls: 7.0, milliseconds: 90.0 };
        assert_eq!((usage.functions, usage.api_requests), (vec![predict], 30.0));
        let request = sent.only();
        assert_eq!(request.start_time(), Some(&DateTime::from_secs(from.as_second())));
        let asked = |query: &MetricDataQuery| {
            let metric = query.metric_stat()?.metric()?;
            let dimensions = metric.dimensions().iter().filter_map(|dimension| dimension.value()).collect::<Vec<_>>();
            Some(format!("{} {}", metric.metric_name()?, dimensions.join(" ")))
        };
        let asked: Vec<_> = request.metric_data_queries().iter().filter_map(asked).collect();
        assert_eq!(asked.len(), 12, "{asked:?}");
        for expected in [
            "Invocations evergreen-predict",
            "IncomingBytes /aws/lambda/evergreen-predict",
            "Count evergreen-console v1",
            "ConsumedWriteCapacityUnits registry listing",
        ] {
            assert!(asked.iter().any(|metric| metric == expected), "{expected}: {asked:?}");
        }
    }
}
