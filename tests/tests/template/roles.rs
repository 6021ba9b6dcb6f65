//! Tests the IAM roles: each function may do only the actions that its code needs, and the reviewer may only read.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::document::{Template, list, written};

const TABLE: &str = "RegistryTable.Arn";
const INDEX: &str = "${RegistryTable.Arn}/index/by-start";
const LISTING: &str = "${RegistryTable.Arn}/index/listing";
const BUCKET: &str = "ArtifactBucket.Arn";
const DATASET: &str = "${ArtifactBucket.Arn}/datasets/${ModelName}/*";
const INCOMING: &str = "${ArtifactBucket.Arn}/incoming/${ModelName}/*";
const MODELS: &str = "${ArtifactBucket.Arn}/models/${ModelName}/*";
const MANIFESTS: &str = "${ArtifactBucket.Arn}/models/${ModelName}/*/manifest.json";
const REGISTRY: &str = "${ArtifactBucket.Arn}/registry/${ModelName}/*";
const JOURNAL: &str = "${ArtifactBucket.Arn}/registry/${ModelName}/journal/*";
const KEPT_MANIFESTS: &str = "${ArtifactBucket.Arn}/registry/${ModelName}/manifests/*";
const FEEDBACK: &str = "${ArtifactBucket.Arn}/feedback/${ModelName}/*";
const CHECKPOINTS: &str = "${ArtifactBucket.Arn}/checkpoints/${ModelName}/*";
const JOBS: &str = "${ArtifactBucket.Arn}/jobs/${ModelName}/*";
const SAMPLES: &str = "${ArtifactBucket.Arn}/served/${ModelName}/*";
const BUS: &str = "arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:event-bus/default";
// The functions' roles need permission to use the key. It decrypts the content of the S3 bucket and the table. It also
// encrypts new S3 objects, and the messages that Lambda sends into a queue with the function's role.
/// Template parameter with the customer-managed encryption key, which is optional.
const KEY: &str = "KmsKeyArn";
const USAGE: &str = "arn:${AWS::Partition}:apigateway:${AWS::Region}::/usageplans/${PredictionApiUsagePlan}/usage";
const SCHEDULE: &str =
    "arn:${AWS::Partition}:scheduler:${AWS::Region}:${AWS::AccountId}:schedule/default/${AWS::StackName}-train";
const SENDERS: &str = "arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}:identity/*";
const MAIL_EVENTS: &str =
    "arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}:configuration-set/${AWS::StackName}";

// Only training calls `s3:ListBucket`, to find the table's files. For all functions, this permission lets S3 report
// that an object is missing, if no prefix condition applies. DynamoDB checks permissions for the actions inside a
// transaction. Lambda itself sends failed events to their queue.
/// The AWS actions that each Lambda function's code calls, each with the resource of the call.
const CALLS: [(&str, &[(&str, &str)]); 7] = [
    (
        "Train",
        &[
            ("s3:GetObject", DATASET),
            ("s3:GetObjectVersion", DATASET),
            ("s3:GetObject", INCOMING),
            ("s3:GetObject", MODELS),
            ("s3:GetObject", SAMPLES),
            ("s3:GetObject", FEEDBACK),
            ("s3:DeleteObject", MODELS),
            ("s3:DeleteObject", CHECKPOINTS),
            ("s3:GetObject", CHECKPOINTS),
            ("s3:PutObject", CHECKPOINTS),
            ("s3:GetObject", REGISTRY),
            ("s3:PutObject", REGISTRY),
            ("s3:PutObject", MODELS),
            ("s3:PutObjectTagging", MODELS),
            ("s3:DeleteObjectTagging", MODELS),
            ("s3:PutObject", MANIFESTS),
            ("s3:ListBucket", BUCKET),
            ("dynamodb:ConditionCheckItem", TABLE),
            ("dynamodb:DeleteItem", TABLE),
            ("dynamodb:GetItem", TABLE),
            ("dynamodb:PutItem", TABLE),
            ("dynamodb:Query", TABLE),
            ("dynamodb:Query", INDEX),
            ("dynamodb:Query", LISTING),
            ("dynamodb:UpdateItem", TABLE),
            ("events:PutEvents", BUS),
            ("sqs:SendMessage", "TrainFailureQueue.Arn"),
            ("kms:Decrypt", KEY),
            ("kms:GenerateDataKey", KEY),
        ],
    ),
    (
        "Predict",
        &[
            ("s3:GetObject", MODELS),
            ("s3:ListBucket", BUCKET),
            ("dynamodb:BatchGetItem", TABLE),
            ("dynamodb:GetItem", TABLE),
            ("dynamodb:PutItem", TABLE),
            ("s3:PutObject", SAMPLES),
            ("kms:Decrypt", KEY),
            ("kms:GenerateDataKey", KEY),
        ],
    ),
    (
        "Console",
        &[
            ("s3:GetObject", MODELS),
            ("s3:GetObject", JOBS),
            ("s3:DeleteObject", MODELS),
            ("s3:DeleteObjectTagging", MODELS),
            ("s3:ListBucket", BUCKET),
            ("dynamodb:BatchGetItem", TABLE),
            ("dynamodb:ConditionCheckItem", TABLE),
            ("dynamodb:DeleteItem", TABLE),
            ("dynamodb:GetItem", TABLE),
            ("dynamodb:PutItem", TABLE),
            ("dynamodb:Query", TABLE),
            ("dynamodb:Query", INDEX),
            ("dynamodb:Query", LISTING),
            ("dynamodb:UpdateItem", TABLE),
            ("events:PutEvents", BUS),
            ("scheduler:GetSchedule", SCHEDULE),
            ("scheduler:UpdateSchedule", SCHEDULE),
            ("iam:PassRole", "TrainScheduleRole.Arn"),
            ("cloudwatch:DescribeAlarms", "*"),
            ("cloudwatch:GetMetricData", "*"),
            ("s3:GetObject", KEPT_MANIFESTS),
            ("s3:PutObject", KEPT_MANIFESTS),
            ("s3:PutObject", JOURNAL),
            ("s3:PutObject", FEEDBACK),
            ("kms:Decrypt", KEY),
            ("kms:GenerateDataKey", KEY),
        ],
    ),
    (
        "Metrics",
        &[
            ("s3:GetObject", MODELS),
            ("s3:DeleteObjectTagging", MODELS),
            ("s3:PutObject", JOURNAL),
            ("s3:ListBucket", BUCKET),
            ("dynamodb:BatchGetItem", TABLE),
            ("dynamodb:DeleteItem", TABLE),
            ("dynamodb:GetItem", TABLE),
            ("dynamodb:PutItem", TABLE),
            ("dynamodb:Query", TABLE),
            ("dynamodb:Query", INDEX),
            ("dynamodb:UpdateItem", TABLE),
            ("dynamodb:ConditionCheckItem", TABLE),
            ("scheduler:GetSchedule", SCHEDULE),
            ("events:PutEvents", BUS),
            ("cloudwatch:DescribeAlarms", "*"),
            ("cloudwatch:GetMetricData", "*"),
            ("cloudwatch:PutMetricData", "*"),
            ("apigateway:GET", USAGE),
            ("sqs:SendMessage", "MetricsFailureQueue.Arn"),
            ("kms:Decrypt", KEY),
            ("kms:GenerateDataKey", KEY),
        ],
    ),
    (
        "Alert",
        &[
            ("dynamodb:DeleteItem", TABLE),
            ("dynamodb:GetItem", TABLE),
            ("dynamodb:PutItem", TABLE),
            ("dynamodb:Query", TABLE),
            ("dynamodb:Query", INDEX),
            ("cloudwatch:DescribeAlarms", "*"),
            ("ses:SendEmail", SENDERS),
            ("ses:SendEmail", MAIL_EVENTS),
            ("ses:SendRawEmail", SENDERS),
            ("ses:SendRawEmail", MAIL_EVENTS),
            ("ses:GetAccount", "*"),
            ("scheduler:GetSchedule", SCHEDULE),
            ("cloudwatch:GetMetricData", "*"),
            ("sqs:SendMessage", "AlertFailureQueue.Arn"),
            ("kms:Decrypt", KEY),
            ("kms:GenerateDataKey", KEY),
        ],
    ),
    (
        "Score",
        &[
            ("s3:GetObject", MODELS),
            ("s3:GetObject", "${ArtifactBucket.Arn}/inputs/${ModelName}/*"),
            ("s3:GetObject", "${ArtifactBucket.Arn}/batch/${ModelName}/*"),
            ("s3:GetObject", DATASET),
            ("s3:GetObject", JOBS),
            ("s3:PutObject", JOBS),
            ("s3:PutObject", "${ArtifactBucket.Arn}/scored/${ModelName}/*"),
            ("s3:ListBucket", BUCKET),
            ("s3:GetObject", "arn:${AWS::Partition}:s3:::${BatchBucket}/*"),
            ("s3:PutObject", "arn:${AWS::Partition}:s3:::${BatchBucket}/*"),
            ("s3:ListBucket", "arn:${AWS::Partition}:s3:::${BatchBucket}"),
            ("dynamodb:GetItem", TABLE),
            ("kms:Decrypt", KEY),
            ("kms:GenerateDataKey", KEY),
        ],
    ),
    (
        "Webhook",
        &[
            ("secretsmanager:GetSecretValue", "WebhookSecret"),
            ("sqs:SendMessage", "WebhookFailureQueue.Arn"),
            ("kms:Decrypt", KEY),
            ("kms:GenerateDataKey", KEY),
        ],
    ),
];

const DELETE: &str = "dynamodb:DeleteItem";
const PUT_OBJECT: &str = "s3:PutObject";

// The function's code does not call them itself.
/// Actions for writing logs, which every function's role has.
const WRITES_LOGS: [&str; 2] = ["logs:CreateLogStream", "logs:PutLogEvents"];
// The function's code does not call them itself.
/// Actions for sending traces, which every function's role has.
const TRACES: [&str; 2] = ["xray:PutTelemetryRecords", "xray:PutTraceSegments"];

// AWS allows no narrower permission, or it would not work.
/// AWS actions that need permission on all resources (`*`).
const ON_EVERYTHING: [&str; 9] = [
    "cloudwatch:DescribeAlarms",
    "cloudwatch:GetMetricData",
    "cloudwatch:GetMetricStatistics",
    "cloudwatch:ListMetrics",
    "cloudwatch:PutMetricData",
    "ecr:GetAuthorizationToken",
    "ses:GetAccount",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
];

#[test]
fn each_function_may_call_exactly_what_its_code_calls() {
    let template = Template::read();
    for (function, calls) in CALLS {
        let logs = format!("{function}Logs.Arn");
        let beside =
            WRITES_LOGS.map(|action| (action, logs.as_str())).into_iter().chain(TRACES.map(|action| (action, "*")));
        let expected: BTreeSet<_> = calls.iter().copied().chain(beside).collect();
        let allowed = allowed(template.resource(&format!("{function}Role")));
        let allowed: BTreeSet<_> = allowed.iter().map(|(action, on)| (action.as_str(), on.as_str())).collect();
        let too_much: Vec<_> = allowed.difference(&expected).collect();
        let too_little: Vec<_> = expected.difference(&allowed).collect();
        assert!(
            too_much.is_empty() && too_little.is_empty(),
            "{function}: {too_much:?} too much, {too_little:?} missing"
        );
    }
}

#[test]
fn each_function_has_its_own_role_and_no_other_rights() {
    let template = Template::read();
    for (id, function) in template.resources("AWS::Serverless::Function") {
        let role = format!("{}Role", id.trim_end_matches("Function"));
        assert_eq!(written(&function["Role"]), format!("{role}.Arn"));
        assert!(function.get("Policies").is_none(), "{id}");
        let trust = &template.resource(&role)["AssumeRolePolicyDocument"]["Statement"];
        assert_eq!(list(trust)[0]["Principal"], json!({"Service": "lambda.amazonaws.com"}), "{role}");
        // A training job has the rights of the train function.
        let others: Vec<_> = list(trust).into_iter().skip(1).map(|more| more["Principal"].clone()).collect();
        let expected =
            if role == "TrainRole" { vec![json!({"Service": "ecs-tasks.amazonaws.com"})] } else { Vec::new() };
        assert_eq!(others, expected, "{role}");
    }
    for (id, role) in template.resources("AWS::IAM::Role") {
        assert!(role.get("ManagedPolicyArns").is_none(), "{id}");
    }
}

#[test]
fn each_schedule_has_its_own_role_that_may_start_one_function() {
    let template = Template::read();
    for (function, queue) in [("Train", Some("TrainScheduleQueue.Arn")), ("Metrics", None)] {
        let events = template.resource(&format!("{function}Function"))["Events"].as_object().expect("it has events");
        let schedules: Vec<_> = events.values().filter(|event| event["Type"] == "ScheduleV2").collect();
        assert_eq!(schedules.len(), 1, "{function}");
        let role = format!("{function}ScheduleRole");
        assert_eq!(
            written(&schedules[0]["Properties"]["RoleArn"]),
            format!("{role}.Arn"),
            "SAM would make a wider one"
        );

        let start = [("lambda:InvokeFunction".to_owned(), format!("${{{function}Function.Arn}}"))];
        let keep = queue.into_iter().flat_map(|queue| {
            let key = ["kms:Decrypt", "kms:GenerateDataKey"].map(|action| (action.to_owned(), KEY.to_owned()));
            key.into_iter().chain([("sqs:SendMessage".to_owned(), queue.to_owned())])
        });
        assert_eq!(allowed(template.resource(&role)), start.into_iter().chain(keep).collect(), "{role}");
        let trust = list(&template.resource(&role)["AssumeRolePolicyDocument"]["Statement"])[0];
        assert_eq!(trust["Principal"], json!({"Service": "scheduler.amazonaws.com"}));
        let group = template.resolve(&trust["Condition"]["StringEquals"]["aws:SourceArn"]);
        assert_eq!(group, "arn:aws:scheduler:eu-central-1:123456789012:schedule-group/default");
    }
}

/// Without this restriction in the policy, an AWS service acts for callers from any account.
#[test]
fn a_service_may_act_only_for_this_account() {
    let template = Template::read();
    let trusts = template.resources("AWS::IAM::Role").into_iter();
    let trusts = trusts.map(|(id, role)| (id, list(&role["AssumeRolePolicyDocument"]["Statement"])[0]));
    let mut checked = 0;
    for (id, statement) in trusts.chain(every_statement(&template)) {
        if statement["Principal"]["Service"].is_string() {
            let account = &statement["Condition"]["StringEquals"]["aws:SourceAccount"];
            assert_eq!(account, &json!({"Ref": "AWS::AccountId"}), "{id}: {statement}");
            checked += 1;
        }
    }
    assert!(checked >= 9, "six roles, two queues and a topic: {checked}");
}

#[test]
fn the_topic_accepts_alarms_of_this_stack_only() {
    let template = Template::read();
    let statements = list(&template.resource("AlertTopicPolicy")["PolicyDocument"]["Statement"]);
    let publishing: Vec<_> = statements.into_iter().filter(|it| it["Effect"] == "Allow").collect();
    assert_eq!(publishing.len(), 1);
    let sources = &publishing[0]["Condition"]["ArnEquals"]["aws:SourceArn"];
    let named: BTreeSet<_> = list(sources).into_iter().map(written).collect();
    let alarms = template.mailing_alarms().into_iter();
    assert_eq!(named, alarms.map(|(id, _)| format!("{id}.Arn")).collect());
}

#[test]
fn the_second_topic_accepts_only_the_alarms_about_mail() {
    let template = Template::read();
    let statements = list(&template.resource("UndeliveredTopicPolicy")["PolicyDocument"]["Statement"]);
    let publishing: Vec<_> = statements.into_iter().filter(|it| it["Effect"] == "Allow").collect();
    assert_eq!(publishing.len(), 1);
    let sources = &publishing[0]["Condition"]["ArnEquals"]["aws:SourceArn"];
    let named: BTreeSet<_> = list(sources).into_iter().map(written).collect();
    let alarms = template.mailing_alarms().into_iter();
    let telling =
        alarms.filter(|(_, alarm)| list(&alarm["AlarmActions"]).contains(&&json!({"Ref": "UndeliveredTopic"})));
    assert_eq!(named, telling.map(|(id, _)| format!("{id}.Arn")).collect());
}

#[test]
fn a_function_that_writes_the_audit_trail_can_only_add_to_it() {
    let template = Template::read();
    for function in ["Console", "Train"] {
        let statements = statements(template.resource(&format!("{function}Role")));
        let kept = statements.iter().find(|statement| statement["Sid"] == "KeepAuditTrail").expect("it is denied");
        assert_eq!((&kept["Effect"], actions(kept)), (&json!("Deny"), vec![DELETE, "dynamodb:UpdateItem"]));
        let condition = json!({
            "ForAllValues:StringEquals": {"dynamodb:LeadingKeys": [{"Fn::Sub": "AUDIT#${ModelName}"}]},
            // Without this, a call without keys would match, too.
            "Null": {"dynamodb:LeadingKeys": "false"},
        });
        assert_eq!(kept["Condition"], condition, "{function}");
    }
}

#[test]
fn queues_topic_and_bucket_refuse_calls_without_tls() {
    let template = Template::read();
    let denials: Vec<_> = every_statement(&template)
        .into_iter()
        .filter(|(id, statement)| statement["Effect"] == "Deny" && !id.ends_with("Role"))
        .map(|(_, statement)| statement)
        .inspect(|statement| {
            assert_eq!(statement["Condition"], json!({"Bool": {"aws:SecureTransport": "false"}}));
            assert_eq!(statement["Principal"], "*");
        })
        .flat_map(|statement| list(&statement["Resource"]).into_iter().map(written))
        .collect();
    let resources = ["AWS::SQS::Queue", "AWS::SNS::Topic", "AWS::S3::Bucket"].into_iter();
    for (id, _) in resources.flat_map(|kind| template.resources(kind)) {
        assert!(denials.iter().any(|denied| denied.trim_end_matches(".Arn") == id), "{id} is in none of {denials:?}");
    }
}

#[test]
fn no_action_is_a_pattern() {
    let template = Template::read();
    for (id, statement) in every_statement(&template) {
        let actions = actions(statement);
        assert!(statement.get("NotAction").is_none() && !actions.is_empty(), "{id}: {statement}");
        // Only a statement that denies actions may use wildcards.
        assert!(
            statement["Effect"] == "Deny" || actions.iter().all(|action| !action.contains('*')),
            "{id}: {statement}"
        );
    }
}

#[test]
fn only_a_few_actions_are_allowed_on_everything() {
    let template = Template::read();
    for (id, statement) in every_statement(&template) {
        assert!(statement.get("NotResource").is_none(), "{id}: {statement}");
        if list(&statement["Resource"]).contains(&&json!("*")) {
            let other: Vec<_> =
                actions(statement).into_iter().filter(|action| !ON_EVERYTHING.contains(action)).collect();
            assert!(other.is_empty(), "{id} allows {other:?} on everything");
        }
    }
}

#[test]
fn a_function_reaches_only_the_records_namespace_and_sender_of_its_model() {
    let template = Template::read();
    for (function, _) in CALLS {
        for statement in statements(template.resource(&format!("{function}Role"))) {
            if statement["Effect"] == "Deny" {
                continue;
            }
            let condition = match actions(statement)[0].split(':').next() {
                Some("dynamodb") if statement["Sid"] == "ClaimMail" => of_the_models_mails(),
                Some("dynamodb") if statement["Sid"] == "ReadMutes" => of_the_models_mails(),
                Some("dynamodb") if statement["Sid"] == "MakeLinksOfMails" => of_the_models_mail_links(),
                Some("dynamodb") => of_the_models_records(function, statement),
                // A sample of served rows grows, and replaces the same environment's earlier one.
                Some("s3") if statement["Sid"] == "StoreSampleOfServedRows" => Value::Null,
                // The same feedback, sent again, has the same key and content.
                Some("s3") if statement["Sid"] == "StoreRowsOfFeedback" => Value::Null,
                // A part that is scored again has the same key and content.
                Some("s3") if statement["Sid"] == "StoreJobsAndAnswers" => Value::Null,
                Some("s3") if actions(statement) == [PUT_OBJECT] => over_nothing_unknown(statement),
                Some("events") => json!({"StringEquals": {"events:source": "evergreen"}}),
                Some("iam") => json!({"StringEquals": {"iam:PassedToService": "scheduler.amazonaws.com"}}),
                Some("cloudwatch") if ["Console", "Alert"].contains(&function) => Value::Null,
                Some("cloudwatch") if statement["Sid"] == "ReadAlarms" => Value::Null,
                // Only the publication of metrics can be limited to a namespace.
                Some("cloudwatch") if actions(statement) == ["cloudwatch:GetMetricData"] => Value::Null,
                Some("cloudwatch") => json!({"StringEquals": {"cloudwatch:namespace": "Evergreen"}}),
                Some("ses") if actions(statement) == ["ses:SendEmail", "ses:SendRawEmail"] => {
                    json!({"StringEquals": {"ses:FromAddress": {"Ref": "AlertSender"}}})
                }
                _ => Value::Null,
            };
            assert_eq!(statement["Condition"], condition, "{function}: {statement}");
        }
    }
}

/// Returns the expected IAM condition on DynamoDB access to this model's items.
fn of_the_models_records(function: &str, statement: &Value) -> Value {
    // A role may access only this model's items, only its unpublished events, or only the record of its published
    // metrics. Training writes both in one
    // transaction. Separately, it deletes the events that it has published.
    let condition = |partitions: &[&str]| {
        let keys: Vec<_> = partitions.iter().map(|name| json!({"Fn::Sub": format!("{name}#${{ModelName}}")})).collect();
        json!({"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": keys}})
    };
    match (function, statement["Sid"].as_str().unwrap_or_default()) {
        ("Train", "DeletePublishedEvents") | ("Metrics", "PublishStoredEvents") => condition(&["OUTBOX"]),
        ("Metrics", "RememberPublishedMetrics") => condition(&["METRICS"]),
        ("Predict", "StoreCountsOfServedRows") | ("Metrics", "AddUpAndCompareServedRows") => condition(&["SERVED"]),
        ("Metrics", "TakeStepOfRollout") => condition(&["MODEL", "OUTBOX", "AUDIT"]),
        ("Train" | "Metrics", "DropCopyInPromotion") => {
            let mut condition = condition(&["MODEL", "OUTBOX", "AUDIT"]);
            condition["ForAnyValue:StringEquals"] = json!({"dynamodb:EnclosingOperation": ["TransactWriteItems"]});
            condition
        }
        ("Console" | "Alert", "ReadDrift") => condition(&["SERVED"]),
        ("Metrics", "ReadFeedback") | ("Console", "CountFeedback") => condition(&["FEEDBACK"]),
        ("Predict", "ReadChampionAndKeyOfIds") => condition(&["MODEL", "KEY"]),
        ("Predict", "CreateKeyOfIds") | ("Console", "CheckIdsOfPredictions") => condition(&["KEY"]),
        ("Console", "ReadAndChange") => condition(&["MODEL", "OUTBOX", "AUDIT", "MAIL", "SESSION", "MAILLINK"]),
        ("Train", "ReadNewestRun") => condition(&["MODEL"]),
        ("Train", _) => condition(&["MODEL", "OUTBOX", "AUDIT"]),
        _ => condition(&["MODEL"]),
    }
}

/// Returns the expected IAM condition on storing S3 objects: no write replaces unknown content.
fn over_nothing_unknown(statement: &Value) -> Value {
    // A new object must not replace another one. A manifest (JSON description of a model version) may only replace
    // content that its writer has read before.
    let is_manifest = written(&statement["Resource"]) == MANIFESTS;
    json!({"Null": {if is_manifest { "s3:if-match" } else { "s3:if-none-match" }: "false"}})
}

/// Returns the expected IAM condition on DynamoDB access to the items about mails of this model.
fn of_the_models_mails() -> Value {
    json!({"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": [{"Fn::Sub": "MAIL#${ModelName}"}]}})
}

/// Returns the expected IAM condition on DynamoDB access to the links of mails of this model.
fn of_the_models_mail_links() -> Value {
    json!({"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": [{"Fn::Sub": "MAILLINK#${ModelName}"}]}})
}

#[test]
fn the_alert_function_writes_only_records_of_mails() {
    let template = Template::read();
    let looks = ["dynamodb:GetItem", "dynamodb:Query"];
    let writing: Vec<_> = statements(template.resource("AlertRole"))
        .into_iter()
        .filter(|statement| actions(statement).iter().any(|it| it.starts_with("dynamodb:") && !looks.contains(it)))
        .collect();
    let conditions: Vec<_> = writing.iter().map(|statement| statement["Condition"].clone()).collect();
    assert_eq!(conditions, [of_the_models_mails(), of_the_models_mail_links()]);
    assert_eq!(actions(writing[1]), ["dynamodb:PutItem"]);
}

#[test]
fn only_a_change_of_the_champion_deletes_a_models_records() {
    let template = Template::read();
    for function in ["Train", "Metrics"] {
        for statement in statements(template.resource(&format!("{function}Role"))) {
            let condition = &statement["Condition"];
            let reaches_records = condition.to_string().contains("MODEL#");
            if actions(statement).contains(&DELETE) && reaches_records {
                assert_eq!(actions(statement), [DELETE], "{function}");
                let operation = &condition["ForAnyValue:StringEquals"]["dynamodb:EnclosingOperation"];
                assert_eq!(operation, &json!(["TransactWriteItems"]), "{function}");
            }
        }
    }
}

#[test]
fn the_reviewer_may_only_read() {
    let template = Template::read();
    for (action, _) in allowed(template.resource("ReviewerRole")) {
        let verb = action.split(':').nth(1).unwrap_or_default();
        let looks = ["Get", "List", "Describe", "Query", "Filter"].iter().any(|look| verb.starts_with(look));
        // If there is a customer-managed key, reading data needs the permission to decrypt.
        assert!(looks || action == "kms:Decrypt", "{action}");
    }
}

/// Returns the permissions of an IAM role: pairs of action and resource.
fn allowed(role: &Value) -> BTreeSet<(String, String)> {
    // Action and resource are texts as the template writes them.
    let pairs = |statement: &Value| {
        let resources: Vec<_> = list(&statement["Resource"]).into_iter().map(written).collect();
        let actions = actions(statement).into_iter().map(str::to_owned).collect::<Vec<_>>();
        actions.into_iter().flat_map(move |action| resources.clone().into_iter().map(move |on| (action.clone(), on)))
    };
    statements(role).into_iter().flat_map(pairs).collect()
}

/// Returns all statements in the policies of an IAM role.
fn statements(role: &Value) -> Vec<&Value> {
    let policies = role["Policies"].as_array().expect("a role has policies");
    policies.iter().flat_map(|policy| list(&policy["PolicyDocument"]["Statement"])).collect()
}

/// Returns the policy statements of all IAM roles and resource policies, each with the logical id of its resource.
fn every_statement(template: &Template) -> Vec<(&str, &Value)> {
    let of_roles = template.resources("AWS::IAM::Role").into_iter();
    let of_roles = of_roles.flat_map(|(id, role)| statements(role).into_iter().map(move |statement| (id, statement)));
    let of_resources = ["AWS::S3::BucketPolicy", "AWS::SNS::TopicPolicy", "AWS::SQS::QueuePolicy"].into_iter();
    let of_resources = of_resources.flat_map(|kind| template.resources(kind)).flat_map(|(id, policy)| {
        list(&policy["PolicyDocument"]["Statement"]).into_iter().map(move |statement| (id, statement))
    });
    of_roles.chain(of_resources).collect()
}

fn actions(statement: &Value) -> Vec<&str> {
    list(&statement["Action"]).into_iter().filter_map(Value::as_str).collect()
}
