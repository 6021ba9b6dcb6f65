//! Stores rows of feedback. The bucket encrypts them as all its objects, and a lifecycle rule deletes them.

use evergreen_lifecycle::ports::{FeedbackRows, Unavailable};

use super::ArtifactBucket;
use crate::failure::unavailable;

impl ArtifactBucket {
    /// Sets whether rows of feedback are kept. Without this call, none are.
    pub fn keeping_feedback(self, keeps_feedback: bool) -> Self {
        Self { keeps_feedback, ..self }
    }
}

impl FeedbackRows for ArtifactBucket {
    fn keeps_rows(&self) -> bool {
        self.keeps_feedback
    }

    async fn put_rows(&self, key: &str, content: Vec<u8>) -> Result<(), Unavailable> {
        let put = self.client.put_object().bucket(&self.bucket).key(key);
        let put = put.content_type("application/vnd.apache.parquet").body(content.into());
        put.send().await.map(|_| ()).map_err(unavailable("storing rows of feedback"))
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_s3::Client;
    use aws_sdk_s3::operation::put_object::{PutObjectError, PutObjectOutput};
    use aws_smithy_mocks::{mock, mock_client};

    use super::*;

    const KEY: &str = "feedback/iris/day=2026-11-24/00000001-0123456789abcdef.parquet";

    #[tokio::test]
    async fn rows_are_stored_under_their_key_and_a_refusal_is_an_error() {
        let stored = mock!(Client::put_object)
            .match_requests(|put| put.key() == Some(KEY) && put.bucket() == Some("artifacts"))
            .then_output(|| PutObjectOutput::builder().build());
        let bucket =
            |rule| ArtifactBucket::over(mock_client!(aws_sdk_s3, [rule]), "artifacts", &"iris".parse().unwrap());
        let keeping = bucket(&stored).keeping_feedback(true);
        keeping.put_rows(KEY, b"rows".to_vec()).await.unwrap();
        assert_eq!((keeping.keeps_rows(), stored.num_calls()), (true, 1));
        assert!(!bucket(&stored).keeps_rows(), "nobody asked for it");
        let denial = || aws_sdk_s3::error::ErrorMetadata::builder().code("AccessDenied").build();
        let denied = mock!(Client::put_object).then_error(move || PutObjectError::generic(denial()));
        let error = bucket(&denied).put_rows(KEY, Vec::new()).await.unwrap_err();
        assert_eq!(error.what, "storing rows of feedback");
    }
}
