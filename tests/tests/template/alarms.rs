//! Tests that every alarm of the template notifies somebody and watches a metric that exists.

use std::collections::BTreeSet;

use evergreen_lifecycle::{Metric, Publication};
use serde_json::{Value, json};

use crate::document::{Template, file, list};
use crate::metrics::{NAMESPACE, published};

/// Returns the names of the template's alarms without the stack's name and the hyphen, such as `accuracy-low`.
pub fn kinds(template: &Template) -> BTreeSet<String> {
    let names = template.mailing_alarms().into_iter().map(|(_, alarm)| &alarm["AlarmName"]);
    let kinds = names.map(|name| template.resolve(name).strip_prefix("evergreen-").map(str::to_owned));
    kinds.map(|kind| kind.expect("an alarm's name begins with the stack's")).collect()
}

/// Logical ids of the template's alarms that are raised when mail does not reach people.
pub const ABOUT_MAIL: [&str; 3] = ["AlertFailureQueueAlarm", "AlertTopicQueueAlarm", "MailBouncedAlarm"];

#[test]
fn every_alarm_notifies_the_topic_when_it_is_raised_and_when_it_is_over() {
    let template = Template::read();
    for (id, alarm) in template.mailing_alarms() {
        let topics = if ABOUT_MAIL.contains(&id) {
            json!([{"Ref": "AlertTopic"}, {"Ref": "UndeliveredTopic"}])
        } else {
            json!([{"Ref": "AlertTopic"}])
        };
        for actions in ["AlarmActions", "OKActions"] {
            assert_eq!(alarm[actions], topics, "{actions} of {id}");
        }
        assert!(alarm.get("ActionsEnabled").is_none(), "{id}");
    }
}

#[test]
fn failing_mail_is_reported_by_another_way_than_the_alert_function() {
    let template = Template::read();
    let subscription = template.resource("UndeliveredSubscription");
    assert_eq!(
        (&subscription["Protocol"], &subscription["TopicArn"]),
        (&json!("email"), &json!({"Ref": "UndeliveredTopic"}))
    );
    assert_eq!(template.parameters()["UndeliveredRecipient"], "", "the default names no other recipient");
    let first = json!({"Fn::Select": [0, {"Ref": "AlertRecipients"}]});
    let named = json!({"Ref": "UndeliveredRecipient"});
    assert_eq!(subscription["Endpoint"]["Fn::If"], json!(["NamesUndeliveredRecipient", named, first]));
}

/// A single address that the alert function rejects would stop every mail, because it reads all addresses when it
/// starts.
#[test]
fn the_template_accepts_no_address_that_the_alert_function_refuses() {
    let template = Template::read();
    for parameter in ["AlertSender", "AlertRecipients", "UndeliveredRecipient"] {
        let pattern = template.parameter(parameter)["AllowedPattern"].as_str().expect("a pattern");
        let refused = r#"[^@\s<>,;"]"#;
        assert_eq!(pattern.matches(refused).count(), pattern.matches("[^").count(), "{parameter}: {pattern}");
        assert!(pattern.contains(refused), "{parameter}: {pattern}");
    }
}

#[test]
fn mail_events_are_published_where_the_alarm_reads_them() {
    let template = Template::read();
    let destination = &template.resource("MailEventsToCloudWatch")["EventDestination"];
    assert_eq!(destination["MatchingEventTypes"], json!(["bounce", "complaint", "reject"]));
    let dimensions = list(&destination["CloudWatchDestination"]["DimensionConfigurations"]);
    assert_eq!(dimensions.len(), 1);
    let dimension = json!({"Name": dimensions[0]["DimensionName"], "Value": dimensions[0]["DefaultDimensionValue"]});
    let watched = list(&template.resource("MailBouncedAlarm")["Metrics"]);
    let metrics: Vec<_> = watched.iter().filter_map(|watched| watched.pointer("/MetricStat/Metric")).collect();
    let names: Vec<_> = metrics.iter().map(|metric| &metric["MetricName"]).collect();
    assert_eq!(names, ["Bounce", "Complaint", "Reject"]);
    for metric in metrics {
        assert_eq!((&metric["Namespace"], &metric["Dimensions"]), (&json!("AWS/SES"), &json!([dimension])));
    }
    let set = &template.resource("AlertFunction")["Environment"]["Variables"]["EVERGREEN_CONFIGURATION_SET"];
    assert_eq!(chosen_on_aws(set), &json!({"Ref": "MailEvents"}));
}

/// Returns the value that a conditional template value has on AWS.
fn chosen_on_aws(value: &Value) -> &Value {
    // On an emulator, it may have another value.
    let choice = value["Fn::If"].as_array().unwrap_or_else(|| panic!("{value} does not hang on the emulator"));
    assert_eq!(choice[0], "NotEmulated");
    &choice[1]
}

#[test]
fn no_two_alarms_have_one_name() {
    let template = Template::read();
    assert_eq!(kinds(&template).len(), template.mailing_alarms().len());
}

#[test]
fn an_alarm_of_the_model_watches_a_metric_that_is_published() {
    let template = Template::read();
    for (id, alarm) in template.mailing_alarms() {
        if alarm["Namespace"] == NAMESPACE {
            let metric = alarm["MetricName"].as_str().expect("a metric has a name");
            assert!(published().contains(metric), "{id} watches {metric}");
            assert_eq!(alarm["Dimensions"], json!([{"Name": "ModelName", "Value": {"Ref": "ModelName"}}]), "{id}");
        }
    }
}

/// With several periods, or if missing values mean something, an alarm needs a value in each period.
#[test]
fn an_alarm_on_a_metric_without_a_value_in_each_period_keeps_its_state_until_the_next_one() {
    let template = Template::read();
    for (id, alarm) in template.mailing_alarms() {
        let watched = Metric::ALL.into_iter().find(|metric| alarm["MetricName"] == metric.name());
        if watched.is_some_and(|metric| metric.publication() == Publication::OnChange) {
            assert_eq!(
                (&alarm["EvaluationPeriods"], &alarm["TreatMissingData"]),
                (&json!(1), &json!("ignore")),
                "{id}"
            );
            assert!(alarm.get("DatapointsToAlarm").is_none(), "{id}");
        }
    }
}

#[test]
fn every_queue_has_an_alarm() {
    let template = Template::read();
    let watched: BTreeSet<_> = template
        .mailing_alarms()
        .into_iter()
        .flat_map(|(_, alarm)| list(&alarm["Dimensions"]))
        .filter(|dimension| dimension["Name"] == "QueueName")
        .map(|dimension| crate::document::written(&dimension["Value"]))
        .collect();
    let queues = template.resources("AWS::SQS::Queue").into_iter();
    assert_eq!(watched, queues.map(|(id, _)| format!("{id}.QueueName")).collect());
}

/// Returns the lines of `template.yaml` about the resource with this logical id, including the comment before it.
fn lines_about(id: &str) -> Vec<String> {
    let text = crate::document::file("template.yaml");
    let lines: Vec<&str> = text.lines().collect();
    let head = lines.iter().position(|line| *line == format!("  {id}:")).unwrap_or_else(|| panic!("there is no {id}"));
    let comment = lines[..head].iter().rev().take_while(|line| line.starts_with("  #")).copied();
    let body = lines[head..].iter().take_while(|line| !line.is_empty()).copied();
    comment.chain(body).map(str::to_owned).collect()
}

#[test]
fn every_alarms_rule_has_a_comment_with_its_reason() {
    let template = Template::read();
    for (id, _) in template.mailing_alarms() {
        let reasons = lines_about(id).iter().filter(|line| line.trim_start().starts_with('#')).count();
        assert!(reasons > 0, "{id} has no comment that says why its rule is what it is");
    }
}

// A single error may be over before anybody reads about it. So the alarms on these metrics need bad values in two of
// three periods.
/// Names of metrics that count errors and whose alarms must ignore a single error.
const SINGLE_ERRORS: [&str; 2] = ["ModelLoadFailures", "Throttles"];

#[test]
fn alarms_on_errors_need_several_periods_and_alarms_on_states_one() {
    let template = Template::read();
    for (id, alarm) in template.mailing_alarms() {
        let rule = (alarm["EvaluationPeriods"].as_u64(), alarm["DatapointsToAlarm"].as_u64());
        // This alarm has no single metric: it watches the sum of three metrics over a day.
        let Some(metric) = alarm["MetricName"].as_str() else {
            assert_eq!((id, rule), ("MailBouncedAlarm", (Some(24), Some(1))));
            continue;
        };
        let expected = match metric {
            // Two stray answers within a quarter of an hour are not worth a mail.
            "5XXError" | "Latency" => (Some(7), Some(3)),
            // A code rollout ends once, and its alarm rings for an hour.
            "Invocations" => (Some(12), Some(1)),
            _ if SINGLE_ERRORS.contains(&metric) => (Some(3), Some(2)),
            "ModelAgeMarginHours" | "UnknownFigures" => (Some(3), None),
            _ => (Some(1), None),
        };
        assert_eq!(rule, expected, "{id}");
    }
}

#[test]
fn an_alarm_watches_the_worst_value_of_a_period() {
    let template = Template::read();
    for (id, alarm) in template.mailing_alarms() {
        let below = alarm["ComparisonOperator"].as_str().is_some_and(|operator| operator.starts_with("Less"));
        let Some(statistic) = alarm["Statistic"].as_str() else { continue };
        // A metric that is unknown for a moment does no harm, so this alarm uses the best value of a period.
        let expected: &[&str] = match (below, alarm["MetricName"].as_str()) {
            (true, _) | (_, Some("UnknownFigures")) => &["Minimum"],
            _ => &["Maximum", "Sum"],
        };
        assert!(expected.contains(&statistic), "{id}: {statistic}");
    }
}

/// The example events in the folder `events` are those that tests and `sam local` send to the alert function.
#[test]
fn the_sample_events_match_the_alarms_of_the_template() {
    let template = Template::read();
    for name in ["alert-alarm", "alert-ok", "alert-training-failed"] {
        let event: Value = serde_json::from_str(&file(&format!("events/{name}.json"))).expect("JSON");
        let message = event["Records"][0]["Sns"]["Message"].as_str().expect("a message");
        let told: Value = serde_json::from_str(message).expect("JSON");
        let alarms = template.mailing_alarms();
        let alarm = alarms.into_iter().find(|(_, alarm)| template.resolve(&alarm["AlarmName"]) == told["AlarmName"]);
        let (id, alarm) = alarm.unwrap_or_else(|| panic!("{name}: the template has no such alarm"));
        let trigger = &told["Trigger"];
        for key in ["MetricName", "Namespace", "ComparisonOperator", "TreatMissingData"] {
            assert_eq!(trigger[key], alarm[key], "{name}: {key} of {id}");
        }
        for key in ["Threshold", "Period", "EvaluationPeriods"] {
            assert_eq!(trigger[key].as_f64(), alarm[key].as_f64(), "{name}: {key} of {id}");
        }
        let statistic = alarm["Statistic"].as_str().unwrap_or_default().to_uppercase();
        assert_eq!(trigger["Statistic"], statistic, "{name}: {id}");
    }
}
