//! Conditions on metrics, such as `roc_auc>=0.9`.

use std::collections::BTreeMap;
use std::str::FromStr;

use super::InvalidFilter;
use super::summary::TRAINING_SCORE;
use crate::PrimaryMetric;

/// How a metric is compared with a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    AtLeast,
    AtMost,
    Above,
    Below,
    Equal,
}

/// The comparisons as people write them. One that begins like another one comes before it.
const COMPARISONS: [(&str, Comparison); 5] = [
    (">=", Comparison::AtLeast),
    ("<=", Comparison::AtMost),
    (">", Comparison::Above),
    ("<", Comparison::Below),
    ("=", Comparison::Equal),
];

/// A condition on a metric of a run or a version.
///
/// ```
/// use evergreen_lifecycle::listing::MetricCondition;
///
/// let good: MetricCondition = "roc_auc>=0.9".parse().unwrap();
/// assert!(good.holds(&[("roc_auc".to_owned(), 0.93)].into()));
/// assert!(!good.holds(&[].into()), "a missing metric fulfils no condition");
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct MetricCondition {
    metric: String,
    comparison: Comparison,
    limit: f64,
}

impl MetricCondition {
    /// Returns whether the metrics of a run or a version, by name, fulfil the condition.
    pub fn holds(&self, metrics: &BTreeMap<String, f64>) -> bool {
        let Some(value) = metrics.get(&self.metric) else { return false };
        match self.comparison {
            Comparison::AtLeast => *value >= self.limit,
            Comparison::AtMost => *value <= self.limit,
            Comparison::Above => *value > self.limit,
            Comparison::Below => *value < self.limit,
            Comparison::Equal => value.total_cmp(&self.limit).is_eq(),
        }
    }
}

impl FromStr for MetricCondition {
    type Err = InvalidFilter;

    fn from_str(text: &str) -> Result<Self, InvalidFilter> {
        let invalid = |expected: String| InvalidFilter::new("metric", text, expected);
        let start = text.find(['<', '>', '=']);
        let Some((metric, rest)) = start.and_then(|at| text.split_at_checked(at)) else {
            return Err(invalid("a metric, one of >= <= > < =, and a number, such as roc_auc>=0.9".into()));
        };
        let comparison = COMPARISONS.iter().find_map(|(sign, kind)| Some((*kind, rest.strip_prefix(sign)?)));
        let Some((comparison, limit)) = comparison else {
            return Err(invalid("one of >= <= > < = between the metric and the number".into()));
        };
        let limit = limit.trim().parse().ok().filter(|limit: &f64| limit.is_finite());
        let limit = limit.ok_or_else(|| invalid("a number such as 0.9 after the comparison".into()))?;
        let metric = metric.trim();
        if !is_metric(metric) {
            return Err(invalid(format!("one of the metrics {}", metric_names().join(", "))));
        }
        Ok(Self { metric: metric.to_owned(), comparison, limit })
    }
}

/// Returns whether summaries may have a metric of this name.
pub(super) fn is_metric(name: &str) -> bool {
    metric_names().contains(&name)
}

/// Returns the names of all metrics that summaries may have.
pub(super) fn metric_names() -> Vec<&'static str> {
    PrimaryMetric::ALL.iter().map(|metric| metric.name()).chain([TRAINING_SCORE]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(condition: &str, value: f64) -> bool {
        condition.parse::<MetricCondition>().unwrap().holds(&[("log_loss".to_owned(), value)].into())
    }

    #[test]
    fn each_comparison_means_what_its_sign_says() {
        let found = |value| {
            ["log_loss>=0.5", "log_loss<=0.5", "log_loss>0.5", "log_loss<0.5", "log_loss = 0.5"]
                .map(|condition| holds(condition, value))
        };
        assert_eq!(found(0.4), [false, true, false, true, false]);
        assert_eq!(found(0.5), [true, true, false, false, true]);
        assert_eq!(found(0.6), [true, false, true, false, false]);
    }

    #[test]
    fn the_error_says_what_was_expected() {
        let error = |text: &str| text.parse::<MetricCondition>().unwrap_err().to_string();
        insta::assert_snapshot!(error("roc_auc"), @r#"parameter metric: found "roc_auc", expected a metric, one of >= <= > < =, and a number, such as roc_auc>=0.9"#);
        insta::assert_snapshot!(error("roc_auc>=high"), @r#"parameter metric: found "roc_auc>=high", expected a number such as 0.9 after the comparison"#);
        insta::assert_snapshot!(error("auc>0.9"), @r#"parameter metric: found "auc>0.9", expected one of the metrics accuracy, balanced_accuracy, log_loss, brier_score, roc_auc, average_precision, f1, mcc, r2, rmse, mae, mape, rmsle, pinball, training_score"#);
    }
}
