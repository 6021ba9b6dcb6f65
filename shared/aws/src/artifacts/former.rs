//! Reads former versions of data set files. The bucket keeps an overwritten or deleted object for some time.

use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::operation::get_object::GetObjectError;
use evergreen_lifecycle::ports::{ArtifactReadError, FormerDatasets};

use super::{ArtifactBucket, whole};
use crate::failure::unavailable;

const WHAT: &str = "reading a former version of the data set";

/// S3's error codes for an object or a version of it that does not exist. A marker of a deletion allows no `GET`.
const GONE: [&str; 4] = ["NoSuchKey", "NoSuchVersion", "MethodNotAllowed", "InvalidArgument"];

impl FormerDatasets for ArtifactBucket {
    async fn content_of(&self, key: &str, object_version: Option<&str>) -> Result<Vec<u8>, ArtifactReadError> {
        let get = self.client.get_object().bucket(&self.bucket).key(key);
        match get.set_version_id(object_version.map(str::to_owned)).send().await {
            Ok(object) => Ok(whole(object, WHAT).await?),
            Err(error) if is_gone(&error) => Err(ArtifactReadError::NotFound(key.to_owned())),
            Err(error) => Err(unavailable(WHAT)(error).into()),
        }
    }
}

fn is_gone(error: &SdkError<GetObjectError>) -> bool {
    error.as_service_error().and_then(ProvideErrorMetadata::code).is_some_and(|code| GONE.contains(&code))
}
