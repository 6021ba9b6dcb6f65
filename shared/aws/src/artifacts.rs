//! Client for the S3 bucket. The bucket contains the model files, the files of the user's data set, and model files
//! that a user uploads for import.

mod checkpoints;
mod former;
mod kept_rows;
mod links;
mod listing;
mod retention;
mod samples;
mod writer;

pub(crate) use writer::{is_precondition, upload_timeouts};

use std::ops::Range;

use aws_config::SdkConfig;
use aws_sdk_s3::Client;
use aws_sdk_s3::operation::get_object::{GetObjectError, GetObjectOutput};
use aws_sdk_s3::primitives::{ByteStream, ByteStreamError};
use aws_sdk_s3::types::Object;
use evergreen_lifecycle::ModelName;
use evergreen_lifecycle::ports::{
    ArtifactReadError, Artifacts, Datasets, FileContent, Incoming, IncomingError, StoredFile, Unavailable,
};

use crate::connect::has_own_endpoint;
use crate::failure::unavailable;

// A later upload replaces such an object, so the ID does not identify its content.
/// The version ID that S3 gives to an object that was stored while the bucket kept no versions.
const UNVERSIONED: &str = "null";

// The bucket also holds the files that the user uploads: the data set, and model files for import.
/// Client for the S3 bucket that holds the model files and manifests (JSON descriptions) of model versions.
#[derive(Debug, Clone)]
pub struct ArtifactBucket {
    client: Client,
    bucket: String,
    model: ModelName,
    datasets: String,
    incoming: String,
    sampled_rows: usize,
    keeps_feedback: bool,
}

impl ArtifactBucket {
    /// Creates a client for the S3 bucket named `bucket`, for the files of one model.
    pub fn new(config: &SdkConfig, bucket: &str, model: ModelName) -> Self {
        // `config` may have a custom endpoint, such as an emulator. Then the bucket's name is in the path of the URL,
        // and not in the host name.
        let path_style = has_own_endpoint(config, "S3");
        let config = aws_sdk_s3::config::Builder::from(config).force_path_style(path_style).build();
        Self::over(Client::from_conf(config), bucket, &model)
    }

    pub(crate) fn over(client: Client, bucket: &str, model: &ModelName) -> Self {
        let (datasets, incoming) = (format!("datasets/{model}/"), format!("incoming/{model}/"));
        let (bucket, model) = (bucket.to_owned(), model.clone());
        Self { client, bucket, model, datasets, incoming, sampled_rows: 0, keeps_feedback: false }
    }

    /// Returns the content of the S3 object `key`, or `None` if the object does not exist.
    async fn read(&self, key: &str, what: &'static str) -> Result<Option<Vec<u8>>, Unavailable> {
        // `what` names the action in an error message. If the caller may not list the bucket, S3 reports a missing
        // object as "forbidden", which is an error.
        let Some(object) = self.open(key, None, what).await? else { return Ok(None) };
        whole(object, what).await.map(Some)
    }

    /// Requests the S3 object `key` without downloading its content yet. Returns `None` if the object does not exist.
    async fn open(
        &self,
        key: &str,
        range: Option<String>,
        what: &'static str,
    ) -> Result<Option<GetObjectOutput>, Unavailable> {
        // `range` selects some of its bytes, in HTTP syntax such as `bytes=0-9`. `None` means the whole object.
        match self.client.get_object().bucket(&self.bucket).key(key).set_range(range).send().await {
            Ok(object) => Ok(Some(object)),
            Err(error) if error.as_service_error().is_some_and(GetObjectError::is_no_such_key) => Ok(None),
            Err(error) => Err(unavailable(what)(error)),
        }
    }
}

/// Downloads the content of an S3 object that was already requested.
pub(crate) async fn whole(object: GetObjectOutput, what: &'static str) -> Result<Vec<u8>, Unavailable> {
    // The size is only used to reserve memory, so a missing size is harmless.
    let size = object.content_length.and_then(|size| usize::try_from(size).ok()).unwrap_or(0);
    // A download that breaks off may succeed when it is begun again.
    gather(object.body, size).await.map_err(|error| Unavailable::briefly(what, error))
}

/// Downloads the body of an S3 answer into one block of memory. `size` is the expected number of bytes.
async fn gather(mut body: ByteStream, size: usize) -> Result<Vec<u8>, ByteStreamError> {
    // A data set may take much of the memory, so no second copy is made.
    let mut content = Vec::with_capacity(size);
    while let Some(chunk) = body.try_next().await? {
        content.extend_from_slice(&chunk);
    }
    Ok(content)
}

impl Artifacts for ArtifactBucket {
    async fn get(&self, key: &str) -> Result<Vec<u8>, ArtifactReadError> {
        self.read(key, "reading an artifact").await?.ok_or_else(|| ArtifactReadError::NotFound(key.to_owned()))
    }
}

impl Datasets for ArtifactBucket {
    fn prefix(&self) -> &str {
        &self.datasets
    }

    async fn files(&self) -> Result<Vec<StoredFile>, Unavailable> {
        let what = "listing the data set";
        let list = self.client.list_objects_v2().bucket(&self.bucket).prefix(&self.datasets);
        let mut pages = list.into_paginator().send();
        let mut files = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(unavailable(what))?;
            for object in page.contents.into_iter().flatten() {
                files.push(
                    stored(object).ok_or_else(|| Unavailable::new(what, "the bucket listed a file without size"))?,
                );
            }
        }
        // S3 already lists the files in this order. The sort makes sure, because the order of the rows depends on it.
        files.sort_by(|a, b| a.key.cmp(&b.key));
        Ok(files)
    }

    async fn content(&self, key: &str) -> Result<FileContent, ArtifactReadError> {
        let what = "reading the data set";
        let object = self.open(key, None, what).await?;
        let object = object.ok_or_else(|| ArtifactReadError::NotFound(key.to_owned()))?;
        let object_version = object.version_id().filter(|version| *version != UNVERSIONED).map(str::to_owned);
        Ok(FileContent { content: whole(object, what).await?, object_version })
    }

    async fn part(&self, key: &str, range: Range<u64>) -> Result<Vec<u8>, ArtifactReadError> {
        let what = "reading a part of the data set";
        let range = Some(format!("bytes={}-{}", range.start, range.end.saturating_sub(1)));
        let object = self.open(key, range, what).await?;
        Ok(whole(object.ok_or_else(|| ArtifactReadError::NotFound(key.to_owned()))?, what).await?)
    }
}

impl Incoming for ArtifactBucket {
    fn incoming_prefix(&self) -> &str {
        &self.incoming
    }

    async fn incoming(&self, key: &str, etag: Option<&str>, limit: u64) -> Result<Vec<u8>, IncomingError> {
        let what = "reading a model file";
        let Some(object) = self.open(key, None, what).await? else {
            return Err(IncomingError::NotFound(key.to_owned()));
        };
        if let (Some(expected), Some(found)) = (etag, object.e_tag())
            && bare(expected) != bare(found)
        {
            return Err(IncomingError::Overwritten(key.to_owned()));
        }
        let size = object.content_length.and_then(|size| u64::try_from(size).ok());
        let size = size.ok_or_else(|| Unavailable::new(what, "the bucket reported no size of the file"))?;
        if size > limit {
            return Err(IncomingError::TooLarge { key: key.to_owned(), size, limit });
        }
        Ok(whole(object, what).await?)
    }
}

/// Removes the quotes from an S3 entity tag (ETag). The tag identifies the content of an S3 object, like a checksum.
pub(crate) fn bare(etag: &str) -> &str {
    // S3's answers have quotes around the tag, but its events do not.
    etag.trim_matches('"')
}

/// Converts an entry of an S3 list to a file of the user's data set. Returns `None` if the key or the size is missing.
fn stored(object: Object) -> Option<StoredFile> {
    // On `None`, the caller must fail, because a data set must not be read without one of its files.
    let size = object.size.and_then(|size| u64::try_from(size).ok())?;
    object.key.map(|key| StoredFile { key, size })
}

#[cfg(test)]
mod tests {
    use aws_sdk_s3::operation::list_objects_v2::builders::ListObjectsV2OutputBuilder;
    use aws_sdk_s3::operation::list_objects_v2::{ListObjectsV2Error, ListObjectsV2Output};
    use aws_sdk_s3::primitives::SdkBody;
    use aws_sdk_s3::types::error::NoSuchKey;
    use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};

    use super::*;

    fn bucket(rule: &Rule) -> ArtifactBucket {
        ArtifactBucket::over(mock_client!(aws_sdk_s3, [rule]), "artifacts", &"iris".parse().unwrap())
    }

    fn missing() -> Rule {
        mock!(Client::get_object).then_error(|| GetObjectError::NoSuchKey(NoSuchKey::builder().build()))
    }

    fn forbidden() -> Rule {
        mock!(Client::get_object).then_error(|| GetObjectError::generic(denial()))
    }

    fn denial() -> aws_sdk_s3::error::ErrorMetadata {
        aws_sdk_s3::error::ErrorMetadata::builder().code("AccessDenied").build()
    }

    fn file(key: &str, size: u64) -> StoredFile {
        StoredFile { key: key.to_owned(), size }
    }

    fn page(files: &[(&str, i64)]) -> ListObjectsV2OutputBuilder {
        files.iter().fold(ListObjectsV2Output::builder(), |page, (key, size)| {
            page.contents(Object::builder().key(*key).size(*size).build())
        })
    }

    #[tokio::test]
    async fn the_files_of_every_page_are_listed_in_the_order_of_their_keys() {
        let first =
            mock!(Client::list_objects_v2).match_requests(|list| list.continuation_token().is_none()).then_output(
                || page(&[("datasets/iris/b.csv", 2)]).is_truncated(true).next_continuation_token("2").build(),
            );
        let second = mock!(Client::list_objects_v2)
            .match_requests(|list| {
                list.bucket() == Some("artifacts")
                    && list.prefix() == Some("datasets/iris/")
                    && list.continuation_token() == Some("2")
            })
            .then_output(|| page(&[("datasets/iris/a.csv", 1)]).build());
        let client = mock_client!(aws_sdk_s3, RuleMode::MatchAny, [&first, &second]);
        let bucket = ArtifactBucket::over(client, "artifacts", &"iris".parse().unwrap());
        let expected = [file("datasets/iris/a.csv", 1), file("datasets/iris/b.csv", 2)];
        assert_eq!(bucket.files().await.unwrap(), expected);
        assert_eq!(bucket.prefix(), "datasets/iris/");
    }

    #[tokio::test]
    async fn a_prefix_without_objects_is_no_table() {
        let rule = mock!(Client::list_objects_v2).then_output(|| page(&[]).build());
        assert_eq!(bucket(&rule).files().await.unwrap(), []);
    }

    #[tokio::test]
    async fn a_refused_list_is_an_error_and_not_an_empty_list() {
        let rule = mock!(Client::list_objects_v2).then_error(|| ListObjectsV2Error::generic(denial()));
        assert_eq!(bucket(&rule).files().await.unwrap_err().what, "listing the data set");
    }

    #[tokio::test]
    async fn an_object_is_read_completely() {
        let rule = mock!(Client::get_object)
            .match_requests(|get| get.bucket() == Some("artifacts") && get.key() == Some("datasets/iris/a.csv"))
            .then_output(|| GetObjectOutput::builder().body(ByteStream::from_static(b"a,b")).build());
        let file = bucket(&rule).content("datasets/iris/a.csv").await.unwrap();
        assert_eq!((file.content.as_slice(), file.object_version), (b"a,b".as_slice(), None));
    }

    #[tokio::test]
    async fn the_version_of_a_data_file_is_the_one_that_was_read() {
        for (answered, expected) in [("v7", Some("v7".to_owned())), ("null", None)] {
            let rule = mock!(Client::get_object).then_output(move || {
                GetObjectOutput::builder().version_id(answered).body(ByteStream::from_static(b"a,b")).build()
            });
            assert_eq!(bucket(&rule).content("datasets/iris/a.csv").await.unwrap().object_version, expected);
        }
    }

    #[tokio::test]
    async fn only_the_bytes_of_a_part_are_requested() {
        let rule = mock!(Client::get_object)
            .match_requests(|get| get.key() == Some("datasets/iris/a.csv") && get.range() == Some("bytes=10-14"))
            .then_output(|| GetObjectOutput::builder().body(ByteStream::from_static(b"1,2\n3")).build());
        assert_eq!(bucket(&rule).part("datasets/iris/a.csv", 10..15).await.unwrap(), b"1,2\n3");
    }

    #[tokio::test]
    async fn a_missing_object_is_named() {
        for key in ["models/iris/00000001/model.onnx", "datasets/iris/a.csv"] {
            let bucket = bucket(&missing());
            let read =
                if key.starts_with("models/") { bucket.get(key).await.err() } else { bucket.content(key).await.err() };
            assert!(matches!(read.unwrap(), ArtifactReadError::NotFound(named) if named == key));
        }
    }

    #[tokio::test]
    async fn a_model_file_of_another_request_is_refused_by_name() {
        let tagged = || {
            mock!(Client::get_object).then_output(|| {
                let body = ByteStream::from_static(b"123");
                GetObjectOutput::builder().e_tag("\"e1\"").content_length(3).body(body).build()
            })
        };
        for etag in [None, Some("e1"), Some("\"e1\"")] {
            assert_eq!(bucket(&tagged()).incoming("incoming/iris/a.onnx", etag, 9).await.unwrap(), b"123");
        }
        let error = bucket(&tagged()).incoming("incoming/iris/a.onnx", Some("e0"), 9).await.unwrap_err();
        assert!(matches!(error, IncomingError::Overwritten(key) if key == "incoming/iris/a.onnx"));
    }

    #[tokio::test]
    async fn an_oversized_model_file_is_not_fetched() {
        let nine_bytes = || {
            mock!(Client::get_object).then_output(|| {
                GetObjectOutput::builder().content_length(9).body(ByteStream::from_static(b"123456789")).build()
            })
        };
        let error = bucket(&nine_bytes()).incoming("incoming/iris/a.onnx", None, 8).await.unwrap_err();
        assert_eq!(error.to_string(), "incoming/iris/a.onnx has 9 bytes; expected at most 8");
        assert_eq!(bucket(&nine_bytes()).incoming("incoming/iris/a.onnx", None, 9).await.unwrap(), b"123456789");
        assert_eq!(bucket(&nine_bytes()).incoming_prefix(), "incoming/iris/");
    }

    #[tokio::test]
    async fn a_deleted_model_file_is_named() {
        let error = bucket(&missing()).incoming("incoming/iris/a.onnx", None, 8).await.unwrap_err();
        assert!(matches!(error, IncomingError::NotFound(key) if key == "incoming/iris/a.onnx"));
    }

    #[tokio::test]
    async fn a_refused_read_is_not_a_missing_object() {
        let error = bucket(&forbidden()).content("datasets/iris/a.csv").await.unwrap_err();
        assert!(matches!(error, ArtifactReadError::Unavailable(Unavailable { what: "reading the data set", .. })));
        let error = bucket(&forbidden()).get("models/iris/00000001/model.onnx").await.unwrap_err();
        assert!(matches!(error, ArtifactReadError::Unavailable(_)));
    }

    #[tokio::test]
    async fn a_download_that_breaks_off_may_succeed_in_the_next_try() {
        let broken = mock!(Client::get_object)
            .then_output(|| GetObjectOutput::builder().body(ByteStream::new(SdkBody::taken())).build());
        let error = bucket(&broken).get("models/iris/00000001/model.onnx").await.unwrap_err();
        assert!(matches!(error, ArtifactReadError::Unavailable(Unavailable { is_brief: true, .. })), "{error}");
    }

    #[test]
    fn a_custom_endpoint_is_addressed_by_path() {
        let emulator = SdkConfig::builder()
            .behavior_version(aws_config::BehaviorVersion::latest())
            .endpoint_url("http://127.0.0.1:4566")
            .build();
        let bucket = ArtifactBucket::new(&emulator, "artifacts", "iris".parse().unwrap());
        assert!(format!("{:?}", bucket.client.config()).contains("ForcePathStyle(true)"));
    }
}
