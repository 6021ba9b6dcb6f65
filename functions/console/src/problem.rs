//! The error responses of the console function, in the format of RFC 9457 (problem details).

use evergreen_http::{Problem, ProblemKind};
use evergreen_lifecycle::ports::{ChangeError, Unavailable};
use evergreen_lifecycle::text::causes;
use evergreen_lifecycle::{Unreadable, VersionNumber};
use lambda_http::http::StatusCode;

static FORBIDDEN: ProblemKind = ProblemKind::new(StatusCode::FORBIDDEN, "forbidden", "Forbidden");
static UNKNOWN: ProblemKind = ProblemKind::new(StatusCode::NOT_FOUND, "unknown", "Unknown");
static UNKNOWN_RUN: ProblemKind = ProblemKind::new(StatusCode::NOT_FOUND, "unknown-run", "Unknown run");
static CONFLICT: ProblemKind = ProblemKind::new(StatusCode::CONFLICT, "conflict", "Changed meanwhile");
static PROTECTED: ProblemKind = ProblemKind::new(StatusCode::CONFLICT, "protected", "Protected");
static KEY_REUSED: ProblemKind = ProblemKind::new(StatusCode::CONFLICT, "key-reused", "Key used before");
static CANNOT_SERVE: ProblemKind = ProblemKind::new(StatusCode::CONFLICT, "cannot-serve", "Cannot answer predictions");
static NO_STEP: ProblemKind = ProblemKind::new(StatusCode::CONFLICT, "no-step", "No such step now");
static UNREADABLE: ProblemKind = ProblemKind::new(StatusCode::CONFLICT, "unreadable", "Unreadable record");
static NOT_JSON: ProblemKind = ProblemKind::new(StatusCode::BAD_REQUEST, "not-json", "Not JSON");
static INVALID_FIELD: ProblemKind = ProblemKind::new(StatusCode::BAD_REQUEST, "invalid-field", "Invalid field");
static TOO_LARGE: ProblemKind = ProblemKind::new(StatusCode::PAYLOAD_TOO_LARGE, "body-too-large", "Body too large");
static MEDIA_TYPE: ProblemKind =
    ProblemKind::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", "Unsupported media type");

/// All kinds of problems that only the console has, for its OpenAPI document.
pub static KINDS: [&ProblemKind; 13] = [
    &UNKNOWN_RUN,
    &FORBIDDEN,
    &UNKNOWN,
    &CONFLICT,
    &PROTECTED,
    &KEY_REUSED,
    &CANNOT_SERVE,
    &NO_STEP,
    &UNREADABLE,
    &NOT_JSON,
    &INVALID_FIELD,
    &TOO_LARGE,
    &MEDIA_TYPE,
];

/// Creates the 403 response to a caller who may read but not steer.
pub fn only_reads() -> Problem {
    let detail = "This key may read, and this request changes something.";
    Problem::new(&FORBIDDEN, detail).expecting("a request below /api of the console API, signed with AWS credentials")
}

/// Creates the 403 response to a caller who may predict, and asks for something else.
pub fn only_predicts() -> Problem {
    Problem::new(&FORBIDDEN, "This key may predict and send feedback.").expecting("POST /feedback")
}

/// Creates the 403 response to a session that may see but not steer.
pub fn only_sees() -> Problem {
    let detail = "This session may see, and this action changes something.";
    Problem::new(&FORBIDDEN, detail).expecting("a session that may steer: ask for a link with the right \"steer\"")
}

/// Creates the 403 response to a request without a session, or with one that has ended.
pub fn no_session() -> Problem {
    let detail = "There is no session, or it has ended.";
    Problem::new(&FORBIDDEN, detail).expecting("a session: ask for a new link and open it")
}

/// Creates the 403 response to a form that was not sent from a page of this session.
pub fn foreign_form() -> Problem {
    Problem::new(&FORBIDDEN, "The form was not sent from a page of this session.")
        .at("csrf")
        .expecting("the hidden field of the page: load the page again, then repeat the action")
}

/// Creates the 403 response to a request of which API Gateway does not say who signed it.
pub fn nobody() -> Problem {
    Problem::new(&FORBIDDEN, "The request is not signed.").expecting("a signature with AWS credentials (AWS_IAM)")
}

/// Creates the 404 response about a thing that does not exist, such as `version 9`.
pub fn unknown(thing: impl std::fmt::Display, field: &str) -> Problem {
    Problem::new(&UNKNOWN, format!("There is no {thing}.")).at(field)
}

/// Creates the 404 response to a request for a training run or an import that does not exist.
pub fn unknown_run() -> Problem {
    Problem::new(&UNKNOWN_RUN, "No run has this ID.").at("id")
}

/// Creates the 409 response to a change that was made for a state that is over.
pub fn conflict(what: &str) -> Problem {
    Problem::new(&CONFLICT, format!("{what} changed meanwhile."))
        .expecting("the current revision: read it again, then repeat the change")
}

/// Creates the 409 response to a promotion of a version that could not answer predictions.
pub fn cannot_serve(version: VersionNumber, cause: impl std::fmt::Display) -> Problem {
    let detail = format!("Version {version} cannot answer predictions: its artifact {cause}.");
    Problem::new(&CANNOT_SERVE, detail).expecting("a version with an intact artifact")
}

/// Creates the 409 response to a step that a rollout cannot take now. `instead` is a request that can be made.
pub fn no_step(detail: &str, instead: &str) -> Problem {
    Problem::new(&NO_STEP, detail).expecting(instead)
}

/// Creates the 409 response about a record that a newer release wrote.
pub fn unreadable(record: &Unreadable) -> Problem {
    Problem::new(&UNREADABLE, record.to_string()).expecting("a record of this release or an earlier one")
}

/// Creates the 400 response to a request whose body is not JSON.
pub fn not_json(cause: impl std::fmt::Display) -> Problem {
    Problem::new(&NOT_JSON, format!("The body is not valid JSON: {cause}.")).expecting("a JSON object")
}

/// Creates the 400 response to a form that cannot be read.
pub fn not_a_form(cause: &str) -> Problem {
    invalid_field("body", format!("The form cannot be read: {cause}."), "each field once, in UTF-8")
}

/// Creates the 400 response to a request with a wrong field in its body.
pub fn invalid_field(name: &str, detail: impl Into<String>, expected: impl Into<String>) -> Problem {
    Problem::new(&INVALID_FIELD, detail).at(name).expecting(expected)
}

/// Creates the 413 response to a request whose body has more than `limit` bytes.
pub fn too_large(limit: usize) -> Problem {
    Problem::new(&TOO_LARGE, "The body is too long.").expecting(format!("at most {limit} bytes"))
}

/// Creates the 415 response to a request whose body is not of the type `expected`.
pub fn media_type(expected: &str) -> Problem {
    Problem::new(&MEDIA_TYPE, "The content type is missing or another one.").expecting(expected)
}

/// Creates the 503 response to a request for which another service did not answer, and logs the cause.
pub fn unavailable(error: Unavailable) -> Problem {
    tracing::error!(cause = causes(&error), detail = %error.cause, "another service did not answer");
    Problem::unavailable()
}

/// Creates the 500 response to a request that failed because of a bug, and logs the cause.
pub fn internal(error: impl std::error::Error + 'static) -> Problem {
    tracing::error!(cause = causes(&error), "a request failed");
    Problem::internal()
}

/// Creates the 409 response to a change whose idempotency key belongs to another request.
pub fn key_reused() -> Problem {
    let detail = "The idempotency key was used for another request: another method, path, body or caller.";
    let expected = "a new key for each change, and the same key only to repeat the very same request";
    Problem::new(&KEY_REUSED, detail).at("idempotency-key").expecting(expected)
}

/// Creates the response to a change that the registry refused.
pub fn refused(error: ChangeError) -> Problem {
    match error {
        ChangeError::Conflict(what) => conflict(&what),
        ChangeError::Unavailable(error) => unavailable(error),
        ChangeError::Repeated(_) => key_reused(),
        other => Problem::new(&PROTECTED, format!("{other}.")),
    }
}
