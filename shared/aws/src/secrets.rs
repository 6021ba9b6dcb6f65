//! Reads the webhook's signing secret from AWS Secrets Manager.

use aws_config::SdkConfig;
use aws_sdk_secretsmanager::Client;
use evergreen_lifecycle::ports::{SigningSecret, Unavailable};

use crate::failure::unavailable;

const WHAT: &str = "reading the webhook's secret";

// The secret is read for each event. So a changed secret is used at once, and events are too rare to need a cache.
/// Client for one secret in AWS Secrets Manager.
#[derive(Debug, Clone)]
pub struct WebhookSecret {
    client: Client,
    arn: String,
}

impl WebhookSecret {
    /// Creates a client for the secret with the ARN `arn`.
    pub fn new(config: &SdkConfig, arn: &str) -> Self {
        Self { client: Client::new(config), arn: arn.to_owned() }
    }
}

impl SigningSecret for WebhookSecret {
    async fn secret(&self) -> Result<String, Unavailable> {
        let answer = self.client.get_secret_value().secret_id(&self.arn).send().await.map_err(unavailable(WHAT))?;
        let secret = answer.secret_string.filter(|secret| !secret.is_empty());
        secret.ok_or_else(|| Unavailable::new(WHAT, "the secret has no text"))
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_secretsmanager::operation::get_secret_value::GetSecretValueOutput;
    use aws_smithy_mocks::{mock, mock_client};

    use super::*;

    async fn read(stored: Option<&'static str>) -> Result<String, Unavailable> {
        let rule = mock!(Client::get_secret_value)
            .match_requests(|request| request.secret_id() == Some("arn:secret"))
            .then_output(move || GetSecretValueOutput::builder().set_secret_string(stored.map(String::from)).build());
        let client = mock_client!(aws_sdk_secretsmanager, [&rule]);
        WebhookSecret { client, arn: "arn:secret".into() }.secret().await
    }

    #[tokio::test]
    async fn the_current_secret_is_read() {
        assert_eq!(read(Some("s3cr3t")).await.unwrap(), "s3cr3t");
    }

    #[tokio::test]
    async fn a_secret_without_text_is_an_error() {
        for stored in [None, Some("")] {
            assert_eq!(read(stored).await.unwrap_err().cause.to_string(), "the secret has no text");
        }
    }
}
