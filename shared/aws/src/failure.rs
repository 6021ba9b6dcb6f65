//! A failed call in one line. The SDK's own errors say "service error" and leave the rest to their sources and to debug
//! output, which holds whole answers: too little for a log and too much.

use std::error::Error;
use std::iter::successors;

// The SDK's crates share these types; they are named by whichever is at hand.
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::RequestId;
use evergreen_lifecycle::ports::Unavailable;

/// Why a call failed: the service's code, words and request number, or how far the call came.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Failure(String);

impl Failure {
    /// The failure with the service's words.
    pub(crate) fn of<E: Error + ProvideErrorMetadata + 'static>(error: &SdkError<E>) -> Self {
        match error.message() {
            Some(message) => Self(format!("{}: {message} (request {})", code(error), request(error))),
            None => Self::unworded(error),
        }
    }

    /// The failure without the service's words, where those may name somebody.
    pub(crate) fn unworded<E: Error + ProvideErrorMetadata + 'static>(error: &SdkError<E>) -> Self {
        match error {
            SdkError::ServiceError(_) => Self(format!("{} (request {})", code(error), request(error))),
            _ => Self(chain(error)),
        }
    }
}

/// What to make of a failed call that asked for `what`.
pub(crate) fn unavailable<E>(what: &'static str) -> impl FnOnce(SdkError<E>) -> Unavailable
where
    E: Error + ProvideErrorMetadata + 'static,
{
    move |error| Unavailable::new(what, Failure::of(&error))
}

fn code<E: ProvideErrorMetadata>(error: &SdkError<E>) -> &str {
    error.code().unwrap_or("an error without a code")
}

fn request<E>(error: &SdkError<E>) -> &str {
    error.request_id().unwrap_or("unknown")
}

fn chain(error: &(dyn Error + 'static)) -> String {
    successors(Some(error), |&error| error.source()).map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::config::http::HttpResponse;
    use aws_sdk_dynamodb::operation::get_item::GetItemError;
    use aws_smithy_mocks::{Rule, mock, mock_client};

    use super::*;

    async fn failed(rule: Rule) -> SdkError<GetItemError> {
        mock_client!(aws_sdk_dynamodb, [&rule]).get_item().table_name("registry").send().await.unwrap_err()
    }

    fn denied() -> Rule {
        mock!(aws_sdk_dynamodb::Client::get_item).then_http_response(|| {
            let body =
                r#"{"__type": "AccessDeniedException", "message": "not authorized to perform dynamodb:GetItem"}"#;
            let mut response = HttpResponse::new(400.try_into().unwrap(), body.into());
            response.headers_mut().insert("x-amzn-requestid", "R1");
            response
        })
    }

    #[tokio::test]
    async fn a_refusal_is_its_code_words_and_request() {
        let error = unavailable("reading the champion")(failed(denied()).await);
        assert_eq!(error.to_string(), "reading the champion is unavailable");
        assert_eq!(
            error.cause.to_string(),
            "AccessDeniedException: not authorized to perform dynamodb:GetItem (request R1)"
        );
    }

    #[tokio::test]
    async fn without_words_the_code_and_request_are_left() {
        assert_eq!(Failure::unworded(&failed(denied()).await).to_string(), "AccessDeniedException (request R1)");
    }

    #[test]
    fn a_call_that_met_no_service_says_how_far_it_came() {
        let error = SdkError::<GetItemError>::timeout_error("no answer within 5 s");
        assert_eq!(Failure::of(&error).to_string(), "request has timed out: no answer within 5 s");
    }
}
