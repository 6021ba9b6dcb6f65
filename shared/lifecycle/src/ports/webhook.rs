//! Traits for sending events to the URL of the webhook.

use std::fmt;
use std::future::Future;

use super::Unavailable;

/// A message to the URL of the webhook.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookMessage {
    /// The names of the headers in lower case, with their values.
    pub headers: Vec<(&'static str, String)>,
    /// The body, as JSON text.
    pub body: String,
}

/// Debug output without headers and body: the headers contain the signature, and the body what people wrote.
impl fmt::Debug for WebhookMessage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("WebhookMessage")
    }
}

/// Sends messages to the URL of the webhook.
pub trait WebhookReceiver: Send + Sync {
    /// Sends a message once, as a POST request. Returns the status code of the response, such as 200. Redirects are not
    /// followed.
    ///
    /// # Errors
    /// [`Unavailable`] when there was no response in time.
    fn post(&self, message: &WebhookMessage) -> impl Future<Output = Result<u16, Unavailable>> + Send;
}

/// Reads the secret that signs the messages to the webhook.
pub trait SigningSecret: Send + Sync {
    /// Returns the current secret.
    ///
    /// # Errors
    /// [`Unavailable`] when the call to the store of the secret fails.
    fn secret(&self) -> impl Future<Output = Result<String, Unavailable>> + Send;
}
