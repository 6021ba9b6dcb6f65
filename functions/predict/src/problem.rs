//! HTTP error responses in the format of RFC 9457 (problem details). Every error response is created in this module.
//!
//! A 4xx response names the error and what was expected, but never a value of the request: values are the caller's
//! data, and responses end up in logs. A 5xx response never gives the cause, which is logged instead.

mod input;

pub(crate) use input::shortened;

use lambda_http::http::header::{ALLOW, RETRY_AFTER};
use lambda_http::http::{HeaderValue, StatusCode};
use serde::{Serialize, Serializer};

use crate::journal::causes;
use crate::response::JsonResponse;
use crate::route;

// After this time, a running attempt to load the champion, or the SDK's retries, have usually ended.
/// Number of seconds in the `Retry-After` header of a 503 response.
const RETRY_AFTER_SECONDS: u16 = 2;

/// Body of a 500 response, used if the error response itself cannot be written as JSON.
const INTERNAL_BODY: &str = r#"{"type":"urn:evergreen:problem:internal","title":"Internal error","status":500}"#;

// The JSON field `type` of the response is a URN that ends with the code. The URN never changes, so that callers can
// rely on it.
/// A kind of error response, such as 404 "not found".
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct ProblemKind {
    /// Code by which callers recognize the kind of error, such as `unknown-column`.
    #[serde(rename = "type", serialize_with = "urn")]
    pub code: &'static str,
    /// Short description of this kind of error, such as "Unknown column".
    pub title: &'static str,
    /// The HTTP status code of the response.
    #[serde(serialize_with = "number")]
    pub status: StatusCode,
}

impl ProblemKind {
    const fn new(status: StatusCode, code: &'static str, title: &'static str) -> Self {
        Self { code, title, status }
    }
}

static NOT_FOUND: ProblemKind = ProblemKind::new(StatusCode::NOT_FOUND, "not-found", "Not found");
static METHOD_NOT_ALLOWED: ProblemKind =
    ProblemKind::new(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", "Method not allowed");
static UNKNOWN_RUN: ProblemKind = ProblemKind::new(StatusCode::NOT_FOUND, "unknown-run", "Unknown run");
static INVALID_PARAMETER: ProblemKind =
    ProblemKind::new(StatusCode::BAD_REQUEST, "invalid-parameter", "Invalid parameter");
static NO_CHAMPION: ProblemKind = ProblemKind::new(StatusCode::SERVICE_UNAVAILABLE, "no-champion", "No champion");
static UNAVAILABLE: ProblemKind = ProblemKind::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "Unavailable");
static INTERNAL: ProblemKind = ProblemKind::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "Internal error");

/// Body and headers of the error response to one failed request (RFC 9457).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The kind of error: its code, title and HTTP status.
    #[serde(flatten)]
    pub kind: &'static ProblemKind,
    /// Sentence that describes the error in this request.
    pub detail: String,
    /// Name of the column or parameter that is wrong. `None` if the error does not belong to one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// Index of the wrong row, from 0. `None` if no row is wrong or the body is a single object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub row: Option<usize>,
    /// Text that describes what the request should contain instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// Value of the `Allow` header: the only HTTP method that the path accepts. `None` for other errors.
    #[serde(skip)]
    pub allow: Option<&'static str>,
    /// Value of the `Retry-After` header, in seconds. `None` if the response has no such header.
    #[serde(skip)]
    pub retry_after: Option<u16>,
}

impl Problem {
    fn new(kind: &'static ProblemKind, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        Self { kind, detail, field: None, row: None, expected: None, allow: None, retry_after: None }
    }

    fn expecting(self, expected: impl Into<String>) -> Self {
        Self { expected: Some(expected.into()), ..self }
    }

    fn at(self, field: &str) -> Self {
        Self { field: Some(field.to_owned()), ..self }
    }

    /// Creates the 404 response to a request whose path belongs to no endpoint.
    pub fn not_found() -> Self {
        Self::new(&NOT_FOUND, "No endpoint has this path.").expecting(route::summary())
    }

    // The prediction API and the status API have different routes.
    /// Creates the 404 response to a request that was sent to the wrong one of the stack's two HTTP APIs.
    pub fn elsewhere() -> Self {
        Self::new(&NOT_FOUND, "This path belongs to the other API of the stack.").expecting(route::summary())
    }

    /// Creates the 405 response to a request with a wrong HTTP method. `allow` is the method that the path accepts.
    pub fn method_not_allowed(allow: &'static str) -> Self {
        let problem = Self::new(&METHOD_NOT_ALLOWED, format!("This path accepts only {allow}."));
        Self { allow: Some(allow), ..problem }.expecting(allow)
    }

    /// Creates the 404 response to a request for a training run or an import that does not exist.
    pub fn unknown_run() -> Self {
        Self::new(&UNKNOWN_RUN, "No run has this ID.").at("id")
    }

    /// Creates the 400 response to a request whose path does not end with a valid run ID.
    pub fn invalid_run_id() -> Self {
        Self::new(&INVALID_PARAMETER, "The last part of the path is not a valid run ID.")
            .at("id")
            .expecting("1–128 letters, digits, hyphens, underscores and dots")
    }

    /// Creates the 400 response to a request whose `limit` parameter is not a number from 1 to `max`.
    pub fn invalid_limit(max: u32) -> Self {
        Self::new(&INVALID_PARAMETER, "The query parameter \"limit\" is not a whole number in the allowed range.")
            .at("limit")
            .expecting(format!("a whole number from 1 to {max}"))
    }

    /// Creates the 503 response to a request that needs the champion while no champion is loaded.
    pub fn no_champion() -> Self {
        let problem = Self::new(&NO_CHAMPION, "No champion is loaded; try again later.");
        Self { retry_after: Some(RETRY_AFTER_SECONDS), ..problem }
    }

    /// Creates the 503 response to a request that needs the registry (DynamoDB) while the registry does not answer.
    pub fn unavailable() -> Self {
        let problem = Self::new(&UNAVAILABLE, "The request cannot be answered now; try again later.");
        Self { retry_after: Some(RETRY_AFTER_SECONDS), ..problem }
    }

    /// Creates the 500 response to a request that failed because of a bug in this function.
    pub fn internal() -> Self {
        Self::new(&INTERNAL, "The request failed because of an internal error; the cause is in the log.")
    }
}

impl From<Problem> for JsonResponse {
    fn from(problem: Problem) -> Self {
        // Strings and integers always serialize.
        let (status, body) = match serde_json::to_string(&problem) {
            Ok(body) => (problem.kind.status, body),
            Err(error) => {
                tracing::error!(cause = causes(&error), "a problem could not be written as JSON");
                (StatusCode::INTERNAL_SERVER_ERROR, INTERNAL_BODY.to_owned())
            }
        };
        let mut response = Self::new(status, "application/problem+json", body);
        let headers = response.0.headers_mut();
        headers.extend(problem.allow.map(|method| (ALLOW, HeaderValue::from_static(method))));
        headers.extend(problem.retry_after.map(|seconds| (RETRY_AFTER, seconds.into())));
        response
    }
}

fn urn<S: Serializer>(code: &&'static str, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format_args!("urn:evergreen:problem:{code}"))
}

fn number<S: Serializer>(status: &StatusCode, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u16(status.as_u16())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_is_answered_in_its_own_media_type() {
        let JsonResponse(response) = Problem::method_not_allowed("POST").into();
        assert_eq!(response.status(), 405);
        insta::assert_debug_snapshot!(response.headers(), @r#"
        {
            "content-type": "application/problem+json",
            "allow": "POST",
        }
        "#);
        insta::assert_snapshot!(
            response.body(),
            @r#"{"type":"urn:evergreen:problem:method-not-allowed","title":"Method not allowed","status":405,"detail":"This path accepts only POST.","expected":"POST"}"#
        );
    }

    #[test]
    fn a_retryable_problem_says_when() {
        for problem in [Problem::no_champion(), Problem::unavailable()] {
            let JsonResponse(response) = problem.into();
            assert_eq!(response.headers()[RETRY_AFTER], "2");
        }
    }
}
