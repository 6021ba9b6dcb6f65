//! Clients of the two APIs: predictions, and the status API with runs and health.

use reqwest::header::{CONTENT_TYPE, HeaderMap};
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde_json::Value;

use crate::wait::{seconds, until};

/// Name of the header that carries the key.
pub const KEY_HEADER: &str = "x-api-key";

/// An API's URL and the key for it.
#[derive(Debug, Clone)]
pub struct Door {
    client: Client,
    url: String,
    /// The API key.
    pub key: String,
}

impl Door {
    /// Creates a client of the API at `url` that uses `key`.
    pub fn new(url: &str, key: String) -> Self {
        Self { client: Client::new(), url: url.trim_end_matches('/').to_owned(), key }
    }

    /// Creates a request without a key.
    pub fn anonymous(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.url))
    }

    /// Creates a request with that key.
    pub fn with_key(&self, key: &str, method: Method, path: &str) -> RequestBuilder {
        self.anonymous(method, path).header(KEY_HEADER, key)
    }
}

/// A client of both APIs, with a key for each. The path of a request decides which API it goes to.
#[derive(Debug, Clone)]
pub struct Api {
    /// The API for predictions and the model.
    pub predictions: Door,
    /// The API for runs and health.
    pub status: Door,
}

impl Api {
    /// Returns the API that serves this path.
    fn door(&self, path: &str) -> &Door {
        let is_status = path.starts_with("/runs") || path.starts_with("/health");
        if is_status { &self.status } else { &self.predictions }
    }

    /// Creates a request with the API's key.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let door = self.door(path);
        door.with_key(&door.key, method, path)
    }

    /// Creates a request without a key.
    pub fn anonymous(&self, method: Method, path: &str) -> RequestBuilder {
        self.door(path).anonymous(method, path)
    }

    /// Sends `GET path` with the key.
    pub async fn get(&self, path: &str) -> Answer {
        Answer::to(self.request(Method::GET, path)).await
    }

    /// Sends `GET /health` without a key, again and again while it is throttled. An earlier test may have used up its
    /// limit.
    pub async fn health(&self) -> Answer {
        until("/health to be let through", seconds(30), async || {
            let answer = Answer::to(self.anonymous(Method::GET, "/health")).await;
            (answer.status != StatusCode::TOO_MANY_REQUESTS).then_some(answer)
        })
        .await
    }

    /// Sends `POST /predict` with a row or a list of rows, and with the key.
    pub async fn predict(&self, rows: &Value) -> Answer {
        Answer::to(self.request(Method::POST, "/predict").json(rows)).await
    }

    /// Sends `POST /predict` with these bytes declared as JSON, and with the key.
    pub async fn predict_text(&self, body: impl Into<Vec<u8>>) -> Answer {
        let request = self.request(Method::POST, "/predict").header(CONTENT_TYPE, "application/json");
        Answer::to(request.body(body.into())).await
    }
}

/// An API's response.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status code.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as JSON, or null if it is not JSON.
    pub body: Value,
    /// The body as text.
    pub text: String,
}

impl Answer {
    /// Sends the request and reads the whole response.
    ///
    /// # Panics
    /// When the API cannot be reached.
    pub async fn to(request: RequestBuilder) -> Self {
        let response = request.send().await.expect("the API can be reached");
        let (status, headers) = (response.status(), response.headers().clone());
        let text = response.text().await.expect("the answer is text");
        Self { status, headers, body: serde_json::from_str(&text).unwrap_or_default(), text }
    }

    /// Returns the header's value, or an empty text if it is missing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Returns the answer if its status is 200.
    ///
    /// # Panics
    /// When the status is anything else.
    #[track_caller]
    pub fn ok(self) -> Self {
        assert_eq!(self.status, StatusCode::OK, "{}", self.text);
        self
    }

    /// Returns the problem (RFC 9457) that the answer contains.
    ///
    /// # Panics
    /// When the status differs or the answer is not a problem.
    #[track_caller]
    pub fn problem(self, status: u16) -> Problem {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        assert_eq!(self.header("content-type"), "application/problem+json", "{}", self.text);
        assert_eq!(self.body["status"], status, "{}", self.text);
        let word = |name: &str| self.body[name].as_str().unwrap_or_default().to_owned();
        Problem { title: word("title"), detail: word("detail"), answer: self }
    }

    /// Returns the version that a prediction, `/model` or `/health` names.
    ///
    /// # Panics
    /// When the answer names no version.
    #[track_caller]
    pub fn version(&self) -> u64 {
        let version = self.body["model"]["version"].as_u64().or(self.body["version"].as_u64());
        version.unwrap_or_else(|| panic!("no version in {}", self.text))
    }
}

/// An error in the format of RFC 9457.
#[derive(Debug, Clone)]
pub struct Problem {
    /// The kind of problem.
    pub title: String,
    /// The error, with the field and the expected value.
    pub detail: String,
    /// The whole answer.
    pub answer: Answer,
}
