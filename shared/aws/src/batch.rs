//! Reads and writes the objects of batch jobs in S3.

use std::ops::{ControlFlow, Range};

use aws_config::SdkConfig;
use aws_sdk_s3::operation::get_object::{GetObjectError, GetObjectOutput};
use aws_sdk_s3::operation::put_object::builders::PutObjectFluentBuilder;
use aws_sdk_s3::{Client, Config};
use evergreen_lifecycle::ports::{BatchObjects, ListedObject, ObjectReadError, Unavailable};

use crate::artifacts::{bare, is_precondition, upload_timeouts, whole};
use crate::connect::has_own_endpoint;
use crate::failure::unavailable;

const READING: &str = "reading an object of a batch job";
/// Status of S3 for a range that begins behind the end of the object.
const OUTSIDE: u16 = 416;
const WRITING: &str = "storing an object of a batch job";

/// Client for all buckets that batch jobs may use.
#[derive(Debug, Clone)]
pub struct BatchBuckets {
    client: Client,
}

impl BatchBuckets {
    /// Creates the client.
    pub fn new(config: &SdkConfig) -> Self {
        // An emulator has the bucket's name in the path of the URL.
        let path_style = has_own_endpoint(config, "S3");
        let config = aws_sdk_s3::config::Builder::from(config).force_path_style(path_style).build();
        Self { client: Client::from_conf(config) }
    }

    async fn open(
        &self,
        bucket: &str,
        key: &str,
        range: Option<Range<u64>>,
        etag: Option<&str>,
    ) -> Result<GetObjectOutput, ObjectReadError> {
        let place = || (bucket.to_owned(), key.to_owned());
        let range = range.map(|range| format!("bytes={}-{}", range.start, range.end.saturating_sub(1)));
        let get = self.client.get_object().bucket(bucket).key(key).set_range(range);
        let object = match get.send().await {
            Ok(object) => object,
            Err(error) if error.as_service_error().is_some_and(GetObjectError::is_no_such_key) => {
                let (bucket, key) = place();
                return Err(ObjectReadError::NotFound { bucket, key });
            }
            // The file is shorter now than the part that was planned.
            Err(error) if error.raw_response().is_some_and(|answer| answer.status().as_u16() == OUTSIDE) => {
                let (bucket, key) = place();
                return Err(ObjectReadError::Overwritten { bucket, key });
            }
            Err(error) => return Err(unavailable(READING)(error).into()),
        };
        // The tag is compared here and not by the bucket, because emulators ignore the condition of a read.
        if etag.zip(object.e_tag()).is_some_and(|(expected, found)| bare(expected) != bare(found)) {
            let (bucket, key) = place();
            return Err(ObjectReadError::Overwritten { bucket, key });
        }
        Ok(object)
    }

    fn put(&self, bucket: &str, key: &str, content: Vec<u8>, media_type: &str) -> PutObjectFluentBuilder {
        self.client.put_object().bucket(bucket).key(key).content_type(media_type).body(content.into())
    }
}

/// Returns the limits of an upload, which are longer than for other calls.
fn patient() -> aws_sdk_s3::config::Builder {
    Config::builder().timeout_config(upload_timeouts())
}

impl BatchObjects for BatchBuckets {
    async fn list(&self, bucket: &str, prefix: &str) -> Result<Vec<ListedObject>, Unavailable> {
        let what = "listing the objects of a batch job";
        let mut pages = self.client.list_objects_v2().bucket(bucket).prefix(prefix).into_paginator().send();
        let mut found = Vec::new();
        while let Some(page) = pages.next().await {
            for object in page.map_err(unavailable(what))?.contents.into_iter().flatten() {
                let size = object.size.and_then(|size| u64::try_from(size).ok());
                let etag = object.e_tag.as_deref().map(|tag| bare(tag).to_owned());
                let listed = object.key.zip(size).zip(etag);
                let listed = listed.map(|((key, size), etag)| ListedObject { key, size, etag });
                found.push(
                    listed.ok_or_else(|| Unavailable::new(what, "the bucket listed an object without its size"))?,
                );
            }
        }
        Ok(found)
    }

    async fn read(
        &self,
        bucket: &str,
        key: &str,
        range: Option<Range<u64>>,
        etag: Option<&str>,
    ) -> Result<Vec<u8>, ObjectReadError> {
        let object = self.open(bucket, key, range, etag).await?;
        Ok(whole(object, READING).await?)
    }

    async fn pass(
        &self,
        bucket: &str,
        key: &str,
        etag: &str,
        mut each: impl FnMut(&[u8]) -> ControlFlow<()> + Send,
    ) -> Result<(), ObjectReadError> {
        let mut body = self.open(bucket, key, None, Some(etag)).await?.body;
        let failed = |error| Unavailable::briefly(READING, error);
        while let Some(chunk) = body.try_next().await.map_err(failed)? {
            if each(&chunk).is_break() {
                break;
            }
        }
        Ok(())
    }

    async fn write(
        &self,
        bucket: &str,
        key: &str,
        content: Vec<u8>,
        media_type: &'static str,
    ) -> Result<(), Unavailable> {
        let put = self.put(bucket, key, content, media_type).customize().config_override(patient());
        put.send().await.map(|_| ()).map_err(unavailable(WRITING))
    }

    async fn create_new(
        &self,
        bucket: &str,
        key: &str,
        content: Vec<u8>,
        media_type: &'static str,
    ) -> Result<bool, Unavailable> {
        match self.put(bucket, key, content, media_type).if_none_match("*").send().await {
            Ok(_) => Ok(true),
            Err(error) if is_precondition(&error) => Ok(false),
            Err(error) => Err(unavailable(WRITING)(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_s3::config::http::HttpResponse;
    use aws_sdk_s3::primitives::{ByteStream, SdkBody};
    use aws_smithy_mocks::{mock, mock_client};
    use aws_smithy_runtime_api::http::StatusCode;

    use super::*;

    fn tagged() -> BatchBuckets {
        let rule = mock!(Client::get_object)
            .match_requests(|get| get.bucket() == Some("rows") && get.range() == Some("bytes=2-4"))
            .then_output(|| GetObjectOutput::builder().e_tag("\"e1\"").body(ByteStream::from_static(b"234")).build());
        BatchBuckets { client: mock_client!(aws_sdk_s3, [&rule]) }
    }

    #[tokio::test]
    async fn only_the_bytes_of_a_part_are_read() {
        assert_eq!(tagged().read("rows", "a.csv", Some(2..5), Some("e1")).await.unwrap(), b"234");
    }

    #[tokio::test]
    async fn an_overwritten_file_is_named() {
        let error = tagged().read("rows", "a.csv", Some(2..5), Some("e0")).await.unwrap_err();
        let expected =
            "s3://rows/a.csv was overwritten after the job was planned; expected the planned content. Start a new job";
        assert_eq!(error.to_string(), expected);
    }

    #[tokio::test]
    async fn a_file_that_is_shorter_now_was_overwritten() {
        let rule = mock!(Client::get_object).then_http_response(|| {
            let body = SdkBody::from("<Error><Code>InvalidRange</Code></Error>");
            HttpResponse::new(StatusCode::try_from(OUTSIDE).unwrap(), body)
        });
        let buckets = BatchBuckets { client: mock_client!(aws_sdk_s3, [&rule]) };
        let error = buckets.read("rows", "a.csv", Some(7..9), Some("e1")).await.unwrap_err();
        assert!(matches!(error, ObjectReadError::Overwritten { .. }), "{error}");
    }

    #[tokio::test]
    async fn an_object_is_passed_on_until_the_receiver_has_enough() {
        let rule = mock!(Client::get_object)
            .then_output(|| GetObjectOutput::builder().e_tag("\"e1\"").body(ByteStream::from_static(b"abc")).build());
        let buckets = BatchBuckets { client: mock_client!(aws_sdk_s3, [&rule]) };
        let mut received = Vec::new();
        let each = |chunk: &[u8]| {
            received.extend_from_slice(chunk);
            ControlFlow::Break(())
        };
        buckets.pass("rows", "a.csv", "e1", each).await.unwrap();
        assert_eq!(received, b"abc");
    }
}
