//! Tests which resources of the template LocalStack supports and which it lacks. infra/local/README.md has the same
//! list.

use aws_sdk_dynamodb::Client as DynamoDb;
use evergreen_tests::Stack;
use evergreen_tests::stack::variable;
use serde_json::json;

#[tokio::test]
async fn schedules_rules_and_the_table_are_deployed() {
    let stack = Stack::take().await;
    let schedules = aws_sdk_scheduler::Client::new(&stack.config).list_schedules().send().await.unwrap().schedules;
    let mut names: Vec<_> = schedules.into_iter().filter_map(|schedule| schedule.name).collect();
    names.sort();
    assert_eq!(names, [format!("{}-metrics", stack.name), format!("{}-train", stack.name)]);

    let events = aws_sdk_eventbridge::Client::new(&stack.config);
    let rule = format!("{}-upload", stack.name);
    let targets = events.list_targets_by_rule().rule(rule).send().await.expect("uploads have a rule").targets;
    let targets: Vec<_> = targets.unwrap_or_default().into_iter().map(|target| target.arn).collect();
    assert!(matches!(&targets[..], [arn] if arn.ends_with(&stack.functions.train)), "{targets:?}");

    let table = DynamoDb::new(&stack.config).describe_table().table_name(variable("EVERGREEN_TABLE"));
    let table = table.send().await.unwrap().table.expect("the registry has a table");
    assert_eq!(table.local_secondary_indexes()[0].index_name(), Some("by-start"));
}

#[tokio::test]
async fn both_apis_ask_for_a_key() {
    let stack = Stack::take().await;
    let predict = reqwest::Client::new().post(format!("{}/predict", variable("EVERGREEN_API_URL"))).body("{}").send();
    assert_eq!(predict.await.unwrap().status(), 403);
    let runs = reqwest::get(format!("{}/runs", variable("EVERGREEN_STATUS_URL")));
    assert_eq!(runs.await.unwrap().status(), 403);
    drop(stack);
}

#[tokio::test]
async fn the_emulator_lacks_functions_and_mail_events() {
    let stack = Stack::take().await;
    let call = aws_sdk_lambda::Client::new(&stack.config).invoke().function_name(&stack.functions.metrics);
    let refused = call.payload(json!({}).to_string().into_bytes().into()).send().await;
    assert!(refused.is_err(), "a function ran: say so in the README, and use it: {refused:?}");
    let mails = aws_sdk_sesv2::Client::new(&stack.config).list_email_identities().send().await;
    assert!(mails.is_err(), "SES v2 is there: say so in the README, and use it");
}
