//! Importing a model: file → table → pipeline → artifact of our own, and then the same gate as for what is learnt here.

use std::time::Instant;

use evergreen_learning::memory::Purpose;
use evergreen_learning::{Prepared, Trained, adopt, signature};
use evergreen_lifecycle::ports::{
    ArtifactWriter, Artifacts, Champions, Clock, Datasets, Incoming, Registrar, Registration,
};
use evergreen_lifecycle::{Imported, ModelName, Run};
use evergreen_scoring::{ArtifactMetadata, MAX_ARTIFACT_BYTES, import, sha256_hex};

use crate::config::Training;
use crate::error::TrainError;
use crate::patience::Patience;
use crate::request::File;
use crate::trainer::Trainer;
use crate::work::off_thread;

/// How the name of a model file ends.
const SUFFIX: &str = ".onnx";

/// Bytes of memory for each byte of a model file, beside the table: the file itself, its trees as they are read, as they
/// serve, and as an artifact.
const FILE_FACTOR: u64 = 8;

/// A model file, read as a model of the present table.
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
    /// Makes a version of the model file and has the gate decide. `run` is told what is learnt on the way, so that a
    /// failure is recorded with it.
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

    /// What a table may take beside a model file of so many bytes.
    fn training_beside(&self, key: &str, bytes: u64) -> Result<Training, TrainError> {
        let (needed, memory) = (bytes.saturating_mul(FILE_FACTOR), self.training.memory);
        match memory.checked_sub(needed) {
            Some(memory) => Ok(Training { memory, ..self.training.clone() }),
            None => Err(TrainError::TooLargeToImport { key: key.to_owned(), needed, memory }),
        }
    }

    /// The file, which lies where model files are put.
    async fn incoming(&self, File { key, etag }: &File) -> Result<Vec<u8>, TrainError> {
        let prefix = self.storage.incoming_prefix();
        let name = key.strip_prefix(prefix).and_then(|name| name.strip_suffix(SUFFIX));
        if name.is_none_or(str::is_empty) {
            return Err(TrainError::NotIncoming { key: key.to_owned(), prefix: prefix.to_owned() });
        }
        Ok(self.storage.incoming(key, etag.as_deref(), MAX_ARTIFACT_BYTES as u64).await?)
    }
}

/// The file `key` as a model of the table, evaluated, with what the reader has to say of it among the warnings.
fn adopted(content: Vec<u8>, key: &str, prepared: &Prepared, model: &ModelName) -> Result<Adopted, TrainError> {
    let signature = signature(prepared).map_err(evergreen_learning::LearningError::from)?;
    let read = import(&content, &signature)
        .map_err(|error| TrainError::Import { key: key.to_owned(), error: Box::new(error) })?;
    let mut trained = adopt(prepared, read.pipeline, &ArtifactMetadata::named(model.to_string()))?;
    trained.warnings.extend(read.warnings);
    Ok(Adopted { content, producer: read.producer, trained })
}
