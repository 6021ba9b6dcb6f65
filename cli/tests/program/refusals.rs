//! Errors: what a person sees, and the exit code that a script sees.

use serde_json::json;

use crate::server::{Ran, Server, program};

#[test]
fn a_refusal_is_shown_with_what_was_expected_and_exits_with_1() {
    let problem = json!({"type": "urn:evergreen:problem:conflict", "title": "Conflict", "status": 409,
        "detail": "The champion has revision 4, not 3."});
    let server = Server::start([
        ("GET /api/champion", 200, json!({"champion": {"revision": 3, "version": {"number": 5}}})),
        ("POST /api/promotions", 409, problem.clone()),
    ]);
    let ran = server.run(&["promote", "7", "--reason", "better", "--yes"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.errors.contains("Conflict: The champion has revision 4, not 3."), "{ran:?}");
    let ran = server.run(&["promote", "7", "--reason", "better", "--yes", "--json"]);
    assert_eq!((ran.code, serde_json::from_str::<serde_json::Value>(&ran.errors).unwrap()), (1, problem));
}

#[test]
fn credentials_without_the_right_exit_with_3_and_name_it() {
    let server = Server::start([("GET /api/runs", 403, json!({"Message": "User is not authorized"}))]);
    let ran = server.run(&["runs"]);
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(ran.errors.contains("execute-api:Invoke") && ran.errors.contains("User is not authorized"), "{ran:?}");
}

#[test]
fn a_busy_stack_is_asked_again_with_the_same_key() {
    let server = Server::start([
        ("POST /api/trainings", 503, json!({"message": "Service Unavailable"})),
        ("POST /api/trainings", 202, json!({"run_id": "manual-1"})),
    ]);
    assert_eq!(server.run(&["train"]).code, 0);
    let keys: Vec<_> = server.received().iter().map(|request| request.headers["idempotency-key"].clone()).collect();
    assert_eq!(keys.len(), 2);
    assert_eq!(keys[0], keys[1]);
}

#[test]
fn a_stack_that_does_not_answer_exits_with_3() {
    let program = program(&["runs", "--url", "http://127.0.0.1:9"]).spawn().unwrap();
    let ran = Ran::of(&program.wait_with_output().unwrap());
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(ran.errors.contains("no answer from http://127.0.0.1:9"), "{ran:?}");
}

#[test]
fn a_console_without_the_route_is_an_error_of_the_stack() {
    let server = Server::start([]);
    let ran = server.run(&["runs"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.errors.contains("Not found"), "{ran:?}");
}

#[test]
fn a_wrong_command_line_exits_with_2() {
    let server = Server::start([]);
    for arguments in [&["promote"][..], &["no-such-command"], &["mute", "throttles", "--for", "soon", "--reason", "x"]]
    {
        assert_eq!(server.run(arguments).code, 2, "{arguments:?}");
    }
    assert!(server.received().is_empty());
}

#[test]
fn the_completion_script_needs_no_stack() {
    let program = program(&["completion", "bash"]).env_remove("AWS_REGION").spawn().unwrap();
    let ran = Ran::of(&program.wait_with_output().unwrap());
    assert_eq!(ran.code, 0);
    assert!(ran.output.contains("promote"), "{ran:?}");
}
