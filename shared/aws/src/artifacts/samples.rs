//! Stores samples of served rows. The bucket encrypts them as all its objects, and a lifecycle rule deletes them.

use evergreen_lifecycle::ports::{SampleStore, Unavailable};
use evergreen_lifecycle::sample::SampleKey;

use super::ArtifactBucket;
use crate::failure::unavailable;

impl ArtifactBucket {
    /// Sets how many served rows one environment of the prediction function keeps of an hour. Without this call, none.
    pub fn sampling(self, rows: usize) -> Self {
        Self { sampled_rows: rows, ..self }
    }
}

impl SampleStore for ArtifactBucket {
    fn sampled_rows(&self) -> usize {
        self.sampled_rows
    }

    async fn put_sample(&self, key: SampleKey<'_>, content: Vec<u8>) -> Result<(), Unavailable> {
        let put = self.client.put_object().bucket(&self.bucket).key(key.object_key(&self.model));
        let put = put.content_type("application/octet-stream").body(content.into());
        put.send().await.map(|_| ()).map_err(unavailable("storing a sample of served rows"))
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_s3::Client;
    use aws_sdk_s3::operation::put_object::{PutObjectError, PutObjectOutput};
    use aws_smithy_mocks::{mock, mock_client};
    use evergreen_lifecycle::VersionNumber;
    use evergreen_lifecycle::drift::CountedHour;

    use super::*;

    fn key() -> SampleKey<'static> {
        let hour = CountedHour::of("2026-11-24T08:10:00Z".parse().unwrap());
        SampleKey { hour, version: VersionNumber::FIRST, environment: "0123456789abcdef" }
    }

    #[tokio::test]
    async fn a_sample_is_stored_under_the_prefix_of_its_model() {
        let rule = mock!(Client::put_object)
            .match_requests(|put| {
                put.key() == Some("served/iris/2026-11-24/08-00000001-0123456789abcdef.rows")
                    && put.bucket() == Some("artifacts")
            })
            .then_output(|| PutObjectOutput::builder().build());
        let client = mock_client!(aws_sdk_s3, [&rule]);
        let bucket = ArtifactBucket::over(client, "artifacts", &"iris".parse().unwrap());
        assert_eq!(bucket.sampled_rows(), 0, "nobody asked for samples");
        let bucket = bucket.sampling(200);
        assert_eq!(bucket.sampled_rows(), 200);
        bucket.put_sample(key(), b"rows".to_vec()).await.unwrap();
        assert_eq!(rule.num_calls(), 1);
    }

    #[tokio::test]
    async fn a_refused_sample_is_an_error() {
        let denial = || aws_sdk_s3::error::ErrorMetadata::builder().code("AccessDenied").build();
        let rule = mock!(Client::put_object).then_error(move || PutObjectError::generic(denial()));
        let bucket = ArtifactBucket::over(mock_client!(aws_sdk_s3, [&rule]), "artifacts", &"iris".parse().unwrap());
        let error = bucket.put_sample(key(), Vec::new()).await.unwrap_err();
        assert_eq!(error.what, "storing a sample of served rows");
    }
}
