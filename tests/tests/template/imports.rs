//! Tests the import of uploaded models. The S3 bucket publishes the upload as an event. The EventBridge rule selects
//! this model's files, and events that cannot be delivered are kept.

use serde_json::json;

use crate::document::{Template, list, written};

/// Name of the S3 object tag that the train function puts on refused model files.
const KEEP_DAYS_TAG: &str = "evergreen-keep-days";

const RULE: &str = "/Events/ModelUploaded/Properties";

#[test]
fn the_bucket_sends_events_to_the_bus_and_the_rule_picks_model_files() {
    let template = Template::read();
    let told = template.resource("ArtifactBucket").pointer("/NotificationConfiguration/EventBridgeConfiguration");
    assert_eq!(told, Some(&json!({"EventBridgeEnabled": true})));
    let rule = template.resource("TrainFunction").pointer(RULE).expect("the train function has the rule");
    let pattern = &rule["Pattern"];
    assert_eq!((&pattern["source"], &pattern["detail-type"]), (&json!(["aws.s3"]), &json!(["Object Created"])));
    assert_eq!(pattern["detail"]["bucket"]["name"], json!([{"Ref": "ArtifactBucket"}]));
    let keys = list(&pattern["detail"]["object"]["key"]);
    let keys = keys.iter().map(|key| template.resolve(&key["wildcard"]));
    let expected = ["onnx", "xgboost.json", "ubj", "lightgbm.txt"].map(|suffix| format!("incoming/iris/*.{suffix}"));
    assert_eq!(keys.collect::<Vec<_>>(), expected);
}

#[test]
fn events_that_the_rule_cannot_deliver_go_to_a_queue() {
    let template = Template::read();
    let rule = template.resource("TrainFunction").pointer(RULE).expect("the train function has the rule");
    assert_eq!(written(&rule["DeadLetterConfig"]["Arn"]), "TrainScheduleQueue.Arn");
    let policy = template.resource("TrainScheduleQueuePolicy");
    let statement = list(&policy["PolicyDocument"]["Statement"])[0];
    assert_eq!(statement["Principal"], json!({"Service": "events.amazonaws.com"}));
    let sources = list(&statement["Condition"]["ArnEquals"]["aws:SourceArn"]);
    let name = template.resolve(&rule["RuleName"]);
    let expected = format!("arn:aws:events:eu-central-1:123456789012:rule/{name}");
    assert!(sources.into_iter().any(|source| template.resolve(source) == expected));
}

#[test]
fn only_uploaded_files_samples_feedback_jobs_checkpoints_and_tagged_objects_expire() {
    let template = Template::read();
    let rules = list(&template.resource("ArtifactBucket")["LifecycleConfiguration"]["Rules"]);
    let expiring: Vec<_> = rules.into_iter().filter(|rule| rule.get("ExpirationInDays").is_some()).collect();
    let prefixes: Vec<_> = expiring.iter().filter_map(|rule| rule.get("Prefix")).map(written).collect();
    assert_eq!(prefixes, ["incoming/", "served/", "feedback/", "jobs/", "checkpoints/"]);
    let tagged: Vec<_> = expiring.iter().filter_map(|rule| rule.get("TagFilters")).collect();
    assert_eq!(tagged, [&json!([{"Key": KEEP_DAYS_TAG, "Value": {"Ref": "KeepDays"}}])]);
    assert_eq!(expiring.len(), 6);
}
