//! The common parts of both stores: a TLS listener on loopback, and a record of the requests and their times.

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

/// A request with its whole body.
pub type StoreRequest = Request<Bytes>;
/// An answer with its whole body.
pub type StoreResponse = Response<Full<Bytes>>;

/// A store that answers requests.
pub trait Store: Send + Sync + 'static {
    /// Answers any request.
    fn answer(&self, asked: &StoreRequest) -> StoreResponse;
}

/// The connections and requests of one store so far.
#[derive(Debug, Default)]
pub struct Traffic {
    connections: AtomicUsize,
    requests: Mutex<Vec<Span>>,
}

/// The time from the arrival of a whole request to its answer.
#[derive(Debug, Clone, Copy)]
pub struct Span {
    /// Time at which the whole request had arrived.
    pub began: Instant,
    /// Time of the answer.
    pub ended: Instant,
}

impl Traffic {
    /// Returns the number of accepted TCP connections.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }

    /// Returns the times of all answered requests.
    pub fn requests(&self) -> Vec<Span> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn answered(&self, began: Instant) {
        let span = Span { began, ended: Instant::now() };
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).push(span);
    }
}

/// A store that accepts connections.
#[derive(Debug)]
pub struct RunningStore {
    /// Port on loopback.
    pub port: u16,
    /// The connections and requests so far.
    pub traffic: Arc<Traffic>,
}

/// Starts `store` behind TLS on a free loopback port. It answers each request `delay` after its arrival.
///
/// # Errors
/// Fails if no port is free.
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
                // A client that breaks off the connection reports that itself.
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

/// Returns a listener on a free loopback port.
///
/// # Errors
/// Fails if no port is free.
pub async fn loopback() -> anyhow::Result<TcpListener> {
    TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await.context("no free port on loopback")
}

/// Answers all requests of one connection, until it ends.
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

/// Returns an answer with this status, media type and body.
pub fn answer(status: StatusCode, media_type: &'static str, body: impl Into<Bytes>) -> StoreResponse {
    let mut answer = Response::new(Full::new(body.into()));
    *answer.status_mut() = status;
    let media_type = hyper::header::HeaderValue::from_static(media_type);
    answer.headers_mut().insert(hyper::header::CONTENT_TYPE, media_type);
    answer
}
