//! Tests which data the stack keeps, how the data is protected, and how many function calls may run at once.

use serde_json::{Value, json};

use crate::document::{Template, list};

const OWN_KEY: &str = "KmsKeyArn";

/// Returns the two values of a conditional template property: the value with a customer-managed encryption key, and the
/// value without one.
fn with_and_without_key(value: &Value) -> (&Value, &Value) {
    let choice = value["Fn::If"].as_array().unwrap_or_else(|| panic!("{value} does not hang on the key"));
    assert_eq!(choice[0], "HasKey");
    (&choice[1], &choice[2])
}

/// Asserts that the template sets a property to the customer-managed encryption key.
fn assert_own_key(id: &str, value: &Value) {
    // Without such a key, the property must be absent.
    assert_eq!(with_and_without_key(value), (&json!({"Ref": OWN_KEY}), &json!({"Ref": "AWS::NoValue"})), "{id}");
}

#[test]
fn a_customer_key_encrypts_everything_that_is_stored() {
    let template = Template::read();
    assert_eq!(template.parameters()[OWN_KEY], "", "nothing changes for who has none");
    for (kind, property) in [
        ("AWS::SQS::Queue", "KmsMasterKeyId"),
        ("AWS::SNS::Topic", "KmsMasterKeyId"),
        ("AWS::Logs::LogGroup", "KmsKeyId"),
    ] {
        for (id, properties) in template.resources(kind) {
            assert_own_key(id, &properties[property]);
        }
    }
    let (with, without) = with_and_without_key(&template.resource("RegistryTable")["SSESpecification"]);
    assert_eq!(with, &json!({"SSEEnabled": true, "SSEType": "KMS", "KMSMasterKeyId": {"Ref": OWN_KEY}}));
    assert_eq!(without, &json!({"Ref": "AWS::NoValue"}));
    let rules = &template.resource("ArtifactBucket")["BucketEncryption"]["ServerSideEncryptionConfiguration"][0];
    let default = &rules["ServerSideEncryptionByDefault"];
    assert_eq!(with_and_without_key(&default["SSEAlgorithm"]), (&json!("aws:kms"), &json!("AES256")));
    assert_own_key("ArtifactBucket", &default["KMSMasterKeyID"]);
}

#[test]
fn queues_are_encrypted_even_without_a_customer_key() {
    let template = Template::read();
    for (id, queue) in template.resources("AWS::SQS::Queue") {
        assert_eq!(with_and_without_key(&queue["SqsManagedSseEnabled"]).1, &json!(true), "{id}");
    }
}

#[test]
fn the_registry_has_deletion_protection_and_is_retained_in_a_rollback() {
    let template = Template::read();
    let table = template.resource("RegistryTable");
    assert_eq!(table["DeletionProtectionEnabled"], json!({"Fn::If": ["ProtectsTable", true, false]}));
    assert_eq!(template.parameters()["DeletionProtection"], "true");
    for (policy, kept) in [("DeletionPolicy", "Retain"), ("UpdateReplacePolicy", "Retain")] {
        assert_eq!(template.attribute("RegistryTable", policy), kept, "{policy}");
    }
}

#[test]
fn nothing_expires_and_no_concurrency_is_reserved_by_default() {
    let template = Template::read();
    assert_eq!((&*template.parameters()["KeepDays"], &*template.parameters()["TrainConcurrency"]), ("0", "0"));
    let reserved = &template.resource("TrainFunction")["ReservedConcurrentExecutions"]["Fn::If"];
    assert_eq!(reserved, &json!(["BoundsTraining", {"Ref": "TrainConcurrency"}, {"Ref": "AWS::NoValue"}]));
    for (id, function) in template.resources("AWS::Serverless::Function") {
        let asked = function.get("ReservedConcurrentExecutions").is_some();
        assert_eq!(asked, id == "TrainFunction", "{id}");
    }
}

#[test]
fn one_parameter_sets_the_retention_of_registry_and_bucket() {
    let template = Template::read();
    let train = &template.resource("TrainFunction")["Environment"]["Variables"];
    assert_eq!(train["EVERGREEN_KEEP_DAYS"], json!({"Ref": "KeepDays"}));
    let rules = list(&template.resource("ArtifactBucket")["LifecycleConfiguration"]["Rules"]);
    let refused = rules.into_iter().find(|rule| rule["Id"] == "refused-versions").expect("a rule for refused versions");
    assert_eq!(refused["ExpirationInDays"], json!({"Ref": "KeepDays"}));
    let ttl = &template.resource("RegistryTable")["TimeToLiveSpecification"];
    assert_eq!(ttl, &json!({"AttributeName": "expires_at", "Enabled": true}));
}

#[test]
fn served_rows_are_kept_only_on_request_and_for_some_days() {
    let template = Template::read();
    assert_eq!(template.parameters()["SampleServedRows"], "0");
    let variables = |function: &str| template.resource(function)["Environment"]["Variables"].clone();
    assert_eq!(variables("PredictFunction")["EVERGREEN_SAMPLE_ROWS"], json!({"Ref": "SampleServedRows"}));
    let days = &variables("TrainFunction")["EVERGREEN_SAMPLE_DAYS"];
    assert_eq!(days, &json!({"Fn::If": ["SamplesRows", {"Ref": "SampleDays"}, "0"]}));
    let rules = list(&template.resource("ArtifactBucket")["LifecycleConfiguration"]["Rules"]);
    let rule = rules.into_iter().find(|rule| rule["Id"] == "served-rows").expect("a rule for served rows");
    assert_eq!((&rule["Prefix"], &rule["ExpirationInDays"]), (&json!("served/"), &json!({"Ref": "SampleDays"})));
    assert_eq!(rule["NoncurrentVersionExpiration"], json!({"NoncurrentDays": 1}));
}

#[test]
fn rows_of_feedback_are_kept_and_learned_from_only_on_request_and_for_some_days() {
    let template = Template::read();
    let parameters = template.parameters();
    assert_eq!([&*parameters["KeepFeedbackRows"], &*parameters["LearnFromFeedback"]], ["false"; 2]);
    let variables = |function: &str| template.resource(function)["Environment"]["Variables"].clone();
    let keeps = &variables("ConsoleFunction")["EVERGREEN_KEEP_FEEDBACK_ROWS"];
    assert_eq!(keeps, &json!({"Ref": "KeepFeedbackRows"}));
    let days = &variables("TrainFunction")["EVERGREEN_FEEDBACK_DAYS"];
    assert_eq!(days, &json!({"Fn::If": ["LearnsFromFeedback", {"Ref": "FeedbackRowDays"}, "0"]}));
    let rules = list(&template.resource("ArtifactBucket")["LifecycleConfiguration"]["Rules"]);
    let rule = rules.into_iter().find(|rule| rule["Id"] == "feedback-rows").expect("a rule for rows of feedback");
    assert_eq!((&rule["Prefix"], &rule["ExpirationInDays"]), (&json!("feedback/"), &json!({"Ref": "FeedbackRowDays"})));
    assert_eq!(rule["NoncurrentVersionExpiration"], json!({"NoncurrentDays": 1}));
    for (role, condition) in [("TrainRole", "LearnsFromFeedback"), ("ConsoleRole", "KeepsFeedbackRows")] {
        let statements = &template.resource(role)["Policies"][0]["PolicyDocument"]["Statement"];
        let mut statements = statements.as_array().expect("a list").iter();
        let right = statements.find(|it| it.to_string().contains("/feedback/")).expect("a right");
        assert_eq!(right["Fn::If"][0], condition, "{role}");
    }
}

/// A right that the stack does not need is not there.
#[test]
fn without_a_sample_no_function_may_store_or_read_served_rows() {
    let template = Template::read();
    let mut found = 0;
    for role in ["TrainRole", "PredictRole"] {
        let statements = &template.resource(role)["Policies"][0]["PolicyDocument"]["Statement"];
        for statement in statements.as_array().expect("a list").iter().filter(|it| it.to_string().contains("/served/"))
        {
            assert_eq!(statement["Fn::If"][0], "SamplesRows", "{role}");
            found += 1;
        }
    }
    assert_eq!(found, 2);
}

#[test]
fn the_reviewer_may_not_read_rows_of_callers() {
    let template = Template::read();
    let statements = list(&template.resource("ReviewerRole")["Policies"][0]["PolicyDocument"]["Statement"]);
    let denial = statements.into_iter().find(|it| it["Sid"] == "NoServedRows").expect("a denial");
    assert_eq!(denial["Effect"], "Deny");
    let denied = ["served", "feedback", "inputs", "batch", "scored"]
        .map(|prefix| json!({"Fn::Sub": format!("${{ArtifactBucket.Arn}}/{prefix}/*")}));
    assert_eq!(denial["Resource"], json!(denied));
}
