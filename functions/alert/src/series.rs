//! Reads from an alarm's notification which series of values the alarm watches.

use evergreen_lifecycle::ports::{SeriesQuery, SeriesSource};
use serde::Deserialize;

/// The id of the series of an alarm that watches a single metric.
const ONLY: &str = "watched";

/// The part of a notification that defines the series.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Watching {
    trigger: WatchedTrigger,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct WatchedTrigger {
    period: Option<u32>,
    statistic: Option<String>,
    extended_statistic: Option<String>,
    /// The series of an alarm that watches a math expression.
    metrics: Option<Vec<WatchedPart>>,
    #[serde(flatten)]
    metric: WatchedMetric,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct WatchedPart {
    id: String,
    expression: Option<String>,
    metric_stat: Option<WatchedStatistic>,
    #[serde(default)]
    return_data: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct WatchedStatistic {
    metric: WatchedMetric,
    period: u32,
    stat: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct WatchedMetric {
    namespace: Option<String>,
    metric_name: Option<String>,
    dimensions: Option<Vec<WatchedDimension>>,
}

// CloudWatch writes these names in small letters, and the emulator in capitals.
#[derive(Debug, Deserialize)]
struct WatchedDimension {
    #[serde(alias = "Name")]
    name: String,
    #[serde(alias = "Value")]
    value: String,
}

// A notification of another form has no picture. It must still become a mail.
/// Returns the series that the alarm of this notification watches. Empty if the notification does not define them.
pub(crate) fn of(message: &str) -> Vec<SeriesQuery> {
    let Ok(Watching { trigger }) = serde_json::from_str(message) else { return Vec::new() };
    let series = match trigger.metrics {
        Some(parts) if !parts.is_empty() => parts.into_iter().map(part).collect(),
        _ => {
            let statistic = trigger.extended_statistic.or(trigger.statistic);
            let source = source(trigger.metric, statistic.as_deref().and_then(name_of), trigger.period);
            source.map(|source| vec![SeriesQuery { id: ONLY.to_owned(), source, is_compared: true }])
        }
    };
    series.unwrap_or_default()
}

fn part(part: WatchedPart) -> Option<SeriesQuery> {
    let source = match (part.expression, part.metric_stat) {
        (Some(expression), _) => SeriesSource::Expression(expression),
        (None, Some(stat)) => source(stat.metric, name_of(&stat.stat), Some(stat.period))?,
        (None, None) => return None,
    };
    Some(SeriesQuery { id: part.id, source, is_compared: part.return_data })
}

fn source(metric: WatchedMetric, statistic: Option<String>, period: Option<u32>) -> Option<SeriesSource> {
    let dimensions = metric.dimensions.unwrap_or_default();
    Some(SeriesSource::Metric {
        namespace: metric.namespace.filter(|name| !name.is_empty())?,
        name: metric.metric_name.filter(|name| !name.is_empty())?,
        dimensions: dimensions.into_iter().map(|dimension| (dimension.name, dimension.value)).collect(),
        statistic: statistic?,
        period: period.filter(|period| *period > 0)?,
    })
}

/// Returns the name of a statistic for a request. A notification has the names in capitals, such as `MINIMUM`.
fn name_of(statistic: &str) -> Option<String> {
    const NAMES: [(&str, &str); 5] = [
        ("average", "Average"),
        ("maximum", "Maximum"),
        ("minimum", "Minimum"),
        ("samplecount", "SampleCount"),
        ("sum", "Sum"),
    ];
    let simple = statistic.to_lowercase().replace('_', "");
    match NAMES.into_iter().find(|(name, _)| *name == simple) {
        Some((_, name)) => Some(name.to_owned()),
        None => statistic.starts_with('p').then(|| statistic.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metric(namespace: &str, name: &str, dimension: (&str, &str), statistic: &str, period: u32) -> SeriesSource {
        SeriesSource::Metric {
            namespace: namespace.into(),
            name: name.into(),
            dimensions: vec![(dimension.0.into(), dimension.1.into())],
            statistic: statistic.into(),
            period,
        }
    }

    #[test]
    fn the_metric_of_an_alarm_is_its_only_series() {
        let expected = metric("Evergreen", "DriftedColumns", ("ModelName", "iris"), "Maximum", 300);
        for dimensions in [r#"{"value":"iris","name":"ModelName"}"#, r#"{"Name":"ModelName","Value":"iris"}"#] {
            let message = format!(
                r#"{{"AlarmName":"x","Trigger":{{"MetricName":"DriftedColumns","Namespace":"Evergreen","Statistic":"MAXIMUM",
                    "StatisticType":"Statistic","Unit":null,"Dimensions":[{dimensions}],"Period":300,"Threshold":1.0}}}}"#
            );
            let series = of(&message);
            assert_eq!(series, [SeriesQuery { id: "watched".into(), source: expected.clone(), is_compared: true }]);
        }
    }

    #[test]
    fn a_percentile_keeps_its_name() {
        let message = r#"{"Trigger":{"MetricName":"Latency","Namespace":"AWS/ApiGateway","StatisticType":"ExtendedStatistic",
            "ExtendedStatistic":"p99","Dimensions":[{"name":"Stage","value":"v1"}],"Period":300}}"#;
        let [series] = of(message).try_into().unwrap();
        assert_eq!(series.source, metric("AWS/ApiGateway", "Latency", ("Stage", "v1"), "p99", 300));
    }

    #[test]
    fn an_expression_comes_with_the_metrics_that_it_needs() {
        let message = r#"{"Trigger":{"Period":60,"EvaluationPeriods":3,"Metrics":[
            {"Id":"sum","Expression":"m1 + m1","Label":"both","ReturnData":true},
            {"Id":"m1","ReturnData":false,"MetricStat":{"Stat":"Sum","Period":60,"Metric":{"MetricName":"Errors",
             "Namespace":"AWS/Lambda","Dimensions":[{"name":"FunctionName","value":"f"}]}}}]}}"#;
        let series = of(message);
        let shown: Vec<_> = series.iter().map(|series| (series.id.as_str(), series.is_compared)).collect();
        assert_eq!(shown, [("sum", true), ("m1", false)]);
        assert_eq!(series[0].source, SeriesSource::Expression("m1 + m1".into()));
        assert_eq!(series[1].source, metric("AWS/Lambda", "Errors", ("FunctionName", "f"), "Sum", 60));
    }

    #[test]
    fn a_notification_of_another_form_has_no_series() {
        for message in [
            "{}",
            r#"{"Trigger":null}"#,
            r#"{"Trigger":{"Period":"five"}}"#,
            r#"{"Trigger":{"MetricName":"Errors","Namespace":"","Statistic":"Sum","Period":60}}"#,
            r#"{"Trigger":{"MetricName":"Errors","Namespace":"AWS/Lambda","Statistic":"","Period":60}}"#,
            r#"{"Trigger":{"Metrics":[{"Id":"a"}]}}"#,
        ] {
            assert_eq!(of(message), [], "{message}");
        }
    }
}
