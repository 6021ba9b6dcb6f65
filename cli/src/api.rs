//! The console's API and the prediction API, as commands call them.

use std::time::Duration;

use aws_credential_types::Credentials;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use crate::failure::Failure;
use crate::http::{Http, Received, Request};
use crate::problem::{CalledApi, refused};
use crate::random::digits;
use crate::signing;

/// Pauses before a request is repeated.
const PAUSES: [Duration; 2] = [Duration::from_millis(500), Duration::from_secs(2)];

/// Number of random digits in an idempotency key.
const KEY_DIGITS: usize = 32;

/// The characters that stay as they are in a path segment or a query value (RFC 3986, "unreserved").
const UNRESERVED: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// How a request proves its right.
#[derive(Debug, Clone)]
pub enum CallerProof {
    /// A signature with AWS credentials for this Region. The predict key is sent beside it where there is one.
    Signature(Box<Credentials>, String),
    /// A bearer token, for `Authorization=jwt`.
    Token(String),
}

/// One API of the stack.
#[derive(Debug, Clone)]
pub struct StackApi {
    pub(crate) http: Http,
    pub(crate) called: CalledApi,
    pub(crate) url: String,
    pub(crate) proof: CallerProof,
    pub(crate) key: Option<String>,
}

impl StackApi {
    /// Returns the URL of the API, without a slash at its end.
    pub fn url(&self) -> &str {
        self.url.trim_end_matches('/')
    }

    /// Reads a resource. `query` holds names and values that are not encoded.
    pub async fn get(&self, path: &str, query: &[(&str, String)]) -> Result<Value, Failure> {
        self.call("GET", &format!("{path}{}", query_text(query)), None).await
    }

    /// Sends a change. It has an idempotency key of its own, so that a repetition after a lost answer changes nothing.
    pub async fn send(&self, method: &'static str, path: &str, body: Option<Value>) -> Result<Value, Failure> {
        self.call(method, path, body).await
    }

    async fn call(&self, method: &'static str, path: &str, body: Option<Value>) -> Result<Value, Failure> {
        let mut request =
            Request { method, address: format!("{}{path}", self.url()), headers: vec![user_agent()], body: None };
        if let Some(body) = body {
            request.headers.push(("content-type".to_owned(), "application/json".to_owned()));
            request.body = Some(body.to_string().into_bytes());
        }
        if method != "GET" && self.called == CalledApi::Console {
            request.headers.push(("idempotency-key".to_owned(), digits(KEY_DIGITS)));
        }
        if let Some(key) = &self.key {
            request.headers.push(("x-api-key".to_owned(), key.clone()));
        }
        self.repeated(&request).await
    }

    /// Sends a request again if no answer comes or the answer is that the stack is busy.
    async fn repeated(&self, request: &Request) -> Result<Value, Failure> {
        for pause in PAUSES {
            match self.once(request).await {
                Err(Failure::Unreachable { .. }) => {}
                Ok(Received { status: 429 | 502..=504, .. }) => {}
                answer => return self.judged(answer?),
            }
            tokio::time::sleep(pause).await;
        }
        self.judged(self.once(request).await?)
    }

    /// Sends a request of another program to the same path, with the rights of this API. It is sent once, and the answer may
    /// be an error.
    pub async fn forward(&self, mut request: Request) -> Result<Received, Failure> {
        request.address = format!("{}{}", self.url(), request.address);
        request.headers.push(user_agent());
        request.headers.extend(self.key.iter().map(|key| ("x-api-key".to_owned(), key.clone())));
        self.once(&request).await
    }

    async fn once(&self, request: &Request) -> Result<Received, Failure> {
        let mut signed = request.clone();
        signed.headers.extend(self.proofs(request)?);
        self.http.send(&signed).await
    }

    fn proofs(&self, request: &Request) -> Result<Vec<(String, String)>, Failure> {
        match &self.proof {
            CallerProof::Signature(credentials, region) => {
                let body = request.body.as_deref().unwrap_or_default();
                signing::headers(credentials, region, (request.method, &request.address, body))
            }
            CallerProof::Token(token) => Ok(vec![("authorization".to_owned(), format!("Bearer {token}"))]),
        }
    }

    fn judged(&self, Received { status, body, .. }: Received) -> Result<Value, Failure> {
        let json = if body.is_empty() { Ok(Value::Null) } else { serde_json::from_slice(&body) };
        match (status, json) {
            (200..=299, Ok(json)) => Ok(json),
            (200..=299, Err(error)) => Err(Failure::unreachable(
                format!("{} did not answer with JSON; is it the URL of the console?", self.url()),
                error,
            )),
            (status, json) => Err(refused(self.called, status, json.unwrap_or_default())),
        }
    }
}

/// Returns a text in the form in which it may be one segment of a path.
pub fn segment(text: &str) -> String {
    utf8_percent_encode(text, &UNRESERVED).to_string()
}

fn query_text(query: &[(&str, String)]) -> String {
    let pairs: Vec<_> = query.iter().map(|(name, value)| format!("{name}={}", segment(value))).collect();
    if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) }
}

/// The audit and the gateway's logs show which program called.
fn user_agent() -> (String, String) {
    ("user-agent".to_owned(), concat!("evergreen/", env!("CARGO_PKG_VERSION")).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_encoded_so_that_the_signature_covers_the_same_text() {
        let query = [("metric", "roc_auc>=0.9".to_owned()), ("tag", "team=a b&c".to_owned())];
        assert_eq!(query_text(&query), "?metric=roc_auc%3E%3D0.9&tag=team%3Da%20b%26c");
        assert_eq!(query_text(&[]), "");
    }

    #[test]
    fn each_change_has_another_idempotency_key() {
        assert_ne!(digits(KEY_DIGITS), digits(KEY_DIGITS));
    }
}
