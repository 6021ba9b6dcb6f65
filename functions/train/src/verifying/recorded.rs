//! The table with which a version was trained, as its manifest names it.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use evergreen_lifecycle::DatasetProfile;
use evergreen_lifecycle::digest::sha256_hex;
use evergreen_lifecycle::ports::{ArtifactReadError, Datasets, FileContent, FormerDatasets, StoredFile, Unavailable};

use crate::dataset::BUILT_IN;

/// The files of the table with which a version was trained. Their content is checked against the manifest.
#[derive(Debug)]
pub(super) struct RecordedTable {
    prefix: String,
    files: Vec<StoredFile>,
    // A file is taken out when it is read as a whole, because a table may take much of the memory.
    contents: Mutex<BTreeMap<String, Vec<u8>>>,
}

impl RecordedTable {
    /// Fetches the files that the manifest names. The inner error says which file is gone or was replaced.
    ///
    /// # Errors
    /// [`Unavailable`] when the call to the object store fails.
    pub(super) async fn fetch(
        storage: &(impl Datasets + FormerDatasets),
        profile: &DatasetProfile,
    ) -> Result<Result<Self, String>, Unavailable> {
        let data = profile.files.iter().filter(|file| file.name != BUILT_IN);
        let data = data.map(|file| (&file.name, &file.sha256, &file.object_version));
        let settings = profile.settings.iter().map(|file| (&file.name, &file.sha256, &file.object_version));
        let mut contents = BTreeMap::new();
        for (name, sha256, object_version) in data.chain(settings) {
            let content = match storage.content_of(name, object_version.as_deref()).await {
                Ok(content) => content,
                Err(ArtifactReadError::NotFound(_)) => {
                    return Ok(Err(format!("the table is gone: the bucket no longer has {name} as it was then")));
                }
                Err(ArtifactReadError::Unavailable(error)) => return Err(error),
            };
            let found = sha256_hex(&content);
            if found != *sha256 {
                return Ok(Err(format!("the table changed: {name} has the SHA-256 {found}, and had {sha256}")));
            }
            contents.insert(name.clone(), content);
        }
        let size = |content: &Vec<u8>| content.len() as u64;
        let files = contents.iter().map(|(key, content)| StoredFile { key: key.clone(), size: size(content) });
        let (prefix, files) = (storage.prefix().to_owned(), files.collect());
        Ok(Ok(Self { prefix, files, contents: Mutex::new(contents) }))
    }
}

impl Datasets for RecordedTable {
    fn prefix(&self) -> &str {
        &self.prefix
    }

    async fn files(&self) -> Result<Vec<StoredFile>, Unavailable> {
        Ok(self.files.clone())
    }

    async fn content(&self, key: &str) -> Result<FileContent, ArtifactReadError> {
        let content = self.contents.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
        let content = content.ok_or_else(|| ArtifactReadError::NotFound(key.to_owned()))?;
        Ok(FileContent { content, object_version: None })
    }

    async fn part(&self, key: &str, range: Range<u64>) -> Result<Vec<u8>, ArtifactReadError> {
        let contents = self.contents.lock().unwrap_or_else(PoisonError::into_inner);
        let content = contents.get(key).ok_or_else(|| ArtifactReadError::NotFound(key.to_owned()))?;
        let at = |byte: u64| usize::try_from(byte).unwrap_or(usize::MAX).min(content.len());
        Ok(content.get(at(range.start)..at(range.end)).unwrap_or_default().to_vec())
    }
}
