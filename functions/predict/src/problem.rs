//! What a caller is told when a call fails: RFC 9457 problems, made here and nowhere else.
//!
//! A 4xx names what is wrong and what was expected, but never a value that was sent: values are the caller's data, and
//! answers end in logs. A 5xx never says why: the cause is logged.

mod input;

pub(crate) use input::shortened;

use lambda_http::http::header::{ALLOW, RETRY_AFTER};
use lambda_http::http::{HeaderValue, StatusCode};
use serde::{Serialize, Serializer};

use crate::response::JsonResponse;

/// Seconds after which it is worth trying again: a look for a champion, or an SDK's retries, are over by then.
const PAUSE: u16 = 2;

/// What there is, and where.
const PATHS: &str =
    "POST /predict or GET /model of the prediction API; GET /runs, GET /runs/{id} or GET /health of the status API";

/// A kind of problem. Callers may rely on its URN, which ends with the code and stays as it is.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Kind {
    /// What callers tell it by, such as `unknown-column`.
    #[serde(rename = "type", serialize_with = "urn")]
    pub code: &'static str,
    /// The same in words.
    pub title: &'static str,
    /// The HTTP status.
    #[serde(serialize_with = "number")]
    pub status: StatusCode,
}

impl Kind {
    const fn new(status: StatusCode, code: &'static str, title: &'static str) -> Self {
        Self { code, title, status }
    }
}

static NOT_FOUND: Kind = Kind::new(StatusCode::NOT_FOUND, "not-found", "Not found");
static METHOD_NOT_ALLOWED: Kind = Kind::new(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", "Method not allowed");
static UNKNOWN_RUN: Kind = Kind::new(StatusCode::NOT_FOUND, "unknown-run", "Unknown run");
static INVALID_PARAMETER: Kind = Kind::new(StatusCode::BAD_REQUEST, "invalid-parameter", "Invalid parameter");
static NO_CHAMPION: Kind = Kind::new(StatusCode::SERVICE_UNAVAILABLE, "no-champion", "No champion");
static UNAVAILABLE: Kind = Kind::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "Unavailable");
static INTERNAL: Kind = Kind::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "Internal error");

/// One failed call, as the caller sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// What kind of problem it is.
    #[serde(flatten)]
    pub kind: &'static Kind,
    /// What is wrong this time.
    pub detail: String,
    /// The column or parameter that is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// The row that is wrong, counted from 0; only for a list of rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub row: Option<usize>,
    /// What would have been right.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// The method that would have been right; a header.
    #[serde(skip)]
    pub allow: Option<&'static str>,
    /// Seconds after which it is worth trying again; a header.
    #[serde(skip)]
    pub retry_after: Option<u16>,
}

impl Problem {
    fn new(kind: &'static Kind, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        Self { kind, detail, field: None, row: None, expected: None, allow: None, retry_after: None }
    }

    fn expecting(self, expected: impl Into<String>) -> Self {
        Self { expected: Some(expected.into()), ..self }
    }

    fn at(self, field: &str) -> Self {
        Self { field: Some(field.to_owned()), ..self }
    }

    /// No endpoint has that path.
    pub fn not_found() -> Self {
        Self::new(&NOT_FOUND, "There is nothing at this path.").expecting(PATHS)
    }

    /// The stack's other API has that path.
    pub fn elsewhere() -> Self {
        Self::new(&NOT_FOUND, "This API has nothing at this path; the stack's other API has.").expecting(PATHS)
    }

    /// The endpoint takes another method.
    pub fn method_not_allowed(allow: &'static str) -> Self {
        let problem = Self::new(&METHOD_NOT_ALLOWED, format!("This path takes {allow} only."));
        Self { allow: Some(allow), ..problem }.expecting(allow)
    }

    /// No run has that identity.
    pub fn unknown_run() -> Self {
        Self::new(&UNKNOWN_RUN, "No run has this id.").at("id")
    }

    /// What stands in the path is no run's identity.
    pub fn invalid_run_id() -> Self {
        Self::new(&INVALID_PARAMETER, "What the path ends with is no run's id.")
            .at("id")
            .expecting("1–128 letters, digits, hyphens, underscores and dots")
    }

    /// `limit` is no number of runs.
    pub fn invalid_limit(max: u32) -> Self {
        Self::new(&INVALID_PARAMETER, "The query's limit is out of range or no number.")
            .at("limit")
            .expecting(format!("a whole number from 1 to {max}"))
    }

    /// Nothing serves yet.
    pub fn no_champion() -> Self {
        let problem = Self::new(&NO_CHAMPION, "No model serves at present; try again later.");
        Self { retry_after: Some(PAUSE), ..problem }
    }

    /// What the answer needs cannot be reached.
    pub fn unavailable() -> Self {
        let problem = Self::new(&UNAVAILABLE, "This cannot be answered at present; try again later.");
        Self { retry_after: Some(PAUSE), ..problem }
    }

    /// A fault of this function.
    pub fn internal() -> Self {
        Self::new(&INTERNAL, "This call failed; the cause has been logged.")
    }
}

impl From<Problem> for JsonResponse {
    fn from(problem: Problem) -> Self {
        // Strings and integers always serialise; an empty body would still carry the status.
        let body = serde_json::to_string(&problem).unwrap_or_default();
        let mut response = Self::new(problem.kind.status, "application/problem+json", body);
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
            @r#"{"type":"urn:evergreen:problem:method-not-allowed","title":"Method not allowed","status":405,"detail":"This path takes POST only.","expected":"POST"}"#
        );
    }

    #[test]
    fn what_may_be_tried_again_says_when() {
        for problem in [Problem::no_champion(), Problem::unavailable()] {
            let JsonResponse(response) = problem.into();
            assert_eq!(response.headers()[RETRY_AFTER], "2");
        }
    }
}
