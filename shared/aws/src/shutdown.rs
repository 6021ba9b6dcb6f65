//! Lets a function do its last work before Lambda ends the environment.
//!
//! Lambda sends SIGTERM only to an environment with an extension. So the process registers itself as an extension that
//! waits for no events. Between SIGTERM and SIGKILL, Lambda then leaves the process 500 ms
//! (<https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html>). `lambda_runtime` has the same in its
//! feature `graceful-shutdown`. But that panics where nothing answers extensions, as on emulators, and it links a second
//! server.

use std::future::Future;
use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::timeout;

use crate::env::Environment;

// Lambda kills the process 500 ms after SIGTERM.
/// Maximum time for the last work of an environment.
pub const LAST_WORK: Duration = Duration::from_millis(400);

/// Maximum time for the registration, which is a call within the machine. It runs during the init phase.
const REGISTRATION: Duration = Duration::from_millis(200);

/// Maximum length in bytes of the answer to the registration.
const MAX_ANSWER: usize = 8 * 1024;

// The name of an extension within the process is free.
/// Name under which the process registers as an extension.
const NAME: &str = "evergreen-last-work";

/// Runs `last` when Lambda ends the environment, and then ends the process. Call it before the first request.
///
/// If nothing answers the registration, Lambda would end the process without a signal, and `last` may never run. That is
/// logged, and is no error: emulators end a process with a signal all the same.
pub async fn at_end<F>(environment: &Environment<'_>, last: impl FnOnce() -> F + Send + 'static)
where
    F: Future<Output = ()> + Send + 'static,
{
    let mut ended = match signal(SignalKind::terminate()) {
        Ok(ended) => ended,
        Err(error) => return tracing::warn!(%error, "SIGTERM cannot be received: the last work will not be done"),
    };
    tokio::spawn(async move {
        ended.recv().await;
        if timeout(LAST_WORK, last()).await.is_err() {
            tracing::warn!("the environment ended before its last work was done");
        }
        std::process::exit(0);
    });
    let Some(api) = environment.optional("AWS_LAMBDA_RUNTIME_API") else { return };
    match timeout(REGISTRATION, register(&api)).await {
        Ok(Ok(identifier)) => {
            // An extension must ask for its next event, or the init phase never ends. No event ever comes.
            tokio::spawn(async move { next_event(&api, &identifier).await });
        }
        Ok(Err(error)) => tracing::debug!(%error, "nothing answers extensions here"),
        Err(_) => tracing::debug!("nothing answers extensions here in time"),
    }
}

/// Registers the process as an extension. Returns the identifier that Lambda gave it.
async fn register(api: &str) -> io::Result<String> {
    let body = r#"{"events":[]}"#;
    let length = body.len();
    let request = format!(
        "POST /2020-01-01/extension/register HTTP/1.1\r\nHost: {api}\r\nLambda-Extension-Name: {NAME}\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    );
    let mut stream = TcpStream::connect(api).await?;
    stream.write_all(request.as_bytes()).await?;
    let head = head(&mut stream).await?;
    identifier(&head).ok_or_else(|| io::Error::other("the registration was not accepted"))
}

/// Reads the head of an answer. The connection may stay open after the answer.
async fn head(stream: &mut TcpStream) -> io::Result<String> {
    let mut head = Vec::new();
    while head.len() < MAX_ANSWER && !head.windows(4).any(|end| end == b"\r\n\r\n") {
        if stream.read_buf(&mut head).await? == 0 {
            break;
        }
    }
    Ok(String::from_utf8_lossy(&head).into_owned())
}

/// Returns the identifier in the answer to a registration. `None` if the registration was not accepted.
fn identifier(answer: &str) -> Option<String> {
    let mut lines = answer.split("\r\n");
    let is_accepted = lines.next()?.split(' ').nth(1)? == "200";
    let named = |line: &str| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("lambda-extension-identifier").then(|| value.trim().to_owned())
    };
    lines.take_while(|line| !line.is_empty()).find_map(named).filter(|_| is_accepted)
}

/// Waits for an event that never comes.
async fn next_event(api: &str, identifier: &str) -> io::Result<()> {
    let request = format!(
        "GET /2020-01-01/extension/event/next HTTP/1.1\r\nHost: {api}\r\nLambda-Extension-Identifier: {identifier}\r\n\r\n"
    );
    let mut stream = TcpStream::connect(api).await?;
    stream.write_all(request.as_bytes()).await?;
    let mut byte = [0];
    while stream.read(&mut byte).await? > 0 {}
    Ok(())
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    /// Test helper: answers one request with `answer`. Returns its address, and the request that it got.
    async fn server(answer: &'static str) -> (String, tokio::task::JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let got = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = vec![0; 4096];
            let read = stream.read(&mut request).await.unwrap();
            stream.write_all(answer.as_bytes()).await.unwrap();
            String::from_utf8_lossy(&request[..read]).into_owned()
        });
        (address, got)
    }

    #[tokio::test]
    async fn the_process_registers_for_no_events() {
        let (api, got) = server("HTTP/1.1 200 OK\r\nLambda-Extension-Identifier: 7c1f\r\n\r\n{}").await;
        assert_eq!(register(&api).await.unwrap(), "7c1f");
        let request = got.await.unwrap();
        assert!(request.starts_with("POST /2020-01-01/extension/register HTTP/1.1\r\n"), "{request}");
        assert!(request.ends_with("\r\n\r\n{\"events\":[]}"), "{request}");
    }

    #[tokio::test]
    async fn a_function_starts_where_nothing_answers_extensions() {
        let (api, _got) = server("HTTP/1.1 404 Not Found\r\nlambda-extension-identifier: 7c1f\r\n\r\n").await;
        assert_eq!(register(&api).await.unwrap_err().to_string(), "the registration was not accepted");
        let nobody = Environment::from_lookup(|key| (key == "AWS_LAMBDA_RUNTIME_API").then(|| "127.0.0.1:1".into()));
        at_end(&nobody, || async {}).await;
    }
}
