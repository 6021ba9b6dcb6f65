//! Custom endpoints of AWS services, such as an emulator, from the SDK's standard environment variables.

use aws_config::SdkConfig;
use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};
use hyper::Uri;

use crate::env::{ConfigError, Environment};

/// Name of the environment variable with the custom endpoint of all AWS services.
const ALL: &str = "AWS_ENDPOINT_URL";

/// The AWS services that this crate calls. For each: the SDK's name, and the environment variable with a custom
/// endpoint.
const SERVICES: [(&str, &str); 8] = [
    ("API Gateway", "AWS_ENDPOINT_URL_API_GATEWAY"),
    ("CloudWatch", "AWS_ENDPOINT_URL_CLOUDWATCH"),
    ("DynamoDB", "AWS_ENDPOINT_URL_DYNAMODB"),
    ("EventBridge", "AWS_ENDPOINT_URL_EVENTBRIDGE"),
    ("S3", "AWS_ENDPOINT_URL_S3"),
    ("SESv2", "AWS_ENDPOINT_URL_SESV2"),
    ("Secrets Manager", "AWS_ENDPOINT_URL_SECRETS_MANAGER"),
    ("Scheduler", "AWS_ENDPOINT_URL_SCHEDULER"),
];

// Each SDK client reads the endpoint of its service here.
/// The custom endpoints (URLs) of AWS services, from the environment variables.
#[derive(Debug, Default)]
pub(super) struct Endpoints {
    all: Option<String>,
    own: Vec<(&'static str, String)>,
}

impl Endpoints {
    /// Reads the custom endpoints of AWS services from the variables in `environment`.
    ///
    /// # Errors
    /// [`ConfigError`] when a custom endpoint is not a URL.
    pub(super) fn read(environment: &Environment) -> Result<Self, ConfigError> {
        if environment.flag("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS") {
            return Ok(Self::default());
        }
        let mut own = Vec::new();
        for (service, variable) in SERVICES {
            own.extend(url(environment, variable)?.map(|url| (service, url)));
        }
        Ok(Self { all: url(environment, ALL)?, own })
    }

    /// Returns the custom endpoint for all AWS services, from `AWS_ENDPOINT_URL`. `None` means AWS's usual endpoints.
    pub(super) fn of_all(&self) -> Option<&str> {
        // A service's own variable has priority.
        self.all.as_deref()
    }
}

impl LoadServiceConfig for Endpoints {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        let own = self.own.iter().find(|(service, _)| *service == key.service_id());
        own.filter(|_| key.env() == ALL).map(|(_, url)| url.clone())
    }
}

/// Returns whether the AWS service `service`, such as `S3`, has a custom endpoint.
pub(crate) fn has_own_endpoint(config: &SdkConfig, service: &str) -> bool {
    let key = ServiceConfigKey::builder().service_id(service).env(ALL).profile("endpoint_url").build();
    let own = config.service_config().zip(key.ok()).and_then(|(services, key)| services.load_config(key));
    own.is_some() || config.endpoint_url().is_some()
}

/// Returns the text of the environment variable `key` if it is a URL. Returns `None` if the variable is not set.
fn url(environment: &Environment, key: &'static str) -> Result<Option<String>, ConfigError> {
    // The text is returned unchanged, because URL normalisation might add a path to it.
    let Some(text) = environment.optional(key) else { return Ok(None) };
    let cause = match text.parse::<Uri>() {
        Ok(url) if url.scheme().is_some() => return Ok(Some(text)),
        Ok(_) => "expected a URL, with https:// or http://".into(),
        Err(cause) => cause.into(),
    };
    Err(ConfigError::Unreadable { key, value: text, cause })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoints(variables: &[(&str, &str)]) -> Result<Endpoints, ConfigError> {
        Endpoints::read(&Environment::from_lookup(|key| {
            variables.iter().find(|(name, _)| *name == key).map(|(_, value)| (*value).to_owned())
        }))
    }

    fn config(variables: &[(&str, &str)]) -> SdkConfig {
        let endpoints = endpoints(variables).unwrap();
        let mut config = SdkConfig::builder().behavior_version(aws_config::BehaviorVersion::latest());
        config.set_endpoint_url(endpoints.of_all().map(String::from));
        config.service_config(endpoints).build()
    }

    /// Test helper: returns whether the S3 client uses the custom endpoint, and whether the DynamoDB client uses it.
    fn asked(variables: &[(&str, &str)]) -> (bool, bool) {
        let config = config(variables);
        let s3 = aws_sdk_s3::Client::new(&config);
        let dynamodb = aws_sdk_dynamodb::Client::new(&config);
        let (s3, dynamodb) = (format!("{:?}", s3.config()), format!("{:?}", dynamodb.config()));
        (s3.contains("http://127.0.0.1:4566"), dynamodb.contains("http://127.0.0.1:4566"))
    }

    #[test]
    fn one_variable_sets_the_endpoint_of_all_services() {
        assert_eq!(asked(&[("AWS_ENDPOINT_URL", "http://127.0.0.1:4566")]), (true, true));
        assert_eq!(asked(&[]), (false, false));
    }

    #[test]
    fn the_variable_of_a_service_comes_first() {
        let own = ("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:4566");
        assert_eq!(asked(&[own]), (true, false));
        assert_eq!(asked(&[own, ("AWS_ENDPOINT_URL", "http://localhost:1")]), (true, false));
        assert_eq!(asked(&[("AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:4566")]), (false, true));
    }

    #[test]
    fn either_variable_sets_the_endpoint_of_a_service() {
        assert!(has_own_endpoint(&config(&[("AWS_ENDPOINT_URL", "http://localhost:1")]), "S3"));
        assert!(has_own_endpoint(&config(&[("AWS_ENDPOINT_URL_S3", "http://localhost:1")]), "S3"));
        assert!(!has_own_endpoint(&config(&[("AWS_ENDPOINT_URL_DYNAMODB", "http://localhost:1")]), "S3"));
    }

    #[test]
    fn all_unknown_columns_can_be_ignored() {
        let variables =
            [("AWS_ENDPOINT_URL", "http://127.0.0.1:4566"), ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "TRUE")];
        assert_eq!(asked(&variables), (false, false));
    }

    #[test]
    fn an_invalid_url_is_named() {
        let error = endpoints(&[("AWS_ENDPOINT_URL_S3", "localhost")]).unwrap_err();
        assert_eq!(
            error.to_string(),
            r#"AWS_ENDPOINT_URL_S3 is "localhost": expected a URL, with https:// or http://"#
        );
    }
}
