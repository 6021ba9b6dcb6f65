//! Test access to the S3 bucket with the artifacts, without the deployed functions.

use std::collections::BTreeMap;

use aws_config::SdkConfig;
use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// Test client of the stack's S3 bucket, which stores model files (artifacts), their manifests and training tables.
#[derive(Debug, Clone)]
pub struct Bucket {
    client: Client,
    name: String,
}

impl Bucket {
    pub(crate) fn new(config: &SdkConfig, name: String) -> Self {
        let config = aws_sdk_s3::config::Builder::from(config).force_path_style(true).build();
        Self { client: Client::from_conf(config), name }
    }

    /// Returns the name of the bucket.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the content of an S3 object. `None` if there is no object with this key.
    ///
    /// # Panics
    /// When S3 does not answer.
    pub async fn get(&self, key: &str) -> Option<Vec<u8>> {
        match self.client.get_object().bucket(&self.name).key(key).send().await {
            Ok(object) => Some(object.body.collect().await.expect("the object can be read").to_vec()),
            Err(error) if error.as_service_error().is_some_and(|error| error.is_no_such_key()) => None,
            Err(error) => panic!("s3://{}/{key} cannot be read: {error:?}", self.name),
        }
    }

    /// Reads an S3 object and parses its content as JSON.
    ///
    /// # Panics
    /// When there is no such object or it is not JSON.
    pub async fn get_json(&self, key: &str) -> Value {
        let content = self.get(key).await.unwrap_or_else(|| panic!("there is no {key}"));
        serde_json::from_slice(&content).expect("the object is JSON")
    }

    /// Stores an S3 object. It replaces an object with the same key.
    ///
    /// # Panics
    /// When S3 does not accept the object.
    pub async fn put(&self, key: &str, content: impl Into<Vec<u8>>) {
        let content = ByteStream::from(content.into());
        self.client.put_object().bucket(&self.name).key(key).body(content).send().await.expect("S3 takes the object");
    }

    /// Returns the keys of the S3 objects in the bucket whose keys start with `prefix`.
    ///
    /// # Panics
    /// When S3 does not answer.
    pub async fn keys(&self, prefix: &str) -> Vec<String> {
        let listed = self.client.list_objects_v2().bucket(&self.name).prefix(prefix).send().await.expect("S3 lists");
        listed.contents().iter().filter_map(|object| object.key().map(str::to_owned)).collect()
    }

    /// Returns the tags of an S3 object: values by tag name.
    ///
    /// # Panics
    /// When S3 does not answer.
    pub async fn tags(&self, key: &str) -> BTreeMap<String, String> {
        let tagging = self.client.get_object_tagging().bucket(&self.name).key(key).send().await.expect("S3 answers");
        tagging.tag_set().iter().map(|tag| (tag.key().to_owned(), tag.value().to_owned())).collect()
    }

    /// Deletes an S3 object from the bucket.
    ///
    /// # Panics
    /// When S3 does not delete the object.
    pub async fn delete(&self, key: &str) {
        self.client.delete_object().bucket(&self.name).key(key).send().await.expect("S3 deletes the object");
    }
}

/// Returns the SHA-256 checksum of the content, in lower-case hexadecimal.
pub fn sha256(content: &[u8]) -> String {
    Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect()
}
