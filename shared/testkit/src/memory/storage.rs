//! Test fake of the S3 bucket: objects of model versions, data sets, and model files for import.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;

use evergreen_lifecycle::ports::{
    ArtifactReadError, ArtifactWriter, Artifacts, Checkpoints, Datasets, FileContent, FormerDatasets, Incoming,
    IncomingError, NewObject, ObjectRetention, ObjectTag, StoreError, StoredFile, Unavailable,
};
use evergreen_lifecycle::{KeepDays, RunId, Version, VersionNumber};

use super::Memory;

impl Artifacts for Memory {
    async fn get(&self, key: &str) -> Result<Vec<u8>, ArtifactReadError> {
        let mut state = self.reach("artifacts")?;
        state.reads += 1;
        let object = state.objects.get(key).or_else(|| state.journal.get(key));
        object.cloned().ok_or_else(|| ArtifactReadError::NotFound(key.to_owned()))
    }
}

impl ArtifactWriter for Memory {
    async fn create(&self, object: NewObject<'_>) -> Result<ObjectTag, StoreError> {
        let mut state = self.reach_for("artifacts", "create")?;
        let intruder = state.intruder.take();
        state.objects.extend(intruder);
        let is_there = state.objects.contains_key(object.key);
        let tag = match state.marks.get(object.key) {
            Some(mark) if is_there && mark == object.mark => state.tag(object.key),
            _ if is_there => return Err(StoreError::Taken(object.key.to_owned())),
            _ => state.store(object),
        };
        drop(state);
        self.answer("create", tag)
    }

    async fn replace(&self, object: NewObject<'_>, _former: &ObjectTag) -> Result<ObjectTag, StoreError> {
        let mut state = self.reach_for("artifacts", "replace")?;
        if state.marks.get(object.key).is_none_or(|mark| mark != object.mark) {
            return Err(StoreError::Taken(object.key.to_owned()));
        }
        let tag = state.store(object);
        drop(state);
        self.answer("replace", tag)
    }

    async fn last_stored(&self, after: Option<VersionNumber>) -> Result<Option<VersionNumber>, Unavailable> {
        let state = self.reach("artifacts")?;
        let numbers = state.objects.keys().filter_map(|key| {
            let model = key.strip_prefix("models/")?.split('/').next()?.parse().ok()?;
            VersionNumber::of_object(&model, key)
        });
        Ok(numbers.max().filter(|number| Some(*number) > after))
    }
}

impl ObjectRetention for Memory {
    async fn expire_objects(&self, version: &Version, days: KeepDays) -> Result<(), Unavailable> {
        let mut state = self.reach("artifacts")?;
        for key in [&version.artifact.key, &version.manifest_key] {
            state.expiring.insert(key.clone(), days);
        }
        Ok(())
    }

    async fn keep_objects(&self, version: &Version) -> Result<(), Unavailable> {
        let mut state = self.reach("artifacts")?;
        state.expiring.retain(|key, _| *key != version.artifact.key && *key != version.manifest_key);
        Ok(())
    }
}

impl Datasets for Memory {
    fn prefix(&self) -> &str {
        "datasets/iris/"
    }

    async fn files(&self) -> Result<Vec<StoredFile>, Unavailable> {
        let state = self.reach("datasets")?;
        Ok(state
            .datasets
            .iter()
            .map(|(key, content)| StoredFile { key: key.clone(), size: content.len() as u64 })
            .collect())
    }

    async fn content(&self, key: &str) -> Result<FileContent, ArtifactReadError> {
        let mut state = self.reach("datasets")?;
        state.dataset_reads += 1;
        let content = state.datasets.get(key).cloned().ok_or_else(|| ArtifactReadError::NotFound(key.to_owned()))?;
        // As in S3, other bytes are another version.
        let mut hasher = DefaultHasher::new();
        content.hash(&mut hasher);
        Ok(FileContent { content, object_version: Some(format!("{:016x}", hasher.finish())) })
    }

    async fn part(&self, key: &str, range: Range<u64>) -> Result<Vec<u8>, ArtifactReadError> {
        let state = self.reach("datasets")?;
        let content = state.datasets.get(key).ok_or_else(|| ArtifactReadError::NotFound(key.to_owned()))?;
        let at = |byte: u64| usize::try_from(byte).unwrap_or(usize::MAX).min(content.len());
        Ok(content.get(at(range.start)..at(range.end)).unwrap_or_default().to_vec())
    }
}

impl Checkpoints for Memory {
    async fn checkpoint(&self, run: &RunId) -> Result<Option<Vec<u8>>, Unavailable> {
        Ok(self.reach_for("artifacts", "checkpoint")?.checkpoints.get(run).cloned())
    }

    async fn keep_checkpoint(&self, run: &RunId, content: Vec<u8>) -> Result<(), Unavailable> {
        self.reach_for("artifacts", "keep_checkpoint")?.checkpoints.insert(run.clone(), content);
        Ok(())
    }

    async fn remove_checkpoint(&self, run: &RunId) -> Result<(), Unavailable> {
        self.reach_for("artifacts", "remove_checkpoint")?.checkpoints.remove(run);
        Ok(())
    }
}

impl FormerDatasets for Memory {
    async fn content_of(&self, key: &str, object_version: Option<&str>) -> Result<Vec<u8>, ArtifactReadError> {
        let present = self.content(key).await;
        match object_version {
            None => present.map(|file| file.content),
            Some(version) => match present {
                Ok(file) if file.object_version.as_deref() == Some(version) => Ok(file.content),
                _ => {
                    let kept =
                        self.reach("datasets")?.former_datasets.get(&(key.to_owned(), version.to_owned())).cloned();
                    kept.ok_or_else(|| ArtifactReadError::NotFound(key.to_owned()))
                }
            },
        }
    }
}

impl Incoming for Memory {
    fn incoming_prefix(&self) -> &str {
        "incoming/iris/"
    }

    async fn incoming(&self, key: &str, etag: Option<&str>, limit: u64) -> Result<Vec<u8>, IncomingError> {
        let state = self.reach("incoming")?;
        let content = state.incoming.get(key).cloned().ok_or_else(|| IncomingError::NotFound(key.to_owned()))?;
        if etag.zip(state.etags.get(key)).is_some_and(|(expected, found)| expected != found) {
            return Err(IncomingError::Overwritten(key.to_owned()));
        }
        let size = content.len() as u64;
        if size > limit {
            return Err(IncomingError::TooLarge { key: key.to_owned(), size, limit });
        }
        Ok(content)
    }
}
