//! Imports an uploaded model file as a new version. The steps: fetch the file and the answers beside it, read the data set,
//! read the file as a model, evaluate it, create the artifact, compare the answers. Then the same gate decides as for
//! trained models.

mod answers;

pub use self::answers::AnswersError;

use std::time::Instant;

use evergreen_learning::memory::Purpose;
use evergreen_learning::{Prepared, ProgressWatch, Trained, adopt, signature};
use evergreen_lifecycle::digest::sha256_hex;
use evergreen_lifecycle::ports::{Incoming, IncomingError, Registration};
use evergreen_lifecycle::{CheckedAnswers, Evaluation, Imported, ModelName, Run, RunStage};
use evergreen_scoring::{ArtifactMetadata, MAX_ARTIFACT_BYTES, import};

use crate::config::TrainingSettings;
use crate::error::TrainError;
use crate::event::ModelFile;
use crate::ports::TrainWorld;
use crate::retries::RetryLimit;
use crate::trainer::Trainer;
use crate::work::off_thread;

/// Suffixes of model files: ONNX, and the files that XGBoost and LightGBM save themselves. The template has the same list.
const SUFFIXES: [&str; 4] = [".onnx", ".xgboost.json", ".ubj", ".lightgbm.txt"];

/// Suffixes that replace that of the model file in the key of a file with the answers of the author's library.
const ANSWERS_SUFFIXES: [&str; 3] = [".expected.json", ".expected.csv", ".expected.parquet"];

// This memory holds the file, its trees while they are read and while they predict, and the artifact. The data set
// needs memory in addition.
/// Bytes of memory that an import needs for each byte of the model file.
const FILE_FACTOR: u64 = 8;

/// An uploaded model file after it was read as a model and evaluated.
struct AdoptedModel {
    content: Vec<u8>,
    producer: String,
    trained: Trained,
}

/// A file beside the model file, with some rows and what the author's library answers to them.
struct AnswersFile {
    key: String,
    content: Vec<u8>,
}

impl<W: TrainWorld> Trainer<'_, W> {
    /// Imports an uploaded model file as a new model version. Then the gate decides whether the version becomes the
    /// champion.
    pub(crate) async fn import_version(
        &self,
        run: &mut Run,
        file: &ModelFile,
        retries: RetryLimit,
        watch: &ProgressWatch,
    ) -> Result<Registration, TrainError> {
        let started = Instant::now();
        let key = &file.key;
        // Intermediate results are written to `run`, so that the record of a failed run contains them.
        let content = self.fetch_model_file(file).await?;
        let answers = self.fetch_answers(key).await?;
        let settings = &self.settings_beside(key, content.len() as u64)?;
        let trainer = Trainer { settings, ..*self };
        let (prepared, inputs) = trainer.load_inputs(run, Purpose::Judge, started, None).await?.without_dataset();
        watch.enter(RunStage::Evaluating);
        let (name, model) = (key.clone(), self.settings.model.clone());
        let (AdoptedModel { content, producer, trained }, answers) = off_thread(move || {
            let mut adopted = adopt_file(content, &name, &prepared, &model)?;
            refuse_swapped(&adopted.trained, &name)?;
            let checked = answers.map(|file| check_answers(&adopted.trained, file)).transpose()?;
            adopted.trained.warnings.extend(checked.is_none().then(|| no_answers(&name)));
            Ok::<_, TrainError>((adopted, checked))
        })
        .await??;
        let (sha256, size) = (sha256_hex(&content), content.len() as u64);
        run.imported = Some(Imported { key: key.clone(), sha256, size, producer, answers });
        watch.enter(RunStage::Storing);
        self.register_trained(run, inputs, trained, Some(content), retries).await
    }

    /// Returns the stack's settings with a lower memory limit: without the memory that a model file of `bytes` bytes
    /// needs.
    fn settings_beside(&self, key: &str, bytes: u64) -> Result<TrainingSettings, TrainError> {
        let (needed, memory) = (bytes.saturating_mul(FILE_FACTOR), self.settings.memory);
        match memory.checked_sub(needed) {
            Some(memory) => Ok(TrainingSettings { memory, ..self.settings.clone() }),
            None => Err(TrainError::TooLargeToImport { key: key.to_owned(), needed, memory }),
        }
    }

    /// Fetches the uploaded model file from S3. Its key must have the prefix for model files and one of their suffixes.
    async fn fetch_model_file(&self, ModelFile { key, etag }: &ModelFile) -> Result<Vec<u8>, TrainError> {
        let prefix = self.world.storage().incoming_prefix();
        let name = key.strip_prefix(prefix).and_then(stem);
        if name.is_none_or(str::is_empty) {
            return Err(TrainError::NotIncoming { key: key.to_owned(), prefix: prefix.to_owned() });
        }
        Ok(self.world.storage().incoming(key, etag.as_deref(), MAX_ARTIFACT_BYTES as u64).await?)
    }

    /// Fetches the answers of the author's library. `None` if no such file lies beside the model file.
    async fn fetch_answers(&self, key: &str) -> Result<Option<AnswersFile>, TrainError> {
        let stem = stem(key).unwrap_or(key);
        for suffix in ANSWERS_SUFFIXES {
            let key = format!("{stem}{suffix}");
            match self.world.storage().incoming(&key, None, answers::MAX_BYTES).await {
                Ok(content) => return Ok(Some(AnswersFile { key, content })),
                Err(IncomingError::NotFound(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(None)
    }
}

/// Returns the key of a model file without its suffix. `None`: it has none of the suffixes.
fn stem(key: &str) -> Option<&str> {
    SUFFIXES.iter().find_map(|suffix| key.strip_suffix(suffix))
}

/// Compares the imported model with the answers of the author's library.
fn check_answers(trained: &Trained, AnswersFile { key, content }: AnswersFile) -> Result<CheckedAnswers, TrainError> {
    answers::check(&trained.model, &key, content).map_err(|error| TrainError::Answers { key, error: Box::new(error) })
}

/// Refuses a model of two labels that ranks the rows of the hold-out the wrong way round, by more than chance.
fn refuse_swapped(trained: &Trained, key: &str) -> Result<(), TrainError> {
    let Evaluation::Classification(scores) = &trained.evaluation else { return Ok(()) };
    let (Some(roc_auc), Some(_)) = (scores.roc_auc, &scores.binary) else { return Ok(()) };
    let counts: Vec<f64> = scores.per_class.iter().map(|class| class.support as f64).collect();
    let [negative, positive] = counts[..] else { return Ok(()) };
    // The standard deviation of the area for a model that answers by chance (Mann and Whitney, 1947).
    let deviation = ((negative + positive + 1.0) / (12.0 * negative * positive)).sqrt();
    if roc_auc < 0.5 - 2.0 * deviation {
        return Err(TrainError::SwappedLabels { key: key.to_owned(), roc_auc });
    }
    Ok(())
}

/// Returns the warning about a model file without answers beside it.
fn no_answers(key: &str) -> String {
    let name = key.rsplit('/').next().unwrap_or(key);
    let stem = stem(name).unwrap_or(name);
    format!(
        "nothing vouches for the imported model: no {stem}.expected.csv with answers of the author's library lies beside the \
         file (see docs/IMPORT.md)"
    )
}

/// Makes the artifact of a kept model file again, without an evaluation by the gate.
///
/// # Errors
/// Returns [`TrainError`] if the file cannot be used for this data set.
pub(crate) fn convert(
    content: Vec<u8>,
    key: &str,
    prepared: &Prepared,
    model: &ModelName,
) -> Result<Vec<u8>, TrainError> {
    adopt_file(content, key, prepared, model).map(|adopted| adopted.trained.artifact)
}

/// Reads a model file as a model for the columns of the data set, and evaluates the model on the data set.
fn adopt_file(content: Vec<u8>, key: &str, prepared: &Prepared, model: &ModelName) -> Result<AdoptedModel, TrainError> {
    let signature = signature(prepared).map_err(evergreen_learning::LearningError::from)?;
    let read = import(&content, &signature)
        .map_err(|error| TrainError::Import { key: key.to_owned(), error: Box::new(error) })?;
    let mut trained = adopt(prepared, read.pipeline, &ArtifactMetadata::named(model.to_string()))?;
    trained.warnings.extend(read.warnings);
    Ok(AdoptedModel { content, producer: read.producer, trained })
}
