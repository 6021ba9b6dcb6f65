//! The HTTPS client of the AWS SDK: HTTP/1.1 over one connection pool, with the TLS libraries rustls and ring.
//!
//! The SDK's own client also has HTTP/2, proxies and the system's certificate store. It sets up TLS for each AWS
//! service. This client has only what the endpoints of AWS need. It uses the same libraries, and it sets up TLS once.

use std::error::Error;
use std::io;
use std::iter::successors;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use aws_smithy_runtime_api::client::connection::{CaptureSmithyConnection, ConnectionMetadata};
use aws_smithy_runtime_api::client::http::{
    HttpConnector as Connector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::retry::ErrorKind;
use hyper::{Request, Uri};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::connect::{CaptureConnection, Connected, HttpConnector, capture_connection};
use hyper_util::client::legacy::{self, Client};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore};
use tokio::time::error::Elapsed;
use tokio::time::timeout;
use tower_service::Service;

use crate::env::ConfigError;

type BoxError = Box<dyn Error + Send + Sync>;

/// Returns the HTTP client for all AWS services, which trusts the root certificates `roots`. `limit` is the maximum
/// time to open a connection, including TLS.
///
/// # Errors
/// [`ConfigError::Invalid`] when TLS cannot be set up with these root certificates.
pub(super) fn client(roots: RootCertStore, limit: Duration) -> Result<SharedHttpClient, ConfigError> {
    let connector = connector(roots, limit)?;
    Ok(http_client_fn(move |_, _| connector.clone()))
}

/// Returns what [`client`] sends requests with: a pool of connections. It follows no redirects.
///
/// # Errors
/// [`ConfigError::Invalid`] when TLS cannot be set up with these root certificates.
pub(super) fn connector(roots: RootCertStore, limit: Duration) -> Result<SharedHttpConnector, ConfigError> {
    let tls = tls(roots).map_err(|cause| ConfigError::invalid("AWS_CA_BUNDLE", cause))?;
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    let timely = Timely { inner: HttpsConnector::from((tcp, tls)), limit };
    let pool = Client::builder(TokioExecutor::new()).pool_timer(TokioTimer::new()).build(timely);
    Ok(SharedHttpConnector::new(Pool(pool)))
}

/// Returns the TLS configuration of the connections to AWS.
fn tls(roots: RootCertStore) -> Result<ClientConfig, rustls::Error> {
    // The cryptography library is ring. Ring's first random number takes microseconds, but the library aws-lc adds tens
    // of milliseconds to a cold start.
    let versions = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    Ok(versions.with_safe_default_protocol_versions()?.with_root_certificates(roots).with_no_client_auth())
}

/// The HTTP connection pool, as an implementation of the AWS SDK's trait for sending requests.
#[derive(Debug)]
struct Pool(Client<Timely<HttpsConnector<HttpConnector>>, SdkBody>);

impl Connector for Pool {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let mut request = match request.try_into_http1x() {
            Ok(request) => request,
            Err(error) => return HttpConnectorFuture::ready(Err(ConnectorError::user(error.into()))),
        };
        report_connection(&mut request);
        let answer = self.0.request(request);
        HttpConnectorFuture::new(async move {
            let answer = answer.await.map_err(failure)?;
            HttpResponse::try_from(answer.map(SdkBody::from_body_1_x))
                .map_err(|error| ConnectorError::other(error.into(), None))
        })
    }
}

/// Gives the AWS SDK access to the connection of a request.
fn report_connection(request: &mut Request<SdkBody>) {
    // If the request fails, the SDK closes this connection before it tries again.
    let connection = capture_connection(request);
    if let Some(sdk) = request.extensions().get::<CaptureSmithyConnection>() {
        sdk.set_connection_retriever(move || closable(&connection));
    }
}

fn closable(connection: &CaptureConnection) -> Option<ConnectionMetadata> {
    connection.connection_metadata().as_ref()?;
    let connection = connection.clone();
    let close = move || connection.connection_metadata().iter().for_each(Connected::poison);
    Some(ConnectionMetadata::builder().proxied(false).poison_fn(close).build())
}

/// Converts the error of an HTTP request that got no answer to the SDK's error type.
fn failure(error: legacy::Error) -> ConnectorError {
    // The SDK tries again after failed connections, after timeouts, and after connections that the other side closed.
    let transport: Option<&hyper::Error> = cause(&error);
    let is = |question: fn(&hyper::Error) -> bool| transport.is_some_and(question);
    if cause::<Elapsed>(&error).is_some() || is(hyper::Error::is_timeout) {
        ConnectorError::timeout(error.into())
    } else if is(hyper::Error::is_user) {
        ConnectorError::user(error.into())
    } else if is(hyper::Error::is_incomplete_message) {
        ConnectorError::other(error.into(), Some(ErrorKind::TransientError))
    } else if error.is_connect()
        || is(hyper::Error::is_closed)
        || is(hyper::Error::is_canceled)
        || cause::<io::Error>(&error).is_some()
    {
        ConnectorError::io(error.into())
    } else {
        ConnectorError::other(error.into(), None)
    }
}

/// Returns whether an AWS call failed before the request was sent, because no connection could be opened.
pub(crate) fn never_connected(error: &ConnectorError) -> bool {
    cause::<legacy::Error>(error).is_some_and(legacy::Error::is_connect)
}

fn cause<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    successors(Some(error), |&error| error.source()).find_map(<dyn Error>::downcast_ref)
}

// After `limit`, the result is an error.
/// Wrapper that limits how long the connector `inner` may take to open a network connection.
#[derive(Debug, Clone)]
struct Timely<C> {
    inner: C,
    limit: Duration,
}

impl<C> Service<Uri> for Timely<C>
where
    C: Service<Uri, Error = BoxError, Response: Send, Future: Send + 'static>,
{
    type Response = C::Response;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<C::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let connection = timeout(self.limit, self.inner.call(uri));
        Box::pin(async move { connection.await? })
    }
}

#[cfg(test)]
mod tests;
