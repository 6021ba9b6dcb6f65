//! Tests what a person sees of batch jobs.

use serde_json::{Value, json};

use crate::server::{Ran, Server};

/// Asks for the state of a job without a plan, whose execution is `execution`.
fn status(code: u16, execution: Value) -> Ran {
    let server = Server::start([("POST /", code, execution)]);
    let ran = server.run(&["score", "--status", "november"]);
    let asked = server.change().body;
    assert_eq!(asked["executionArn"], "arn:aws:states:eu-central-1:1:execution:evergreen-batch:november");
    ran
}

fn execution(status: &str, cause: Option<&str>) -> Value {
    json!({
        "executionArn": "arn", "stateMachineArn": "arn", "name": "november", "startDate": 1.0, "status": status,
        "error": cause.map(|_| "Refused"), "cause": cause,
    })
}

#[test]
fn a_job_that_is_being_planned_has_a_state() {
    let ran = status(200, execution("RUNNING", None));
    assert_eq!((ran.code, ran.output.trim()), (0, "Batch job november: its plan is being made."), "{ran:?}");
}

#[test]
fn a_job_that_could_not_be_planned_says_why() {
    let cause = r#"{"errorType":"Refused","errorMessage":"no file with rows is at s3://artifacts/inputs/"}"#;
    let ran = status(200, execution("FAILED", Some(cause)));
    let expected = "Batch job november could not be planned: no file with rows is at s3://artifacts/inputs/";
    assert_eq!((ran.code, ran.output.trim()), (0, expected), "{ran:?}");
}

#[test]
fn a_job_that_nobody_began_is_unknown() {
    let ran = status(400, json!({"__type": "ExecutionDoesNotExist", "message": "Execution Does Not Exist"}));
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.errors.contains("no batch job november was planned in this stack"), "{ran:?}");
}
