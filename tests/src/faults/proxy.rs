//! The fault proxy between a function and the AWS emulator: plain HTTP/1.1 on the loopback interface. It buffers whole
//! bodies.

use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::thread;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Frame, Incoming};
use hyper::header::{CONTENT_LENGTH, EXPECT, TRANSFER_ENCODING};
use hyper::http::request::Parts;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, client};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;

use super::answers::answer;
use super::call::Call;
use super::fault::Effect;
use super::rules::Rules;

/// Starts a test proxy that injects the faults in `rules` into a Lambda function's calls to AWS. Returns the proxy's
/// address.
///
/// # Panics
/// When another program uses the port.
pub fn start(function: &str, port: u16, upstream: &str, rules: &Rules) -> SocketAddr {
    // The proxy listens on `port` of the loopback interface, in its own thread, which ends with the process. Port 0
    // picks a free port. The proxy forwards the calls of `function` to `upstream`, a URL without a path.
    let upstream = upstream.trim_start_matches("http://").trim_end_matches('/');
    let proxy = Arc::new(Proxy { function: function.to_owned(), upstream: upstream.to_owned(), rules: rules.clone() });
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let listener = std::net::TcpListener::bind(address).unwrap_or_else(|error| panic!("{address}: {error}"));
    let address = listener.local_addr().expect("a listener has an address");
    listener.set_nonblocking(true).expect("a listener can be polled");
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let listener = TcpListener::from_std(listener).expect("a listener");
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&proxy)));
            }
        });
    });
    address
}

/// Test proxy between one Lambda function and the AWS emulator, which injects faults into the function's calls.
struct Proxy {
    function: String,
    upstream: String,
    rules: Rules,
}

async fn serve(stream: TcpStream, proxy: Arc<Proxy>) {
    let service = service_fn(|request: Request<Incoming>| {
        let proxy = &proxy;
        async move {
            let (head, body) = request.into_parts();
            let body = body.collect().await.map_err(|_| Dropped)?.to_bytes();
            proxy.handle(head, body).await
        }
    });
    // An error here means that an injected fault broke the connection, or that the Lambda function closed it.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

impl Proxy {
    async fn handle(&self, head: Parts, body: Bytes) -> Result<Response<Content>, Dropped> {
        let call = Call::of(&self.function, &head, body);
        let effect = self.rules.effect_on(&call);
        match effect {
            Effect::Refuse(problem) => return Ok(answer(&problem, &call).map(|body| Content::whole(body.into()))),
            Effect::DropRequest => return Err(Dropped),
            Effect::Delay(time) => sleep(time).await,
            _ => {}
        }
        let answer = self.pass_on(head, &call).await?;
        match effect {
            Effect::DropAnswer => return Err(Dropped),
            Effect::Withhold(time) => sleep(time).await,
            _ => {}
        }
        Ok(match effect {
            Effect::Flip => answer.map(|body| Content::whole(flipped(&body))),
            Effect::Cut => answer.map(Content::cut),
            Effect::Shorten => shortened(answer).map(Content::whole),
            _ => answer.map(Content::whole),
        })
    }

    /// Forwards the call to the AWS emulator over a new connection.
    async fn pass_on(&self, head: Parts, call: &Call) -> Result<Response<Bytes>, Dropped> {
        // A connection from an earlier call would sometimes fail, because the emulator may be about to close it.
        let stream = TcpStream::connect(&self.upstream).await.map_err(|_| Dropped)?;
        let (mut sender, connection) =
            client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(|_| Dropped)?;
        tokio::spawn(connection);
        let mut request = Request::from_parts(head, Full::new(call.body.clone()));
        for name in [CONTENT_LENGTH, EXPECT, TRANSFER_ENCODING] {
            request.headers_mut().remove(name);
        }
        let (mut head, body) = sender.send_request(request).await.map_err(|_| Dropped)?.into_parts();
        let body = body.collect().await.map_err(|_| Dropped)?.to_bytes();
        head.headers.remove(TRANSFER_ENCODING);
        // The answer to a HEAD request already has the object's length.
        head.headers.entry(CONTENT_LENGTH).or_insert(body.len().into());
        Ok(Response::from_parts(head, body))
    }
}

fn shortened(answer: Response<Bytes>) -> Response<Bytes> {
    let mut answer = answer.map(|body| body.slice(..body.len() / 2));
    let length = answer.body().len();
    answer.headers_mut().insert(CONTENT_LENGTH, length.into());
    answer
}

fn flipped(body: &Bytes) -> Bytes {
    let mut other = body.to_vec();
    let middle = other.len() / 2;
    if let Some(byte) = other.get_mut(middle) {
        *byte ^= 1;
    }
    other.into()
}

/// Error: the fault proxy must close the connection to the Lambda function without an answer.
#[derive(Debug)]
struct Dropped;

impl std::fmt::Display for Dropped {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("the connection is dropped")
    }
}

impl std::error::Error for Dropped {}

// The body does not report its own size, because it may be cut short. The header has the full length.
/// Body of an HTTP answer of the fault proxy, which the proxy may cut short.
struct Content {
    left: Option<Bytes>,
    is_cut: bool,
}

impl Content {
    fn whole(body: Bytes) -> Self {
        Self { left: Some(body), is_cut: false }
    }

    fn cut(body: Bytes) -> Self {
        Self { left: Some(body.slice(..body.len() / 2)), is_cut: true }
    }
}

impl Body for Content {
    type Data = Bytes;
    type Error = Dropped;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Dropped>>> {
        Poll::Ready(match self.left.take() {
            Some(body) => Some(Ok(Frame::data(body))),
            None if self.is_cut => Some(Err(Dropped)),
            None => None,
        })
    }
}
