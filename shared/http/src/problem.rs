//! HTTP error responses in the format of RFC 9457 (problem details). Each function adds its own kinds of errors.
//!
//! A 4xx response names the error and what was expected, but never a value of the request: values are the caller's
//! data, and responses end up in logs. A 5xx response never gives the cause, which is logged instead.

use lambda_http::http::header::{ALLOW, RETRY_AFTER};
use lambda_http::http::{HeaderValue, StatusCode};
use serde::{Serialize, Serializer};

use crate::response::JsonResponse;
use evergreen_lifecycle::text::causes;

// After this time, a running attempt to load the champion, or the SDK's retries, have usually ended.
/// Number of seconds in the `Retry-After` header of a 503 response.
pub const RETRY_AFTER_SECONDS: u16 = 2;

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
    /// Creates a kind of error response.
    pub const fn new(status: StatusCode, code: &'static str, title: &'static str) -> Self {
        Self { code, title, status }
    }
}

static NOT_FOUND: ProblemKind = ProblemKind::new(StatusCode::NOT_FOUND, "not-found", "Not found");
static METHOD_NOT_ALLOWED: ProblemKind =
    ProblemKind::new(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", "Method not allowed");
static INVALID_PARAMETER: ProblemKind =
    ProblemKind::new(StatusCode::BAD_REQUEST, "invalid-parameter", "Invalid parameter");
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
    /// Value of the `Allow` header: the HTTP methods that the path accepts. `None` for other errors.
    #[serde(skip)]
    pub allow: Option<Box<str>>,
    /// Value of the `Retry-After` header, in seconds. `None` if the response has no such header.
    #[serde(skip)]
    pub retry_after: Option<u16>,
}

impl Problem {
    /// Creates an error response of a kind. `detail` is the sentence that describes the error in this request.
    pub fn new(kind: &'static ProblemKind, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        Self { kind, detail, field: None, row: None, expected: None, allow: None, retry_after: None }
    }

    /// Adds what the request should contain instead.
    pub fn expecting(self, expected: impl Into<String>) -> Self {
        Self { expected: Some(expected.into()), ..self }
    }

    /// Adds the name of the wrong column or parameter.
    pub fn at(self, field: &str) -> Self {
        Self { field: Some(field.to_owned()), ..self }
    }

    /// Adds after how many seconds the caller may try again.
    pub fn retryable(self) -> Self {
        Self { retry_after: Some(RETRY_AFTER_SECONDS), ..self }
    }

    /// Creates the 404 response to a request whose path belongs to no endpoint. `expected` lists the endpoints.
    pub fn not_found(detail: &str, expected: impl Into<String>) -> Self {
        Self::new(&NOT_FOUND, detail).expecting(expected)
    }

    /// Creates the 405 response to a request with a wrong HTTP method. `allow` names the methods that the path accepts.
    pub fn method_not_allowed(allow: impl Into<Box<str>>) -> Self {
        let allow = allow.into();
        let problem = Self::new(&METHOD_NOT_ALLOWED, format!("This path accepts only {allow}."));
        Self { allow: Some(allow.clone()), ..problem }.expecting(String::from(allow))
    }

    /// Creates the 400 response to a request with a wrong parameter.
    pub fn invalid_parameter(name: &str, detail: impl Into<String>, expected: impl Into<String>) -> Self {
        Self::new(&INVALID_PARAMETER, detail).at(name).expecting(expected)
    }

    /// Creates the 503 response to a request that needs the registry (DynamoDB) while the registry does not answer.
    pub fn unavailable() -> Self {
        Self::new(&UNAVAILABLE, "The request cannot be answered now; try again later.").retryable()
    }

    /// Creates the 500 response to a request that failed because of a bug in this function.
    pub fn internal() -> Self {
        Self::new(&INTERNAL, "The request failed because of an internal error; the cause is in the log.")
    }
}

impl Problem {
    /// Returns the response to this error with another body than RFC 9457 has, for clients of another protocol. Status and
    /// headers stay the same.
    pub fn answered_as(&self, body: &impl Serialize) -> JsonResponse {
        self.response("application/json", body)
    }

    fn response(&self, media_type: &'static str, body: &impl Serialize) -> JsonResponse {
        // Strings and integers always serialize.
        let (status, body) = match serde_json::to_string(body) {
            Ok(body) => (self.kind.status, body),
            Err(error) => {
                tracing::error!(cause = causes(&error), "a problem could not be written as JSON");
                (StatusCode::INTERNAL_SERVER_ERROR, INTERNAL_BODY.to_owned())
            }
        };
        let mut response = JsonResponse::new(status, media_type, body);
        let headers = response.0.headers_mut();
        headers.extend(self.allow.as_deref().and_then(|allow| Some((ALLOW, HeaderValue::from_str(allow).ok()?))));
        headers.extend(self.retry_after.map(|seconds| (RETRY_AFTER, seconds.into())));
        response
    }
}

impl From<Problem> for JsonResponse {
    fn from(problem: Problem) -> Self {
        problem.response("application/problem+json", &problem)
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
        let JsonResponse(response) = Problem::unavailable().into();
        assert_eq!(response.headers()[RETRY_AFTER], "2");
    }
}
