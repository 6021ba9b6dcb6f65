//! Hands out short-lived links to the objects of model versions, and deletes the objects of a deleted version.

use std::time::Duration;

use aws_sdk_s3::presigning::PresigningConfig;
use evergreen_lifecycle::ports::{ArtifactLinks, ObjectRemoval, Unavailable};
use evergreen_lifecycle::{ModelName, VersionNumber};
use jiff::SignedDuration;

use super::ArtifactBucket;
use crate::failure::unavailable;

const LINKING: &str = "signing a link to an artifact";
const LISTING: &str = "listing the objects of a version";
const REMOVING: &str = "deleting an object of a version";

impl ArtifactLinks for ArtifactBucket {
    async fn link(&self, key: &str, valid: SignedDuration) -> Result<String, Unavailable> {
        let valid = Duration::try_from(valid).map_err(|error| Unavailable::new(LINKING, error))?;
        let signing = PresigningConfig::expires_in(valid).map_err(|error| Unavailable::new(LINKING, error))?;
        let signed = self.client.get_object().bucket(&self.bucket).key(key).presigned(signing).await;
        Ok(signed.map_err(unavailable(LINKING))?.uri().to_owned())
    }
}

impl ObjectRemoval for ArtifactBucket {
    async fn remove_objects(&self, model: &ModelName, version: VersionNumber) -> Result<(), Unavailable> {
        let prefix = version.object_key(model, "");
        let mut pages = self.client.list_objects_v2().bucket(&self.bucket).prefix(prefix).into_paginator().send();
        while let Some(page) = pages.next().await {
            for object in page.map_err(unavailable(LISTING))?.contents.into_iter().flatten() {
                let Some(key) = object.key else { continue };
                let delete = self.client.delete_object().bucket(&self.bucket).key(key);
                delete.send().await.map_err(unavailable(REMOVING))?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_s3::Client;
    use aws_sdk_s3::operation::delete_object::DeleteObjectOutput;
    use aws_sdk_s3::operation::list_objects_v2::ListObjectsV2Output;
    use aws_sdk_s3::types::Object;
    use aws_smithy_mocks::{MockResponse, RuleMode, mock, mock_client};

    use super::*;
    use crate::tests::mocks::record;

    #[tokio::test]
    async fn only_the_objects_of_the_version_are_deleted() {
        let list = mock!(Client::list_objects_v2)
            .match_requests(|list| list.prefix() == Some("models/iris/00000003/"))
            .then_output(|| {
                let object = |file| Object::builder().key(format!("models/iris/00000003/{file}")).build();
                ListObjectsV2Output::builder().contents(object("model.onnx")).contents(object("manifest.json")).build()
            });
        let (delete, sent) =
            record(mock!(Client::delete_object), || MockResponse::Output(DeleteObjectOutput::builder().build()));
        let client = mock_client!(aws_sdk_s3, RuleMode::MatchAny, [&list, &delete]);
        let iris = "iris".parse().unwrap();
        let bucket = ArtifactBucket::over(client, "artifacts", &iris);
        bucket.remove_objects(&iris, VersionNumber::new(3).unwrap()).await.unwrap();
        let keys: Vec<_> = sent.all().iter().map(|delete| delete.key().unwrap().to_owned()).collect();
        assert_eq!(keys, ["model.onnx", "manifest.json"].map(|file| format!("models/iris/00000003/{file}")));
    }
}
