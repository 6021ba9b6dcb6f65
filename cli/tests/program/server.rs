//! A server that records requests and gives prepared answers, and the program that is run against it.

use std::collections::HashMap;
use std::io::Write;
use std::net::SocketAddr;
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::bucket::{self, Objects};

/// A request as the stack receives it.
#[derive(Debug, Clone)]
pub struct Received {
    /// Method and path with query, such as `GET /api/runs?limit=5`.
    pub line: String,
    /// The headers, by lower-case name.
    pub headers: HashMap<String, String>,
    /// The body. `null` if it is empty.
    pub body: Value,
}

/// Answers by method and path, each a list of status and body. The last answer of a list is repeated.
type Answers = HashMap<&'static str, Vec<(u16, Value)>>;

/// The server.
pub struct Server {
    address: SocketAddr,
    received: Arc<Mutex<Vec<Received>>>,
    objects: Arc<Mutex<Objects>>,
}

impl Server {
    /// Starts a server with one answer for each method and path. To all else it answers 404.
    pub fn start(answers: impl IntoIterator<Item = (&'static str, u16, Value)>) -> Self {
        Self::with_bucket(Objects::new(), answers)
    }

    /// Starts a server that also answers for the stack's bucket with these objects.
    pub fn with_bucket(objects: Objects, answers: impl IntoIterator<Item = (&'static str, u16, Value)>) -> Self {
        let mut prepared = Answers::new();
        for (line, status, body) in answers {
            prepared.entry(line).or_default().push((status, body));
        }
        let prepared = Arc::new(Mutex::new(prepared));
        let received = Arc::new(Mutex::new(Vec::new()));
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let records = Arc::clone(&received);
        let objects = Arc::new(Mutex::new(objects));
        let bucket = Arc::clone(&objects);
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime
                .block_on(async { serve(TcpListener::from_std(listener).unwrap(), prepared, records, bucket).await });
        });
        Self { address, received, objects }
    }

    /// Runs the program with these arguments, and returns its exit code and what it printed.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        self.run_with(arguments, "")
    }

    /// Runs the program with a text as its standard input.
    pub fn run_with(&self, arguments: &[&str], input: &str) -> Ran {
        let url = format!("http://{}", self.address);
        let mut program = program(arguments)
            .env("EVERGREEN_CONSOLE_URL", &url)
            .env("EVERGREEN_API_URL", &url)
            .env("EVERGREEN_API_KEY", "predict-key")
            .env("EVERGREEN_BUCKET", bucket::NAME)
            .env("EVERGREEN_MODEL", "iris")
            .env("EVERGREEN_BATCH_STATE_MACHINE", "arn:aws:states:eu-central-1:1:stateMachine:evergreen-batch")
            .env("AWS_ENDPOINT_URL", &url)
            .spawn()
            .unwrap();
        program.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        Ran::of(&program.wait_with_output().unwrap())
    }

    /// Returns the objects in the bucket.
    pub fn objects(&self) -> Objects {
        self.objects.lock().unwrap().clone()
    }

    /// Returns all requests so far.
    pub fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }

    /// Returns the only request that was not a GET.
    pub fn change(&self) -> Received {
        let changes: Vec<_> = self.received().into_iter().filter(|request| !request.line.starts_with("GET ")).collect();
        assert_eq!(changes.len(), 1, "{changes:?}");
        changes[0].clone()
    }
}

/// Returns the program with credentials that are valid nowhere.
pub fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_evergreen"));
    command
        .args(arguments)
        .env_clear()
        .env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
        .env("AWS_SECRET_ACCESS_KEY", "example")
        .env("AWS_REGION", "eu-central-1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// What the program did.
#[derive(Debug)]
pub struct Ran {
    /// The exit code.
    pub code: i32,
    /// What it printed to the standard output.
    pub output: String,
    /// What it printed to the standard error.
    pub errors: String,
}

impl Ran {
    /// Reads the result of the process.
    pub fn of(output: &Output) -> Self {
        Self {
            code: output.status.code().unwrap(),
            output: String::from_utf8(output.stdout.clone()).unwrap(),
            errors: String::from_utf8(output.stderr.clone()).unwrap(),
        }
    }

    /// Returns the printed JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.output).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

async fn serve(
    listener: TcpListener,
    prepared: Arc<Mutex<Answers>>,
    received: Arc<Mutex<Vec<Received>>>,
    objects: Arc<Mutex<Objects>>,
) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let shared = (Arc::clone(&prepared), Arc::clone(&received), Arc::clone(&objects));
        let service = service_fn(move |request| {
            let (prepared, received, objects) = shared.clone();
            answer(request, prepared, received, objects)
        });
        tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}

async fn answer(
    request: Request<Incoming>,
    prepared: Arc<Mutex<Answers>>,
    received: Arc<Mutex<Vec<Received>>>,
    objects: Arc<Mutex<Objects>>,
) -> Result<Response<Full<Bytes>>, hyper::Error> {
    let line = format!("{} {}", request.method(), request.uri());
    let headers = request.headers().iter();
    let headers = headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
    let (parts, body) = request.into_parts();
    let body = body.collect().await?.to_bytes();
    if let Some((status, content)) = bucket::answer(&mut objects.lock().unwrap(), &parts, &body) {
        return Ok(Response::builder().status(status).body(Full::from(content)).unwrap());
    }
    let body = serde_json::from_slice(&body).unwrap_or_default();
    let (status, answer) = next(&mut prepared.lock().unwrap(), &line);
    received.lock().unwrap().push(Received { line, headers, body });
    Ok(Response::builder().status(status).body(Full::from(answer.to_string())).unwrap())
}

fn next(prepared: &mut Answers, line: &str) -> (u16, Value) {
    match prepared.get_mut(line) {
        Some(answers) if answers.len() > 1 => answers.remove(0),
        Some(answers) => answers[0].clone(),
        None => (404, json!({"type": "urn:evergreen:problem:not-found", "title": "Not found", "status": 404})),
    }
}
