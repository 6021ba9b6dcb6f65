//! HTTP with the client of the AWS SDK. One client serves the SDK and the console's API, so that proxies and certificates
//! are found in the same way.

use std::time::Duration;

use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::{Connector, tls};
use aws_smithy_runtime_api::client::http::{HttpConnector, SharedHttpClient, SharedHttpConnector, http_client_fn};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;

use crate::failure::Failure;

/// How long a request may take. API Gateway ends a call after 29 seconds.
const TIMEOUT: Duration = Duration::from_secs(40);

/// A request, before it is signed.
#[derive(Debug, Clone)]
pub struct Request {
    /// The method, such as `POST`.
    pub method: &'static str,
    /// The whole address, encoded.
    pub address: String,
    /// The headers, by name.
    pub headers: Vec<(String, String)>,
    /// The body. `None` if the request has none.
    pub body: Option<Vec<u8>>,
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Received {
    /// The HTTP status.
    pub status: u16,
    /// The headers, by name in lower case.
    pub headers: Vec<(String, String)>,
    /// The whole body.
    pub body: Vec<u8>,
}

/// Sends requests over HTTP and HTTPS.
#[derive(Debug, Clone)]
pub struct Http(SharedHttpConnector);

impl Http {
    /// Creates a client with the operating system's certificates and the proxy of `HTTPS_PROXY` or `HTTP_PROXY`, if any.
    pub fn new() -> Self {
        let ring = tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring);
        let connector = Connector::builder().proxy_config(ProxyConfig::from_env()).tls_provider(ring).build();
        Self(SharedHttpConnector::new(connector))
    }

    /// Returns this client in the form that the AWS SDK takes.
    pub fn for_sdk(&self) -> SharedHttpClient {
        let connector = self.0.clone();
        http_client_fn(move |_, _| connector.clone())
    }

    /// Sends a request and returns the answer.
    pub async fn send(&self, request: &Request) -> Result<Received, Failure> {
        let unreachable = |cause| Failure::unreachable(format!("no answer from {}", host(&request.address)), cause);
        match tokio::time::timeout(TIMEOUT, self.exchange(request)).await {
            Ok(answer) => answer.map_err(unreachable),
            Err(elapsed) => Err(unreachable(elapsed.into())),
        }
    }

    async fn exchange(&self, request: &Request) -> Result<Received, Box<dyn std::error::Error + Send + Sync>> {
        let body = request.body.as_ref().map_or_else(SdkBody::empty, |body| SdkBody::from(body.clone()));
        let mut sent = HttpRequest::new(body);
        sent.set_method(request.method)?;
        sent.set_uri(request.address.clone())?;
        for (name, value) in &request.headers {
            sent.headers_mut().try_insert(name.clone(), value.clone())?;
        }
        let answer = self.0.call(sent).await?;
        let status = answer.status().as_u16();
        let headers = answer.headers().iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let body = ByteStream::new(answer.into_body()).collect().await?;
        Ok(Received { status, headers, body: body.to_vec() })
    }
}

/// Returns the address without path, which is what messages show.
fn host(address: &str) -> &str {
    let start = address.find("://").map_or(0, |at| at + 3);
    let end = address.get(start..).and_then(|rest| rest.find('/')).map_or(address.len(), |at| start + at);
    address.get(..end).unwrap_or(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_show_the_host_without_the_path() {
        assert_eq!(host("http://127.0.0.1:4566/restapis/ab/v1"), "http://127.0.0.1:4566");
        assert_eq!(
            host("https://ab.execute-api.eu-central-1.amazonaws.com"),
            "https://ab.execute-api.eu-central-1.amazonaws.com"
        );
    }
}
