//! Fake of the Lambda Runtime API for one function process. It delivers events one after the other and receives the
//! answers.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, bail};
use bytes::Bytes;
use hyper::header::HeaderValue;
use hyper::{Method, StatusCode};
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::time::timeout;

use crate::store::{StoreRequest, StoreResponse, answer, loopback, serve};

/// ARN of the function in the HTTP headers of each event that the fake Lambda delivers.
const FUNCTION_ARN: &str = "arn:aws:lambda:eu-central-1:123456789012:function:bench-predict";
const TRACE: &str = "Root=1-6923c1d2-4f1b2c3d4e5f60718293a4b5;Parent=53995c3f42cd8ad8;Sampled=0";
/// Maximum time of a call, after which Lambda would end it. The fake Lambda sends it as the deadline of each event.
const CALL_LIMIT: Duration = Duration::from_secs(10);
/// Maximum time to wait for a request from the function's process. Under a profiling tool the process is many times
/// slower.
const SILENCE_LIMIT: Duration = Duration::from_secs(120);

/// What the function's process did, as the server of the fake Lambda Runtime API reports it.
enum RuntimeEvent {
    Requested(Instant),
    HandedOver(Instant),
    TimedAnswer(TimedAnswer),
    Failed(String),
}

/// The function's answer to an event, with times. While this value exists, the function waits for the confirmation that
/// its answer has arrived. The fake Lambda sends the confirmation when this value is dropped.
pub struct TimedAnswer {
    /// Time at which the function got the event.
    pub handed_at: Instant,
    /// Time at which the whole answer of the function had arrived.
    pub answered_at: Instant,
    /// Body of the function's answer.
    pub body: Bytes,
    _receipt: oneshot::Sender<()>,
}

/// Fake of the Lambda Runtime API for one function process.
pub struct Runtime {
    /// Network address of the fake API. The function reads it from the variable `AWS_LAMBDA_RUNTIME_API`.
    pub address: String,
    events: mpsc::UnboundedSender<Bytes>,
    received: mpsc::UnboundedReceiver<RuntimeEvent>,
}

impl Runtime {
    /// Starts the fake Lambda Runtime API on a free loopback port.
    ///
    /// # Errors
    /// Fails if no port is free.
    pub async fn open() -> anyhow::Result<Self> {
        let listener = loopback().await?;
        let address = listener.local_addr()?.to_string();
        let ((events, queued), (reports, received)) = (mpsc::unbounded_channel(), mpsc::unbounded_channel());
        let server = Arc::new(RuntimeServer { events: Mutex::new(queued), reports });
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let _ = stream.set_nodelay(true);
                let server = Arc::clone(&server);
                tokio::spawn(async move { serve(stream, |asked| server.answer(asked)).await });
            }
        });
        Ok(Self { address, events, received })
    }

    /// Waits until the function's process asks for its first event, which ends its init phase. Returns the time of that
    /// request.
    ///
    /// # Errors
    /// Fails if the function's process reports an error, or sends no request for 120 s.
    pub async fn ready(&mut self) -> anyhow::Result<Instant> {
        loop {
            match self.next().await? {
                RuntimeEvent::Requested(at) => return Ok(at),
                RuntimeEvent::Failed(why) => bail!("the function failed: {why}"),
                RuntimeEvent::HandedOver(_) | RuntimeEvent::TimedAnswer(_) => {}
            }
        }
    }

    /// Delivers `event` to the function's process and waits for the answer.
    ///
    /// # Errors
    /// Fails if the function's process reports an error, or sends no request for 120 s.
    pub async fn call(&mut self, event: Bytes) -> anyhow::Result<TimedAnswer> {
        self.events.send(event).ok().context("the Runtime API has ended")?;
        let mut handed = None;
        loop {
            match self.next().await? {
                RuntimeEvent::Requested(_) => {}
                RuntimeEvent::HandedOver(at) => handed = Some(at),
                RuntimeEvent::Failed(why) => bail!("the function failed: {why}"),
                RuntimeEvent::TimedAnswer(answered) => {
                    let handed_at = handed.context("an answer without an event")?;
                    return Ok(TimedAnswer { handed_at, ..answered });
                }
            }
        }
    }

    async fn next(&mut self) -> anyhow::Result<RuntimeEvent> {
        let next =
            timeout(SILENCE_LIMIT, self.received.recv()).await.context("the environment sent no request in time")?;
        next.context("the Runtime API has ended")
    }
}

/// Server of the fake Lambda Runtime API, which answers the HTTP requests of the function's process.
struct RuntimeServer {
    events: Mutex<mpsc::UnboundedReceiver<Bytes>>,
    reports: mpsc::UnboundedSender<RuntimeEvent>,
}

impl RuntimeServer {
    async fn answer(&self, asked: StoreRequest) -> StoreResponse {
        let is_post = asked.method() == Method::POST;
        match asked.uri().path().rsplit('/').next() {
            Some("next") if !is_post => self.event().await,
            Some("response") if is_post => self.answered(asked.into_body()).await,
            Some("error") if is_post => {
                self.report(RuntimeEvent::Failed(String::from_utf8_lossy(asked.body()).into_owned()));
                accepted()
            }
            _ => answer(StatusCode::NOT_FOUND, "application/json", "{}"),
        }
    }

    /// Answers the function's request for an event: waits until the bench sends an event, and returns it. Meanwhile the
    /// function's process waits, as if Lambda had frozen it.
    async fn event(&self) -> StoreResponse {
        self.report(RuntimeEvent::Requested(Instant::now()));
        let Some(event) = self.events.lock().await.recv().await else {
            return answer(StatusCode::GONE, "text/plain", "");
        };
        let mut handed = answer(StatusCode::OK, "application/json", event);
        let deadline = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default() + CALL_LIMIT;
        let headers = handed.headers_mut();
        headers
            .insert("lambda-runtime-aws-request-id", HeaderValue::from_static("8476a536-e9f4-11e8-9739-2dfe598c3fcd"));
        headers.insert("lambda-runtime-invoked-function-arn", HeaderValue::from_static(FUNCTION_ARN));
        headers.insert("lambda-runtime-trace-id", HeaderValue::from_static(TRACE));
        headers.insert("lambda-runtime-deadline-ms", HeaderValue::from(deadline.as_millis() as u64));
        self.report(RuntimeEvent::HandedOver(Instant::now()));
        handed
    }

    async fn answered(&self, body: Bytes) -> StoreResponse {
        let answered_at = Instant::now();
        let (receipt, received) = oneshot::channel();
        self.report(RuntimeEvent::TimedAnswer(TimedAnswer {
            handed_at: answered_at,
            answered_at,
            body,
            _receipt: receipt,
        }));
        // No value is ever sent. This wait ends when the bench drops the sender.
        let _ = received.await;
        accepted()
    }

    fn report(&self, event: RuntimeEvent) {
        // After the measurement the bench receives no more reports.
        let _ = self.reports.send(event);
    }
}

fn accepted() -> StoreResponse {
    answer(StatusCode::ACCEPTED, "application/json", "{\"status\":\"OK\"}")
}
