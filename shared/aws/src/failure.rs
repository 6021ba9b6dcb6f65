//! Describes a failed AWS call in one line for the log. The SDK's own message, "service error", says too little. Its
//! debug output contains whole answers, which is too much.

use std::error::Error;

// All AWS SDK crates share these types, so it does not matter from which crate they are imported.
use aws_sdk_dynamodb::config::http::HttpResponse;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::RequestId;
use evergreen_lifecycle::ports::Unavailable;
use evergreen_lifecycle::text::causes;

// The text has the service's error code, message and request identifier. If there was no answer, the text says whether
// the request was sent.
/// Error: why an AWS call failed, in one line.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct CallFailure(String);

impl CallFailure {
    /// Describes why an AWS call failed, including the service's error message.
    pub(crate) fn of<E: Error + ProvideErrorMetadata + 'static>(error: &SdkError<E>) -> Self {
        match error.message() {
            Some(message) => Self(format!("{}: {message} (request {})", code(error), request(error))),
            None => Self::unworded(error),
        }
    }

    /// Describes why an AWS call failed, without the service's error message.
    pub(crate) fn unworded<E: Error + ProvideErrorMetadata + 'static>(error: &SdkError<E>) -> Self {
        // The service's message may contain a mail address.
        match error {
            SdkError::ServiceError(_) => Self(format!("{} (request {})", code(error), request(error))),
            _ => Self(causes(error)),
        }
    }
}

/// Returns a function that converts the error of a failed AWS call to [`Unavailable`]. `what` is the action that
/// failed.
pub(crate) fn unavailable<E>(what: &'static str) -> impl FnOnce(SdkError<E>) -> Unavailable
where
    E: Error + ProvideErrorMetadata + 'static,
{
    move |error| Unavailable { is_brief: is_brief(&error), ..Unavailable::new(what, CallFailure::of(&error)) }
}

// Server errors (status 5xx) count too, but are not in this list.
/// Error codes of AWS services for short problems, which usually end within seconds.
const BRIEF: [&str; 11] = [
    // DynamoDB
    "ProvisionedThroughputExceededException",
    "ThrottlingException",
    "RequestLimitExceeded",
    "TransactionConflictException",
    "TransactionInProgressException",
    // S3
    "ConditionalRequestConflict",
    "OperationAborted",
    "RequestTimeout",
    "SlowDown",
    // Any service
    "TooManyRequestsException",
    "Throttling",
];

/// Returns whether an AWS call failed because of a short problem, so that the same call may succeed some seconds later.
fn is_brief<E: ProvideErrorMetadata>(error: &SdkError<E>) -> bool {
    match error {
        SdkError::ConstructionFailure(_) => false,
        SdkError::ServiceError(refusal) => {
            is_fault(refusal.raw()) || error.code().is_some_and(|code| BRIEF.contains(&code))
        }
        _ => true,
    }
}

fn is_fault(answer: &HttpResponse) -> bool {
    answer.status().is_server_error()
}

fn code<E: ProvideErrorMetadata>(error: &SdkError<E>) -> &str {
    error.code().unwrap_or("an error without a code")
}

fn request<E>(error: &SdkError<E>) -> &str {
    error.request_id().unwrap_or("unknown")
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::operation::get_item::GetItemError;
    use aws_smithy_mocks::{Rule, mock, mock_client};

    use super::*;

    async fn failed(rule: Rule) -> SdkError<GetItemError> {
        mock_client!(aws_sdk_dynamodb, [&rule]).get_item().table_name("registry").send().await.unwrap_err()
    }

    fn denied() -> Rule {
        refused(400, "AccessDeniedException")
    }

    fn refused(status: u16, code: &'static str) -> Rule {
        mock!(aws_sdk_dynamodb::Client::get_item).then_http_response(move || {
            let body = format!(r#"{{"__type": "{code}", "message": "not authorized to perform dynamodb:GetItem"}}"#);
            let mut response = HttpResponse::new(status.try_into().unwrap(), body.into());
            response.headers_mut().insert("x-amzn-requestid", "R1");
            response
        })
    }

    #[tokio::test]
    async fn a_failure_that_passes_within_seconds_is_distinguished_from_others() {
        for (status, code, expected) in [
            (400, "AccessDeniedException", false),
            (400, "ValidationException", false),
            (400, "ThrottlingException", true),
            (400, "ProvisionedThroughputExceededException", true),
            (400, "TransactionConflictException", true),
            (500, "InternalServerError", true),
            (503, "ServiceUnavailable", true),
        ] {
            let error = unavailable("reading the champion")(failed(refused(status, code)).await);
            assert_eq!(error.is_brief, expected, "{code}");
        }
        assert!(unavailable("reading")(SdkError::<GetItemError>::timeout_error("no answer")).is_brief);
        assert!(!unavailable("reading")(SdkError::<GetItemError>::construction_failure("no table")).is_brief);
    }

    #[tokio::test]
    async fn a_refusal_is_its_code_message_and_request() {
        let error = unavailable("reading the champion")(failed(denied()).await);
        assert_eq!(error.to_string(), "reading the champion failed");
        assert_eq!(
            error.cause.to_string(),
            "AccessDeniedException: not authorized to perform dynamodb:GetItem (request R1)"
        );
    }

    #[tokio::test]
    async fn without_the_message_the_code_and_request_are_left() {
        assert_eq!(CallFailure::unworded(&failed(denied()).await).to_string(), "AccessDeniedException (request R1)");
    }

    #[test]
    fn a_call_that_reached_no_service_says_how_far_it_got() {
        let error = SdkError::<GetItemError>::timeout_error("no answer within 5 s");
        assert_eq!(CallFailure::of(&error).to_string(), "request has timed out: no answer within 5 s");
    }
}
