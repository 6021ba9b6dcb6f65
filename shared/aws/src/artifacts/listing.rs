//! Lists the objects below a prefix of the bucket, and the names of the prefixes directly below it.

use evergreen_lifecycle::ports::{ObjectList, StoredFile, Unavailable};

use super::{ArtifactBucket, stored};
use crate::failure::unavailable;

const WHAT: &str = "listing the bucket";

impl ObjectList for ArtifactBucket {
    async fn list(&self, prefix: &str) -> Result<Vec<StoredFile>, Unavailable> {
        let list = self.client.list_objects_v2().bucket(&self.bucket).prefix(prefix);
        let mut pages = list.into_paginator().send();
        let mut objects = Vec::new();
        while let Some(page) = pages.next().await {
            for object in page.map_err(unavailable(WHAT))?.contents.into_iter().flatten() {
                objects.push(
                    stored(object).ok_or_else(|| Unavailable::new(WHAT, "the bucket listed an object without size"))?,
                );
            }
        }
        objects.sort_by(|a, b| a.key.cmp(&b.key));
        Ok(objects)
    }

    async fn names_below(&self, prefix: &str) -> Result<Vec<String>, Unavailable> {
        // With the delimiter, the bucket leaves out the objects below each name.
        let list = self.client.list_objects_v2().bucket(&self.bucket).prefix(prefix).delimiter("/");
        let mut pages = list.into_paginator().send();
        let mut names = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(unavailable(WHAT))?;
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
    async fn each_name_is_found_without_its_objects() {
        let list =
            mock!(Client::list_objects_v2).match_requests(|list| list.delimiter() == Some("/")).then_output(|| {
                let prefix = |name| CommonPrefix::builder().prefix(format!("jobs/iris/{name}/")).build();
                ListObjectsV2Output::builder().common_prefixes(prefix("b")).common_prefixes(prefix("a")).build()
            });
        let bucket = ArtifactBucket::over(mock_client!(aws_sdk_s3, [&list]), "artifacts", &"iris".parse().unwrap());
        assert_eq!(bucket.names_below("jobs/iris/").await.unwrap(), ["a", "b"]);
    }
}
