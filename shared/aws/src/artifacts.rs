//! Artifacts and the user's table in one S3 bucket.

use aws_config::SdkConfig;
use aws_sdk_s3::Client;
use aws_sdk_s3::operation::get_object::GetObjectError;
use evergreen_lifecycle::ModelName;
use evergreen_lifecycle::ports::{ArtifactReadError, ArtifactWriter, Artifacts, Datasets, Unavailable};

use crate::failure::unavailable;

/// The bucket that holds the model files and manifests of versions, and the table that the user may store.
#[derive(Debug, Clone)]
pub struct ArtifactBucket {
    client: Client,
    bucket: String,
    dataset_key: String,
}

impl ArtifactBucket {
    /// The bucket named `bucket`, for `model`. Behind an endpoint of its own, such as an emulator's, the bucket stands in
    /// the path and not in the host's name.
    pub fn new(config: &SdkConfig, bucket: &str, model: ModelName) -> Self {
        let path_style = config.endpoint_url().is_some();
        let config = aws_sdk_s3::config::Builder::from(config).force_path_style(path_style).build();
        Self::over(Client::from_conf(config), bucket, &model)
    }

    fn over(client: Client, bucket: &str, model: &ModelName) -> Self {
        Self { client, bucket: bucket.to_owned(), dataset_key: format!("datasets/{model}.csv") }
    }

    /// The content of the object, if there is one. S3 says so only to who may list the bucket; to anybody else a missing
    /// object is forbidden.
    async fn read(&self, key: &str, what: &'static str) -> Result<Option<Vec<u8>>, Unavailable> {
        let object = match self.client.get_object().bucket(&self.bucket).key(key).send().await {
            Ok(object) => object,
            Err(error) if error.as_service_error().is_some_and(GetObjectError::is_no_such_key) => return Ok(None),
            Err(error) => return Err(unavailable(what)(error)),
        };
        let content = object.body.collect().await.map_err(|error| Unavailable::new(what, error))?;
        Ok(Some(content.to_vec()))
    }
}

impl Artifacts for ArtifactBucket {
    async fn get(&self, key: &str) -> Result<Vec<u8>, ArtifactReadError> {
        self.read(key, "reading an artifact").await?.ok_or_else(|| ArtifactReadError::NotFound(key.to_owned()))
    }
}

impl ArtifactWriter for ArtifactBucket {
    async fn put(&self, key: &str, content: Vec<u8>, media_type: &'static str) -> Result<(), Unavailable> {
        let put = self.client.put_object().bucket(&self.bucket).key(key).content_type(media_type).body(content.into());
        put.send().await.map_err(unavailable("storing an artifact"))?;
        Ok(())
    }
}

impl Datasets for ArtifactBucket {
    async fn dataset(&self) -> Result<Option<(String, Vec<u8>)>, Unavailable> {
        let content = self.read(&self.dataset_key, "reading the dataset").await?;
        Ok(content.map(|content| (self.dataset_key.clone(), content)))
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_s3::operation::get_object::GetObjectOutput;
    use aws_sdk_s3::operation::put_object::PutObjectOutput;
    use aws_sdk_s3::primitives::ByteStream;
    use aws_sdk_s3::types::error::NoSuchKey;
    use aws_smithy_mocks::{Rule, mock, mock_client};

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

    #[tokio::test]
    async fn the_table_stands_under_the_models_name() {
        let rule = mock!(Client::get_object)
            .match_requests(|get| get.bucket() == Some("artifacts") && get.key() == Some("datasets/iris.csv"))
            .then_output(|| GetObjectOutput::builder().body(ByteStream::from_static(b"a,b")).build());
        let dataset = bucket(&rule).dataset().await.unwrap();
        assert_eq!(dataset, Some(("datasets/iris.csv".to_owned(), b"a,b".to_vec())));
    }

    #[tokio::test]
    async fn no_object_is_no_table_and_no_artifact() {
        assert_eq!(bucket(&missing()).dataset().await.unwrap(), None);
        let error = bucket(&missing()).get("models/iris/00000001/model.onnx").await.unwrap_err();
        assert!(matches!(error, ArtifactReadError::NotFound(key) if key == "models/iris/00000001/model.onnx"));
    }

    #[tokio::test]
    async fn a_refusal_is_not_an_absence() {
        assert_eq!(bucket(&forbidden()).dataset().await.unwrap_err().what, "reading the dataset");
        let error = bucket(&forbidden()).get("models/iris/00000001/model.onnx").await.unwrap_err();
        assert!(matches!(error, ArtifactReadError::Unavailable(_)));
    }

    #[tokio::test]
    async fn an_object_is_stored_with_its_media_type() {
        let rule = mock!(Client::put_object)
            .match_requests(|put| {
                put.bucket() == Some("artifacts")
                    && put.key() == Some("models/iris/00000001/manifest.json")
                    && put.content_type() == Some("application/json")
                    && put.body().bytes() == Some(b"{}")
            })
            .then_output(|| PutObjectOutput::builder().build());
        bucket(&rule).put("models/iris/00000001/manifest.json", b"{}".to_vec(), "application/json").await.unwrap();
        assert_eq!(rule.num_calls(), 1);
    }

    #[test]
    fn an_endpoint_of_its_own_is_asked_by_path() {
        let emulator = SdkConfig::builder()
            .behavior_version(aws_config::BehaviorVersion::latest())
            .endpoint_url("http://127.0.0.1:4566")
            .build();
        let bucket = ArtifactBucket::new(&emulator, "artifacts", "iris".parse().unwrap());
        assert!(format!("{:?}", bucket.client.config()).contains("ForcePathStyle(true)"));
    }
}
