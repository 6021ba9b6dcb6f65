//! Error responses in the format of RFC 9457. All of them are created in this module.
//!
//! A 4xx names what is wrong and what was expected, but never a value that was sent: values are the caller's data, and
//! responses end up in logs. A 5xx never gives the cause, which is logged instead.

mod input;

pub(crate) use input::shortened;

use lambda_http::http::header::{ALLOW, RETRY_AFTER};
use lambda_http::http::{HeaderValue, StatusCode};
use serde::{Serialize, Serializer};

use crate::journal::causes;
use crate::response::JsonResponse;
use crate::route;

/// Seconds after which a retry makes sense: by then a refresh or the SDK's retries are over.
const RETRY_AFTER_SECONDS: u16 = 2;

/// The body of a 500 if the problem itself cannot be written.
const INTERNAL_BODY: &str = r#"{"type":"urn:evergreen:problem:internal","title":"Internal error","status":500}"#;

/// A kind of problem. Its URN ends with the code and never changes, so that callers can rely on it.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct ProblemKind {
    /// The code by which callers recognize the kind, such as `unknown-column`.
    #[serde(rename = "type", serialize_with = "urn")]
    pub code: &'static str,
    /// A short description of the kind.
    pub title: &'static str,
    /// The HTTP status code.
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

/// The error response to one failed request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The kind of problem.
    #[serde(flatten)]
    pub kind: &'static ProblemKind,
    /// The error in this request.
    pub detail: String,
    /// The column or parameter that is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// The row that is wrong, counted from 0. `None` if the body is a single object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub row: Option<usize>,
    /// What the function expected instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// The only method that the path allows, sent as a header.
    #[serde(skip)]
    pub allow: Option<&'static str>,
    /// Seconds to wait before a retry, sent as a header.
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

    /// No endpoint has this path.
    pub fn not_found() -> Self {
        Self::new(&NOT_FOUND, "No endpoint has this path.").expecting(route::summary())
    }

    /// The path belongs to the stack's other API.
    pub fn elsewhere() -> Self {
        Self::new(&NOT_FOUND, "This path belongs to the other API of the stack.").expecting(route::summary())
    }

    /// The endpoint accepts only the method `allow`.
    pub fn method_not_allowed(allow: &'static str) -> Self {
        let problem = Self::new(&METHOD_NOT_ALLOWED, format!("This path accepts only {allow}."));
        Self { allow: Some(allow), ..problem }.expecting(allow)
    }

    /// No run has this ID.
    pub fn unknown_run() -> Self {
        Self::new(&UNKNOWN_RUN, "No run has this ID.").at("id")
    }

    /// The last segment of the path is not a valid run ID.
    pub fn invalid_run_id() -> Self {
        Self::new(&INVALID_PARAMETER, "The last part of the path is not a valid run ID.")
            .at("id")
            .expecting("1–128 letters, digits, hyphens, underscores and dots")
    }

    /// The `limit` parameter is not a number from 1 to `max`.
    pub fn invalid_limit(max: u32) -> Self {
        Self::new(&INVALID_PARAMETER, "The query parameter \"limit\" is not a whole number in the allowed range.")
            .at("limit")
            .expecting(format!("a whole number from 1 to {max}"))
    }

    /// No champion is loaded.
    pub fn no_champion() -> Self {
        let problem = Self::new(&NO_CHAMPION, "No champion is loaded; try again later.");
        Self { retry_after: Some(RETRY_AFTER_SECONDS), ..problem }
    }

    /// The registry does not answer.
    pub fn unavailable() -> Self {
        let problem = Self::new(&UNAVAILABLE, "The request cannot be answered now; try again later.");
        Self { retry_after: Some(RETRY_AFTER_SECONDS), ..problem }
    }

    /// This function itself failed.
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
