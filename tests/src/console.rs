//! Test client of the console's API, which signs its requests as a person with AWS credentials does.

use std::time::SystemTime;

use aws_config::SdkConfig;
use aws_credential_types::provider::ProvideCredentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use reqwest::{Client, Method, RequestBuilder};
use serde_json::Value;

use crate::api::Answer;

/// Test client of the console's API.
#[derive(Debug, Clone)]
pub struct ConsoleAccess {
    client: Client,
    config: SdkConfig,
    url: String,
}

impl ConsoleAccess {
    pub(crate) fn new(config: &SdkConfig, url: &str) -> Self {
        // A redirect is an answer that tests look at.
        let client = Client::builder().redirect(reqwest::redirect::Policy::none()).build();
        let client = client.expect("a client without TLS settings can be made");
        Self { client, config: config.clone(), url: url.trim_end_matches('/').to_owned() }
    }

    /// Creates a request that is not signed. `path` begins with a slash, such as `/api/runs` or `/versions`.
    pub fn unsigned(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.url))
    }

    /// Sends a signed `GET` request to a path behind `/api`.
    pub async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, None, &[]).await
    }

    /// Sends a signed request to a path behind `/api`, with a JSON body.
    pub async fn send(&self, method: Method, path: &str, body: Value) -> Answer {
        self.call(method, path, Some(body), &[]).await
    }

    /// Sends a signed request to a path behind `/api`, with more headers.
    ///
    /// # Panics
    /// When the test has no AWS credentials, or the console cannot be reached.
    pub async fn call(&self, method: Method, path: &str, body: Option<Value>, more: &[(&str, &str)]) -> Answer {
        let path = format!("/api{path}");
        let body = body.map(|body| body.to_string()).unwrap_or_default();
        let mut request = self.unsigned(method.clone(), &path);
        for (name, value) in self.signature(&method, &path, &body).await {
            request = request.header(name, value);
        }
        for (name, value) in more {
            request = request.header(*name, *value);
        }
        if !body.is_empty() {
            request = request.header("content-type", "application/json").body(body);
        }
        Answer::to(request).await
    }

    async fn signature(&self, method: &Method, path: &str, body: &str) -> Vec<(String, String)> {
        let provider = self.config.credentials_provider().expect("the test has AWS credentials");
        let identity = provider.provide_credentials().await.expect("the credentials can be read").into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(self.config.region().expect("the test has a Region").as_ref())
            .name("execute-api")
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build();
        let url = format!("{}{path}", self.url);
        let body = SignableBody::Bytes(body.as_bytes());
        let request = SignableRequest::new(method.as_str(), &url, std::iter::empty(), body).expect("a valid URL");
        let signed = sign(request, &parameters.expect("all is given").into()).expect("the request can be signed");
        let (headers, _query) = signed.into_parts().0.into_parts();
        headers.into_iter().map(|header| (header.name().to_owned(), header.value().to_owned())).collect()
    }
}
