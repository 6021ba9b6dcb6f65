//! Tests that any number of stacks can exist side by side, and that resource names fit AWS's limits with the longest
//! stack name.

use serde_json::Value;

use crate::document::{Template, written};

// The README promises this length.
/// Maximum length of a stack's name in characters.
const LONGEST_STACK: usize = 56;

// Each entry has the resource type, the path of the name in the properties, and the maximum length.
/// The resource names that the template sets, each with AWS's maximum length in characters.
const NAMED: [(&str, &str, usize); 12] = [
    ("AWS::CloudWatch::Alarm", "/AlarmName", 255),
    ("AWS::CloudWatch::Dashboard", "/DashboardName", 255),
    ("AWS::Logs::LogGroup", "/LogGroupName", 512),
    ("AWS::SES::ConfigurationSet", "/Name", 64),
    ("AWS::SNS::Topic", "/TopicName", 256),
    ("AWS::SQS::Queue", "/QueueName", 80),
    ("AWS::ApiGateway::UsagePlan", "/UsagePlanName", 255),
    ("AWS::Serverless::Function", "/FunctionName", 64),
    ("AWS::Scheduler::Schedule", "/Name", 64),
    ("AWS::Events::Rule", "/Name", 64),
    ("AWS::StepFunctions::StateMachine", "/StateMachineName", 80),
    ("AWS::XRay::SamplingRule", "/SamplingRule/RuleName", 32),
];

// The events start Lambda functions.
/// Kinds of events in the SAM template that have names: the event's type, and the property with its name.
const EVENTS: [(&str, &str); 2] = [("ScheduleV2", "Name"), ("EventBridgeRule", "RuleName")];
/// Maximum length of the name of an event that starts a function, in characters.
const LONGEST_EVENT: usize = 64;

#[test]
fn the_longest_allowed_stack_name_gives_valid_resource_names() {
    let readme = crate::document::file("README.md");
    assert!(readme.contains(&format!("at most {LONGEST_STACK} characters")));
    let template = Template::named(&"s".repeat(LONGEST_STACK));
    for (id, name, limit) in names(&template) {
        let name = template.resolve(&name);
        assert!(name.len() <= limit, "{id}: {name} has {} characters of {limit}", name.len());
        let odd = name.chars().find(|&char| !(char.is_ascii_alphanumeric() || "-_/".contains(char)));
        assert_eq!(odd, None, "{id}: {name}");
    }
}

#[test]
fn a_longer_stack_name_gives_invalid_resource_names() {
    let template = Template::named(&"s".repeat(LONGEST_STACK + 1));
    assert!(names(&template).into_iter().any(|(_, name, limit)| template.resolve(&name).len() > limit));
}

#[test]
fn every_resource_name_contains_the_stack_name() {
    let template = Template::read();
    for (id, name, _) in names(&template) {
        let name = written(&name);
        let own = ["AWS::StackName", "${PredictionApi}", "${StatusApi}", "${ConsoleApi}"]
            .iter()
            .any(|part| name.contains(part));
        assert!(own, "another stack could have {name} too: {id}");
    }
}

#[test]
fn the_metrics_function_asks_for_the_schedule_that_trains() {
    let template = Template::read();
    let asked = template.resource("MetricsFunction").pointer("/Environment/Variables/EVERGREEN_SCHEDULE_NAME");
    let named = template.resource("TrainFunction").pointer("/Events/Daily/Properties/Name");
    assert_eq!(asked, named);
}

/// Returns all names that the template sets.
fn names(template: &Template) -> Vec<(String, Value, usize)> {
    // Each entry has the logical id of the resource, the name, and the maximum length in characters.
    let mut names = Vec::new();
    for (kind, path, limit) in NAMED {
        for (id, properties) in template.resources(kind) {
            let name = properties.pointer(path).unwrap_or_else(|| panic!("{id} has no {path}"));
            names.push((id.to_owned(), name.clone(), limit));
        }
    }
    for (id, function) in template.resources("AWS::Serverless::Function") {
        for (event, it) in function["Events"].as_object().into_iter().flatten() {
            let named = EVENTS.iter().find(|(kind, _)| it["Type"] == *kind);
            let name = named.and_then(|(_, property)| it["Properties"].get(property));
            names.extend(name.map(|name| (format!("{id}.{event}"), name.clone(), LONGEST_EVENT)));
        }
    }
    names
}
