//! Errors of the API, which are problem details (RFC 9457), or the gateway's own short messages.

use std::fmt;

use serde_json::Value;

use crate::failure::Failure;

/// An error that the stack answered.
#[derive(Debug, Clone, PartialEq)]
pub struct ApiProblem {
    /// The HTTP status.
    pub status: u16,
    /// The answer as it came.
    pub json: Value,
}

impl ApiProblem {
    /// Returns whether the problem is of this kind, such as `no-champion`.
    pub fn is(&self, code: &str) -> bool {
        self.text("type").is_some_and(|kind| kind.strip_prefix("urn:evergreen:problem:") == Some(code))
    }

    fn text(&self, field: &str) -> Option<&str> {
        self.json.get(field).and_then(Value::as_str)
    }
}

impl fmt::Display for ApiProblem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let title = self.text("title").unwrap_or("The stack refused the request");
        write!(formatter, "{title}")?;
        match self.text("detail").or_else(|| self.text("message")) {
            Some(detail) => write!(formatter, ": {detail}")?,
            None => write!(formatter, " (status {})", self.status)?,
        }
        if let Some(field) = self.text("field") {
            write!(formatter, "\n  field: {field}")?;
        }
        if let Some(expected) = self.text("expected") {
            write!(formatter, "\n  expected: {expected}")?;
        }
        match advice(self.status) {
            Some(advice) => write!(formatter, "\n  {advice}"),
            None => Ok(()),
        }
    }
}

/// Returns what a person can do about an error with this status, if that is always the same.
fn advice(status: u16) -> Option<&'static str> {
    match status {
        409 | 412 => Some("Somebody else changed this meanwhile. Look at it again, then repeat the command."),
        429 => Some("The stack's throttle was reached. Repeat the command in a few seconds."),
        500 => Some("The log of the console function has the cause."),
        502..=504 => Some("Repeat the command in a few seconds."),
        _ => None,
    }
}

/// What API Gateway answers if no route matches. It answers the same to a request without a signature, but all are signed.
const NO_ROUTE: &str = "Missing Authentication Token";

/// Which API a request was sent to. The rights differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CalledApi {
    /// The console's API below `/api`.
    Console,
    /// The prediction API.
    Prediction,
}

/// Returns the failure for an answer with an error status.
pub fn refused(called: CalledApi, status: u16, json: Value) -> Failure {
    let problem = ApiProblem { status, json };
    let from_gateway = problem.text("type").is_none();
    match (status, from_gateway, called) {
        (403, true, _) if problem.text("message") == Some(NO_ROUTE) => Failure::unexpected(
            "the stack has no such route: an older release deployed it, or the URL is not that of the API",
        ),
        (401 | 403, true, CalledApi::Console) => Failure::Forbidden(format!(
            "your AWS credentials may not call the console's API{}.\n  The user or role needs the right `execute-api:Invoke` \
             on it. `aws sts get-caller-identity` shows who you are; --profile and --region choose others.",
            said(&problem)
        )),
        (401 | 403, true, CalledApi::Prediction) => Failure::Forbidden(format!(
            "the prediction API does not accept the key{}.\n  It needs the predict key of this stack (EVERGREEN_API_KEY), or \
             with Authorization=jwt a token (EVERGREEN_TOKEN).",
            said(&problem)
        )),
        _ => Failure::Refused(Box::new(problem)),
    }
}

/// Returns the gateway's own words in brackets, if it has any.
fn said(problem: &ApiProblem) -> String {
    let message = problem.text("message").or_else(|| problem.text("Message"));
    message.map(|message| format!(" ({})", message.trim_end_matches('.'))).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_problem_is_shown_with_title_detail_and_what_to_do() {
        let json = json!({"type": "urn:evergreen:problem:conflict", "title": "Conflict", "status": 409,
            "detail": "The champion has revision 4, not 3.", "field": "seen_revision", "expected": "4"});
        let failure = refused(CalledApi::Console, 409, json);
        assert_eq!(
            failure.to_string(),
            "Conflict: The champion has revision 4, not 3.\n  field: seen_revision\n  expected: 4\n  Somebody else changed \
             this meanwhile. Look at it again, then repeat the command."
        );
    }

    #[test]
    fn a_refusal_of_the_gateway_names_the_missing_right() {
        let failure = refused(CalledApi::Console, 403, json!({"Message": "User is not authorized"}));
        assert!(failure.to_string().contains("execute-api:Invoke"), "{failure}");
        let failure = refused(CalledApi::Prediction, 403, json!({"message": "Forbidden"}));
        assert!(failure.to_string().contains("predict key"), "{failure}");
    }

    #[test]
    fn a_route_that_the_gateway_does_not_know_is_no_missing_right() {
        let failure = refused(CalledApi::Console, 403, json!({"message": "Missing Authentication Token"}));
        assert!(failure.to_string().contains("no such route"), "{failure}");
    }

    #[test]
    fn a_refusal_of_the_function_keeps_its_own_words() {
        let json =
            json!({"type": "urn:evergreen:problem:forbidden", "title": "Forbidden", "detail": "This session may see."});
        assert_eq!(refused(CalledApi::Console, 403, json).to_string(), "Forbidden: This session may see.");
    }
}
