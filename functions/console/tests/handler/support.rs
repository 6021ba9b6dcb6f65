//! The console function with fakes in memory, and requests as API Gateway sends them.

use std::sync::Arc;

use evergreen_console::{ConsoleApp, ConsolePorts, StackFacts};
use evergreen_lifecycle::digest::sha256_hex;
use evergreen_lifecycle::ports::{AlarmCondition, AlarmStatus, BilledResources, StoredSchedule};
use evergreen_lifecycle::rollout::RolloutPlan;
use evergreen_lifecycle::{Artifact, Champion, Version};
use evergreen_testkit::{FixedClock, Memory, finished_run, moment, version};
use jiff::SignedDuration;
use lambda_http::http::HeaderMap;
use lambda_http::{Context, RequestExt};
use serde_json::{Value, json};

pub const NOW: &str = "2026-11-24T08:00:00Z";
pub const ADA: &str = "arn:aws:iam::123456789012:user/ada";
pub const WHY: &str = "better on rare cases";

/// An artifact of the model `iris` that this release can load.
pub const ARTIFACT: &[u8] = include_bytes!("../../../../shared/scoring/tests/artifacts/format-1.onnx");

type Ports = ConsolePorts<Memory, Memory, Memory, Memory, Memory, Memory, FixedClock>;

/// The console function in a test.
pub struct Fixture {
    pub memory: Arc<Memory>,
    pub clock: Arc<FixedClock>,
    pub app: ConsoleApp<Ports>,
}

/// The HTTP response that the caller receives.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    /// Returns the status and the code of the problem.
    pub fn problem(&self) -> (u16, String) {
        let code = self.json()["type"].as_str().unwrap().trim_start_matches("urn:evergreen:problem:").to_owned();
        assert_eq!(self.header("content-type"), Some("application/problem+json"));
        (self.status, code)
    }
}

impl Fixture {
    /// Creates a function with an empty registry, a daily schedule and two alarms.
    pub fn empty() -> Self {
        Self::on(false)
    }

    /// Creates the same function on an emulator.
    pub fn emulated() -> Self {
        Self::on(true)
    }

    fn on(is_emulated: bool) -> Self {
        let (memory, clock) = (Arc::new(Memory::default()), Arc::new(FixedClock::at(moment(NOW))));
        {
            let mut state = memory.state();
            state.schedule = Some(StoredSchedule {
                expression: "cron(0 3 * * ? *)".to_owned(),
                zone: Some("Europe/Berlin".to_owned()),
                changed_at: moment("2026-11-01T12:00:00Z"),
                is_enabled: true,
            });
            state.alarm_states = ["accuracy-low", "throttles"].map(alarm).into();
        }
        let ports = ConsolePorts {
            registry: Arc::clone(&memory),
            artifacts: Arc::clone(&memory),
            scheduler: Arc::clone(&memory),
            alarms: Arc::clone(&memory),
            bus: Arc::clone(&memory),
            mailbox: Arc::clone(&memory),
            clock: Arc::clone(&clock),
        };
        let stack = StackFacts {
            model: "iris".parse().unwrap(),
            name: "evergreen".to_owned(),
            grace: SignedDuration::from_hours(1),
            billed: BilledResources::default(),
            max_age_hours: None,
            quality_threshold: None,
            rollout: RolloutPlan::new(vec![10, 50], 60).unwrap(),
            dashboard_url: None,
            is_emulated,
        };
        Self { memory, clock, app: ConsoleApp::new(ports, stack) }
    }

    /// Creates a function with versions 1 to 3. Version 2 is the champion, and version 1 was before it.
    pub fn serving() -> Self {
        let fixture = Self::empty();
        for number in 1..=3 {
            fixture.register(number);
        }
        fixture.promote(1);
        fixture.promote(2);
        fixture
    }

    /// Registers a version with a sound artifact, and the run that made it.
    pub fn register(&self, number: u32) -> Version {
        let trained_at = moment("2026-11-20T03:00:04Z") + SignedDuration::from_hours(24 * i64::from(number));
        let version = version(number, 0.9 + f64::from(number) / 100.0, trained_at);
        let artifact =
            Artifact { sha256: sha256_hex(ARTIFACT), size: ARTIFACT.len() as u64, key: version.artifact.key.clone() };
        let version = Version { artifact, ..version };
        let run = finished_run(&format!("v{number}"), trained_at, &version);
        let mut state = self.memory.state();
        state.objects.insert(version.artifact.key.clone(), ARTIFACT.to_vec());
        state.runs.insert(run.id.clone(), run);
        state.versions.insert(version.number, version.clone());
        version
    }

    fn promote(&self, number: u32) {
        let mut state = self.memory.state();
        let version = state.versions.values().find(|version| version.number.get() == number).unwrap().clone();
        let champion = Champion::succeeding(state.champions.last(), version, moment("2026-11-23T03:00:05Z"));
        state.move_pointer(&champion, Some(ARTIFACT));
    }

    /// Returns the number and the revision of the champion.
    pub fn champion(&self) -> (u32, u32) {
        let state = self.memory.state();
        let champion = state.champions.last().unwrap();
        (champion.version.number.get(), champion.revision)
    }

    /// Sends an event of API Gateway to the function.
    pub async fn call(&self, event: &Value) -> Answer {
        let request = lambda_http::request::from_str(&event.to_string()).unwrap();
        let request = request.with_lambda_context(Context::default());
        let (parts, body) = self.app.handle(&request).await.into_parts();
        Answer { status: parts.status.as_u16(), headers: parts.headers, body }
    }

    /// Sends a GET with the key of the status API.
    pub async fn read(&self, path: &str) -> Answer {
        self.call(&event("/{proxy+}", ("proxy", path), "GET", path)).await
    }

    /// Sends a signed request.
    pub async fn signed(&self, method: &str, path: &str, body: impl Into<Option<Value>>) -> Answer {
        self.call(&signed(method, path, body.into())).await
    }

    /// Sends feedback with the key of the prediction API.
    pub async fn feed(&self, body: Value) -> Answer {
        let mut event = event("/feedback", ("unused", ""), "POST", "/feedback");
        event["headers"] = json!({"content-type": "application/json"});
        event["body"] = body.to_string().into();
        self.call(&event).await
    }

    /// Sends a request to a page, as a browser does for a page of this site: `same-origin`, `cross-site` and so on.
    pub async fn page_from(&self, site: &str, method: &str, path: &str, form: &str) -> Answer {
        let mut event = event("/{page+}", ("page", path), method, path);
        event["headers"] = json!({"sec-fetch-site": site, "content-type": "application/x-www-form-urlencoded"});
        event["body"] = form.into();
        self.call(&event).await
    }

    /// Sends a request to a page, with this cookie.
    pub async fn page(&self, method: &str, path: &str, cookie: &str, form: &str) -> Answer {
        let template = if path == "/" { "/" } else { "/{page+}" };
        let mut event = event(template, ("page", path), method, path);
        event["headers"] = json!({"cookie": cookie, "content-type": "application/x-www-form-urlencoded"});
        event["body"] = form.into();
        self.call(&event).await
    }
}

/// Reads the sample event `events/{name}.json`.
pub fn sample(name: &str) -> Value {
    let path = format!("{}/../../events/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// Returns the event of a signed request.
pub fn signed(method: &str, path: &str, body: Option<Value>) -> Value {
    let mut event = event("/api/{route+}", ("route", path), method, &format!("/api{path}"));
    event["requestContext"]["identity"]["userArn"] = ADA.into();
    event["headers"] = json!({"content-type": "application/json"});
    event["body"] = body.map(|body| body.to_string()).into();
    event
}

/// Returns an event of API Gateway whose path template has one parameter.
pub fn event(template: &str, (name, value): (&str, &str), method: &str, path: &str) -> Value {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let value = value.split('?').next().unwrap_or_default().trim_start_matches('/');
    let mut queries = serde_json::Map::new();
    for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
        let values = queries.entry(name).or_insert_with(|| json!([])).as_array_mut().unwrap();
        values.push(evergreen_console::body::decoded_path(&value.replace('+', " ")).into());
    }
    json!({
        "resource": template,
        "path": path,
        "httpMethod": method,
        "headers": {},
        "multiValueHeaders": {},
        "queryStringParameters": null,
        "multiValueQueryStringParameters": queries,
        "pathParameters": {name: value},
        "stageVariables": null,
        "requestContext": {
            "accountId": "123456789012", "resourceId": "r", "stage": "v1", "requestId": "q", "apiId": "a",
            "resourcePath": template, "httpMethod": method, "path": format!("/v1{path}"), "protocol": "HTTP/1.1",
            "domainName": "abc.execute-api.eu-central-1.amazonaws.com",
            "identity": {"sourceIp": "127.0.0.1"}
        },
        "body": null,
        "isBase64Encoded": false
    })
}

fn alarm(name: &str) -> AlarmStatus {
    AlarmStatus {
        name: name.to_owned(),
        description: format!("Watches {name}."),
        condition: AlarmCondition::Ok,
        since: Some(moment("2026-11-23T00:00:00Z")),
        reason: "Threshold not crossed".to_owned(),
    }
}
