//! Tests of the parts of the template that replace the code of the predict function step by step. What SAM makes of them
//! is tested in infra/local/tests.

use std::collections::BTreeSet;

use serde_json::json;

use crate::document::Template;

/// Logical ids of the template's alarms that stop a code rollout.
fn guards(template: &Template) -> BTreeSet<String> {
    let mailing: BTreeSet<_> = template.mailing_alarms().into_iter().map(|(id, _)| id).collect();
    let alarms = template.resources("AWS::CloudWatch::Alarm").into_iter().map(|(id, _)| id);
    alarms.filter(|id| !mailing.contains(id)).map(str::to_owned).collect()
}

/// An alarm that rings already would stop the deployment that repairs its cause.
#[test]
fn a_code_rollout_is_stopped_only_by_alarms_that_send_no_mail() {
    let template = Template::read();
    let watched = &template.resource("PredictFunction")["DeploymentPreference"]["Alarms"]["Fn::If"];
    assert_eq!((&watched[0], &watched[2]), (&json!("RollsOutCode"), &json!([])));
    let watched = watched[1].as_array().expect("a list").iter();
    let named: BTreeSet<_> = watched.filter_map(|it| it["Ref"].as_str()).map(str::to_owned).collect();
    assert_eq!(named, guards(&template));
    assert_eq!(named.len(), 2);
}

#[test]
fn a_guard_looks_at_one_lambda_version_and_rings_only_with_values() {
    let template = Template::read();
    for id in guards(&template) {
        let guard = template.resource(&id);
        let number = "${PredictFunction.Version.Version}";
        let name = guard["AlarmName"]["Fn::Sub"].as_str().expect("a pattern");
        assert!(name.ends_with(&format!("-{number}")), "{id}: {name}");
        let dimensions = guard["Dimensions"].as_array().expect("a list");
        let version = json!({"Fn::GetAtt": "PredictFunction.Version.Version"});
        assert!(dimensions.iter().any(|dimension| dimension["Value"] == version), "{id}");
        assert_eq!((&guard["TreatMissingData"], &guard["Period"]), (&json!("notBreaching"), &json!(60)), "{id}");
        assert!(template.is_optional(&id), "{id} would cost something in every stack");
    }
}

#[test]
fn the_filter_of_the_log_counts_what_its_alarm_watches() {
    let template = Template::read();
    let filter = template.resource("NewCodeFailures");
    assert_eq!(filter["LogGroupName"], template.resource("PredictFunction")["LoggingConfig"]["LogGroup"]);
    let counted = &filter["MetricTransformations"][0];
    let alarm = template.resource("NewCodeFailuresAlarm");
    assert_eq!((&counted["MetricNamespace"], &counted["MetricName"]), (&alarm["Namespace"], &alarm["MetricName"]));
    let keys = |of: &serde_json::Value, key: &str| {
        let dimensions = of["Dimensions"].as_array().expect("a list").iter();
        dimensions.map(|dimension| dimension[key].clone()).collect::<Vec<_>>()
    };
    assert_eq!(keys(counted, "Key"), keys(alarm, "Name"));
    assert_eq!(keys(counted, "Value"), [json!("$.ModelName"), json!("$.lambda_version")]);
}

#[test]
fn the_mail_about_a_code_rollout_counts_the_events_of_its_rule() {
    let template = Template::read();
    let rule = &template.resource("MetricsFunction")["Events"]["CodeRolledBack"]["Properties"];
    let alarm = template.resource("CodeRolledBackAlarm");
    assert_eq!(alarm["Dimensions"], json!([{"Name": "RuleName", "Value": rule["RuleName"]}]));
    assert_eq!(rule["State"]["Fn::If"], json!(["RollsOutCode", "ENABLED", "DISABLED"]));
    assert_eq!(rule["Pattern"]["detail"]["state"], json!(["FAILURE", "STOP"]));
}
