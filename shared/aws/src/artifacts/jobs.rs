//! Finds the batch jobs in the bucket.

use evergreen_lifecycle::ports::{JobList, Unavailable};

use super::ArtifactBucket;
use crate::failure::unavailable;

impl JobList for ArtifactBucket {
    async fn names_below(&self, prefix: &str) -> Result<Vec<String>, Unavailable> {
        // With the delimiter, the bucket leaves out the objects of each job.
        let list = self.client.list_objects_v2().bucket(&self.bucket).prefix(prefix).delimiter("/");
        let mut pages = list.into_paginator().send();
        let mut names = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(unavailable("listing the batch jobs"))?;
            let found = page.common_prefixes.into_iter().flatten().filter_map(|found| found.prefix);
            names.extend(found.filter_map(|found| Some(found.strip_prefix(prefix)?.trim_end_matches('/').to_owned())));
        }
        names.sort();
        Ok(names)
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_s3::Client;
    use aws_sdk_s3::operation::list_objects_v2::ListObjectsV2Output;
    use aws_sdk_s3::types::CommonPrefix;
    use aws_smithy_mocks::{mock, mock_client};

    use super::*;

    #[tokio::test]
    async fn each_job_is_found_without_its_objects() {
        let list =
            mock!(Client::list_objects_v2).match_requests(|list| list.delimiter() == Some("/")).then_output(|| {
                let prefix = |name| CommonPrefix::builder().prefix(format!("jobs/iris/{name}/")).build();
                ListObjectsV2Output::builder().common_prefixes(prefix("b")).common_prefixes(prefix("a")).build()
            });
        let bucket = ArtifactBucket::over(mock_client!(aws_sdk_s3, [&list]), "artifacts", &"iris".parse().unwrap());
        assert_eq!(bucket.names_below("jobs/iris/").await.unwrap(), ["a", "b"]);
    }
}
