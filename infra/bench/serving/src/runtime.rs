//! The Lambda Runtime API for one environment: hands it events, one after the other, and hears its answers.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, bail};
use bytes::Bytes;
use hyper::Method;
use hyper::header::HeaderValue;
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::time::timeout;

use crate::store::{Answer, Asked, answer, loopback, serve};

/// What an environment is called with, beside the event.
const FUNCTION_ARN: &str = "arn:aws:lambda:eu-central-1:123456789012:function:bench-predict";
const TRACE: &str = "Root=1-6923c1d2-4f1b2c3d4e5f60718293a4b5;Parent=53995c3f42cd8ad8;Sampled=0";
/// How long a call may take before the platform ends it.
const LIMIT: Duration = Duration::from_secs(10);
/// How long an environment may be silent; under an instrument it is many times slower than without.
const PATIENCE: Duration = Duration::from_secs(120);

/// What the environment did.
enum Heard {
    Polled(Instant),
    Handed(Instant),
    Answered(Answered),
    Failed(String),
}

/// An answer. The environment learns that it has arrived when this is dropped.
pub struct Answered {
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
    heard: mpsc::UnboundedReceiver<Heard>,
}

impl Runtime {
    /// Listens on a free port of loopback.
    ///
    /// # Errors
    /// When there is none.
    pub async fn open() -> anyhow::Result<Self> {
        let listener = loopback().await?;
        let address = listener.local_addr()?.to_string();
        let ((events, queued), (said, heard)) = (mpsc::unbounded_channel(), mpsc::unbounded_channel());
        let desk = Arc::new(Desk { events: Mutex::new(queued), said });
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let _ = stream.set_nodelay(true);
                let desk = Arc::clone(&desk);
                tokio::spawn(async move { serve(stream, |asked| desk.answer(asked)).await });
            }
        });
        Ok(Self { address, events, heard })
    }

    /// When the environment first asked for an event: its init is over then.
    ///
    /// # Errors
    /// When it fails or is silent for too long.
    pub async fn ready(&mut self) -> anyhow::Result<Instant> {
        loop {
            match self.next().await? {
                Heard::Polled(at) => return Ok(at),
                Heard::Failed(why) => bail!("the function failed: {why}"),
                Heard::Handed(_) | Heard::Answered(_) => {}
            }
        }
    }

    /// Has the environment answer `event`.
    ///
    /// # Errors
    /// When it fails or is silent for too long.
    pub async fn call(&mut self, event: Bytes) -> anyhow::Result<Answered> {
        self.events.send(event).ok().context("the Runtime API has ended")?;
        let mut handed = None;
        loop {
            match self.next().await? {
                Heard::Polled(_) => {}
                Heard::Handed(at) => handed = Some(at),
                Heard::Failed(why) => bail!("the function failed: {why}"),
                Heard::Answered(answered) => {
                    let handed_at = handed.context("an answer without an event")?;
                    return Ok(Answered { handed_at, ..answered });
                }
            }
        }
    }

    async fn next(&mut self) -> anyhow::Result<Heard> {
        let heard = timeout(PATIENCE, self.heard.recv()).await.context("the environment is silent")?;
        heard.context("the Runtime API has ended")
    }
}

/// The server's side.
struct Desk {
    events: Mutex<mpsc::UnboundedReceiver<Bytes>>,
    said: mpsc::UnboundedSender<Heard>,
}

impl Desk {
    async fn answer(&self, asked: Asked) -> Answer {
        let is_post = asked.method() == Method::POST;
        match asked.uri().path().rsplit('/').next() {
            Some("next") if !is_post => self.event().await,
            Some("response") if is_post => self.answered(asked.into_body()).await,
            Some("error") if is_post => {
                self.say(Heard::Failed(String::from_utf8_lossy(asked.body()).into_owned()));
                accepted()
            }
            _ => answer(404, "application/json", "{}"),
        }
    }

    /// The next event. Without one the environment waits, as it does when it is frozen.
    async fn event(&self) -> Answer {
        self.say(Heard::Polled(Instant::now()));
        let Some(event) = self.events.lock().await.recv().await else { return answer(410, "text/plain", "") };
        let mut handed = answer(200, "application/json", event);
        let deadline = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default() + LIMIT;
        let headers = handed.headers_mut();
        headers
            .insert("lambda-runtime-aws-request-id", HeaderValue::from_static("8476a536-e9f4-11e8-9739-2dfe598c3fcd"));
        headers.insert("lambda-runtime-invoked-function-arn", HeaderValue::from_static(FUNCTION_ARN));
        headers.insert("lambda-runtime-trace-id", HeaderValue::from_static(TRACE));
        headers.insert("lambda-runtime-deadline-ms", HeaderValue::from(deadline.as_millis() as u64));
        self.say(Heard::Handed(Instant::now()));
        handed
    }

    async fn answered(&self, body: Bytes) -> Answer {
        let answered_at = Instant::now();
        let (receipt, received) = oneshot::channel();
        self.say(Heard::Answered(Answered { handed_at: answered_at, answered_at, body, _receipt: receipt }));
        // Nothing is sent: that the other side is gone is the message.
        let _ = received.await;
        accepted()
    }

    fn say(&self, heard: Heard) {
        // Nobody listens any more when the measurement is over.
        let _ = self.said.send(heard);
    }
}

fn accepted() -> Answer {
    answer(202, "application/json", "{\"status\":\"OK\"}")
}
