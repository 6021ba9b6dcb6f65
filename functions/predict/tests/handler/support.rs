//! The predict function with fakes in memory for the registry, the store, the clock and the journal.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use evergreen_lifecycle::digest::sha256_hex;
use evergreen_lifecycle::feedback::PredictionKey;
use evergreen_lifecycle::ports::{
    AliasLookup, ArtifactReadError, Artifacts, ChampionRecords, Champions, CountShare, PredictionKeys, RolloutCounting,
    RolloutShare, Rollouts, SampleStore, ServedCounting, Unavailable, Versions, WithCopy,
};
use evergreen_lifecycle::rollout::Rollout;
use evergreen_lifecycle::sample::SampleKey;
use evergreen_lifecycle::{Alias, AliasName, Artifact, Champion, Pointer, Record, Version, VersionNumber};
use evergreen_predict::journal::{AnsweredRequest, Journal};
use evergreen_predict::{App, PredictPorts};
use evergreen_testkit::{FixedClock, Memory, moment, version};
use jiff::{SignedDuration, Timestamp};
use lambda_http::http::HeaderMap;
use lambda_http::{Body, Context, IntoResponse, RequestExt};
use serde_json::{Value, json};

use crate::models::artifact;

pub const SETOSA: &str =
    r#"{"sepal length (cm)": 5.1, "sepal width (cm)": 3.5, "petal length (cm)": 1.4, "petal width (cm)": 0.2}"#;
pub const VIRGINICA: &str =
    r#"{"petal width (cm)": 2.2, "petal length (cm)": 5.8, "sepal width (cm)": 3, "sepal length (cm)": 6.5}"#;

/// The Lambda request ID that every test request has.
pub const REQUEST_ID: &str = "c6af9ac6-7b61-11e6-9a41-93e8deadbeef";

/// Time between two refreshes of the champion in the tests.
pub const INTERVAL: SignedDuration = SignedDuration::from_secs(60);

/// Test fake of registry and store, in memory. Its answers can be slow, fail or panic.
#[derive(Default)]
pub struct Remote {
    pub memory: Memory,
    delay: Mutex<Duration>,
    panics: Mutex<bool>,
    pointer_reads: Mutex<usize>,
    key_reads: Mutex<usize>,
    version_reads: Mutex<usize>,
    alias_reads: Mutex<usize>,
}

impl Remote {
    /// Delays all later answers of the fake registry and store, in the time of the test runtime.
    pub fn delay(&self, delay: Duration) {
        *self.delay.lock().unwrap() = delay;
    }

    /// Sets whether later calls of the fake registry and store panic.
    pub fn panic(&self, panics: bool) {
        *self.panics.lock().unwrap() = panics;
    }

    /// Returns how often the record that names the champion was read.
    pub fn pointer_reads(&self) -> usize {
        *self.pointer_reads.lock().unwrap()
    }

    /// Returns how often the key of prediction ids was read.
    pub fn key_reads(&self) -> usize {
        *self.key_reads.lock().unwrap()
    }

    /// Returns how often the record of a version was read.
    pub fn version_reads(&self) -> usize {
        *self.version_reads.lock().unwrap()
    }

    /// Returns how often an alias was read.
    pub fn alias_reads(&self) -> usize {
        *self.alias_reads.lock().unwrap()
    }

    async fn pass(&self) {
        let delay = *self.delay.lock().unwrap();
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        let panics = *self.panics.lock().unwrap();
        assert!(!panics, "a planned panic, with a secret");
    }
}

impl Champions for Remote {
    async fn champion(&self) -> Result<Option<Record<Pointer>>, Unavailable> {
        *self.pointer_reads.lock().unwrap() += 1;
        self.pass().await;
        self.memory.champion().await
    }

    async fn champion_with_artifact(&self) -> Result<Option<WithCopy>, Unavailable> {
        *self.pointer_reads.lock().unwrap() += 1;
        self.pass().await;
        self.memory.champion_with_artifact().await
    }

    async fn recent_champions(&self, limit: u32) -> Result<Vec<Record<Pointer>>, Unavailable> {
        self.memory.recent_champions(limit).await
    }
}

impl PredictionKeys for Remote {
    async fn prediction_key(&self) -> Result<Option<PredictionKey>, Unavailable> {
        // The call that reads the champion has fetched the key too.
        *self.key_reads.lock().unwrap() += 1;
        self.memory.prediction_key().await
    }

    async fn create_prediction_key(&self, secret: &[u8; 32]) -> Result<PredictionKey, Unavailable> {
        self.pass().await;
        self.memory.create_prediction_key(secret).await
    }
}

impl Rollouts for Remote {
    async fn rollout(&self) -> Result<Option<Record<Rollout>>, Unavailable> {
        self.memory.rollout().await
    }

    async fn serving(&self, with_copy: bool) -> Result<Option<ChampionRecords>, Unavailable> {
        *self.pointer_reads.lock().unwrap() += 1;
        self.pass().await;
        self.memory.serving(with_copy).await
    }
}

impl RolloutCounting for Remote {
    async fn put_rollout_share(&self, share: &RolloutShare) -> Result<(), Unavailable> {
        self.pass().await;
        self.memory.put_rollout_share(share).await
    }
}

impl Versions for Remote {
    async fn version(&self, number: VersionNumber) -> Result<Option<Record<Version>>, Unavailable> {
        *self.version_reads.lock().unwrap() += 1;
        self.pass().await;
        self.memory.version(number).await
    }

    async fn newest_version(&self) -> Result<Option<VersionNumber>, Unavailable> {
        self.memory.newest_version().await
    }
}

impl AliasLookup for Remote {
    async fn alias(&self, name: &AliasName) -> Result<Option<Alias>, Unavailable> {
        *self.alias_reads.lock().unwrap() += 1;
        self.pass().await;
        self.memory.alias(name).await
    }
}

impl ServedCounting for Remote {
    async fn put_share(&self, share: &CountShare) -> Result<(), Unavailable> {
        self.pass().await;
        self.memory.put_share(share).await
    }
}

impl SampleStore for Remote {
    fn sampled_rows(&self) -> usize {
        self.memory.sampled_rows()
    }

    async fn put_sample(&self, key: SampleKey<'_>, content: Vec<u8>) -> Result<(), Unavailable> {
        self.pass().await;
        self.memory.put_sample(key, content).await
    }
}

impl Artifacts for Remote {
    async fn get(&self, key: &str) -> Result<Vec<u8>, ArtifactReadError> {
        self.pass().await;
        self.memory.get(key).await
    }
}

/// Test fake of the journal. Keeps the log entries about requests, and counts failed refreshes of the champion.
#[derive(Default)]
pub struct Recorder {
    lines: Mutex<Vec<JournalLine>>,
    failures: Mutex<usize>,
}

/// Entry of the test journal about one answered request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalLine {
    pub route: &'static str,
    pub status: u16,
    pub problem: Option<&'static str>,
    pub rows: usize,
    pub version: Option<u32>,
}

impl Recorder {
    pub fn failures(&self) -> usize {
        *self.failures.lock().unwrap()
    }

    pub fn last(&self) -> JournalLine {
        self.lines.lock().unwrap().last().unwrap().clone()
    }
}

impl Journal for Recorder {
    fn answered(&self, call: &AnsweredRequest<'_>, _at: Timestamp) {
        assert_eq!(call.request_id, REQUEST_ID);
        let &AnsweredRequest { route, status, problem, rows, version, .. } = call;
        let version = version.map(|version| version.get());
        self.lines.lock().unwrap().push(JournalLine { route, status, problem, rows, version });
    }

    fn load_failed(&self, _cause: &str, _at: Timestamp) {
        *self.failures.lock().unwrap() += 1;
    }
}

/// The predict function in a test, with its fakes in memory.
#[derive(Clone)]
pub struct Fixture {
    pub remote: Arc<Remote>,
    pub clock: Arc<FixedClock>,
    pub journal: Arc<Recorder>,
    pub app: Arc<App<TestPorts>>,
}

/// The ports of the function in tests.
pub type TestPorts = PredictPorts<Remote, Remote, FixedClock, Recorder>;

fn ports(remote: &Arc<Remote>, clock: &Arc<FixedClock>, journal: &Arc<Recorder>) -> TestPorts {
    PredictPorts {
        registry: Arc::clone(remote),
        artifacts: Arc::clone(remote),
        clock: Arc::clone(clock),
        journal: Arc::clone(journal),
    }
}

impl Fixture {
    /// Creates a function that has not loaded a champion, with an empty registry.
    pub fn empty() -> Self {
        Self::with_interval(INTERVAL)
    }

    /// Creates a function that has not loaded a champion. `interval` is the time between two refreshes of the champion.
    pub fn with_interval(interval: SignedDuration) -> Self {
        Self::over(Remote::default(), interval)
    }

    /// Creates a function that has loaded version 1, with the given artifact, as the champion. It keeps at most `rows`
    /// served rows of an hour.
    pub async fn sampling(rows: usize, artifact: &[u8]) -> Self {
        let remote = Remote::default();
        remote.memory.state().sampled_rows = rows;
        let fixture = Self::over(remote, INTERVAL);
        fixture.promote_as(1, artifact);
        fixture.app.warm_up().await;
        fixture
    }

    fn over(remote: Remote, interval: SignedDuration) -> Self {
        let (remote, journal) = (Arc::new(remote), Arc::new(Recorder::default()));
        let clock = Arc::new(FixedClock::at(moment("2026-11-24T08:00:00Z")));
        let app = Arc::new(App::new(ports(&remote, &clock, &journal), "iris".parse().unwrap(), interval));
        Self { remote, clock, journal, app }
    }

    /// Creates a function that has loaded no champion, over these fakes.
    pub fn app_over(remote: &Arc<Remote>, clock: &Arc<FixedClock>, journal: &Arc<Recorder>) -> App<TestPorts> {
        App::new(ports(remote, clock, journal), "iris".parse().unwrap(), INTERVAL)
    }

    /// Creates a function that has loaded version 1 as the champion.
    pub async fn serving() -> Self {
        let fixture = Self::empty();
        fixture.promote(1);
        fixture.app.warm_up().await;
        fixture
    }

    /// Creates a function that has loaded version 1, with the given artifact, as the champion.
    pub async fn serving_as(artifact: &[u8]) -> Self {
        let fixture = Self::empty();
        fixture.promote_as(1, artifact);
        fixture.app.warm_up().await;
        fixture
    }

    /// Stores a valid artifact as version `number` and makes that version the champion.
    pub fn promote(&self, number: u32) -> Champion {
        self.promote_as(number, artifact(number))
    }

    /// Stores `artifact` as version `number` and makes that version the champion.
    pub fn promote_as(&self, number: u32, artifact: &[u8]) -> Champion {
        self.promote_version(version(number, 0.9667, moment("2026-11-24T03:00:04Z")), artifact)
    }

    /// Stores `artifact` as the artifact of `version` and makes `version` the champion.
    pub fn promote_version(&self, version: Version, artifact: &[u8]) -> Champion {
        let version = self.register(version, artifact);
        let mut state = self.remote.memory.state();
        let promoted_at = moment("2026-11-24T03:00:05Z");
        let champion = Champion::succeeding(state.champions.last(), version, promoted_at);
        state.move_pointer(&champion, Some(artifact));
        champion
    }

    /// Stores `artifact` as version `number`, which is not promoted.
    pub fn register_as(&self, number: u32, artifact: &[u8]) -> Version {
        self.register(version(number, 0.9667, moment("2026-11-24T03:00:04Z")), artifact)
    }

    fn register(&self, version: Version, artifact: &[u8]) -> Version {
        let stored =
            Artifact { sha256: sha256_hex(artifact), size: artifact.len() as u64, key: version.artifact.key.clone() };
        let mut state = self.remote.memory.state();
        state.objects.insert(stored.key.clone(), artifact.to_vec());
        let version = Version { artifact: stored, ..version };
        state.versions.insert(version.number, version.clone());
        version
    }

    /// Sets the alias `name` to version `number`.
    pub fn set_alias(&self, name: &str, number: u32) {
        let (name, version) = (name.parse::<AliasName>().unwrap(), VersionNumber::new(number).unwrap());
        let alias = Alias { name: name.clone(), version, revision: 1, set_at: moment("2026-11-24T03:00:06Z") };
        self.remote.memory.state().aliases.insert(name, alias);
    }

    /// Replaces the registry's copy of the champion's artifact with `copy`. `None` removes the copy.
    pub fn keep_copy(&self, copy: Option<&[u8]>) {
        self.remote.memory.state().copy = copy.map(<[u8]>::to_vec);
    }

    /// Replaces the stored artifact of version `number` with `bytes`. `None` removes the artifact.
    pub fn tamper(&self, number: u32, bytes: Option<&[u8]>) {
        let key = version(number, 1.0, moment("2026-11-24T03:00:04Z")).artifact.key;
        let mut state = self.remote.memory.state();
        match bytes {
            Some(bytes) => state.objects.insert(key, bytes.to_vec()),
            None => state.objects.remove(&key),
        };
    }

    /// Advances the test clock by `time`.
    pub fn pass(&self, time: SignedDuration) {
        use evergreen_lifecycle::ports::Clock;
        self.clock.set(self.clock.now() + time);
    }

    /// Sends an API Gateway event to the function through `lambda_http`, as in the cloud, and returns the response.
    pub async fn call(&self, event: &Value) -> FunctionAnswer {
        let mut context = Context::default();
        context.request_id = REQUEST_ID.into();
        let request = lambda_http::request::from_str(&event.to_string()).unwrap().with_lambda_context(context);
        let (parts, body) = self.app.handle(&request).await.into_response().await.into_parts();
        let Body::Text(body) = body else { panic!("{body:?} is no text") };
        FunctionAnswer { status: parts.status.as_u16(), headers: parts.headers, body }
    }

    /// Sends `POST /predict` with this body to the function.
    pub async fn predict(&self, body: impl Into<String>) -> FunctionAnswer {
        self.call(&event("predict-one").with("body", body.into())).await
    }

    /// Sends `POST` with this path, media type and body to the function. The body may be any bytes.
    pub async fn post(&self, path: &str, media_type: &str, body: impl AsRef<[u8]>) -> FunctionAnswer {
        self.call(&posting(path, media_type, body)).await
    }

    /// Sends `GET` with this path to the function.
    pub async fn get(&self, path: &str) -> FunctionAnswer {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let mut event = event("predict-health").with("path", path).asking(query);
        event["requestContext"]["resourcePath"].take();
        self.call(&event).await
    }

    /// Sends a prediction request. Returns the number of the version that answers.
    pub async fn version(&self) -> u64 {
        let response = self.predict(SETOSA).await;
        response.json()["model"]["version"].as_u64().unwrap_or_else(|| panic!("{response:?}"))
    }
}

/// Sends `count` prediction requests at once. Returns which model version answered each request, in request order.
pub async fn together(count: usize, fixture: &Fixture) -> Vec<u64> {
    let calls: Vec<_> = (0..count)
        .map(|_| {
            let fixture = fixture.clone();
            tokio::spawn(async move { fixture.version().await })
        })
        .collect();
    let mut versions = Vec::new();
    for call in calls {
        versions.push(call.await.unwrap());
    }
    versions
}

/// Reads the sample API Gateway event `events/{name}.json`.
pub fn event(name: &str) -> Value {
    let path = format!("{}/../../events/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// Returns the event of a `POST` with this path, media type and body.
pub fn posting(path: &str, media_type: &str, body: impl AsRef<[u8]>) -> Value {
    let mut event = event("predict-one").with("path", path).with_header("content-type", media_type);
    // A later header of the same name would be the second one.
    event["headers"].take();
    event["multiValueHeaders"].as_object_mut().unwrap().remove("Accept");
    event["requestContext"]["resourcePath"].take();
    event.with("body", STANDARD.encode(body)).with("isBase64Encoded", true)
}

/// Extension of JSON values: changes one field of a sample event.
pub trait With {
    /// Returns the event with the field `member` set to `value`.
    fn with(self, member: &str, value: impl Into<Value>) -> Self;

    /// Returns the event with these query parameters, such as `version=7&alias=stable`.
    fn asking(self, query: &str) -> Self;

    /// Returns the event with one more header.
    fn with_header(self, name: &str, value: &str) -> Self;
}

impl With for Value {
    fn with(mut self, member: &str, value: impl Into<Value>) -> Self {
        self[member] = value.into();
        self
    }

    fn asking(self, query: &str) -> Self {
        let mut values = serde_json::Map::new();
        for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
            let all = values.entry(name).or_insert_with(|| json!([]));
            all.as_array_mut().unwrap().push(value.into());
        }
        self.with("multiValueQueryStringParameters", values)
    }

    fn with_header(mut self, name: &str, value: &str) -> Self {
        self["multiValueHeaders"][name] = json!([value]);
        self
    }
}

/// The HTTP response that the caller receives.
#[derive(Debug)]
pub struct FunctionAnswer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
}

impl FunctionAnswer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// Returns the ids of the predictions.
    pub fn ids(&self) -> Vec<String> {
        self.json()["ids"].as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned()).collect()
    }

    /// Returns the body without the ids of the predictions, which differ in each answer.
    pub fn without_ids(&self) -> String {
        // A cold environment has no key yet, so its first answers have no ids.
        let Some((before, ids)) = self.body.split_once(r#""ids":["#) else { return self.body.clone() };
        let (_, after) = ids.split_once("],").unwrap();
        format!("{before}{after}")
    }
}
