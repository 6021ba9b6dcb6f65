//! A bucket in memory, for the calls of S3 that the program makes.

use std::collections::BTreeMap;

use bytes::Bytes;
use hyper::http::request::Parts;
use hyper::{Method, StatusCode};

/// The name of the bucket.
pub const NAME: &str = "artifacts";

/// The objects by key.
pub type Objects = BTreeMap<String, Vec<u8>>;

/// Answers a request to S3. `None` if the request is not for the bucket.
pub fn answer(objects: &mut Objects, request: &Parts, body: &Bytes) -> Option<(StatusCode, Vec<u8>)> {
    let path = decoded(request.uri.path().strip_prefix(&format!("/{NAME}"))?);
    let key = path.trim_start_matches('/').to_owned();
    Some(match (&request.method, key.is_empty()) {
        (&Method::GET, true) => (StatusCode::OK, list(objects, request.uri.query().unwrap_or_default())),
        (&Method::GET, false) => match objects.get(&key) {
            Some(content) => (StatusCode::OK, content.clone()),
            None => (StatusCode::NOT_FOUND, error("NoSuchKey")),
        },
        (&Method::PUT, false) if objects.contains_key(&key) && request.headers.contains_key("if-none-match") => {
            (StatusCode::PRECONDITION_FAILED, error("PreconditionFailed"))
        }
        (&Method::PUT, false) => {
            assert!(request.headers.contains_key("x-amz-checksum-sha256"), "S3 should check the hash");
            objects.insert(key, body.to_vec());
            (StatusCode::OK, Vec::new())
        }
        _ => (StatusCode::METHOD_NOT_ALLOWED, error("MethodNotAllowed")),
    })
}

fn list(objects: &Objects, query: &str) -> Vec<u8> {
    let prefix = query.split('&').find_map(|pair| pair.strip_prefix("prefix=")).map(decoded).unwrap_or_default();
    let found = objects.iter().filter(|(key, _)| key.starts_with(&prefix));
    let contents: String = found
        .map(|(key, content)| format!("<Contents><Key>{key}</Key><Size>{}</Size></Contents>", content.len()))
        .collect();
    format!("<ListBucketResult><IsTruncated>false</IsTruncated>{contents}</ListBucketResult>").into_bytes()
}

fn error(code: &str) -> Vec<u8> {
    format!("<Error><Code>{code}</Code><Message>no</Message></Error>").into_bytes()
}

/// Replaces `%2F` by `/`, and all other codes in the same way.
fn decoded(text: &str) -> String {
    let mut parts = text.split('%');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        let (code, rest) = part.split_at(2);
        text + &char::from(u8::from_str_radix(code, 16).unwrap()).to_string() + rest
    })
}
