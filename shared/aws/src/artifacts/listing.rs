//! Lists objects of the bucket below a prefix.

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
}
