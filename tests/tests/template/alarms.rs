//! Alarms: each is heard of, and watches something that exists.

use std::collections::BTreeSet;

use serde_json::json;

use crate::document::{Template, list};
use crate::metrics::{NAMESPACE, published};

/// The kinds of the template's alarms: their names without the stack's.
pub fn kinds(template: &Template) -> BTreeSet<String> {
    let names = template.resources("AWS::CloudWatch::Alarm").into_iter().map(|(_, alarm)| &alarm["AlarmName"]);
    let kinds = names.map(|name| template.resolve(name).strip_prefix("evergreen-").map(str::to_owned));
    kinds.map(|kind| kind.expect("an alarm's name begins with the stack's")).collect()
}

#[test]
fn every_alarm_tells_the_topic_when_it_is_raised_and_when_it_is_over() {
    let template = Template::read();
    for (id, alarm) in template.resources("AWS::CloudWatch::Alarm") {
        for actions in ["AlarmActions", "OKActions"] {
            assert_eq!(alarm[actions], json!([{"Ref": "AlertTopic"}]), "{actions} of {id}");
        }
        assert!(alarm.get("ActionsEnabled").is_none(), "{id}");
    }
}

#[test]
fn no_two_alarms_have_one_name() {
    let template = Template::read();
    assert_eq!(kinds(&template).len(), template.resources("AWS::CloudWatch::Alarm").len());
}

#[test]
fn an_alarm_of_the_model_watches_a_metric_that_is_published() {
    let template = Template::read();
    for (id, alarm) in template.resources("AWS::CloudWatch::Alarm") {
        if alarm["Namespace"] == NAMESPACE {
            let metric = alarm["MetricName"].as_str().expect("a metric has a name");
            assert!(published().contains(metric), "{id} watches {metric}");
            assert_eq!(alarm["Dimensions"], json!([{"Name": "ModelName", "Value": {"Ref": "ModelName"}}]), "{id}");
        }
    }
}

#[test]
fn every_queue_has_an_alarm() {
    let template = Template::read();
    let watched: BTreeSet<_> = template
        .resources("AWS::CloudWatch::Alarm")
        .into_iter()
        .flat_map(|(_, alarm)| list(&alarm["Dimensions"]))
        .filter(|dimension| dimension["Name"] == "QueueName")
        .map(|dimension| crate::document::written(&dimension["Value"]))
        .collect();
    let queues = template.resources("AWS::SQS::Queue").into_iter();
    assert_eq!(watched, queues.map(|(id, _)| format!("{id}.QueueName")).collect());
}
