//! The checkpoints of training runs in S3.

use aws_sdk_s3::config::Config;
use aws_sdk_s3::primitives::ByteStream;
use evergreen_lifecycle::RunId;
use evergreen_lifecycle::ports::{Checkpoints, Unavailable};

use super::{ArtifactBucket, upload_timeouts};
use crate::failure::unavailable;

impl ArtifactBucket {
    fn checkpoint_key(&self, run: &RunId) -> String {
        format!("checkpoints/{}/{run}", self.model)
    }
}

impl Checkpoints for ArtifactBucket {
    async fn checkpoint(&self, run: &RunId) -> Result<Option<Vec<u8>>, Unavailable> {
        self.read(&self.checkpoint_key(run), "reading a checkpoint").await
    }

    async fn keep_checkpoint(&self, run: &RunId, content: Vec<u8>) -> Result<(), Unavailable> {
        let put = self.client.put_object().bucket(&self.bucket).key(self.checkpoint_key(run));
        let patient = Config::builder().timeout_config(upload_timeouts());
        let put = put.body(ByteStream::from(content)).customize().config_override(patient);
        put.send().await.map(drop).map_err(unavailable("storing a checkpoint"))
    }

    async fn remove_checkpoint(&self, run: &RunId) -> Result<(), Unavailable> {
        let delete = self.client.delete_object().bucket(&self.bucket).key(self.checkpoint_key(run));
        delete.send().await.map(drop).map_err(unavailable("deleting a checkpoint"))
    }
}
