//! Imports a model: file → data set → pipeline → artifact. Then the same gate decides as for trained models.

use std::time::Instant;

use evergreen_learning::memory::Purpose;
use evergreen_learning::{Prepared, Trained, adopt, signature};
use evergreen_lifecycle::digest::sha256_hex;
use evergreen_lifecycle::ports::{
    ArtifactWriter, Artifacts, Champions, Clock, Datasets, Incoming, Registrar, Registration,
};
use evergreen_lifecycle::{Imported, ModelName, Run};
use evergreen_scoring::{ArtifactMetadata, MAX_ARTIFACT_BYTES, import};

use crate::config::Training;
use crate::error::TrainError;
use crate::patience::Patience;
use crate::request::File;
use crate::trainer::Trainer;
use crate::work::off_thread;

/// Suffix of a model file's name.
const SUFFIX: &str = ".onnx";

/// Bytes of memory per byte of a model file, in addition to the data set. It covers the file, its trees while they are
/// read and while they serve, and the artifact.
const FILE_FACTOR: u64 = 8;

/// A model file, read as a model of the current data set.
struct Adopted {
    content: Vec<u8>,
    producer: String,
    trained: Trained,
}

impl<R, S, B, C> Trainer<'_, R, S, B, C>
where
    R: Registrar + Champions,
    S: Artifacts + ArtifactWriter + Datasets + Incoming,
    C: Clock,
{
    /// Creates a version from a model file and lets the gate decide. Writes intermediate results to `run`, so that a
    /// failure is recorded with them.
    pub(crate) async fn import_version(
        &self,
        run: &mut Run,
        file: &File,
        patience: Patience,
    ) -> Result<Registration, TrainError> {
        let started = Instant::now();
        let key = &file.key;
        let content = self.incoming(file).await?;
        let training = &self.training_beside(key, content.len() as u64)?;
        let trainer = Trainer { training, ..*self };
        let (prepared, present) = trainer.present(run, Purpose::Judge, started).await?.without_table();
        let (name, model) = (key.clone(), self.training.model.clone());
        let Adopted { content, producer, trained } =
            off_thread(move || adopted(content, &name, &prepared, &model)).await??;
        let (sha256, size) = (sha256_hex(&content), content.len() as u64);
        run.imported = Some(Imported { key: key.clone(), sha256, size, producer });
        self.register_trained(run, present, trained, Some(content), patience).await
    }

    /// Returns the training settings with the memory that remains beside a model file of this size.
    fn training_beside(&self, key: &str, bytes: u64) -> Result<Training, TrainError> {
        let (needed, memory) = (bytes.saturating_mul(FILE_FACTOR), self.training.memory);
        match memory.checked_sub(needed) {
            Some(memory) => Ok(Training { memory, ..self.training.clone() }),
            None => Err(TrainError::TooLargeToImport { key: key.to_owned(), needed, memory }),
        }
    }

    /// Fetches the model file. Its key must have the right prefix and suffix.
    async fn incoming(&self, File { key, etag }: &File) -> Result<Vec<u8>, TrainError> {
        let prefix = self.storage.incoming_prefix();
        let name = key.strip_prefix(prefix).and_then(|name| name.strip_suffix(SUFFIX));
        if name.is_none_or(str::is_empty) {
            return Err(TrainError::NotIncoming { key: key.to_owned(), prefix: prefix.to_owned() });
        }
        Ok(self.storage.incoming(key, etag.as_deref(), MAX_ARTIFACT_BYTES as u64).await?)
    }
}

/// Reads the file as a model of the data set and evaluates it. Adds the reader's warnings.
fn adopted(content: Vec<u8>, key: &str, prepared: &Prepared, model: &ModelName) -> Result<Adopted, TrainError> {
    let signature = signature(prepared).map_err(evergreen_learning::LearningError::from)?;
    let read = import(&content, &signature)
        .map_err(|error| TrainError::Import { key: key.to_owned(), error: Box::new(error) })?;
    let mut trained = adopt(prepared, read.pipeline, &ArtifactMetadata::named(model.to_string()))?;
    trained.warnings.extend(read.warnings);
    Ok(Adopted { content, producer: read.producer, trained })
}
