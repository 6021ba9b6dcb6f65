//! Tests that a stack reacts by itself, and sends a digest, only if its parameters say so.

use serde_json::Value;

use crate::document::{Template, list, written};

#[test]
fn nothing_happens_by_itself_by_default() {
    let template = Template::read();
    for parameter in ["OnDrift", "OnLiveAccuracy"] {
        assert_eq!(template.parameter(parameter)["Default"], "nothing", "{parameter}");
    }
}

#[test]
fn the_digest_has_a_schedule_that_may_start_the_alert_function_and_nothing_else() {
    let template = Template::read();
    assert_eq!(template.parameter("WeeklyDigest")["Default"], "none");
    let (_, schedule) = template.resources("AWS::Scheduler::Schedule")[0];
    let expected = "arn:aws:scheduler:eu-central-1:123456789012:schedule-group/default";
    let target = &schedule["Target"];
    assert_eq!(written(&target["Arn"]), "AlertFunction.Arn");
    assert_eq!(written(&target["RoleArn"]), "DigestScheduleRole.Arn");
    let input: Value = serde_json::from_str(target["Input"].as_str().expect("text")).expect("JSON");
    assert_eq!(
        (&input["trigger"], &input["scheduled_time"]),
        (&"digest".into(), &"<aws.scheduler.scheduled-time>".into())
    );
    let role = template.resource("DigestScheduleRole");
    let trust = list(&role["AssumeRolePolicyDocument"]["Statement"])[0];
    assert_eq!(template.resolve(&trust["Condition"]["StringEquals"]["aws:SourceArn"]), expected);
    let rights = list(&role["Policies"][0]["PolicyDocument"]["Statement"]);
    assert_eq!(rights.len(), 1);
    assert_eq!(
        (&rights[0]["Action"], written(&rights[0]["Resource"])),
        (&"lambda:InvokeFunction".into(), "${AlertFunction.Arn}".into())
    );
    for resource in ["DigestSchedule", "DigestScheduleRole"] {
        assert_eq!(template.attribute(resource, "Condition"), "SendsDigest", "{resource}");
    }
}
