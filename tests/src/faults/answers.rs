//! Builds the error responses of the fault proxy, in the format of each AWS service.

use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{Response, StatusCode};
use serde_json::{Value, json};

use super::call::{Call, Service};

/// An error that the fault proxy answers, as if the called AWS service had answered it.
#[derive(Debug, Clone)]
pub(super) enum Problem {
    /// The answer says that the AWS service throttles the call, because there were too many calls.
    Throttled,
    /// The answer says that the AWS service has an internal error.
    Failed,
    /// The answer says that the AWS service refuses the call, with this HTTP status and error code.
    Refused(u16, String),
    /// The answer has HTTP status 200 and this body, although the AWS service was not called.
    Answered(String),
    /// The answer says that DynamoDB has cancelled the transaction. Holds the position of the failed write (from 0) and
    /// its error code.
    Cancelled(usize, String),
}

/// Returns the error response that the called AWS service would send.
pub(super) fn answer(problem: &Problem, call: &Call) -> Response<Vec<u8>> {
    // The response has the HTTP status, the media type, the body, and the error header that some services use.
    let service = call.service.unwrap_or(Service::S3);
    match problem {
        Problem::Throttled => {
            let (status, code) = throttled(service);
            refusal(service, status, code)
        }
        Problem::Failed => refusal(service, 500, failed(service)),
        Problem::Refused(status, code) => refusal(service, *status, code),
        Problem::Answered(body) => respond(200, media_type(service), body.clone().into_bytes()),
        Problem::Cancelled(position, code) => respond(400, media_type(service), cancelled(call, *position, code)),
    }
}

fn throttled(service: Service) -> (u16, &'static str) {
    match service {
        Service::DynamoDb | Service::EventBridge | Service::CloudWatch => (400, "ThrottlingException"),
        Service::S3 => (503, "SlowDown"),
        Service::Ses | Service::ApiGateway => (429, "TooManyRequestsException"),
        Service::Scheduler => (429, "ThrottlingException"),
    }
}

fn failed(service: Service) -> &'static str {
    match service {
        Service::DynamoDb => "InternalServerError",
        Service::S3 => "InternalError",
        Service::Ses => "InternalServiceErrorException",
        Service::EventBridge => "InternalException",
        Service::CloudWatch => "InternalServiceFault",
        Service::ApiGateway => "ServiceUnavailableException",
        Service::Scheduler => "InternalServerException",
    }
}

fn media_type(service: Service) -> &'static str {
    match service {
        Service::DynamoDb => "application/x-amz-json-1.0",
        Service::EventBridge => "application/x-amz-json-1.1",
        Service::S3 => "application/xml",
        Service::Ses | Service::ApiGateway | Service::Scheduler => "application/json",
        Service::CloudWatch => "application/cbor",
    }
}

fn refusal(service: Service, status: u16, code: &str) -> Response<Vec<u8>> {
    let words = "a fault that a test has asked for";
    let body = match service {
        Service::S3 => format!("<Error><Code>{code}</Code><Message>{words}</Message></Error>").into_bytes(),
        Service::Ses | Service::ApiGateway | Service::Scheduler => json!({"message": words}).to_string().into_bytes(),
        Service::DynamoDb | Service::EventBridge => json!({"__type": code, "message": words}).to_string().into_bytes(),
        Service::CloudWatch => cbor_map(&[("__type", code), ("message", words)]),
    };
    let mut answer = respond(status, media_type(service), body);
    let headers = answer.headers_mut();
    if [Service::Ses, Service::ApiGateway, Service::Scheduler].contains(&service) {
        headers.insert("x-amzn-errortype", HeaderValue::from_str(code).expect("a code is one word"));
    }
    if service == Service::CloudWatch {
        headers.insert("smithy-protocol", HeaderValue::from_static("rpc-v2-cbor"));
    }
    answer
}

fn respond(status: u16, media_type: &'static str, body: Vec<u8>) -> Response<Vec<u8>> {
    let mut answer = Response::new(body);
    *answer.status_mut() = StatusCode::from_u16(status).expect("a status");
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    answer.headers_mut().insert("x-amzn-requestid", HeaderValue::from_static("fault"));
    answer
}

/// Returns the body of DynamoDB's answer to a cancelled transaction.
fn cancelled(call: &Call, position: usize, code: &str) -> Vec<u8> {
    // The body has one entry for each write of the transaction. Only the write at `position` (from 0) has the error
    // `code`.
    let asked: Value = serde_json::from_slice(&call.body).expect("a transaction is JSON");
    let writes = asked["TransactItems"].as_array().expect("a transaction has writes").len();
    assert!(position < writes, "the transaction has {writes} writes");
    let code_of = |at| if at == position { code } else { "None" };
    let reasons: Vec<_> = (0..writes).map(|at| json!({"Code": code_of(at)})).collect();
    let codes: Vec<_> = (0..writes).map(code_of).collect();
    let message =
        format!("Transaction cancelled, please refer cancellation reasons for specific reasons [{}]", codes.join(", "));
    json!({"__type": "TransactionCanceledException", "Message": message, "CancellationReasons": reasons})
        .to_string()
        .into_bytes()
}

/// Encodes a map of texts as CBOR. Each text must be shorter than 256 bytes.
fn cbor_map(entries: &[(&str, &str)]) -> Vec<u8> {
    let mut cbor = vec![0xa0 | u8::try_from(entries.len()).expect("a small map")];
    for text in entries.iter().flat_map(|(name, value)| [name, value]) {
        cbor.extend([0x78, u8::try_from(text.len()).expect("a short text")]);
        cbor.extend(text.bytes());
    }
    cbor
}
