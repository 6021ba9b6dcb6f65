//! The connection to AWS that all adapters share.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_smithy_http_client::{Builder, tls};

/// A connection stands within this, or the try has failed.
const CONNECT: Duration = Duration::from_secs(2);

/// One try ends within this. It covers sending a request and the head of its answer, not the body of a download, which
/// the SDK watches for stalling.
const TRY: Duration = Duration::from_secs(5);

/// All tries of one call, pauses included. Longer than any healthy call, shorter than API Gateway waits (29 s).
const CALL: Duration = Duration::from_secs(16);

/// Tries of one call, the first included.
const TRIES: u32 = 3;

/// The configuration of every client: region, credentials and endpoint as the environment says (`AWS_ENDPOINT_URL`
/// included), one HTTP client and so one pool of connections, and limits on how long a call may take.
///
/// TLS is rustls on ring: its first random number costs microseconds, where aws-lc takes tens of milliseconds of a cold
/// start.
pub async fn connect() -> SdkConfig {
    let http = Builder::new().tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring)).build_https();
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(CONNECT)
        .operation_attempt_timeout(TRY)
        .operation_timeout(CALL)
        .build();
    aws_config::defaults(BehaviorVersion::latest())
        .http_client(http)
        .timeout_config(timeouts)
        .retry_config(RetryConfig::standard().with_max_attempts(TRIES))
        .load()
        .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn every_call_is_limited_in_time_and_tries() {
        let config = connect().await;
        let timeouts = config.timeout_config().unwrap();
        assert_eq!(timeouts.connect_timeout(), Some(CONNECT));
        assert_eq!(timeouts.operation_attempt_timeout(), Some(TRY));
        assert_eq!(timeouts.operation_timeout(), Some(CALL));
        assert_eq!(config.retry_config().unwrap().max_attempts(), TRIES);
    }
}
