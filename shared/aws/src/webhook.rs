//! Sends messages to the URL of the webhook, over HTTPS.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{HttpConnector, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use evergreen_lifecycle::ports::{Cause, Unavailable, WebhookMessage, WebhookReceiver};
use hyper::Uri;
use tokio::time::timeout;

use crate::connect;
use crate::env::{ConfigError, Environment};

const WHAT: &str = "sending to the webhook";

/// Maximum time for one message, from the connection to the head of the response.
const LIMIT: Duration = Duration::from_secs(10);

// The URL of some receivers is a secret by itself, so no error and no debug output shows it.
/// The URL of a webhook: `https://`, or `http://` on this machine.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookUrl(String);

/// Error: the text is not a URL that a webhook may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected a URL such as https://example.com/events, without a user or password (http:// only for 127.0.0.1)")]
pub struct InvalidWebhookUrl;

impl FromStr for WebhookUrl {
    type Err = InvalidWebhookUrl;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let url: Uri = text.parse().map_err(|_| InvalidWebhookUrl)?;
        let is_private = url.authority().is_some_and(|authority| authority.as_str().contains('@'));
        let is_allowed = match (url.scheme_str(), url.host()) {
            (Some("https"), Some(host)) => !host.is_empty(),
            (Some("http"), Some("127.0.0.1" | "localhost")) => true,
            _ => false,
        };
        if is_allowed && !is_private { Ok(Self(text.to_owned())) } else { Err(InvalidWebhookUrl) }
    }
}

impl fmt::Debug for WebhookUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("WebhookUrl")
    }
}

/// HTTPS client for the URL of the webhook.
#[derive(Debug, Clone)]
pub struct WebhookClient {
    connector: SharedHttpConnector,
    url: WebhookUrl,
    limit: Duration,
}

impl WebhookClient {
    /// Creates a client for `url`. It trusts the certificates in `AWS_CA_BUNDLE` of `environment`, or else the built-in
    /// ones.
    ///
    /// # Errors
    /// [`ConfigError`] when the certificate file cannot be read.
    pub fn new(environment: &Environment, url: WebhookUrl) -> Result<Self, ConfigError> {
        Ok(Self { connector: connect::connector(environment)?, url, limit: LIMIT })
    }

    fn request(&self, message: &WebhookMessage) -> Result<HttpRequest, Cause> {
        let mut request = HttpRequest::new(SdkBody::from(message.body.as_str()));
        request.set_method("POST")?;
        request.set_uri(self.url.0.as_str())?;
        for (name, value) in &message.headers {
            request.headers_mut().try_insert(*name, value.clone())?;
        }
        Ok(request)
    }
}

impl WebhookReceiver for WebhookClient {
    async fn post(&self, message: &WebhookMessage) -> Result<u16, Unavailable> {
        let request = self.request(message).map_err(|cause| Unavailable::new(WHAT, cause))?;
        // The body of the response is not read, because it says nothing that this program could use.
        match timeout(self.limit, self.connector.call(request)).await {
            Ok(Ok(response)) => Ok(response.status().as_u16()),
            Ok(Err(error)) => Err(Unavailable::briefly(WHAT, error)),
            Err(elapsed) => Err(Unavailable::briefly(WHAT, elapsed)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;
    use std::thread;

    use super::*;

    fn client(port: u16) -> WebhookClient {
        let url = format!("http://127.0.0.1:{port}/a?b=c").parse().unwrap();
        let limit = Duration::from_millis(500);
        WebhookClient { limit, ..WebhookClient::new(&Environment::from_lookup(|_| None), url).unwrap() }
    }

    fn message() -> WebhookMessage {
        WebhookMessage { headers: vec![("evergreen-event", "ModelPromoted".into())], body: "{}".into() }
    }

    /// Test helper: a server that answers one request with `response`. Returns its port, and the request that it got.
    fn server(response: &'static str) -> (u16, thread::JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let handle = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = String::new();
            let mut buffer = [0; 4096];
            while !request.ends_with("{}") {
                let read = stream.read(&mut buffer).unwrap();
                request.push_str(std::str::from_utf8(&buffer[..read]).unwrap());
            }
            stream.write_all(response.as_bytes()).unwrap();
            if response.is_empty() {
                thread::sleep(Duration::from_secs(2));
            }
            request
        });
        (port, handle)
    }

    #[tokio::test]
    async fn a_message_is_a_post_request_with_its_headers_and_body() {
        let (port, got) = server("HTTP/1.1 204 No Content\r\n\r\n");
        assert_eq!(client(port).post(&message()).await.unwrap(), 204);
        let request = got.join().unwrap();
        assert!(request.starts_with("POST /a?b=c HTTP/1.1\r\n"), "{request}");
        assert!(request.contains("evergreen-event: ModelPromoted\r\n") && request.contains("content-length: 2\r\n"));
    }

    #[tokio::test]
    async fn a_redirect_is_not_followed() {
        let (port, got) = server("HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n");
        assert_eq!(client(port).post(&message()).await.unwrap(), 302);
        got.join().unwrap();
    }

    #[tokio::test]
    async fn a_receiver_that_does_not_answer_in_time_is_unavailable() {
        let (port, _got) = server("");
        let error = client(port).post(&message()).await.unwrap_err();
        assert_eq!((error.to_string().as_str(), error.is_brief), ("sending to the webhook failed", true));
    }

    #[tokio::test]
    async fn an_error_shows_nothing_of_the_url() {
        let error = client(1).post(&message()).await.unwrap_err();
        assert!(!format!("{error:?} {:?}", client(1)).contains("b=c"), "{error:?}");
    }

    #[test]
    fn only_https_is_allowed_except_on_this_machine() {
        for url in ["https://example.com/events", "http://127.0.0.1:8000", "http://localhost/a"] {
            assert!(url.parse::<WebhookUrl>().is_ok(), "{url}");
        }
        for url in ["http://example.com/", "example.com", "https://", "https://ada:s3@example.com/", "ftp://a", ""] {
            assert_eq!(url.parse::<WebhookUrl>(), Err(InvalidWebhookUrl), "{url}");
        }
    }
}
