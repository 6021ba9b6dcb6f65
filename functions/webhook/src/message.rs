//! Writes the message to the webhook: its headers and its body.

use std::str::FromStr;

use evergreen_lifecycle::ports::WebhookMessage;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use crate::{RegistryEvent, sign, slack};

/// The form of the messages to the webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WebhookFormat {
    /// The complete event, for programs.
    Json,
    /// Sentences for a chat room, in the form that Slack's incoming webhooks take.
    Slack,
}

/// Error: the text names no form of messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected json or slack")]
pub struct UnknownFormat;

impl FromStr for WebhookFormat {
    type Err = UnknownFormat;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "json" => Ok(Self::Json),
            "slack" => Ok(Self::Slack),
            _ => Err(UnknownFormat),
        }
    }
}

/// The body of a message in the form `json`.
#[derive(Serialize)]
struct Envelope<'a> {
    id: &'a str,
    r#type: &'a str,
    time: &'a str,
    model: &'a str,
    schema_version: u64,
    data: &'a Value,
}

impl WebhookFormat {
    /// Returns the signed message about an event.
    pub(crate) fn message(self, event: &RegistryEvent, secret: &str, now: Timestamp) -> WebhookMessage {
        let body = self.body(event).to_string();
        let headers = vec![
            ("content-type", "application/json".to_owned()),
            ("user-agent", concat!("evergreen/", env!("CARGO_PKG_VERSION")).to_owned()),
            ("evergreen-event", event.kind.clone()),
            ("evergreen-delivery", event.id.clone()),
            ("evergreen-signature", sign(secret, now, &body)),
        ];
        WebhookMessage { headers, body }
    }

    fn body(self, event: &RegistryEvent) -> Value {
        match self {
            Self::Slack => slack::body(event),
            Self::Json => serde_json::json!(Envelope {
                id: &event.id,
                r#type: &event.kind,
                time: &event.occurred_at,
                model: &event.model,
                schema_version: event.schema_version,
                data: &event.detail,
            }),
        }
    }
}
