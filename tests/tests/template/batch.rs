//! Tests the state machine of batch jobs, and the rule that starts it for uploaded files.

use std::collections::BTreeSet;

use evergreen_batch::FileForm;
use serde_json::{Value, json};

use crate::document::{Template, list, written};

/// Returns the definition of the state machine, with the values that CloudFormation inserts.
fn definition(template: &Template) -> Value {
    let text = &template.resource("BatchStateMachine")["DefinitionString"];
    let text = text["Fn::Sub"].as_str().expect("a text with references");
    let inserted = [("${ScoreFunction.Arn}", "score"), ("${AWS::Partition}", "aws"), ("${BatchConcurrency}", "20")];
    let text = inserted.iter().fold(text.to_owned(), |text, (name, value)| text.replace(name, value));
    serde_json::from_str(&text).expect("JSON")
}

/// Returns every state of the definition by name, those of the parts too.
fn states(definition: &Value) -> Vec<(String, Value)> {
    let outer = definition["States"].as_object().expect("states");
    let inner = outer.values().filter_map(|state| state.pointer("/ItemProcessor/States")?.as_object());
    let all = outer.iter().chain(inner.flatten());
    all.map(|(name, state)| (name.clone(), state.clone())).collect()
}

#[test]
fn every_step_calls_the_function_and_repeats_only_what_may_succeed() {
    let definition = definition(&Template::read());
    let tasks: Vec<_> = states(&definition).into_iter().filter(|(_, state)| state["Type"] == "Task").collect();
    assert_eq!(tasks.len(), 3);
    for (name, task) in tasks {
        assert_eq!(task["Resource"], "score", "{name}");
        let retries = list(&task["Retry"]);
        assert_eq!(retries[0]["ErrorEquals"], json!(["Refused", "InputChanged", "Damaged"]), "{name}");
        assert_eq!(
            (&retries[0]["MaxAttempts"], &retries[1]["ErrorEquals"]),
            (&json!(0), &json!(["States.ALL"])),
            "{name}"
        );
    }
}

/// Whatever happens to the parts, the last step says which of them have no answers.
#[test]
fn parts_that_fail_do_not_stop_the_others_and_the_last_step_always_runs() {
    let definition = definition(&Template::read());
    let parts = &definition["States"]["ScoreParts"];
    assert_eq!((&parts["ToleratedFailurePercentage"], &parts["MaxConcurrency"]), (&json!(100), &json!(20)));
    assert_eq!((&parts["Next"], &parts["Catch"][0]["Next"]), (&json!("Finish"), &json!("Finish")));
    assert_eq!(parts["ResultPath"], Value::Null, "thousands of results would be too large");
    let names: BTreeSet<String> = states(&definition).into_iter().map(|(name, _)| name).collect();
    let text = definition.to_string();
    for next in text.split("\"Next\":\"").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert!(names.contains(next), "no state is called {next}");
    }
}

/// The results of all parts together may have 256 KB. A part that failed would return its input and its error.
#[test]
fn a_part_that_failed_has_an_empty_result_too() {
    let definition = definition(&Template::read());
    let parts = &definition["States"]["ScoreParts"]["ItemProcessor"]["States"];
    assert_eq!(parts["ScorePart"]["Catch"], json!([{"ErrorEquals": ["States.ALL"], "Next": "WithoutAnswers"}]));
    assert_eq!(parts["WithoutAnswers"], json!({"Type": "Pass", "Result": {}, "End": true}));
}

#[test]
fn files_of_every_known_form_start_a_job() {
    let template = Template::read();
    let rule = template.resource("BatchUploadRule");
    assert_eq!(written(&rule["Targets"][0]["Arn"]), "BatchStateMachine");
    let keys = list(&rule["EventPattern"]["detail"]["object"]["key"]);
    let started: BTreeSet<String> = keys.iter().map(|key| template.resolve(&key["wildcard"])).collect();
    let known = FileForm::known();
    let expected: BTreeSet<String> = known.split(", ").map(|ending| format!("batch/iris/*{ending}")).collect();
    assert_eq!(started, expected);
}

#[test]
fn a_file_whose_job_could_not_be_started_waits_in_a_queue() {
    let template = Template::read();
    let rule = template.resource("BatchUploadRule");
    assert_eq!(written(&rule["Targets"][0]["DeadLetterConfig"]["Arn"]), "TrainScheduleQueue.Arn");
    let name = template.resolve(&rule["Name"]);
    let expected = format!("arn:aws:events:eu-central-1:123456789012:rule/{name}");
    let policy = template.resource("TrainScheduleQueuePolicy");
    let statement = list(&policy["PolicyDocument"]["Statement"])[0];
    let sources = list(&statement["Condition"]["ArnEquals"]["aws:SourceArn"]);
    assert!(sources.into_iter().any(|source| template.resolve(source) == expected));
}
