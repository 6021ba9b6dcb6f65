//! Publishes metrics to Amazon CloudWatch.

use aws_config::SdkConfig;
use aws_sdk_cloudwatch::Client;
use aws_sdk_cloudwatch::primitives::DateTime;
use aws_sdk_cloudwatch::types::{Dimension, MetricDatum, StandardUnit};
use evergreen_lifecycle::ports::{MetricSink, Unavailable};
use evergreen_lifecycle::{Datum, ModelName, Unit};
use jiff::Timestamp;

use crate::failure::unavailable;

/// The CloudWatch namespace of all published metrics.
const NAMESPACE: &str = "Evergreen";

/// Name of the CloudWatch dimension that separates the metrics of different models.
const DIMENSION: &str = "ModelName";

/// Maximum number of metric values that CloudWatch accepts in one call.
const MOST_PER_CALL: usize = 1000;

/// Publishes metrics to CloudWatch in the namespace `Evergreen`. Each metric has the dimension `ModelName`.
#[derive(Debug, Clone)]
pub struct CloudWatchMetrics {
    client: Client,
    model: ModelName,
}

impl CloudWatchMetrics {
    /// Creates a client for CloudWatch for publishing the metrics of `model`.
    pub fn new(config: &SdkConfig, model: ModelName) -> Self {
        Self { client: Client::new(config), model }
    }

    fn datum(&self, datum: &Datum, at: Timestamp) -> MetricDatum {
        MetricDatum::builder()
            .metric_name(datum.metric.name())
            .dimensions(Dimension::builder().name(DIMENSION).value(self.model.as_str()).build())
            .timestamp(DateTime::from_millis(at.as_millisecond()))
            .unit(unit(datum.metric.unit()))
            .value(datum.value)
            .build()
    }
}

impl MetricSink for CloudWatchMetrics {
    async fn publish(&self, data: &[Datum], at: Timestamp) -> Result<(), Unavailable> {
        for chunk in data.chunks(MOST_PER_CALL) {
            let data = chunk.iter().map(|datum| self.datum(datum, at)).collect();
            let put = self.client.put_metric_data().namespace(NAMESPACE).set_metric_data(Some(data));
            put.send().await.map_err(unavailable("publishing the metrics"))?;
        }
        Ok(())
    }
}

fn unit(unit: Unit) -> StandardUnit {
    match unit {
        // CloudWatch has no unit for hours and no unit for a share from 0 to 1.
        Unit::None | Unit::Hours | Unit::HoursLeft | Unit::Share => StandardUnit::None,
        Unit::Count => StandardUnit::Count,
        Unit::Seconds => StandardUnit::Seconds,
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_cloudwatch::operation::put_metric_data::PutMetricDataOutput;
    use aws_smithy_mocks::{MockResponse, mock, mock_client};
    use evergreen_lifecycle::Metric;
    use evergreen_testkit::moment;

    use super::*;
    use crate::tests::mocks::record;

    const FIGURES: [Datum; 2] =
        [Datum { metric: Metric::ModelAccuracy, value: 0.97 }, Datum { metric: Metric::TrainingDuration, value: 1.5 }];

    #[tokio::test]
    async fn a_figure_carries_its_model_moment_and_unit() {
        let (rule, sent) =
            record(mock!(Client::put_metric_data), || MockResponse::Output(PutMetricDataOutput::builder().build()));
        let sink =
            CloudWatchMetrics { client: mock_client!(aws_sdk_cloudwatch, [&rule]), model: "iris".parse().unwrap() };
        sink.publish(&FIGURES, moment("2026-11-24T03:00:00.123Z")).await.unwrap();
        let request = sent.only();
        assert_eq!(request.namespace(), Some("Evergreen"));
        let [accuracy, duration] = request.metric_data() else { panic!("expected two values") };
        assert_eq!((accuracy.metric_name(), accuracy.value()), (Some("ModelAccuracy"), Some(0.97)));
        assert_eq!((accuracy.unit(), duration.unit()), (Some(&StandardUnit::None), Some(&StandardUnit::Seconds)));
        assert_eq!(accuracy.timestamp(), Some(&DateTime::from_millis(1_795_489_200_123)));
        assert_eq!(accuracy.dimensions(), [Dimension::builder().name("ModelName").value("iris").build()]);
    }

    #[tokio::test]
    async fn more_figures_than_one_call_takes_are_several_calls() {
        let (rule, sent) =
            record(mock!(Client::put_metric_data), || MockResponse::Output(PutMetricDataOutput::builder().build()));
        let client = mock_client!(aws_sdk_cloudwatch, aws_smithy_mocks::RuleMode::MatchAny, [&rule]);
        let sink = CloudWatchMetrics { client, model: "iris".parse().unwrap() };
        sink.publish(&FIGURES.repeat(501), moment("2026-11-24T03:00:00Z")).await.unwrap();
        assert_eq!(sent.all().iter().map(|request| request.metric_data().len()).collect::<Vec<_>>(), [1000, 2]);
    }

    #[tokio::test]
    async fn no_figures_need_no_call() {
        let client = mock_client!(aws_sdk_cloudwatch, [] as [&aws_smithy_mocks::Rule; 0]);
        let sink = CloudWatchMetrics { client, model: "iris".parse().unwrap() };
        sink.publish(&[], moment("2026-11-24T03:00:00Z")).await.unwrap();
    }
}
