//! The command `proxy`: a server on this machine that passes requests on to the prediction API.
//!
//! Clients of other servers often know neither a path nor a key. They call this server, which adds both. Only programs on
//! this machine can reach it. A page in a browser must not use the key, so requests that a page sends are refused.

use std::convert::Infallible;
use std::net::Ipv4Addr;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::header::{HOST, HeaderMap, HeaderName, HeaderValue, ORIGIN};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::answer::Answer;
use crate::api::StackApi;
use crate::failure::Failure;
use crate::http::{Received, Request as Forwarded};

/// Maximum length of a body in bytes: a little more than the stack takes, so that the stack's own error is seen.
const MOST_BYTES: usize = 5 << 20;

/// Headers of a request that are passed on.
const SENT: [&str; 4] = ["accept", "content-encoding", "content-type", "inference-header-content-length"];
/// Beginnings of further headers that are passed on.
const SENT_PREFIXES: [&str; 2] = ["x-evergreen-", "x-amzn-sagemaker-"];
/// Headers of an answer that are about the connection to the stack, and not passed on.
const KEPT: [&str; 3] = ["connection", "content-length", "transfer-encoding"];

/// Listens on a port of 127.0.0.1 until Ctrl-C is pressed.
pub async fn serve(api: StackApi, port: u16) -> Result<Answer, Failure> {
    let cannot_listen = |error: std::io::Error| {
        Failure::unreachable(format!("cannot listen on port {port} (--port chooses another one)"), error)
    };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(cannot_listen)?;
    let address = listener.local_addr().map_err(cannot_listen)?;
    println!("http://{address} forwards to {}; Ctrl-C ends it", api.url());
    tokio::select! {
        _ = tokio::signal::ctrl_c() => Ok(Answer::new(Value::Null, "The proxy has ended.")),
        never = accept(listener, api, address.port()) => match never {},
    }
}

async fn accept(listener: TcpListener, api: StackApi, port: u16) -> Infallible {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // Too many open connections: some of them end soon.
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            continue;
        };
        let api = api.clone();
        tokio::spawn(async move {
            let answer = service_fn(|request| async { Ok::<_, Infallible>(answer(&api, port, request).await) });
            // A client that goes away is no error.
            drop(http1::Builder::new().serve_connection(TokioIo::new(stream), answer).await);
        });
    }
}

async fn answer(api: &StackApi, port: u16, request: Request<Incoming>) -> Response<Full<Bytes>> {
    if is_from_page(request.headers(), port) {
        let text = "The request comes from a page in a browser, or names another host than this machine.";
        return refusal(StatusCode::FORBIDDEN, text);
    }
    let forwarded = match forwarded(request).await {
        Ok(forwarded) => forwarded,
        Err((status, text)) => return refusal(status, text),
    };
    match api.forward(forwarded).await {
        Ok(received) => passed_on(received),
        Err(failure) => refusal(StatusCode::BAD_GATEWAY, &failure.to_string()),
    }
}

/// Returns whether a page may have sent the request: it names an origin, or a host name that another site chose.
fn is_from_page(headers: &HeaderMap, port: u16) -> bool {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let names = [format!("127.0.0.1:{port}"), format!("localhost:{port}")];
    headers.contains_key(ORIGIN) || !names.iter().any(|name| name == host)
}

/// Returns the request for the stack, whose address is only the path so far.
async fn forwarded(request: Request<Incoming>) -> Result<Forwarded, (StatusCode, &'static str)> {
    let method = match *request.method() {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        _ => return Err((StatusCode::METHOD_NOT_ALLOWED, "Only GET, HEAD and POST are forwarded.")),
    };
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    // The prediction API has no route of this name.
    let address = if path == "/health" { "/ping".to_owned() } else { path.to_owned() };
    let is_sent = |name: &str| SENT.contains(&name) || SENT_PREFIXES.iter().any(|prefix| name.starts_with(prefix));
    let headers = request.headers().iter().filter(|(name, _)| is_sent(name.as_str()));
    let headers = headers.filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned())));
    let headers = headers.collect();
    let body = Limited::new(request.into_body(), MOST_BYTES).collect().await;
    let body = body.map_err(|_| (StatusCode::PAYLOAD_TOO_LARGE, "The body is longer than 5 MiB, or is incomplete."))?;
    let body = Some(body.to_bytes().to_vec()).filter(|body| !body.is_empty());
    Ok(Forwarded { method, address, headers, body })
}

fn passed_on(received: Received) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(received.body)));
    *response.status_mut() = StatusCode::from_u16(received.status).unwrap_or(StatusCode::BAD_GATEWAY);
    for (name, value) in received.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value))
            && !KEPT.contains(&name.as_str())
        {
            response.headers_mut().append(name, value);
        }
    }
    response
}

/// Returns an error of the proxy itself, in a form that clients of every protocol read.
fn refusal(status: StatusCode, text: &str) -> Response<Full<Bytes>> {
    let body = json!({"error_code": "BAD_REQUEST", "message": text, "error": text});
    let mut response = Response::new(Full::new(Bytes::from(body.to_string())));
    *response.status_mut() = status;
    response.headers_mut().insert("content-type", HeaderValue::from_static("application/json"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn a_page_in_a_browser_cannot_use_the_key() {
        assert!(!is_from_page(&headers(&[("host", "127.0.0.1:8080")]), 8080));
        assert!(!is_from_page(&headers(&[("host", "localhost:8080")]), 8080));
        for pairs in [
            &[("host", "127.0.0.1:8080"), ("origin", "https://example.com")][..],
            &[("host", "example.com:8080")],
            &[("host", "127.0.0.1:81")],
            &[],
        ] {
            assert!(is_from_page(&headers(pairs), 8080), "{pairs:?}");
        }
    }
}
