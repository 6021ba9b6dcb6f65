//! Sends one event of the registry to the URL of the webhook.

use aws_lambda_events::event::eventbridge::EventBridgeEvent;
use evergreen_lifecycle::ports::{Clock, SigningSecret, Unavailable, WebhookReceiver};
use lambda_runtime::Diagnostic;
use serde::Serialize;

use crate::refusals::RefusedInvocations;
use crate::{MissingField, RegistryEvent, WebhookFormat, WebhookWorld};

/// Sends events of the registry to the URL of the webhook.
#[derive(Debug)]
pub struct WebhookHandler<'a, W> {
    ports: &'a W,
    format: WebhookFormat,
    refusals: RefusedInvocations,
}

/// Result of an event that the receiver accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WebhookReport {
    /// The id of the event.
    pub id: String,
    /// The status code of the receiver's response.
    pub status: u16,
}

/// Error: an event did not reach the receiver.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    /// The receiver's response asks for another try. The field is its status code.
    #[error("the receiver responded with status {0}; the event will be sent again")]
    TryAgain(u16),
    /// The receiver refused the event, and would refuse it again. The field is the status code of its response.
    #[error("the receiver refused the event with status {0}; check the URL and the format of the webhook")]
    Refused(u16),
    /// The event has not the fields that every event has.
    #[error(transparent)]
    MissingField(#[from] MissingField),
    /// The receiver did not respond, or the secret could not be read.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl From<WebhookError> for Diagnostic {
    fn from(error: WebhookError) -> Self {
        let error_type = match error {
            WebhookError::TryAgain(_) => "TryAgain",
            WebhookError::Refused(_) => "Refused",
            WebhookError::MissingField(_) => "MissingField",
            WebhookError::Unavailable(_) => "Unavailable",
        };
        Self { error_type: error_type.into(), error_message: error.to_string() }
    }
}

impl<'a, W: WebhookWorld> WebhookHandler<'a, W> {
    /// Creates a handler that sends messages in this `format`.
    pub fn new(ports: &'a W, format: WebhookFormat) -> Self {
        Self { ports, format, refusals: RefusedInvocations::default() }
    }

    /// Sends one event. `invocation` is the id of the Lambda invocation, which is the same in all its retries.
    ///
    /// # Errors
    /// [`WebhookError`] when the receiver did not accept the event. After [`WebhookError::Refused`], a retry fails at once
    /// and sends nothing.
    pub async fn handle(&self, event: EventBridgeEvent, invocation: &str) -> Result<WebhookReport, WebhookError> {
        let event = RegistryEvent::read(event)?;
        let result = self.deliver(&event, invocation).await;
        match &result {
            Ok(report) => {
                tracing::info!(id = event.id, kind = event.kind, status = report.status, "the event was sent")
            }
            Err(WebhookError::Unavailable(error)) => {
                tracing::warn!(id = event.id, kind = event.kind, %error, cause = %error.cause, "the event was not sent");
            }
            Err(error) => tracing::warn!(id = event.id, kind = event.kind, %error, "the event was not sent"),
        }
        result
    }

    async fn deliver(&self, event: &RegistryEvent, invocation: &str) -> Result<WebhookReport, WebhookError> {
        if let Some(status) = self.refusals.status(invocation) {
            return Err(WebhookError::Refused(status));
        }
        let secret = self.ports.secret().secret().await?;
        let message = self.format.message(event, &secret, self.ports.clock().now());
        match self.ports.receiver().post(&message).await? {
            status @ 200..=299 => Ok(WebhookReport { id: event.id.clone(), status }),
            // Request Timeout, Too Early and Too Many Requests are about the moment, and not about the event.
            status @ (408 | 425 | 429 | 500..) => Err(WebhookError::TryAgain(status)),
            status => {
                self.refusals.remember(invocation, status);
                Err(WebhookError::Refused(status))
            }
        }
    }
}
