//! A function's call: who asks which service for what, read from the request as the SDK sends it.

use bytes::Bytes;
use hyper::Method;
use hyper::http::request::Parts;

/// A service that the functions call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// The registry.
    DynamoDb,
    /// Artifacts and tables.
    S3,
    /// Mail.
    Ses,
    /// Events.
    EventBridge,
    /// Figures.
    CloudWatch,
    /// How much of the quota is used.
    ApiGateway,
    /// When to train.
    Scheduler,
}

impl Service {
    /// The service by the name that requests are signed for.
    fn signed(name: &str) -> Option<Self> {
        Some(match name {
            "dynamodb" => Self::DynamoDb,
            "s3" => Self::S3,
            "ses" => Self::Ses,
            "events" => Self::EventBridge,
            "monitoring" => Self::CloudWatch,
            "apigateway" => Self::ApiGateway,
            "scheduler" => Self::Scheduler,
            _ => return None,
        })
    }
}

/// A request, taken apart.
#[derive(Debug)]
pub(super) struct Call {
    /// The function that calls: `train`, `predict`, `metrics` or `alert`.
    pub(super) function: String,
    /// Whom it calls; nothing if that is none of the services above.
    pub(super) service: Option<Service>,
    /// What it asks for, by the API's name; method and path where that is not known.
    pub(super) operation: String,
    /// Path and query.
    pub(super) target: String,
    /// What it sends.
    pub(super) body: Bytes,
}

impl Call {
    pub(super) fn of(function: &str, head: &Parts, body: Bytes) -> Self {
        let target = head.uri.path_and_query().map_or("/", |target| target.as_str()).to_owned();
        let service = header(head, "authorization").and_then(scope).and_then(Service::signed);
        let operation = operation(service, head, &target);
        Self { function: function.to_owned(), service, operation, target, body }
    }

    /// Whether path, query or body hold this text.
    pub(super) fn mentions(&self, text: &str) -> bool {
        self.target.contains(text) || self.body.windows(text.len()).any(|window| window == text.as_bytes())
    }
}

fn operation(service: Option<Service>, head: &Parts, target: &str) -> String {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let has_key = path.trim_matches('/').contains('/');
    match (service, &head.method) {
        (Some(Service::DynamoDb | Service::EventBridge), _) => {
            header(head, "x-amz-target").unwrap_or_default().rsplit('.').next().unwrap_or_default().to_owned()
        }
        (Some(Service::CloudWatch), _) => path.rsplit('/').next().unwrap_or_default().to_owned(),
        (Some(Service::Ses), &Method::POST) if path == "/v2/email/outbound-emails" => "SendEmail".to_owned(),
        (Some(Service::Ses), &Method::GET) if path == "/v2/email/account" => "GetAccount".to_owned(),
        (Some(Service::ApiGateway), &Method::GET) if path.ends_with("/usage") => "GetUsage".to_owned(),
        (Some(Service::Scheduler), &Method::GET) if path.starts_with("/schedules/") => "GetSchedule".to_owned(),
        (Some(Service::S3), &Method::GET) if query.contains("list-type=2") => "ListObjectsV2".to_owned(),
        (Some(Service::S3), &Method::GET) if has_key => "GetObject".to_owned(),
        (Some(Service::S3), &Method::PUT) if has_key => "PutObject".to_owned(),
        (Some(Service::S3), &Method::HEAD) if has_key => "HeadObject".to_owned(),
        (_, method) => format!("{method} {path}"),
    }
}

/// The service in `AWS4-HMAC-SHA256 Credential=<key>/<date>/<region>/<service>/aws4_request, …`.
fn scope(authorization: &str) -> Option<&str> {
    authorization.split("Credential=").nth(1)?.split(',').next()?.split('/').nth(3)
}

fn header<'a>(head: &'a Parts, name: &str) -> Option<&'a str> {
    head.headers.get(name)?.to_str().ok()
}
