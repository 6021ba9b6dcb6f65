//! Controls when S3 deletes the objects of a model version. A lifecycle rule of the bucket deletes objects that have a
//! certain tag.

use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::types::{Tag, Tagging};
use evergreen_lifecycle::ports::{ObjectRetention, Unavailable};
use evergreen_lifecycle::{IMPORTED_FILE, KeepDays, Version};

use super::ArtifactBucket;
use crate::failure::unavailable;

// The tag's value is the number of days. The bucket's lifecycle rule matches key and value, so objects that were tagged
// with another number of days are not deleted.
/// Key of the S3 object tag that marks an object for deletion after some days.
const KEEP_DAYS_TAG: &str = "evergreen-keep-days";

const EXPIRING: &str = "marking an artifact to expire";
const KEEPING: &str = "marking an artifact to be kept";

impl ObjectRetention for ArtifactBucket {
    async fn expire_objects(&self, version: &Version, days: KeepDays) -> Result<(), Unavailable> {
        for key in objects(version) {
            let tag = Tag::builder().key(KEEP_DAYS_TAG).value(days.to_string()).build();
            let tagging = tag.and_then(|tag| Tagging::builder().tag_set(tag).build());
            let tagging = tagging.map_err(|error| Unavailable::new(EXPIRING, error))?;
            let put = self.client.put_object_tagging().bucket(&self.bucket).key(key).tagging(tagging);
            put.send().await.map_err(unavailable(EXPIRING))?;
        }
        Ok(())
    }

    async fn keep_objects(&self, version: &Version) -> Result<(), Unavailable> {
        for key in objects(version) {
            match self.client.delete_object_tagging().bucket(&self.bucket).key(key).send().await {
                Err(error) if !is_missing(&error) => return Err(unavailable(KEEPING)(error)),
                _ => {}
            }
        }
        Ok(())
    }
}

/// Returns the S3 keys of all objects that are stored for a model version.
fn objects(version: &Version) -> Vec<String> {
    let mut keys = vec![version.artifact.key.clone(), version.manifest_key.clone()];
    if version.imported.is_some()
        && let Some((folder, _)) = version.artifact.key.rsplit_once('/')
    {
        keys.push(format!("{folder}/{IMPORTED_FILE}"));
    }
    keys
}

fn is_missing<E: ProvideErrorMetadata>(error: &SdkError<E>) -> bool {
    error.as_service_error().and_then(ProvideErrorMetadata::code) == Some("NoSuchKey")
}

#[cfg(test)]
mod tests {
    use aws_sdk_s3::Client;
    use aws_sdk_s3::error::ErrorMetadata;
    use aws_sdk_s3::operation::delete_object_tagging::{DeleteObjectTaggingError, DeleteObjectTaggingOutput};
    use aws_sdk_s3::operation::put_object_tagging::{PutObjectTaggingError, PutObjectTaggingOutput};
    use aws_smithy_mocks::{MockResponse, Rule, RuleMode, mock, mock_client};
    use evergreen_lifecycle::Imported;
    use evergreen_testkit::{moment, version};

    use super::*;
    use crate::tests::mocks::record;

    fn bucket(rule: &Rule) -> ArtifactBucket {
        let client = mock_client!(aws_sdk_s3, RuleMode::MatchAny, [rule]);
        ArtifactBucket::over(client, "artifacts", &"iris".parse().unwrap())
    }

    fn refused() -> Version {
        version(3, 0.5, moment("2026-11-24T03:00:00Z"))
    }

    fn imported() -> Version {
        let file = Imported {
            key: "incoming/iris/a.onnx".into(),
            sha256: "0".repeat(64),
            size: 9,
            producer: "skl2onnx".into(),
            answers: None,
        };
        Version { imported: Some(file), ..refused() }
    }

    #[tokio::test]
    async fn every_object_of_a_refused_version_carries_the_days() {
        let (rule, sent) = record(mock!(Client::put_object_tagging), || {
            MockResponse::Output(PutObjectTaggingOutput::builder().build())
        });
        bucket(&rule).expire_objects(&imported(), KeepDays::new(30).unwrap()).await.unwrap();
        let keys: Vec<_> = sent.all().iter().map(|put| put.key().unwrap().to_owned()).collect();
        let folder = "models/iris/00000003";
        assert_eq!(keys, ["model.onnx", "manifest.json", "imported.onnx"].map(|file| format!("{folder}/{file}")));
        for put in sent.all() {
            let tags = put.tagging().unwrap().tag_set();
            assert_eq!((tags[0].key(), tags[0].value(), tags.len()), (KEEP_DAYS_TAG, "30", 1));
        }
    }

    #[tokio::test]
    async fn the_objects_of_a_kept_version_lose_their_tags() {
        let (rule, sent) = record(mock!(Client::delete_object_tagging), || {
            MockResponse::Output(DeleteObjectTaggingOutput::builder().build())
        });
        bucket(&rule).keep_objects(&refused()).await.unwrap();
        assert_eq!(sent.all().len(), 2);
    }

    #[tokio::test]
    async fn a_missing_object_is_not_a_failure_and_an_unreachable_one_is() {
        let failing = |code: &'static str| {
            mock!(Client::delete_object_tagging)
                .then_error(move || DeleteObjectTaggingError::generic(ErrorMetadata::builder().code(code).build()))
        };
        bucket(&failing("NoSuchKey")).keep_objects(&refused()).await.unwrap();
        assert_eq!(bucket(&failing("AccessDenied")).keep_objects(&refused()).await.unwrap_err().what, KEEPING);
        let rule = mock!(Client::put_object_tagging).then_error(|| PutObjectTaggingError::generic(Default::default()));
        let error = bucket(&rule).expire_objects(&refused(), KeepDays::new(30).unwrap()).await.unwrap_err();
        assert_eq!(error.what, EXPIRING);
    }
}
