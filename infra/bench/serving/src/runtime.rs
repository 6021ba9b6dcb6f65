//! The Lambda Runtime API for one environment: hands it events, one after the other, and hears its answers.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, bail};
use bytes::Bytes;
use hyper::Method;
use hyper::header::HeaderValue;
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::time::timeout;

use crate::store::{StoreRequest, StoreResponse, answer, loopback, serve};

/// What an environment is called with, beside the event.
const FUNCTION_ARN: &str = "arn:aws:lambda:eu-central-1:123456789012:function:bench-predict";
const TRACE: &str = "Root=1-6923c1d2-4f1b2c3d4e5f60718293a4b5;Parent=53995c3f42cd8ad8;Sampled=0";
/// How long a call may take before the platform ends it.
const CALL_LIMIT: Duration = Duration::from_secs(10);
/// How long an environment may be silent; under an instrument it is many times slower than without.
const SILENCE_LIMIT: Duration = Duration::from_secs(120);

/// What the environment did.
enum RuntimeEvent {
    Requested(Instant),
    HandedOver(Instant),
    TimedAnswer(TimedAnswer),
    Failed(String),
}

/// An answer. The environment learns that it has arrived when this is dropped.
pub struct TimedAnswer {
    /// When the event was handed over.
    pub handed_at: Instant,
    /// When the answer had come whole.
    pub answered_at: Instant,
    /// What came.
    pub body: Bytes,
    _receipt: oneshot::Sender<()>,
}

/// The API of one environment.
pub struct Runtime {
    /// Where it listens, as `AWS_LAMBDA_RUNTIME_API` has it.
    pub address: String,
    events: mpsc::UnboundedSender<Bytes>,
    received: mpsc::UnboundedReceiver<RuntimeEvent>,
}

impl Runtime {
    /// Listens on a free port of loopback.
    ///
    /// # Errors
    /// When there is none.
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

    /// When the environment first asked for an event: its init is over then.
    ///
    /// # Errors
    /// When it fails or is silent for too long.
    pub async fn ready(&mut self) -> anyhow::Result<Instant> {
        loop {
            match self.next().await? {
                RuntimeEvent::Requested(at) => return Ok(at),
                RuntimeEvent::Failed(why) => bail!("the function failed: {why}"),
                RuntimeEvent::HandedOver(_) | RuntimeEvent::TimedAnswer(_) => {}
            }
        }
    }

    /// Has the environment answer `event`.
    ///
    /// # Errors
    /// When it fails or is silent for too long.
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
        let next = timeout(SILENCE_LIMIT, self.received.recv()).await.context("the environment is silent")?;
        next.context("the Runtime API has ended")
    }
}

/// The server's side.
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
            _ => answer(404, "application/json", "{}"),
        }
    }

    /// The next event. Without one the environment waits, as it does when it is frozen.
    async fn event(&self) -> StoreResponse {
        self.report(RuntimeEvent::Requested(Instant::now()));
        let Some(event) = self.events.lock().await.recv().await else { return answer(410, "text/plain", "") };
        let mut handed = answer(200, "application/json", event);
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
        // Nothing is sent: that the other side is gone is the message.
        let _ = received.await;
        accepted()
    }

    fn report(&self, received: RuntimeEvent) {
        // Nobody listens any more when the measurement is over.
        let _ = self.reports.send(received);
    }
}

fn accepted() -> StoreResponse {
    answer(202, "application/json", "{\"status\":\"OK\"}")
}
