//! Stores the S3 objects of model versions. It never overwrites an object of another attempt at a training run.
//!
//! A new object is only stored if no object has its key (`If-None-Match: *`). A replacement is only stored if the
//! current content is the expected one (`If-Match`). If the answer to a put is lost, the put is repeated. S3 then
//! refuses the second put, because the first put has already stored the object. So the metadata of each object
//! names the attempt that stored it (the mark). After a refused put, the code compares the stored object's mark with
//! its own mark.

use std::time::Duration;

use aws_sdk_s3::Config;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::error::SdkError;
use aws_sdk_s3::operation::head_object::{HeadObjectError, HeadObjectOutput};
use aws_sdk_s3::operation::put_object::PutObjectError;
use evergreen_lifecycle::VersionNumber;
use evergreen_lifecycle::ports::{ArtifactWriter, NewObject, ObjectTag, StoreError, Unavailable};

use super::ArtifactBucket;
use crate::failure::unavailable;

const WHAT: &str = "storing an artifact";

// In 60 s, an upload of 1 GB needs 17 MB/s, which even the slowest Lambda function reaches.
/// Maximum time for one try of an upload to S3.
const UPLOAD_TRY: Duration = Duration::from_secs(60);

/// Maximum time for all tries of an upload to S3, including the pauses.
const UPLOAD: Duration = Duration::from_secs(90);

/// Name of the S3 metadata field that says which attempt at a training run stored the object.
const MARK: &str = "evergreen-attempt";

// A put is repeated if the object has changed since it was read. Only the caller writes this object, so the second put
// usually succeeds.
/// Maximum number of tries to store one S3 object.
const MAX_PUTS: u32 = 3;

/// Returns the time limits for an upload to S3, which are longer than for other calls.
pub(crate) fn upload_timeouts() -> TimeoutConfig {
    // The limit for a try includes sending all bytes, so the usual limits would make large uploads impossible.
    TimeoutConfig::builder().operation_attempt_timeout(UPLOAD_TRY).operation_timeout(UPLOAD).build()
}

impl ArtifactWriter for ArtifactBucket {
    async fn create(&self, object: NewObject<'_>) -> Result<ObjectTag, StoreError> {
        for _ in 0..MAX_PUTS {
            match self.put(object, None).await {
                Err(error) if is_precondition(&error) => {}
                answer => return Ok(answer.map_err(unavailable(WHAT)).and_then(tag_of)?),
            }
            if let Some(tag) = self.own(object).await? {
                return Ok(tag);
            }
        }
        Err(changing())
    }

    async fn replace(&self, object: NewObject<'_>, former: &ObjectTag) -> Result<ObjectTag, StoreError> {
        let mut former = Some(former.clone());
        for _ in 0..MAX_PUTS {
            match self.put(object, former.as_ref()).await {
                Err(error) if is_precondition(&error) => {}
                answer => return Ok(answer.map_err(unavailable(WHAT)).and_then(tag_of)?),
            }
            former = self.own(object).await?;
        }
        Err(changing())
    }

    async fn last_stored(&self, after: Option<VersionNumber>) -> Result<Option<VersionNumber>, Unavailable> {
        let prefix = VersionNumber::objects_of(&self.model);
        // All file names of model version `after` sort before `~`. So S3 lists only the files of later versions.
        let start = after.map(|number| number.object_key(&self.model, "~"));
        let list = self.client.list_objects_v2().bucket(&self.bucket).prefix(prefix).set_start_after(start);
        let mut pages = list.into_paginator().send();
        let mut last = None;
        while let Some(page) = pages.next().await {
            let page = page.map_err(unavailable("listing the stored versions"))?;
            let numbers =
                page.contents().iter().filter_map(|object| VersionNumber::of_object(&self.model, object.key()?));
            last = last.max(numbers.max());
        }
        Ok(last.filter(|number| Some(*number) > after))
    }
}

impl ArtifactBucket {
    /// Stores `object` in S3 if no object has its key. An existing object stays, and that is no error.
    pub(crate) async fn put_once(&self, object: NewObject<'_>, what: &'static str) -> Result<(), Unavailable> {
        match self.put(object, None).await {
            Err(error) if !is_precondition(&error) => Err(unavailable(what)(error)),
            _ => Ok(()),
        }
    }

    /// Stores `object` in S3, but does not overwrite unexpected content. Returns the entity tag (ETag) of the stored
    /// object.
    async fn put(
        &self,
        object: NewObject<'_>,
        former: Option<&ObjectTag>,
    ) -> Result<Option<String>, SdkError<PutObjectError>> {
        // If `former` is given, the put succeeds only if the stored content still has this entity tag. If `former` is
        // `None`, the put succeeds only if no object has the key.
        let NewObject { key, content, media_type, mark } = object;
        let put = self.client.put_object().bucket(&self.bucket).key(key).content_type(media_type).metadata(MARK, mark);
        let put = match former {
            Some(ObjectTag(tag)) => put.if_match(tag),
            None => put.if_none_match("*"),
        };
        let patient = Config::builder().timeout_config(upload_timeouts());
        let put = put.body(content.to_vec().into()).customize().config_override(patient);
        Ok(put.send().await?.e_tag)
    }

    /// Returns the entity tag (ETag) of the S3 object that this attempt at a training run has stored already. `None` if
    /// the object does not exist.
    async fn own(&self, object: NewObject<'_>) -> Result<Option<ObjectTag>, StoreError> {
        // If another attempt stored the object, the result is an error.
        let Some(found) = self.head(object.key).await? else { return Ok(None) };
        if found.metadata().and_then(|metadata| metadata.get(MARK)).is_none_or(|mark| mark != object.mark) {
            return Err(StoreError::Taken(object.key.to_owned()));
        }
        Ok(Some(tag_of(found.e_tag)?))
    }

    async fn head(&self, key: &str) -> Result<Option<HeadObjectOutput>, Unavailable> {
        match self.client.head_object().bucket(&self.bucket).key(key).send().await {
            Ok(found) => Ok(Some(found)),
            Err(error) if error.as_service_error().is_some_and(HeadObjectError::is_not_found) => Ok(None),
            Err(error) => Err(unavailable("reading the metadata of an artifact")(error)),
        }
    }
}

fn tag_of(tag: Option<String>) -> Result<ObjectTag, Unavailable> {
    tag.map(ObjectTag).ok_or_else(|| Unavailable::new(WHAT, "the bucket returned no entity tag of the object"))
}

fn changing() -> StoreError {
    Unavailable::briefly(WHAT, "other callers created and deleted the object in every try").into()
}

/// Returns whether S3 refused a put because the put's condition (`If-Match` or `If-None-Match`) was false.
pub(crate) fn is_precondition(error: &SdkError<PutObjectError>) -> bool {
    // An object exists already, has other content, or is missing.
    error.raw_response().is_some_and(|answer| matches!(answer.status().as_u16(), 404 | 412))
        && error
            .as_service_error()
            .is_some_and(|error| matches!(error.meta().code(), Some("PreconditionFailed" | "NoSuchKey")))
}

#[cfg(test)]
mod tests {
    use aws_sdk_s3::Client;
    use aws_sdk_s3::config::http::HttpResponse;
    use aws_sdk_s3::operation::list_objects_v2::ListObjectsV2Output;
    use aws_sdk_s3::operation::put_object::{PutObjectInput, PutObjectOutput};
    use aws_sdk_s3::types::Object;
    use aws_sdk_s3::types::error::NotFound;
    use aws_smithy_mocks::{MockResponse, Rule, RuleMode, mock, mock_client};

    use super::*;
    use crate::tests::mocks::{Sent, record_part};

    const KEY: &str = "models/iris/00000001/model.onnx";
    const OBJECT: NewObject<'_> =
        NewObject { key: KEY, content: b"a model", media_type: "application/octet-stream", mark: "manual-7/1/7f3c" };

    fn bucket(rules: &[&Rule]) -> ArtifactBucket {
        let client = mock_client!(aws_sdk_s3, RuleMode::Sequential, rules.iter().copied());
        ArtifactBucket::over(client, "artifacts", &"iris".parse().unwrap())
    }

    fn accepting() -> (Rule, Sent<String>) {
        record_part(mock!(Client::put_object), condition, || {
            MockResponse::Output(PutObjectOutput::builder().e_tag("\"new\"").build())
        })
    }

    /// Test helper: returns the details of a put request as text, such as its key and its conditions.
    fn condition(put: &PutObjectInput) -> String {
        let words = [put.bucket(), put.key(), put.content_type(), put.if_none_match(), put.if_match()];
        let words = words.map(|word| word.unwrap_or("-").to_owned());
        let mark = put.metadata().and_then(|metadata| metadata.get("evergreen-attempt")).cloned().unwrap_or_default();
        format!("{} {mark}", words.join(" "))
    }

    fn refusing(status: u16, code: &'static str) -> Rule {
        mock!(Client::put_object).then_http_response(move || {
            let body = format!("<Error><Code>{code}</Code><Message>no</Message></Error>");
            HttpResponse::new(status.try_into().unwrap(), body.into())
        })
    }

    fn stored_with(mark: Option<&'static str>) -> Rule {
        mock!(Client::head_object).then_output(move || {
            let found = HeadObjectOutput::builder().e_tag("\"old\"");
            mark.into_iter().fold(found, |found, mark| found.metadata("evergreen-attempt", mark)).build()
        })
    }

    fn nothing() -> Rule {
        mock!(Client::head_object).then_error(|| HeadObjectError::NotFound(NotFound::builder().build()))
    }

    fn tag(tag: &str) -> ObjectTag {
        ObjectTag(format!("\"{tag}\""))
    }

    #[tokio::test]
    async fn an_object_is_never_overwritten() {
        let (rule, sent) = accepting();
        assert_eq!(bucket(&[&rule]).create(OBJECT).await.unwrap(), tag("new"));
        assert_eq!(sent.only(), format!("artifacts {KEY} application/octet-stream * - manual-7/1/7f3c"));
    }

    #[tokio::test]
    async fn an_object_of_another_attempt_is_not_overwritten() {
        for mark in [None, Some("manual-8/1/a"), Some("manual-7/2/7f3c")] {
            let error =
                bucket(&[&refusing(412, "PreconditionFailed"), &stored_with(mark)]).create(OBJECT).await.unwrap_err();
            assert!(matches!(error, StoreError::Taken(key) if key == KEY), "{mark:?}");
        }
    }

    #[tokio::test]
    async fn a_stored_object_with_the_attempts_mark_belongs_to_an_earlier_try() {
        let rules = [&refusing(412, "PreconditionFailed"), &stored_with(Some(OBJECT.mark))];
        assert_eq!(bucket(&rules).create(OBJECT).await.unwrap(), tag("old"));
    }

    #[tokio::test]
    async fn an_object_that_was_deleted_meanwhile_is_stored_again() {
        let (rule, _) = accepting();
        let rules = [&refusing(412, "PreconditionFailed"), &nothing(), &rule];
        assert_eq!(bucket(&rules).create(OBJECT).await.unwrap(), tag("new"));
    }

    #[tokio::test]
    async fn a_rewrite_replaces_only_the_known_object() {
        let (rule, sent) = accepting();
        assert_eq!(bucket(&[&rule]).replace(OBJECT, &tag("old")).await.unwrap(), tag("new"));
        assert_eq!(sent.only(), format!("artifacts {KEY} application/octet-stream - \"old\" manual-7/1/7f3c"));
    }

    #[tokio::test]
    async fn a_rewrite_with_a_lost_answer_is_repeated_over_its_own_object() {
        let (rule, sent) = accepting();
        let rules = [&refusing(412, "PreconditionFailed"), &stored_with(Some(OBJECT.mark)), &rule];
        assert_eq!(bucket(&rules).replace(OBJECT, &tag("older")).await.unwrap(), tag("new"));
        assert!(sent.only().contains("\"old\""));
    }

    #[tokio::test]
    async fn a_rewrite_stores_a_missing_object_and_never_replaces_that_of_another_attempt() {
        let (rule, sent) = accepting();
        let rules = [&refusing(404, "NoSuchKey"), &nothing(), &rule];
        assert_eq!(bucket(&rules).replace(OBJECT, &tag("old")).await.unwrap(), tag("new"));
        assert!(sent.only().contains(" * "));
        let rules = [&refusing(412, "PreconditionFailed"), &stored_with(None)];
        assert!(matches!(bucket(&rules).replace(OBJECT, &tag("old")).await, Err(StoreError::Taken(_))));
    }

    #[tokio::test]
    async fn two_concurrent_puts_are_retried_and_a_lack_of_rights_is_not() {
        for (status, code, expected) in [
            (409, "ConditionalRequestConflict", true),
            (503, "SlowDown", true),
            (403, "AccessDenied", false),
            (404, "NoSuchBucket", false),
        ] {
            let error = bucket(&[&refusing(status, code)]).create(OBJECT).await.unwrap_err();
            assert!(matches!(error, StoreError::Unavailable(error) if error.is_brief == expected), "{code}");
        }
    }

    #[tokio::test]
    async fn the_highest_number_is_that_of_any_stored_object() {
        let page = |keys: &[&str]| {
            keys.iter()
                .fold(ListObjectsV2Output::builder(), |page, key| page.contents(Object::builder().key(*key).build()))
        };
        let first = page(&["models/iris/00000008/model.onnx", "models/iris/00000009/manifest.json"])
            .is_truncated(true)
            .next_continuation_token("2")
            .build();
        let second = page(&["models/iris/notes.txt"]).build();
        let rule = mock!(Client::list_objects_v2)
            .match_requests(|list| {
                list.prefix() == Some("models/iris/") && list.start_after() == Some("models/iris/00000007/~")
            })
            .sequence()
            .output(move || first.clone())
            .output(move || second.clone())
            .build();
        let last = bucket(&[&rule]).last_stored(VersionNumber::new(7)).await.unwrap();
        assert_eq!(last, VersionNumber::new(9));
        let nothing = mock!(Client::list_objects_v2).then_output(|| ListObjectsV2Output::builder().build());
        assert_eq!(bucket(&[&nothing]).last_stored(None).await.unwrap(), None);
    }
}
