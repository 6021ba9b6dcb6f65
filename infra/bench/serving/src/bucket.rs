//! In-memory fake of S3 for the benchmark. It returns stored objects by their path.

use std::collections::BTreeMap;

use bytes::Bytes;
use hyper::header::{ETAG, HeaderValue};
use hyper::{Method, StatusCode};

use crate::store::{Store, StoreRequest, StoreResponse, answer};

const MISSING: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>NoSuchKey</Code>\
                       <Message>The specified key does not exist.</Message></Error>";

/// In-memory fake of S3: the content of each object by its path. The path is `/`, the bucket's name, `/` and the
/// object's key.
#[derive(Debug, Default)]
pub struct ObjectBucket {
    objects: BTreeMap<String, Bytes>,
}

impl ObjectBucket {
    /// Stores an object in the fake S3. It replaces an object with the same bucket and key.
    pub fn put(&mut self, bucket: &str, key: &str, content: Vec<u8>) {
        self.objects.insert(format!("/{bucket}/{key}"), content.into());
    }
}

impl Store for ObjectBucket {
    fn answer(&self, asked: &StoreRequest) -> StoreResponse {
        match self.objects.get(asked.uri().path()) {
            Some(content) if asked.method() == Method::GET => {
                let mut found = answer(StatusCode::OK, "application/octet-stream", content.clone());
                found.headers_mut().insert(ETAG, HeaderValue::from_static("\"of the bench\""));
                found
            }
            _ => answer(StatusCode::NOT_FOUND, "application/xml", MISSING),
        }
    }
}
