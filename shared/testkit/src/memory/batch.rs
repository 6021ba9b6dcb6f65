//! Test fake of the buckets with the objects of batch jobs.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::{ControlFlow, Range};

use evergreen_lifecycle::ports::{BatchObjects, ListedObject, ObjectReadError, Unavailable};

use super::Memory;

/// The length of the chunks in which an object is passed on.
const CHUNK: usize = 100;

impl BatchObjects for Memory {
    async fn list(&self, bucket: &str, prefix: &str) -> Result<Vec<ListedObject>, Unavailable> {
        let state = self.reach("batch")?;
        let objects = state.batch_objects.iter().filter(|((of, key), _)| of == bucket && key.starts_with(prefix));
        let listed = objects.map(|((_, key), content)| ListedObject {
            key: key.clone(),
            size: content.len() as u64,
            etag: etag(content),
        });
        Ok(listed.collect())
    }

    async fn read(
        &self,
        bucket: &str,
        key: &str,
        range: Option<Range<u64>>,
        expected: Option<&str>,
    ) -> Result<Vec<u8>, ObjectReadError> {
        let state = self.reach("batch")?;
        let place = (bucket.to_owned(), key.to_owned());
        let Some(content) = state.batch_objects.get(&place) else {
            return Err(ObjectReadError::NotFound { bucket: place.0, key: place.1 });
        };
        if expected.is_some_and(|expected| expected != etag(content)) {
            return Err(ObjectReadError::Overwritten { bucket: place.0, key: place.1 });
        }
        let at = |byte: u64| usize::try_from(byte).unwrap_or(usize::MAX).min(content.len());
        let range = range.map_or(0..content.len(), |range| at(range.start)..at(range.end));
        Ok(content.get(range).unwrap_or_default().to_vec())
    }

    async fn pass(
        &self,
        bucket: &str,
        key: &str,
        etag: &str,
        mut each: impl FnMut(&[u8]) -> ControlFlow<()> + Send,
    ) -> Result<(), ObjectReadError> {
        let content = self.read(bucket, key, None, Some(etag)).await?;
        let _ = content.chunks(CHUNK).try_for_each(&mut each);
        Ok(())
    }

    async fn write(
        &self,
        bucket: &str,
        key: &str,
        content: Vec<u8>,
        _media_type: &'static str,
    ) -> Result<(), Unavailable> {
        let mut state = self.reach_for("batch", "write")?;
        state.batch_objects.insert((bucket.to_owned(), key.to_owned()), content);
        Ok(())
    }

    async fn create_new(
        &self,
        bucket: &str,
        key: &str,
        content: Vec<u8>,
        media_type: &'static str,
    ) -> Result<bool, Unavailable> {
        let place = (bucket.to_owned(), key.to_owned());
        if self.reach("batch")?.batch_objects.contains_key(&place) {
            return Ok(false);
        }
        self.write(bucket, key, content, media_type).await.map(|()| true)
    }
}

/// Returns an entity tag: other bytes have another one.
fn etag(content: &[u8]) -> String {
    let mut hasher = DefaultHasher::new();
    content.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}
