//! Reads from a request which function calls which service, and for what.

use bytes::Bytes;
use hyper::Method;
use hyper::http::request::Parts;

/// A service that the functions call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// The registry.
    DynamoDb,
    /// The store of artifacts and training tables.
    S3,
    /// The service that sends mail.
    Ses,
    /// The event bus.
    EventBridge,
    /// The service that stores metrics.
    CloudWatch,
    /// The API service, which is asked for the usage of the quota.
    ApiGateway,
    /// The service that holds the training schedule.
    Scheduler,
}

impl Service {
    /// Returns the service from the name in the request's signature.
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

/// A request, split into the parts that faults match on.
#[derive(Debug)]
pub(super) struct Call {
    /// The function that calls: `train`, `predict`, `metrics` or `alert`.
    pub(super) function: String,
    /// The service that is called. `None` if it is not one of the services above.
    pub(super) service: Option<Service>,
    /// The name of the operation in the API. If it is unknown, the method and path.
    pub(super) operation: String,
    /// The path and query.
    pub(super) target: String,
    /// The request body.
    pub(super) body: Bytes,
}

impl Call {
    pub(super) fn of(function: &str, head: &Parts, body: Bytes) -> Self {
        let target = head.uri.path_and_query().map_or("/", |target| target.as_str()).to_owned();
        let service = header(head, "authorization").and_then(scope).and_then(Service::signed);
        let operation = operation(service, head, &target);
        Self { function: function.to_owned(), service, operation, target, body }
    }

    /// Checks whether the path, query or body contains this text.
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

/// Returns the service in `AWS4-HMAC-SHA256 Credential=<key>/<date>/<region>/<service>/aws4_request, …`.
fn scope(authorization: &str) -> Option<&str> {
    authorization.split("Credential=").nth(1)?.split(',').next()?.split('/').nth(3)
}

fn header<'a>(head: &'a Parts, name: &str) -> Option<&'a str> {
    head.headers.get(name)?.to_str().ok()
}
