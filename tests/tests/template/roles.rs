//! Roles: each function may do what its code does and no more, and the reviewer may only look.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::document::{Template, list, written};

const TABLE: &str = "RegistryTable.Arn";
const INDEX: &str = "${RegistryTable.Arn}/index/by-start";
const BUCKET: &str = "ArtifactBucket.Arn";
const DATASET: &str = "${ArtifactBucket.Arn}/datasets/${ModelName}/*";
const INCOMING: &str = "${ArtifactBucket.Arn}/incoming/${ModelName}/*";
const MODELS: &str = "${ArtifactBucket.Arn}/models/${ModelName}/*";
const MANIFESTS: &str = "${ArtifactBucket.Arn}/models/${ModelName}/*/manifest.json";
const BUS: &str = "arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:event-bus/default";
const SENDERS: &str = "arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}:identity/*";

/// What the adapters of each function call, and on what. `s3:ListBucket` is called by training alone, to find the table's
/// files; to all it lets S3 say that an object is missing, as long as no condition on a prefix is tied to it. DynamoDB asks for the actions inside a transaction; Lambda itself sends failed events to their queue.
const CALLS: [(&str, &[(&str, &str)]); 4] = [
    (
        "Train",
        &[
            ("s3:GetObject", DATASET),
            ("s3:GetObject", INCOMING),
            ("s3:GetObject", MODELS),
            ("s3:PutObject", MODELS),
            ("s3:PutObject", MANIFESTS),
            ("s3:ListBucket", BUCKET),
            ("dynamodb:ConditionCheckItem", TABLE),
            ("dynamodb:DeleteItem", TABLE),
            ("dynamodb:GetItem", TABLE),
            ("dynamodb:PutItem", TABLE),
            ("dynamodb:Query", TABLE),
            ("dynamodb:UpdateItem", TABLE),
            ("events:PutEvents", BUS),
            ("sqs:SendMessage", "TrainFailureQueue.Arn"),
        ],
    ),
    (
        "Predict",
        &[
            ("s3:GetObject", MODELS),
            ("s3:ListBucket", BUCKET),
            ("dynamodb:BatchGetItem", TABLE),
            ("dynamodb:GetItem", TABLE),
            ("dynamodb:Query", INDEX),
        ],
    ),
    (
        "Metrics",
        &[
            ("s3:GetObject", MODELS),
            ("s3:ListBucket", BUCKET),
            ("dynamodb:DeleteItem", TABLE),
            ("dynamodb:Query", TABLE),
            ("dynamodb:Query", INDEX),
            ("events:PutEvents", BUS),
            ("cloudwatch:PutMetricData", "*"),
            ("sqs:SendMessage", "MetricsFailureQueue.Arn"),
        ],
    ),
    (
        "Alert",
        &[
            ("dynamodb:DeleteItem", TABLE),
            ("dynamodb:PutItem", TABLE),
            ("dynamodb:Query", TABLE),
            ("dynamodb:Query", INDEX),
            ("ses:SendEmail", SENDERS),
            ("sqs:SendMessage", "AlertFailureQueue.Arn"),
        ],
    ),
];

const DELETE: &str = "dynamodb:DeleteItem";
const PUT_OBJECT: &str = "s3:PutObject";

/// What every function does without its code knowing.
const WRITES_LOGS: [&str; 2] = ["logs:CreateLogStream", "logs:PutLogEvents"];
const TRACES: [&str; 2] = ["xray:PutTelemetryRecords", "xray:PutTraceSegments"];

/// Actions that AWS grants on everything or not at all, or whose narrower form would not serve.
const ON_EVERYTHING: [&str; 7] = [
    "cloudwatch:DescribeAlarms",
    "cloudwatch:GetMetricData",
    "cloudwatch:GetMetricStatistics",
    "cloudwatch:ListMetrics",
    "cloudwatch:PutMetricData",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
];

#[test]
fn each_function_may_do_what_its_code_calls_and_nothing_else() {
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
fn each_function_has_a_role_of_its_own_and_no_rights_beside_it() {
    let template = Template::read();
    for (id, function) in template.resources("AWS::Serverless::Function") {
        let role = format!("{}Role", id.trim_end_matches("Function"));
        assert_eq!(written(&function["Role"]), format!("{role}.Arn"));
        assert!(function.get("Policies").is_none(), "{id}");
        let trust = &template.resource(&role)["AssumeRolePolicyDocument"]["Statement"];
        assert_eq!(list(trust)[0]["Principal"], json!({"Service": "lambda.amazonaws.com"}), "{role}");
    }
    for (id, role) in template.resources("AWS::IAM::Role") {
        assert!(role.get("ManagedPolicyArns").is_none(), "{id}");
    }
}

#[test]
fn no_action_is_a_pattern() {
    let template = Template::read();
    for (id, statement) in every_statement(&template) {
        let actions = actions(statement);
        assert!(statement.get("NotAction").is_none() && !actions.is_empty(), "{id}: {statement}");
        // What is denied may be denied whole.
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
fn a_function_reaches_only_its_models_records_namespace_and_sender() {
    let template = Template::read();
    for (function, _) in CALLS {
        for statement in statements(template.resource(&format!("{function}Role"))) {
            let condition = match actions(statement)[0].split(':').next() {
                Some("dynamodb") => of_the_models_records(function, statement),
                Some("s3") if actions(statement) == [PUT_OBJECT] => over_nothing_unknown(statement),
                Some("events") => json!({"StringEquals": {"events:source": "evergreen"}}),
                Some("cloudwatch") => json!({"StringEquals": {"cloudwatch:namespace": "Evergreen"}}),
                Some("ses") => json!({"StringEquals": {"ses:FromAddress": {"Ref": "AlertSender"}}}),
                _ => Value::Null,
            };
            assert_eq!(statement["Condition"], condition, "{function}: {statement}");
        }
    }
}

/// The condition of who reaches the model's records, or the events that wait to be told. Training writes both in one
/// transaction; beside it, it deletes events that were told.
fn of_the_models_records(function: &str, statement: &Value) -> Value {
    let condition = |partitions: &[&str]| {
        let keys: Vec<_> = partitions.iter().map(|name| json!({"Fn::Sub": format!("{name}#${{ModelName}}")})).collect();
        json!({"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": keys}})
    };
    match (function, statement["Sid"].as_str().unwrap_or_default()) {
        ("Train", "ForgetEventsThatWereTold") | ("Metrics", "TellEventsThatWait") => condition(&["OUTBOX"]),
        ("Train", "DropCopyInPromotion") => {
            let mut condition = condition(&["MODEL", "OUTBOX"]);
            condition["ForAnyValue:StringEquals"] = json!({"dynamodb:EnclosingOperation": ["TransactWriteItems"]});
            condition
        }
        ("Train", _) => condition(&["MODEL", "OUTBOX"]),
        _ => condition(&["MODEL"]),
    }
}

/// The condition of who stores objects: only where none is, and a manifest over content that its writer knows.
fn over_nothing_unknown(statement: &Value) -> Value {
    let is_manifest = written(&statement["Resource"]) == MANIFESTS;
    json!({"Null": {if is_manifest { "s3:if-match" } else { "s3:if-none-match" }: "false"}})
}

#[test]
fn nobody_deletes_a_models_records_but_training_in_a_promotions_transaction() {
    let template = Template::read();
    for function in ["Train", "Metrics"] {
        for statement in statements(template.resource(&format!("{function}Role"))) {
            let condition = &statement["Condition"];
            let reaches_records = condition.to_string().contains("MODEL#");
            if actions(statement).contains(&DELETE) && reaches_records {
                assert_eq!(actions(statement), [DELETE], "{function}");
                let operation = &condition["ForAnyValue:StringEquals"]["dynamodb:EnclosingOperation"];
                assert_eq!((function, operation), ("Train", &json!(["TransactWriteItems"])));
            }
        }
    }
}

#[test]
fn the_reviewer_may_only_look() {
    let template = Template::read();
    for (action, _) in allowed(template.resource("ReviewerRole")) {
        let verb = action.split(':').nth(1).unwrap_or_default();
        let looks = ["Get", "List", "Describe", "Query", "Filter"].iter().any(|look| verb.starts_with(look));
        assert!(looks, "{action}");
    }
}

/// What a role allows: each action with each resource, as the template writes it.
fn allowed(role: &Value) -> BTreeSet<(String, String)> {
    let pairs = |statement: &Value| {
        let resources: Vec<_> = list(&statement["Resource"]).into_iter().map(written).collect();
        let actions = actions(statement).into_iter().map(str::to_owned).collect::<Vec<_>>();
        actions.into_iter().flat_map(move |action| resources.clone().into_iter().map(move |on| (action.clone(), on)))
    };
    statements(role).into_iter().flat_map(pairs).collect()
}

/// The statements of a role's policies.
fn statements(role: &Value) -> Vec<&Value> {
    let policies = role["Policies"].as_array().expect("a role has policies");
    policies.iter().flat_map(|policy| list(&policy["PolicyDocument"]["Statement"])).collect()
}

/// The statements of all policies, of roles and of resources, with whose they are.
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
