//! The files of a model in the bucket of a stack. Paths are those in an export ([`evergreen_lifecycle::transfer`]).

use aws_config::SdkConfig;
use aws_sdk_s3::Client;
use aws_sdk_s3::operation::get_object::GetObjectError;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use evergreen_lifecycle::ModelName;
use evergreen_lifecycle::transfer::{key_of, path_of, prefixes};

use crate::failure::Failure;
use crate::stack::reason;

/// The bucket of a stack.
#[derive(Debug, Clone)]
pub struct ModelBucket {
    client: Client,
    name: String,
    model: ModelName,
}

impl ModelBucket {
    /// Creates a client for the files of `model`. With `by_path`, the bucket's name is in the path of the URL.
    pub fn new(config: &SdkConfig, name: String, model: ModelName, by_path: bool) -> Self {
        let config = aws_sdk_s3::config::Builder::from(config).force_path_style(by_path).build();
        Self { client: Client::from_conf(config), name, model }
    }

    /// Returns the name of the stack's model.
    pub fn model(&self) -> &ModelName {
        &self.model
    }

    /// Lists the paths of all files of the model, those of the journal first.
    pub async fn list(&self) -> Result<Vec<String>, Failure> {
        let mut paths = Vec::new();
        for prefix in prefixes(&self.model) {
            paths.extend(self.keys(&prefix).await?.iter().filter_map(|key| path_of(&self.model, key)));
        }
        Ok(paths)
    }

    /// Returns the content of a file. `None` if there is no such file.
    pub async fn find(&self, path: &str) -> Result<Option<Vec<u8>>, Failure> {
        self.object(&self.key(path)?).await
    }

    /// Returns the keys of all objects under a prefix, also of those that are in no export.
    pub async fn keys(&self, prefix: &str) -> Result<Vec<String>, Failure> {
        let mut pages = self.client.list_objects_v2().bucket(&self.name).prefix(prefix).into_paginator().send();
        let mut keys = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| self.failed("list", prefix, reason(error)))?;
            keys.extend(page.contents.into_iter().flatten().filter_map(|object| object.key));
        }
        Ok(keys)
    }

    /// Returns the content of the object with this key. `None` if there is no such object.
    pub async fn object(&self, key: &str) -> Result<Option<Vec<u8>>, Failure> {
        let get = self.client.get_object().bucket(&self.name).key(key);
        let object = match get.send().await {
            Ok(object) => object,
            Err(error) if error.as_service_error().is_some_and(GetObjectError::is_no_such_key) => return Ok(None),
            Err(error) => return Err(self.failed("read", key, reason(error))),
        };
        let content = object.body.collect().await.map_err(|error| self.failed("read", key, error))?;
        Ok(Some(content.to_vec()))
    }

    /// Stores a file with the SHA-256 hash `sha256`. Returns `false` if there is a file with this path; it stays.
    pub async fn create(&self, path: &str, content: Vec<u8>, sha256: &str) -> Result<bool, Failure> {
        let media_type = if path.ends_with(".json") { "application/json" } else { "application/octet-stream" };
        let put = self.client.put_object().bucket(&self.name).key(self.key(path)?).content_type(media_type);
        // S3 itself compares the hash with what arrives.
        let put = put.if_none_match("*").set_checksum_sha256(checksum(sha256)).body(content.into());
        let Err(error) = put.send().await else { return Ok(true) };
        match error.raw_response().map(|answer| answer.status().as_u16()) {
            Some(412) => Ok(false),
            _ => Err(self.failed("store", path, reason(error))),
        }
    }

    fn key(&self, path: &str) -> Result<String, Failure> {
        key_of(&self.model, path).ok_or_else(|| Failure::unexpected(format!("no model has a file {path:?}")))
    }

    fn failed(&self, what: &str, path: &str, cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Failure {
        let rights = "your credentials need s3:ListBucket, s3:GetObject and, for an import, s3:PutObject";
        Failure::unreachable(format!("cannot {what} {}/{path} ({rights})", self.name), cause)
    }
}

/// Returns a hash in hexadecimal digits as S3 expects it. `None` if it is no hash.
fn checksum(sha256: &str) -> Option<String> {
    let byte = |at: usize| u8::from_str_radix(sha256.get(at..at + 2)?, 16).ok();
    let bytes: Vec<u8> = (0..sha256.len()).step_by(2).map(byte).collect::<Option<_>>()?;
    Some(STANDARD.encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_sent_in_the_form_of_s3() {
        // SHA-256 of "abc": FIPS 180-2, appendix B.1.
        let hash = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(checksum(hash).as_deref(), Some("ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="));
        assert_eq!(checksum("no hash"), None);
    }
}
