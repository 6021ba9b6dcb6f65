//! Stored versions as the gate and an operator's promotion see them.

use std::collections::BTreeSet;
use std::sync::Arc;

use evergreen_lifecycle::ports::{ArtifactReadError, Artifacts, Champions, Unavailable};
use evergreen_lifecycle::{Artifact, Column, ColumnKind, Dataset, Incumbent, ModelName, Pointer, PrimaryMetric};
use evergreen_scoring::{Model, RegisteredError};

use crate::candidate::Candidate;
use crate::error::TrainError;
use crate::work::off_thread;

/// Why a stored version cannot serve.
#[derive(Debug, thiserror::Error)]
pub enum Defect {
    /// Its artifact is gone.
    #[error("its artifact is not there")]
    Gone,
    /// Its artifact is damaged, or this release cannot read it.
    #[error("its artifact cannot serve: {0}")]
    Damaged(#[from] RegisteredError),
}

/// The champion with its model, where that can be loaded.
#[derive(Debug, Clone)]
pub struct Serving {
    pointer: Pointer,
    model: Option<Arc<Model>>,
}

impl Serving {
    /// What serves now, of the model `name`. The artifact is not read again where `known` is that champion still.
    ///
    /// # Errors
    /// [`TrainError`] when registry or store do not answer, or when this release cannot read the pointer. An artifact that
    /// is gone or damaged is an answer.
    pub async fn now(
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

    /// The pointer to the champion.
    pub fn pointer(&self) -> &Pointer {
        &self.pointer
    }

    /// Its model, unless its artifact is gone or damaged.
    pub fn model(&self) -> Option<&Model> {
        self.model.as_deref()
    }

    /// What the gate needs to know of it: how it does by `metric` on the rows that `challenger` has not learnt from, if it
    /// can be scored there. A model of another target cannot, whatever its columns. Nor can one that takes fewer columns or
    /// more than there are: its hold-out followed from other content, so it has learnt from many of these rows. Nor can one
    /// whose data set this release cannot read.
    ///
    /// # Errors
    /// [`TrainError::Aborted`] when scoring panics.
    pub async fn assess(&self, challenger: &Arc<Candidate>, metric: PrimaryMetric) -> Result<Incumbent, TrainError> {
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

    /// Whether the table of `challenger` has the columns, in whatever order, that the champion's had: those that its `model`
    /// takes, or, of an imported file, which may take some of them only, those on record, 200 at most. Texts of several words do not count:
    /// the hold-out does not depend on them, and a model takes them only where they are of use.
    fn knows_the_columns_of(&self, model: &Model, known: &Dataset, challenger: &Candidate) -> bool {
        let names = |columns: &[String]| columns.iter().cloned().collect::<BTreeSet<_>>();
        if self.pointer.is_imported() {
            return names(&known.columns) == names(&challenger.dataset().columns);
        }
        let counts = |column: &&Column| !matches!(column.kind, ColumnKind::Text { .. });
        let columns = model.signature().columns().iter().filter(counts).map(|column| column.name.as_str());
        columns.collect::<BTreeSet<_>>() == challenger.columns().collect()
    }
}

/// The content of the file that `artifact` describes and the model in it, or why it cannot serve.
///
/// # Errors
/// [`Unavailable`] when the store does not answer.
pub async fn read(
    storage: &impl Artifacts,
    artifact: &Artifact,
    name: &ModelName,
) -> Result<Result<(Vec<u8>, Model), Defect>, Unavailable> {
    match storage.get(&artifact.key).await {
        Ok(content) => {
            let loaded = Model::load_registered(&content, artifact, name);
            Ok(loaded.map(|model| (content, model)).map_err(Defect::from))
        }
        Err(ArtifactReadError::NotFound(_)) => Ok(Err(Defect::Gone)),
        Err(ArtifactReadError::Unavailable(error)) => Err(error),
    }
}
