//! Common code of the fake DynamoDB and the fake S3: a TLS server on loopback that records requests and their times.

use std::future::Future;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Context;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// HTTP request to the fake DynamoDB or S3, with its whole body.
pub type StoreRequest = Request<Bytes>;
/// HTTP response of the fake DynamoDB or S3, with its whole body.
pub type StoreResponse = Response<Full<Bytes>>;

/// A fake service (DynamoDB or S3) that answers HTTP requests.
pub trait Store: Send + Sync + 'static {
    /// Returns the fake service's response to any HTTP request.
    fn answer(&self, asked: &StoreRequest) -> StoreResponse;
}

/// Record of the network connections and requests that one fake service has had so far.
#[derive(Debug, Default)]
pub struct Traffic {
    connections: AtomicUsize,
    requests: Mutex<Vec<CallTime>>,
}

/// The start and the end of one request or call.
#[derive(Debug, Clone, Copy)]
pub struct CallTime {
    /// Time at which the whole request had arrived.
    pub began: Instant,
    /// Time at which the response was sent.
    pub ended: Instant,
}

impl Traffic {
    /// Returns the number of TCP connections that the fake service has accepted so far.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }

    /// Returns the start and end times of all requests that the fake service has answered so far.
    pub fn requests(&self) -> Vec<CallTime> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn answered(&self, began: Instant) {
        let span = CallTime { began, ended: Instant::now() };
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).push(span);
    }
}

/// A fake service (DynamoDB or S3) that accepts connections.
#[derive(Debug)]
pub struct RunningStore {
    /// Port of the fake service on the loopback interface.
    pub port: u16,
    /// Record of the connections and requests that the fake service has had so far.
    pub traffic: Arc<Traffic>,
}

/// Starts the fake service `store` behind TLS on a free loopback port. It answers each request after the time `delay`.
///
/// # Errors
/// Fails if no loopback port is free.
pub async fn listen<S: Store>(store: Arc<S>, tls: TlsAcceptor, delay: Duration) -> anyhow::Result<RunningStore> {
    let listener = loopback().await?;
    let port = listener.local_addr()?.port();
    let traffic = Arc::new(Traffic::default());
    let counted = Arc::clone(&traffic);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            counted.connections.fetch_add(1, Ordering::Relaxed);
            let (store, traffic, tls) = (Arc::clone(&store), Arc::clone(&counted), tls.clone());
            tokio::spawn(async move {
                let _ = stream.set_nodelay(true);
                // If a client breaks off the connection, that client reports the error itself.
                let Ok(stream) = tls.accept(stream).await else { return };
                let (store, traffic) = (&store, &traffic);
                serve(stream, |asked| async move {
                    let began = Instant::now();
                    if !delay.is_zero() {
                        tokio::time::sleep(delay).await;
                    }
                    let answer = store.answer(&asked);
                    traffic.answered(began);
                    answer
                })
                .await;
            });
        }
    });
    Ok(RunningStore { port, traffic })
}

/// Opens a TCP listener on a free loopback port.
///
/// # Errors
/// Fails if no loopback port is free.
pub async fn loopback() -> anyhow::Result<TcpListener> {
    TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await.context("no free port on loopback")
}

/// Answers all HTTP requests of one connection with `handler`, until the connection ends.
pub async fn serve<I, H, F>(stream: I, handler: H)
where
    I: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
    H: Fn(StoreRequest) -> F,
    F: Future<Output = StoreResponse>,
{
    let service = service_fn(|request: Request<Incoming>| {
        let handler = &handler;
        async move {
            let (head, body) = request.into_parts();
            let body = body.collect().await?.to_bytes();
            Ok::<_, hyper::Error>(handler(Request::from_parts(head, body)).await)
        }
    });
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

/// Returns an HTTP response with this status, media type and body.
pub fn answer(status: StatusCode, media_type: &'static str, body: impl Into<Bytes>) -> StoreResponse {
    let mut answer = Response::new(Full::new(body.into()));
    *answer.status_mut() = status;
    let media_type = hyper::header::HeaderValue::from_static(media_type);
    answer.headers_mut().insert(hyper::header::CONTENT_TYPE, media_type);
    answer
}
