//! What both stores share: a TLS listener on loopback, and a record of what was asked and when.

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
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// A request with its whole body.
pub type StoreRequest = Request<Bytes>;
/// An answer with its whole body.
pub type StoreResponse = Response<Full<Bytes>>;

/// A store: what it answers to a request.
pub trait Store: Send + Sync + 'static {
    /// The answer, whatever was asked.
    fn answer(&self, asked: &StoreRequest) -> StoreResponse;
}

/// What one store was asked so far.
#[derive(Debug, Default)]
pub struct Traffic {
    connections: AtomicUsize,
    requests: Mutex<Vec<Span>>,
}

/// When a request had come whole and when its answer was given.
#[derive(Debug, Clone, Copy)]
pub struct Span {
    /// It had come.
    pub began: Instant,
    /// It was answered.
    pub ended: Instant,
}

impl Traffic {
    /// TCP connections taken.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }

    /// Requests answered.
    pub fn requests(&self) -> Vec<Span> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn answered(&self, began: Instant) {
        let span = Span { began, ended: Instant::now() };
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).push(span);
    }
}

/// A store that listens.
#[derive(Debug)]
pub struct RunningStore {
    /// Its port on loopback.
    pub port: u16,
    /// What it was asked so far.
    pub traffic: Arc<Traffic>,
}

/// Has `store` answer behind TLS on a free port of loopback, each request `delay` after it came.
///
/// # Errors
/// When there is no port.
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
                // Whoever breaks a connection off sees the consequences on his own side.
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

/// A listener on a free port of loopback.
///
/// # Errors
/// When there is none.
pub async fn loopback() -> anyhow::Result<TcpListener> {
    TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await.context("no free port on loopback")
}

/// Answers what comes over one connection, until it ends.
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

/// An answer of that status, media type and body.
pub fn answer(status: u16, media_type: &'static str, body: impl Into<Bytes>) -> StoreResponse {
    let mut answer = Response::new(Full::new(body.into()));
    *answer.status_mut() = hyper::StatusCode::from_u16(status).unwrap_or_default();
    let media_type = hyper::header::HeaderValue::from_static(media_type);
    answer.headers_mut().insert(hyper::header::CONTENT_TYPE, media_type);
    answer
}
