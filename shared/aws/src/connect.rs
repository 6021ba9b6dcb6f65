//! The AWS configuration that the clients of all AWS services share.

mod endpoints;
mod http;
mod trust;

use std::time::Duration;

use aws_config::ecs::EcsCredentialsProvider;
use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::http::{SharedHttpClient, SharedHttpConnector};
use aws_types::origin::Origin;

use crate::env::{ConfigError, Environment};
use endpoints::Endpoints;

pub(crate) use endpoints::has_own_endpoint;
pub(crate) use http::never_connected;

/// Maximum time to open a network connection, including TLS.
const CONNECT: Duration = Duration::from_secs(2);

// The maximum is many times the usual time. The prediction function may spend 5 s on a refresh of its model, so two
// tries fit. The SDK itself watches the body of a download. Large uploads, and calls that must not be repeated, have
// their own limits.
/// Maximum time for one try of an AWS call: sending the request and receiving the head of the answer.
const TRY: Duration = Duration::from_secs(2);

// The maximum is longer than any healthy call and shorter than the 29 s that API Gateway waits.
/// Maximum time for all tries of one AWS call, including the pauses.
const CALL: Duration = Duration::from_secs(16);

/// Maximum number of tries of one AWS call, including the first.
const TRIES: u32 = 3;

// Before the third try, the maximum is twice as long. The SDK's default of one second is too long for callers that
// wait.
/// Maximum pause before the second try of an AWS call.
const PAUSE: Duration = Duration::from_millis(50);

/// Variable with the path of the address from which a container gets its credentials.
const CONTAINER_CREDENTIALS: &str = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";

/// Returns the AWS configuration for the clients of all services, with the settings from these environment variables:
///
/// | Variable | Meaning |
/// |---|---|
/// | `AWS_REGION`, else `AWS_DEFAULT_REGION` | the Region |
/// | `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN` | the credentials, read at the first call |
/// | `AWS_ENDPOINT_URL`, `AWS_ENDPOINT_URL_S3` and so on | another endpoint, for all services or for one |
/// | `AWS_IGNORE_CONFIGURED_ENDPOINT_URLS` | `true`: ignore the endpoint variables |
/// | `AWS_USE_FIPS_ENDPOINT`, `AWS_USE_DUALSTACK_ENDPOINT` | `true`: use AWS's FIPS or dual-stack endpoints |
/// | `AWS_CA_BUNDLE` | a PEM file with trusted certificates, instead of the built-in ones |
///
/// # Errors
/// [`ConfigError`] when the Region is missing, when an endpoint is not a URL, or when the certificate file cannot be
/// read.
pub fn connect(environment: &Environment) -> Result<SdkConfig, ConfigError> {
    // AWS Lambda, `sam local` and the emulator provide credentials only in environment variables. So the SDK's other
    // credential sources, such as profiles and metadata services, are not part of the program.
    let credentials = SharedCredentialsProvider::new(EnvironmentVariableCredentialsProvider::new());
    configured(environment, credentials, http::client(trust::roots(environment)?, CONNECT)?)
}

/// Returns the AWS configuration as [`connect`] does, for a program that runs in a container of ECS or Fargate. There the
/// credentials come from the address in `AWS_CONTAINER_CREDENTIALS_RELATIVE_URI`. Without this variable, they come from the
/// environment.
///
/// # Errors
/// The same as [`connect`].
pub fn connect_job(environment: &Environment) -> Result<SdkConfig, ConfigError> {
    if environment.optional(CONTAINER_CREDENTIALS).is_none() {
        return connect(environment);
    }
    let http = http::client(trust::roots(environment)?, CONNECT)?;
    let provider = ProviderConfig::without_region().with_http_client(http.clone());
    let credentials = EcsCredentialsProvider::builder().configure(&provider).build();
    configured(environment, SharedCredentialsProvider::new(credentials), http)
}

fn configured(
    environment: &Environment,
    credentials: SharedCredentialsProvider,
    http: SharedHttpClient,
) -> Result<SdkConfig, ConfigError> {
    // All clients share one HTTP client with one connection pool and the same time limits.
    let region = environment.optional("AWS_REGION").or_else(|| environment.optional("AWS_DEFAULT_REGION"));
    let region = region.ok_or(ConfigError::Missing("AWS_REGION"))?;
    let endpoints = Endpoints::read(environment)?;
    let mut config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(region))
        .credentials_provider(credentials)
        .http_client(http)
        .timeout_config(timeouts())
        .retry_config(RetryConfig::standard().with_max_attempts(TRIES).with_initial_backoff(PAUSE))
        .use_fips(environment.flag("AWS_USE_FIPS_ENDPOINT"))
        .use_dual_stack(environment.flag("AWS_USE_DUALSTACK_ENDPOINT"));
    // This line marks the retry settings as explicit. Otherwise a service's own default number of tries would override
    // them.
    config.insert_origin("retry_config", Origin::shared_config());
    config.set_endpoint_url(endpoints.of_all().map(String::from));
    Ok(config.service_config(endpoints).build())
}

/// Returns an HTTPS client for calls to others than AWS. It trusts the same certificates, and follows no redirects.
///
/// # Errors
/// [`ConfigError`] when the certificate file cannot be read.
pub(crate) fn connector(environment: &Environment) -> Result<SharedHttpConnector, ConfigError> {
    http::connector(trust::roots(environment)?, CONNECT)
}

fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder().connect_timeout(CONNECT).operation_attempt_timeout(TRY).operation_timeout(CALL).build()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connected(variables: &[(&str, &str)]) -> Result<SdkConfig, ConfigError> {
        connect(&Environment::from_lookup(|key| {
            variables.iter().find(|(name, _)| *name == key).map(|(_, value)| (*value).to_owned())
        }))
    }

    #[test]
    fn every_call_is_limited_in_time_and_tries() {
        let config = connected(&[("AWS_REGION", "eu-central-1")]).unwrap();
        let timeouts = config.timeout_config().unwrap();
        assert_eq!(timeouts.connect_timeout(), Some(CONNECT));
        assert_eq!(timeouts.operation_attempt_timeout(), Some(TRY));
        assert_eq!(timeouts.operation_timeout(), Some(CALL));
        assert_eq!(config.retry_config().unwrap().max_attempts(), TRIES);
        assert_eq!(config.retry_config().unwrap().initial_backoff(), PAUSE);
        let client = aws_sdk_dynamodb::Client::new(&config);
        assert_eq!(client.config().retry_config().unwrap().max_attempts(), TRIES);
    }

    #[test]
    fn the_region_of_lambda_comes_first() {
        let config = connected(&[("AWS_DEFAULT_REGION", "us-east-1"), ("AWS_REGION", "eu-central-1")]).unwrap();
        assert_eq!(config.region(), Some(&Region::from_static("eu-central-1")));
        let config = connected(&[("AWS_DEFAULT_REGION", "us-east-1")]).unwrap();
        assert_eq!(config.region(), Some(&Region::from_static("us-east-1")));
        assert_eq!(connected(&[]).unwrap_err().to_string(), "AWS_REGION is not set");
    }

    #[test]
    fn endpoints_of_a_kind_are_asked_for_by_their_variables() {
        let config = connected(&[("AWS_REGION", "us-gov-west-1"), ("AWS_USE_FIPS_ENDPOINT", "true")]).unwrap();
        assert_eq!((config.use_fips(), config.use_dual_stack()), (Some(true), Some(false)));
    }
}
