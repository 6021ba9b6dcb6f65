//! The two APIs, as a client sees them: predictions, and the status, which is runs and health.

use reqwest::header::{CONTENT_TYPE, HeaderMap};
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde_json::Value;

use crate::wait::{seconds, until};

/// Name of the header that carries the key.
pub const KEY_HEADER: &str = "x-api-key";

/// Where an API is, and the key that opens it.
#[derive(Debug, Clone)]
pub struct Door {
    client: Client,
    url: String,
    /// Its key.
    pub key: String,
}

impl Door {
    /// The API at `url`, which `key` opens.
    pub fn new(url: &str, key: String) -> Self {
        Self { client: Client::new(), url: url.trim_end_matches('/').to_owned(), key }
    }

    /// A request that carries no key.
    pub fn anonymous(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.url))
    }

    /// A request that carries that key.
    pub fn with_key(&self, key: &str, method: Method, path: &str) -> RequestBuilder {
        self.anonymous(method, path).header(KEY_HEADER, key)
    }
}

/// A client of both APIs, with a key for each. What is asked for decides which of them is asked.
#[derive(Debug, Clone)]
pub struct Api {
    /// Predictions, and the model behind them.
    pub predictions: Door,
    /// Runs and health.
    pub status: Door,
}

impl Api {
    /// The API that has that path.
    fn door(&self, path: &str) -> &Door {
        let is_status = path.starts_with("/runs") || path.starts_with("/health");
        if is_status { &self.status } else { &self.predictions }
    }

    /// A request that carries the key.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let door = self.door(path);
        door.with_key(&door.key, method, path)
    }

    /// A request that carries no key.
    pub fn anonymous(&self, method: Method, path: &str) -> RequestBuilder {
        self.door(path).anonymous(method, path)
    }

    /// `GET path`, with the key.
    pub async fn get(&self, path: &str) -> Answer {
        Answer::to(self.request(Method::GET, path)).await
    }

    /// `GET /health` without a key, once its throttle lets it through: an earlier test may have used it up.
    pub async fn health(&self) -> Answer {
        until("/health to be let through", seconds(30), async || {
            let answer = Answer::to(self.anonymous(Method::GET, "/health")).await;
            (answer.status != StatusCode::TOO_MANY_REQUESTS).then_some(answer)
        })
        .await
    }

    /// `POST /predict` of a row or a list of rows, with the key.
    pub async fn predict(&self, rows: &Value) -> Answer {
        Answer::to(self.request(Method::POST, "/predict").json(rows)).await
    }

    /// `POST /predict` of bytes that say that they are JSON, with the key.
    pub async fn predict_text(&self, body: impl Into<Vec<u8>>) -> Answer {
        let request = self.request(Method::POST, "/predict").header(CONTENT_TYPE, "application/json");
        Answer::to(request.body(body.into())).await
    }
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body; null where it is no JSON.
    pub body: Value,
    /// The body as it came.
    pub text: String,
}

impl Answer {
    /// Sends the request and reads the whole answer.
    ///
    /// # Panics
    /// When the API cannot be reached.
    pub async fn to(request: RequestBuilder) -> Self {
        let response = request.send().await.expect("the API can be reached");
        let (status, headers) = (response.status(), response.headers().clone());
        let text = response.text().await.expect("the answer is text");
        Self { status, headers, body: serde_json::from_str(&text).unwrap_or_default(), text }
    }

    /// The header's value; empty where there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The answer, where it is a 200.
    ///
    /// # Panics
    /// When it is anything else.
    #[track_caller]
    pub fn ok(self) -> Self {
        assert_eq!(self.status, StatusCode::OK, "{}", self.text);
        self
    }

    /// The answer's problem, where it is one of RFC 9457 with this status.
    ///
    /// # Panics
    /// When it is anything else.
    #[track_caller]
    pub fn problem(self, status: u16) -> Problem {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        assert_eq!(self.header("content-type"), "application/problem+json", "{}", self.text);
        assert_eq!(self.body["status"], status, "{}", self.text);
        let word = |name: &str| self.body[name].as_str().unwrap_or_default().to_owned();
        Problem { title: word("title"), detail: word("detail"), answer: self }
    }

    /// The version that a prediction, `/model` or `/health` names.
    ///
    /// # Panics
    /// When the answer names none.
    #[track_caller]
    pub fn version(&self) -> u64 {
        let version = self.body["model"]["version"].as_u64().or(self.body["version"].as_u64());
        version.unwrap_or_else(|| panic!("no version in {}", self.text))
    }
}

/// An error as RFC 9457 has it.
#[derive(Debug, Clone)]
pub struct Problem {
    /// What kind of thing is wrong.
    pub title: String,
    /// What is wrong, with the field and what was expected.
    pub detail: String,
    /// The whole answer.
    pub answer: Answer,
}
