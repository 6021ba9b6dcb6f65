//! Loads models of stored versions: the champion for the gate, and an earlier version for a promotion on request.

use std::collections::BTreeSet;
use std::sync::Arc;

use evergreen_lifecycle::ports::{ArtifactReadError, Artifacts, Champions, Unavailable};
use evergreen_lifecycle::{Artifact, Column, ColumnKind, Dataset, Incumbent, ModelName, Pointer, PrimaryMetric};
use evergreen_scoring::{Model, RegisteredError};

use crate::challenger::Challenger;
use crate::error::TrainError;
use crate::work::off_thread;

/// Error: why the model of a stored version cannot be loaded.
#[derive(Debug, thiserror::Error)]
pub enum VersionLoadError {
    /// S3 has no artifact (model file) under the S3 key of the model version.
    #[error("its artifact is missing from the bucket")]
    Missing,
    /// The version's artifact (model file) in S3 is damaged, or this release of the software cannot read it.
    #[error("its artifact cannot be loaded: {0}")]
    Damaged(#[from] RegisteredError),
}

/// The current champion: its registry record, and its model if the model's artifact can be loaded.
#[derive(Debug, Clone)]
pub struct CurrentChampion {
    pointer: Pointer,
    model: Option<Arc<Model>>,
}

impl CurrentChampion {
    /// Loads the current champion of the model named `name`. `None` if no version was ever promoted. `known` is a
    /// champion that was loaded before, and is reused if possible.
    ///
    /// # Errors
    /// Returns [`TrainError`] if the registry or the store does not answer, or if a newer release wrote the champion's
    /// record and this release cannot read it.
    pub async fn load(
        registry: &impl Champions,
        storage: &impl Artifacts,
        name: &ModelName,
        known: Option<Self>,
    ) -> Result<Option<Self>, TrainError> {
        let Some(pointer) = registry.champion().await?.transpose()? else { return Ok(None) };
        if let Some(known) = known.filter(|known| known.pointer == pointer) {
            return Ok(Some(known));
        }
        // A missing or damaged artifact is not an error: the champion then has no model.
        let model = read(storage, &pointer.artifact, name).await?.ok().map(|(_, model)| Arc::new(model));
        Ok(Some(Self { pointer, model }))
    }

    /// Returns the registry record that names the current champion.
    pub fn pointer(&self) -> &Pointer {
        &self.pointer
    }

    /// Returns the champion's model, for another thread. `None` if the champion's artifact is missing or damaged.
    pub fn shared_model(&self) -> Option<Arc<Model>> {
        self.model.clone()
    }

    /// Returns the champion's model. `None` if the champion's artifact is missing or damaged.
    pub fn model(&self) -> Option<&Model> {
        self.model.as_deref()
    }

    /// Scores the champion on the hold-out rows of the challenger (the new model), so that the gate can compare the
    /// two.
    ///
    /// # Errors
    /// Returns [`TrainError::Aborted`] if scoring panics.
    pub async fn assess(&self, challenger: &Arc<Challenger>, metric: PrimaryMetric) -> Result<Incumbent, TrainError> {
        let version = self.pointer.number;
        let dataset = challenger.dataset();
        let Some(model) = self.model.clone() else { return Ok(Incumbent::Unreadable { version }) };
        // The record of the champion's data set may come from a newer release that this release cannot read.
        let Some(known) = self.pointer.dataset() else { return Ok(Incumbent::Incomparable { version }) };
        // With other columns or another target, the champion's hold-out was drawn from other content. The champion was
        // then trained on many of the challenger's hold-out rows.
        if known.target != dataset.target || !self.knows_the_columns_of(&model, &known, challenger) {
            return Ok(Incumbent::Incomparable { version });
        }
        let same_table = known.fingerprint == dataset.fingerprint;
        let challenger = Arc::clone(challenger);
        let scores = off_thread(move || challenger.scores_of(&model, metric)).await?;
        Ok(match scores {
            Ok(scores) => Incumbent::Scored { version, scores, same_table },
            Err(_) => Incumbent::Incomparable { version },
        })
    }

    /// Returns whether the champion and the challenger (the new model) were trained on the same columns, in any order.
    fn knows_the_columns_of(&self, model: &Model, known: &Dataset, challenger: &Challenger) -> bool {
        let names = |columns: &[String]| columns.iter().cloned().collect::<BTreeSet<_>>();
        // An imported model may use only some columns of its data set. So the recorded columns of the data sets are
        // compared, at most 200.
        if self.pointer.is_imported() {
            return names(&known.columns) == names(&challenger.dataset().columns);
        }
        // Free-text columns are not compared: the hold-out does not depend on them, and a model uses them only if they
        // help.
        let counts = |column: &&Column| !matches!(column.kind, ColumnKind::Text { .. } | ColumnKind::WholeText);
        let columns = model.signature().columns().iter().filter(counts).map(|column| column.name.as_str());
        columns.collect::<BTreeSet<_>>() == challenger.columns().collect()
    }
}

/// Reads the artifact of a stored model version from S3 and loads its model. The inner error says why the model cannot
/// be loaded.
///
/// # Errors
/// Returns [`Unavailable`] if the store does not answer.
pub async fn read(
    storage: &impl Artifacts,
    artifact: &Artifact,
    name: &ModelName,
) -> Result<Result<(Vec<u8>, Model), VersionLoadError>, Unavailable> {
    match storage.get(&artifact.key).await {
        Ok(content) => {
            let loaded = Model::load_registered(&content, artifact, name);
            Ok(loaded.map(|model| (content, model)).map_err(VersionLoadError::from))
        }
        Err(ArtifactReadError::NotFound(_)) => Ok(Err(VersionLoadError::Missing)),
        Err(ArtifactReadError::Unavailable(error)) => Err(error),
    }
}
