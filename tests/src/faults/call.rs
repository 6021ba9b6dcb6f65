//! Reads from an HTTP request which function calls which AWS service, and which operation it calls.

use bytes::Bytes;
use hyper::Method;
use hyper::http::request::Parts;

/// An AWS service that the Lambda functions under test call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// DynamoDB, which stores the registry of versions and training runs.
    DynamoDb,
    /// S3, which stores model files (artifacts) and training tables.
    S3,
    /// SES, which sends mail.
    Ses,
    /// EventBridge, the event bus.
    EventBridge,
    /// CloudWatch, which stores metrics.
    CloudWatch,
    /// API Gateway, which reports how much of the request quota is used.
    ApiGateway,
    /// EventBridge Scheduler, which holds the schedule of the training.
    Scheduler,
}

impl Service {
    /// Returns the AWS service that has the name `name`, such as `s3`, in request signatures. `None` if the name is
    /// unknown.
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

// A test selects calls for a fault by these details.
/// A Lambda function's HTTP request to an AWS service.
#[derive(Debug)]
pub(super) struct Call {
    /// Name of the Lambda function that sends the request: `train`, `predict`, `metrics` or `alert`.
    pub(super) function: String,
    /// The AWS service that is called. `None` if it is not one of the variants of [`Service`].
    pub(super) service: Option<Service>,
    /// Name of the AWS API operation that is called, such as `PutObject`. For an unknown operation, the HTTP method and
    /// path.
    pub(super) operation: String,
    /// The path and query of the request's URL.
    pub(super) target: String,
    /// The HTTP request body.
    pub(super) body: Bytes,
}

impl Call {
    pub(super) fn of(function: &str, head: &Parts, body: Bytes) -> Self {
        let target = head.uri.path_and_query().map_or("/", |target| target.as_str()).to_owned();
        let service = header(head, "authorization").and_then(scope).and_then(Service::signed);
        let operation = operation(service, head, &target);
        Self { function: function.to_owned(), service, operation, target, body }
    }

    /// Returns whether the request's path, query or body contains this text.
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

/// Returns the name of the AWS service in an `Authorization` header, such as `s3`.
fn scope(authorization: &str) -> Option<&str> {
    // The header is `AWS4-HMAC-SHA256 Credential=<key>/<date>/<region>/<service>/aws4_request, …`.
    authorization.split("Credential=").nth(1)?.split(',').next()?.split('/').nth(3)
}

fn header<'a>(head: &'a Parts, name: &str) -> Option<&'a str> {
    head.headers.get(name)?.to_str().ok()
}
