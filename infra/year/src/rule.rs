//! The rules of the stack's alarms, as template.yaml defines them.

use evergreen_alert::Comparison;
use serde_json::Value;

use crate::template::{StackTemplate, TemplateError};

/// What an alarm does in a period without data: CloudWatch's `TreatMissingData`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MissingTreatment {
    /// Missing data decides nothing. Without any data, the alarm's state is `INSUFFICIENT_DATA`.
    Missing,
    /// Missing data keeps the alarm's state.
    Ignore,
    /// A missing value counts as a bad one.
    Breaching,
    /// A missing value counts as a good one.
    NotBreaching,
}

/// How CloudWatch makes one value of all values of a period.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum PeriodStatistic {
    /// The lowest value of the period.
    Minimum,
    /// The highest value of the period.
    Maximum,
    /// The sum of all values of the period.
    Sum,
    /// The mean of all values of the period.
    Average,
    /// A percentile of all values of the period, in percent: 99 for `p99`.
    Percentile(f64),
}

/// The rule of one CloudWatch alarm.
#[derive(Debug, Clone, PartialEq)]
pub struct AlarmRule {
    /// The logical id in the template, such as `AccuracyLowAlarm`.
    pub id: String,
    /// The alarm's name without the name of the stack, such as `accuracy-low`.
    pub name: String,
    /// The names of the metrics whose values are added. An alarm without metric math has one. For a metric of SQS, the
    /// name is the logical id of the queue.
    pub metrics: Vec<String>,
    /// How a period's values become one.
    pub statistic: PeriodStatistic,
    /// Length of a period, in minutes.
    pub period: u32,
    /// Number of periods that the alarm looks at (N).
    pub evaluation_periods: usize,
    /// Number of bad periods among them that raise the alarm (M).
    pub datapoints_to_alarm: usize,
    /// How the value of a period is compared with the threshold.
    pub comparison: Comparison,
    /// The threshold, in the metric's unit.
    pub threshold: f64,
    /// What a period without data means.
    pub missing: MissingTreatment,
    /// Whether the topic that needs neither the alert function nor SES also gets the alarm.
    pub is_sent_twice: bool,
}

impl AlarmRule {
    /// Reads the rules of all alarms of the template that send mails, in the template's order. An alarm without actions
    /// only stops a code rollout, and the year has none.
    ///
    /// # Errors
    /// [`TemplateError`] names a property whose form this simulation does not know. A rule is never left out.
    pub fn all(template: &StackTemplate) -> Result<Vec<Self>, TemplateError> {
        let alarms = template.resources("AWS::CloudWatch::Alarm");
        let mailing = alarms.filter(|(_, properties)| properties.get("AlarmActions").is_some());
        mailing.map(|(id, properties)| Self::read(id, properties)).collect()
    }

    fn read(id: &str, properties: &Value) -> Result<Self, TemplateError> {
        let alarm = AlarmProperties { id, properties };
        let (metrics, statistic, period) = alarm.watched()?;
        let evaluation_periods = alarm.whole("EvaluationPeriods")?;
        let datapoints_to_alarm = match properties.get("DatapointsToAlarm") {
            Some(_) => alarm.whole("DatapointsToAlarm")?,
            None => evaluation_periods,
        };
        Ok(Self {
            id: id.to_owned(),
            name: alarm.name()?,
            metrics,
            statistic,
            period,
            evaluation_periods,
            datapoints_to_alarm,
            comparison: alarm
                .parsed("ComparisonOperator", "a comparison with one threshold", |text| text.parse().ok())?,
            threshold: alarm.number("Threshold")?,
            missing: alarm.missing()?,
            is_sent_twice: alarm.topics("AlarmActions").any(|topic| topic == "UndeliveredTopic"),
        })
    }

    /// Returns whether the value of a period is bad.
    pub fn is_breaching(&self, value: f64) -> bool {
        self.comparison.holds(value, self.threshold)
    }
}

/// The properties of one alarm in the template.
struct AlarmProperties<'a> {
    id: &'a str,
    properties: &'a Value,
}

impl<'a> AlarmProperties<'a> {
    fn error(&self, property: &str, expected: &'static str) -> TemplateError {
        let found = self.properties.get(property).cloned().unwrap_or_default();
        TemplateError::Property { what: format!("Resources/{}/Properties/{property}", self.id), found, expected }
    }

    fn number(&self, property: &str) -> Result<f64, TemplateError> {
        let number = self.properties.get(property).and_then(Value::as_f64);
        number.ok_or_else(|| self.error(property, "a number"))
    }

    fn whole(&self, property: &str) -> Result<usize, TemplateError> {
        let number = self.properties.get(property).and_then(Value::as_u64).and_then(|number| number.try_into().ok());
        number.filter(|number| *number > 0).ok_or_else(|| self.error(property, "a whole number above 0"))
    }

    fn parsed<T>(
        &self,
        property: &str,
        expected: &'static str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, TemplateError> {
        let value = self.properties.get(property).and_then(Value::as_str).and_then(parse);
        value.ok_or_else(|| self.error(property, expected))
    }

    fn name(&self) -> Result<String, TemplateError> {
        let pattern = self.properties.pointer("/AlarmName/Fn::Sub").and_then(Value::as_str);
        let name = pattern.and_then(|pattern| pattern.strip_prefix("${AWS::StackName}-"));
        name.map(str::to_owned).ok_or_else(|| self.error("AlarmName", "!Sub ${AWS::StackName}-NAME"))
    }

    fn missing(&self) -> Result<MissingTreatment, TemplateError> {
        if self.properties.get("TreatMissingData").is_none() {
            return Ok(MissingTreatment::Missing);
        }
        self.parsed("TreatMissingData", "missing, ignore, breaching or notBreaching", |text| match text {
            "missing" => Some(MissingTreatment::Missing),
            "ignore" => Some(MissingTreatment::Ignore),
            "breaching" => Some(MissingTreatment::Breaching),
            "notBreaching" => Some(MissingTreatment::NotBreaching),
            _ => None,
        })
    }

    /// Returns the logical ids of the topics that the alarm's actions publish to.
    fn topics(&self, actions: &str) -> impl Iterator<Item = &'a str> {
        let actions = self.properties.get(actions).and_then(Value::as_array).into_iter().flatten();
        actions.filter_map(|action| action.get("Ref").and_then(Value::as_str))
    }

    /// Returns the watched metrics, how a period's values become one, and the period in minutes.
    fn watched(&self) -> Result<(Vec<String>, PeriodStatistic, u32), TemplateError> {
        let Some(parts) = self.properties.get("Metrics").and_then(Value::as_array) else {
            let name = metric_name(self.properties).ok_or_else(|| self.error("MetricName", "a metric with a name"))?;
            let property = if self.properties.get("Statistic").is_some() { "Statistic" } else { "ExtendedStatistic" };
            let statistic = self.parsed(property, "a statistic that is simulated", statistic)?;
            return Ok((vec![name], statistic, self.minutes(self.properties.get("Period"))?));
        };
        self.sum_of(parts)
    }

    /// Reads metric math. The template uses only `SUM([a, b, …])`, with the same statistic and period for each metric.
    fn sum_of(&self, parts: &[Value]) -> Result<(Vec<String>, PeriodStatistic, u32), TemplateError> {
        let expected = "one SUM([…]) over metrics that have the same period and the statistic Sum";
        let unknown = || self.error("Metrics", expected);
        let returned = parts.iter().find(|part| part.get("ReturnData") == Some(&Value::Bool(true)));
        let expression = returned.and_then(|part| part.get("Expression")?.as_str()).ok_or_else(unknown)?;
        let ids = expression.strip_prefix("SUM([").and_then(|rest| rest.strip_suffix("])")).ok_or_else(unknown)?;
        let (mut metrics, mut periods) = (Vec::new(), Vec::new());
        for id in ids.split(',').map(str::trim) {
            let part = parts.iter().find(|part| part.get("Id").and_then(Value::as_str) == Some(id));
            let stat = part.and_then(|part| part.get("MetricStat")).ok_or_else(unknown)?;
            if stat.get("Stat").and_then(Value::as_str) != Some("Sum") {
                return Err(unknown());
            }
            metrics.push(stat.get("Metric").and_then(metric_name).ok_or_else(unknown)?);
            periods.push(self.minutes(stat.get("Period"))?);
        }
        let period = periods.first().copied().filter(|first| periods.iter().all(|period| period == first));
        Ok((metrics, PeriodStatistic::Sum, period.ok_or_else(unknown)?))
    }

    fn minutes(&self, period: Option<&Value>) -> Result<u32, TemplateError> {
        let seconds = period.and_then(Value::as_u64).filter(|seconds| *seconds > 0 && seconds % 60 == 0);
        let minutes = seconds.and_then(|seconds| u32::try_from(seconds / 60).ok());
        minutes.ok_or_else(|| self.error("Period", "whole minutes, in seconds"))
    }
}

/// Returns the name under which the simulation keeps a metric: its name, or the logical id of the queue.
fn metric_name(metric: &Value) -> Option<String> {
    if metric.get("Namespace").and_then(Value::as_str) == Some("AWS/SQS") {
        let queue = metric.pointer("/Dimensions/0/Value/Fn::GetAtt")?;
        let queue = queue.as_str().or_else(|| queue.get(0)?.as_str())?;
        return queue.split('.').next().map(str::to_owned);
    }
    metric.get("MetricName")?.as_str().map(str::to_owned)
}

fn statistic(text: &str) -> Option<PeriodStatistic> {
    Some(match text {
        "Minimum" => PeriodStatistic::Minimum,
        "Maximum" => PeriodStatistic::Maximum,
        "Sum" => PeriodStatistic::Sum,
        "Average" => PeriodStatistic::Average,
        _ => {
            let percent: f64 = text.strip_prefix('p')?.parse().ok()?;
            PeriodStatistic::Percentile(percent)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules() -> Vec<AlarmRule> {
        AlarmRule::all(&StackTemplate::parse(include_str!("../../../template.yaml")).unwrap()).unwrap()
    }

    #[test]
    fn every_alarm_of_the_catalogue_is_read_from_the_template() {
        let names: Vec<_> = rules().into_iter().map(|rule| rule.name).collect();
        for kind in evergreen_alert::AlarmKind::KNOWN {
            assert!(names.iter().any(|name| name == kind.as_str()), "{} is not in {names:?}", kind.as_str());
        }
    }

    #[test]
    fn a_rule_has_what_the_template_says() {
        let rules = rules();
        let rule = |id: &str| rules.iter().find(|rule| rule.id == id).unwrap();
        let latency = rule("PredictionLatencyAlarm");
        assert_eq!((latency.statistic, latency.period), (PeriodStatistic::Percentile(99.0), 3));
        assert_eq!((latency.datapoints_to_alarm, latency.evaluation_periods), (3, 7));
        let queue = rule("AlertFailureQueueAlarm");
        assert_eq!((queue.metrics.as_slice(), queue.is_sent_twice), (&["AlertFailureQueue".to_owned()][..], true));
        let bounced = rule("MailBouncedAlarm");
        assert_eq!((bounced.metrics.len(), bounced.period, bounced.evaluation_periods), (3, 60, 24));
        assert_eq!(rule("ChampionTooOldAlarm").missing, MissingTreatment::Breaching);
        assert!(rules.iter().all(|rule| !rule.id.starts_with("NewCode")), "these alarms send no mail");
    }

    #[test]
    fn a_rule_of_an_unknown_form_is_an_error_that_names_its_place() {
        let mut template = StackTemplate::parse(include_str!("../../../template.yaml")).unwrap();
        template.set("ThrottlesAlarm", "TreatMissingData", "perhaps".into()).unwrap();
        insta::assert_snapshot!(AlarmRule::all(&template).unwrap_err(), @r#"template.yaml: Resources/ThrottlesAlarm/Properties/TreatMissingData is "perhaps"; expected missing, ignore, breaching or notBreaching"#);
        assert!(template.set("NoSuchAlarm", "Threshold", 1.into()).is_err());
    }
}
