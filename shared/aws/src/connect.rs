//! The connection to AWS that all adapters share.

mod endpoints;
mod http;
mod trust;

use std::time::Duration;

use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_types::origin::Origin;

use crate::env::{ConfigError, Environment};
use endpoints::Endpoints;

pub(crate) use endpoints::has_own_endpoint;
pub(crate) use http::never_connected;

/// A connection stands within this, TLS included, or the try has failed.
const CONNECT: Duration = Duration::from_secs(2);

/// One try ends within this, many times what a healthy one takes, so that the prediction function's look for a champion,
/// which has 5 s, holds two more. It covers sending a request and the head of its answer: not the body of a download,
/// which the SDK watches for stalling. What has a large body to send, or must not be sent twice, has a limit of its own.
const TRY: Duration = Duration::from_secs(2);

/// All tries of one call, pauses included. Longer than any healthy call, shorter than API Gateway waits (29 s).
const CALL: Duration = Duration::from_secs(16);

/// Tries of one call, the first included.
const TRIES: u32 = 3;

/// The pause before the second try is at most this, before the third twice as much; the SDK's own second would outlast the
/// time for which a call waits.
const PAUSE: Duration = Duration::from_millis(50);

/// The configuration of every client: one HTTP client and so one pool of connections, limits on how long a call may
/// take, and what the environment says of where and who.
///
/// | Variable | Says |
/// |---|---|
/// | `AWS_REGION`, else `AWS_DEFAULT_REGION` | the Region |
/// | `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN` | the credentials, read when the first call is signed |
/// | `AWS_ENDPOINT_URL`, `AWS_ENDPOINT_URL_S3` and so on | another endpoint, of all services or of one |
/// | `AWS_IGNORE_CONFIGURED_ENDPOINT_URLS` | `true`: those two are left alone |
/// | `AWS_USE_FIPS_ENDPOINT`, `AWS_USE_DUALSTACK_ENDPOINT` | `true`: AWS's endpoints of that kind |
/// | `AWS_CA_BUNDLE` | a PEM file whose certificates are trusted in place of the built-in ones |
///
/// Lambda, `sam local` and the emulator give credentials by these variables and in no other way. So the SDK's usual
/// search, through profiles and the metadata services of machines and containers, is not linked.
///
/// # Errors
/// [`ConfigError`] when no Region is named, an endpoint is no URL, or the file of certificates cannot be read.
pub fn connect(environment: &Environment) -> Result<SdkConfig, ConfigError> {
    let region = environment.optional("AWS_REGION").or_else(|| environment.optional("AWS_DEFAULT_REGION"));
    let region = region.ok_or(ConfigError::Missing("AWS_REGION"))?;
    let credentials = EnvironmentVariableCredentialsProvider::new();
    let endpoints = Endpoints::read(environment)?;
    let http = http::client(trust::roots(environment)?, CONNECT)?;
    let mut config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(region))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(http)
        .timeout_config(timeouts())
        .retry_config(RetryConfig::standard().with_max_attempts(TRIES).with_initial_backoff(PAUSE))
        .use_fips(environment.flag("AWS_USE_FIPS_ENDPOINT"))
        .use_dual_stack(environment.flag("AWS_USE_DUALSTACK_ENDPOINT"));
    // Chosen here and not found somewhere: else a service's own idea of how often to try comes first.
    config.insert_origin("retry_config", Origin::shared_config());
    config.set_endpoint_url(endpoints.of_all().map(String::from));
    Ok(config.service_config(endpoints).build())
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
    fn lambdas_own_region_comes_first() {
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
