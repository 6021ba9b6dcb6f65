//! Loads stored versions for the gate and for promotions on request.

use std::collections::BTreeSet;
use std::sync::Arc;

use evergreen_lifecycle::ports::{ArtifactReadError, Artifacts, Champions, Unavailable};
use evergreen_lifecycle::{Artifact, Column, ColumnKind, Dataset, Incumbent, ModelName, Pointer, PrimaryMetric};
use evergreen_scoring::{Model, RegisteredError};

use crate::challenger::Challenger;
use crate::error::TrainError;
use crate::work::off_thread;

/// Why the model of a stored version cannot be loaded.
#[derive(Debug, thiserror::Error)]
pub enum VersionLoadError {
    /// The store has no artifact under the version's key.
    #[error("its artifact is missing from the bucket")]
    Missing,
    /// The artifact is damaged, or this release cannot read it.
    #[error("its artifact cannot be loaded: {0}")]
    Damaged(#[from] RegisteredError),
}

/// The champion, with its model if that can be loaded.
#[derive(Debug, Clone)]
pub struct CurrentChampion {
    pointer: Pointer,
    model: Option<Arc<Model>>,
}

impl CurrentChampion {
    /// Loads the current champion of the model `name`. Reuses `known` if it still is the champion.
    ///
    /// # Errors
    /// Returns [`TrainError`] if registry or store do not answer, or if this release cannot read the pointer. A missing
    /// or damaged artifact is not an error.
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
        let model = read(storage, &pointer.artifact, name).await?.ok().map(|(_, model)| Arc::new(model));
        Ok(Some(Self { pointer, model }))
    }

    /// Returns the champion pointer.
    pub fn pointer(&self) -> &Pointer {
        &self.pointer
    }

    /// Returns the champion's model, or `None` if its artifact is gone or damaged.
    pub fn model(&self) -> Option<&Model> {
        self.model.as_deref()
    }

    /// Scores the champion by `metric` on the challenger's hold-out, if the two are comparable. They are not if the
    /// target or the columns differ: the champion's hold-out was then drawn from other content, so it was trained on
    /// many of these rows. They are not comparable either if this release cannot read the champion's data set.
    ///
    /// # Errors
    /// Returns [`TrainError::Aborted`] if scoring panics.
    pub async fn assess(&self, challenger: &Arc<Challenger>, metric: PrimaryMetric) -> Result<Incumbent, TrainError> {
        let version = self.pointer.number;
        let dataset = challenger.dataset();
        let Some(model) = self.model.clone() else { return Ok(Incumbent::Unreadable { version }) };
        let Some(known) = self.pointer.dataset() else { return Ok(Incumbent::Incomparable { version }) };
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

    /// Checks whether the champion's data set had the same columns as the challenger's, in any order. For a trained
    /// champion, those are the columns of its `model`. An imported model may use only some columns, so the recorded
    /// columns are compared, at most 200. Texts of several words do not count for trained models: the hold-out does not
    /// depend on them, and a model uses them only if they help.
    fn knows_the_columns_of(&self, model: &Model, known: &Dataset, challenger: &Challenger) -> bool {
        let names = |columns: &[String]| columns.iter().cloned().collect::<BTreeSet<_>>();
        if self.pointer.is_imported() {
            return names(&known.columns) == names(&challenger.dataset().columns);
        }
        let counts = |column: &&Column| !matches!(column.kind, ColumnKind::Text { .. });
        let columns = model.signature().columns().iter().filter(counts).map(|column| column.name.as_str());
        columns.collect::<BTreeSet<_>>() == challenger.columns().collect()
    }
}

/// Reads the artifact and loads its model, or returns why that is impossible.
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
