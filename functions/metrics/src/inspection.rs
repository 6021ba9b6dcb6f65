//! Checks whether a new environment of the predict function could load the champion (the model version that answers
//! predictions). Also checks whether the champion's two stored files are intact.
//!
//! A new environment reads the pointer to the champion, then the registry's copy of the artifact. If the copy is
//! unusable, it reads the object in the S3 bucket. This module always checks both files, since a good file hides that
//! the other one is damaged. A manual promotion and the gate, which compares a new version with the champion, need the
//! object.

use std::fmt;

use evergreen_lifecycle::ports::{ArtifactReadError, Artifacts};
use evergreen_lifecycle::{Metric, MetricValues, ModelName, Pointer};
use evergreen_scoring::{Model, RegisteredError};

/// The state of a stored file of a model's artifact.
#[derive(Debug)]
pub enum FileCondition {
    /// The stored file loads as the model that the registry names.
    Sound,
    /// The stored file does not exist.
    Gone,
    /// The stored file exists, but it does not load as the model that the registry names. Contains the error.
    Damaged(RegisteredError),
    /// The stored file could not be fetched, so its state is unknown. Contains the reason.
    Unchecked(String),
}

/// The state of the two stored files of the champion's artifact.
#[derive(Debug)]
pub struct ArtifactInspection {
    /// The state of the artifact's copy in the registry. `None` if the registry keeps no copy, because the artifact is
    /// too large.
    pub copy: Option<FileCondition>,
    /// The state of the artifact's object in the S3 bucket.
    pub object: FileCondition,
}

impl FileCondition {
    fn of(bytes: &[u8], pointer: &Pointer, model: &ModelName) -> Self {
        Model::load_registered(bytes, &pointer.artifact, model).map_or_else(Self::Damaged, |_| Self::Sound)
    }

    /// Returns whether the stored file can be loaded as the champion. `None` if that is unknown.
    fn serves(&self) -> Option<bool> {
        match self {
            Self::Sound => Some(true),
            Self::Gone | Self::Damaged(_) => Some(false),
            Self::Unchecked(_) => None,
        }
    }
}

impl fmt::Display for FileCondition {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sound => formatter.write_str("sound"),
            Self::Gone => formatter.write_str("gone"),
            Self::Damaged(error) => write!(formatter, "damaged: {error}"),
            Self::Unchecked(cause) => write!(formatter, "not checked: {cause}"),
        }
    }
}

impl ArtifactInspection {
    /// Checks both stored files of the model version that `pointer` names. `copy` is the registry's copy of the
    /// artifact. It is `None` if the registry keeps no copy.
    pub async fn of(pointer: &Pointer, copy: Option<&[u8]>, artifacts: &impl Artifacts, model: &ModelName) -> Self {
        let object = match artifacts.get(&pointer.artifact.key).await {
            Ok(bytes) => FileCondition::of(&bytes, pointer, model),
            Err(ArtifactReadError::NotFound(_)) => FileCondition::Gone,
            Err(ArtifactReadError::Unavailable(error)) => FileCondition::Unchecked(format!("{error}: {}", error.cause)),
        };
        Self { copy: copy.map(|copy| FileCondition::of(copy, pointer, model)), object }
    }

    /// Returns whether every stored file of the artifact is known to be intact.
    pub fn is_sound(&self) -> bool {
        [self.copy.as_ref(), Some(&self.object)].into_iter().flatten().all(|file| file.serves() == Some(true))
    }

    /// Returns whether a new environment of the predict function could load the champion from one of its files. `None`
    /// if that is unknown.
    pub fn serves(&self) -> Option<bool> {
        let copy = self.copy.as_ref().and_then(FileCondition::serves);
        if copy == Some(true) { copy } else { self.object.serves() }
    }

    /// Returns how many of the artifact's two files are missing or damaged. `None` if that is unknown.
    fn damaged(&self) -> Option<f64> {
        let copy = self.copy.as_ref().map_or(Some(true), FileCondition::serves)?;
        Some([copy, self.object.serves()?].into_iter().map(|serves| f64::from(u8::from(!serves))).sum())
    }

    /// Returns the metrics `ModelHealthy` and `DamagedArtifacts`.
    pub fn values(&self) -> MetricValues {
        let mut values = MetricValues::default();
        values.expect(Metric::ModelHealthy, self.serves().map(|serves| f64::from(u8::from(serves))));
        values.expect(Metric::DamagedArtifacts, self.damaged());
        values
    }
}
