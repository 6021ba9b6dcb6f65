//! Test clients of the two HTTP APIs: the prediction API, and the status API with training runs and health.

use reqwest::header::{CONTENT_TYPE, HeaderMap};
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde_json::Value;

use crate::wait::{seconds, until};

/// Name of the HTTP header that carries the API key.
pub const KEY_HEADER: &str = "x-api-key";

/// Test client of one HTTP API, with the API's URL and an API key.
#[derive(Debug, Clone)]
pub struct ApiAccess {
    client: Client,
    url: String,
    /// The API key that requests of this client carry.
    pub key: String,
}

impl ApiAccess {
    /// Creates a client of the HTTP API at `url`. Its requests carry the API key `key`.
    pub fn new(url: &str, key: String) -> Self {
        Self { client: Client::new(), url: url.trim_end_matches('/').to_owned(), key }
    }

    /// Creates an HTTP request that carries no API key.
    pub fn anonymous(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.url))
    }

    /// Creates an HTTP request that carries the API key `key` instead of the client's own key.
    pub fn with_key(&self, key: &str, method: Method, path: &str) -> RequestBuilder {
        self.anonymous(method, path).header(KEY_HEADER, key)
    }
}

// The client sends each request to the API that serves the request's path.
/// Test client of the prediction API and the status API, with one API key for each API.
#[derive(Debug, Clone)]
pub struct Api {
    /// Test client of the API that answers predictions and describes the model.
    pub predictions: ApiAccess,
    /// Test client of the API that lists training runs and reports health.
    pub status: ApiAccess,
}

/// The beginnings of the paths that the status API serves.
const STATUS: [&str; 15] = [
    "/runs",
    "/health",
    "/versions",
    "/champion",
    "/aliases",
    "/compare",
    "/schedule",
    "/audit",
    "/alarms",
    "/drift",
    "/live",
    "/rollout",
    "/openapi",
    "/promotions",
    "/trainings",
];

impl Api {
    /// Returns the client of the HTTP API that serves this path.
    fn door(&self, path: &str) -> &ApiAccess {
        // The prediction API serves these paths, and the status API all others.
        let is_prediction = ["/predict", "/model", "/version"].contains(&path.split('?').next().unwrap_or_default());
        let is_status = !is_prediction && STATUS.iter().any(|prefix| path.starts_with(prefix));
        if is_status { &self.status } else { &self.predictions }
    }

    /// Creates an HTTP request with the API key of the API that serves `path`.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let door = self.door(path);
        door.with_key(&door.key, method, path)
    }

    /// Creates an HTTP request to the API that serves `path`, without an API key.
    pub fn anonymous(&self, method: Method, path: &str) -> RequestBuilder {
        self.door(path).anonymous(method, path)
    }

    /// Sends `GET path` with the API key of the API that serves the path, and returns the response.
    pub async fn get(&self, path: &str) -> Answer {
        Answer::to(self.request(Method::GET, path)).await
    }

    /// Sends `GET /health` without an API key and returns the response.
    pub async fn health(&self) -> Answer {
        // While the API throttles the request, it is repeated, for up to 30 seconds. An earlier test may have used up
        // the rate limit.
        until("/health to be let through", seconds(30), async || {
            let answer = Answer::to(self.anonymous(Method::GET, "/health")).await;
            (answer.status != StatusCode::TOO_MANY_REQUESTS).then_some(answer)
        })
        .await
    }

    /// Sends `POST /predict` with the API key. The body is one feature row or a list of feature rows.
    pub async fn predict(&self, rows: &Value) -> Answer {
        Answer::to(self.request(Method::POST, "/predict").json(rows)).await
    }

    /// Sends `POST /predict` with the API key. The body has exactly these bytes, which need not be valid JSON.
    pub async fn predict_text(&self, body: impl Into<Vec<u8>>) -> Answer {
        // The header declares the body as JSON.
        let request = self.request(Method::POST, "/predict").header(CONTENT_TYPE, "application/json");
        Answer::to(request.body(body.into())).await
    }
}

/// HTTP response of an API, for tests.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The HTTP status code.
    pub status: StatusCode,
    /// The HTTP headers of the response.
    pub headers: HeaderMap,
    /// The response's body, parsed as JSON. Null if the body is not JSON.
    pub body: Value,
    /// The response's body as text.
    pub text: String,
}

impl Answer {
    /// Sends an HTTP request and reads the whole response.
    ///
    /// # Panics
    /// When the API cannot be reached.
    pub async fn to(request: RequestBuilder) -> Self {
        let response = request.send().await.expect("the API can be reached");
        let (status, headers) = (response.status(), response.headers().clone());
        let text = response.text().await.expect("the answer is text");
        Self { status, headers, body: serde_json::from_str(&text).unwrap_or_default(), text }
    }

    /// Returns the value of an HTTP header of the response, or an empty text if the header is missing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Returns the response unchanged if its HTTP status is 200.
    ///
    /// # Panics
    /// When the HTTP status is not 200.
    #[track_caller]
    pub fn ok(self) -> Self {
        assert_eq!(self.status, StatusCode::OK, "{}", self.text);
        self
    }

    /// Checks that the HTTP status is `status`, and returns the error description (RFC 9457) in the response's body.
    ///
    /// # Panics
    /// When the HTTP status differs or the body is not in the format of RFC 9457.
    #[track_caller]
    pub fn problem(self, status: u16) -> Problem {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        assert_eq!(self.header("content-type"), "application/problem+json", "{}", self.text);
        assert_eq!(self.body["status"], status, "{}", self.text);
        let word = |name: &str| self.body[name].as_str().unwrap_or_default().to_owned();
        Problem { title: word("title"), detail: word("detail"), answer: self }
    }

    /// Returns the number of the model version that a response of `/predict`, `/model` or `/health` names.
    ///
    /// # Panics
    /// When the response names no model version.
    #[track_caller]
    pub fn version(&self) -> u64 {
        let version = self.body["model"]["version"].as_u64().or(self.body["version"].as_u64());
        version.unwrap_or_else(|| panic!("no version in {}", self.text))
    }
}

/// HTTP error response of an API, in the format of RFC 9457.
#[derive(Debug, Clone)]
pub struct Problem {
    /// Short name of the kind of error, the field `title` of RFC 9457.
    pub title: String,
    // The explanation names the wrong field of the request and the expected value.
    /// Explanation of the error, the field `detail` of RFC 9457.
    pub detail: String,
    /// The whole HTTP response.
    pub answer: Answer,
}
