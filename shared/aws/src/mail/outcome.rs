//! Classifies the errors of SES: SES did not accept a mail, or SES did not answer.

use aws_sdk_sesv2::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sesv2::operation::send_email::SendEmailError;
use evergreen_lifecycle::ports::{SendError, Unavailable};

use super::WHAT;
use crate::connect::never_connected;
use crate::failure::CallFailure;

// SES refuses too many mails in a short time, and more mails than a quota allows.
/// Error codes of SES for too many mails.
const TOO_MANY: [&str; 4] = ["TooManyRequestsException", "ThrottlingException", "Throttling", "LimitExceededException"];

// SES may have sent the mail.
/// HTTP status 504: a gateway got no answer from SES behind it.
const GATEWAY_TIMEOUT: u16 = 504;

/// Converts the error of a failed call to SES to the program's own error type.
pub(super) fn of(error: &SdkError<SendEmailError>) -> SendError {
    // If SES itself answers with an error, it has not sent the mail.
    // The messages of SES may contain mail addresses, so they are left out.
    let cause = Unavailable::new(WHAT, CallFailure::unworded(error));
    match error {
        SdkError::ConstructionFailure(_) => SendError::Refused(cause),
        SdkError::DispatchFailure(failure) if failure.as_connector_error().is_some_and(never_connected) => {
            SendError::Unreachable(cause)
        }
        SdkError::ServiceError(answer) => {
            let (status, code) = (answer.raw().status().as_u16(), answer.err().code().unwrap_or_default());
            if status == GATEWAY_TIMEOUT {
                SendError::Unanswered(cause)
            } else if status == 429 || TOO_MANY.contains(&code) {
                SendError::Throttled(cause)
            } else if status >= 500 {
                SendError::Unreachable(cause)
            } else {
                SendError::Refused(cause)
            }
        }
        _ => SendError::Unanswered(cause),
    }
}

/// Returns whether SES refused the mail because its configuration set does not exist.
pub(super) fn is_of_the_set(error: &SdkError<SendEmailError>) -> bool {
    // "Not found" can mean only this, because a mail refers to no other resource.
    error.as_service_error().is_some_and(SendEmailError::is_not_found_exception)
}
