//! The webhook function's configuration, read once at cold start.

use evergreen_aws::WebhookUrl;
use evergreen_aws::env::{ConfigError, Environment};

use crate::WebhookFormat;

/// The webhook function's configuration, from environment variables.
#[derive(Debug, Clone)]
pub struct WebhookConfig {
    /// The URL to which the events are sent.
    pub url: WebhookUrl,
    /// The form of the messages.
    pub format: WebhookFormat,
    /// The ARN of the secret that signs the messages, in AWS Secrets Manager.
    pub secret_arn: String,
}

impl WebhookConfig {
    /// Reads the webhook function's configuration from the variables of `environment`.
    ///
    /// # Errors
    /// [`ConfigError`] names the variable that is missing or wrong. The error never repeats the URL.
    pub fn read(environment: &Environment) -> Result<Self, ConfigError> {
        let url = "EVERGREEN_WEBHOOK_URL";
        Ok(Self {
            url: environment.required(url)?.parse().map_err(|error| ConfigError::invalid(url, error))?,
            format: environment.parsed("EVERGREEN_WEBHOOK_FORMAT")?,
            secret_arn: environment.required("EVERGREEN_WEBHOOK_SECRET")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use evergreen_testkit::environment_with;

    use super::*;

    const COMPLETE: [(&str, &str); 3] = [
        ("EVERGREEN_WEBHOOK_URL", "https://example.com/events"),
        ("EVERGREEN_WEBHOOK_FORMAT", "json"),
        ("EVERGREEN_WEBHOOK_SECRET", "arn:aws:secretsmanager:eu-central-1:123456789012:secret:evergreen-webhook"),
    ];

    fn read_with(key: &str, value: &str) -> Result<WebhookConfig, ConfigError> {
        WebhookConfig::read(&Environment::from_lookup(environment_with(&COMPLETE, &[(key, value)])))
    }

    #[test]
    fn a_complete_environment_is_read() {
        assert_eq!(read_with("", "").unwrap().format, WebhookFormat::Json);
    }

    #[test]
    fn a_wrong_value_is_named_with_its_variable_and_no_url() {
        let error = |key, value| read_with(key, value).unwrap_err().to_string();
        insta::assert_snapshot!(error("EVERGREEN_WEBHOOK_URL", "http://example.com/T0/secret"), @"EVERGREEN_WEBHOOK_URL: expected a URL such as https://example.com/events, without a user or password (http:// only for 127.0.0.1)");
        insta::assert_snapshot!(error("EVERGREEN_WEBHOOK_FORMAT", "xml"), @r#"EVERGREEN_WEBHOOK_FORMAT is "xml": expected json or slack"#);
        insta::assert_snapshot!(error("EVERGREEN_WEBHOOK_SECRET", ""), @"EVERGREEN_WEBHOOK_SECRET is not set");
    }
}
