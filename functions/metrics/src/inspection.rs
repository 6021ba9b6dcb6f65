//! Check of the champion's two stored model files: the copy in the registry and the file in the S3 bucket.
//!
//! When the prediction function starts, it reads the copy in the registry. If the copy is unusable, it reads the file
//! in S3. This module always checks both files, because one good file hides that the other one is damaged. The
//! promotion gate and a promotion by hand need the file in S3.

use std::fmt;

use evergreen_lifecycle::drift::BaselineCounts;
use evergreen_lifecycle::feedback::{HoldOutLosses, WrittenLosses};
use evergreen_lifecycle::ports::{ArtifactReadError, Artifacts};
use evergreen_lifecycle::{Metric, MetricValues, ModelName, Pointer};
use evergreen_scoring::{Model, RegisteredError};

/// Result of the check of one stored model file.
#[derive(Debug)]
pub enum FileCondition {
    /// The file is intact: it loads as the model version that the registry names.
    Sound,
    /// The stored file does not exist.
    Gone,
    /// The file exists, but it does not load as the model version that the registry names.
    Damaged(RegisteredError),
    /// The file could not be read, so it was not checked. Contains the reason.
    Unchecked(String),
}

/// Result of the check of the champion's two stored model files.
#[derive(Debug)]
pub struct ArtifactInspection {
    /// Check of the registry's copy of the model file. `None` if there is no copy, because the file is too large.
    pub copy: Option<FileCondition>,
    /// Check of the model file in the S3 bucket.
    pub object: FileCondition,
    /// The baseline in an intact model file. `None` if no file is intact, or if the file has no baseline.
    pub baseline: Option<BaselineCounts>,
    /// The losses on the hold-out in an intact model file. `None` if no file is intact, or if the file has none.
    pub hold_out: Option<HoldOutLosses>,
}

/// What an intact model file says about the data set.
type Known = (Option<BaselineCounts>, Option<HoldOutLosses>);

impl FileCondition {
    /// Checks the bytes of a file. Also returns the baseline and the losses in an intact file.
    fn of(bytes: &[u8], pointer: &Pointer, model: &ModelName) -> (Self, Option<Known>) {
        match Model::load_registered(bytes, &pointer.artifact, model) {
            Ok(model) => {
                let metadata = model.metadata();
                let hold_out = metadata.hold_out.as_ref().and_then(WrittenLosses::read);
                (Self::Sound, Some((metadata.baseline.clone(), hold_out)))
            }
            Err(error) => (Self::Damaged(error), None),
        }
    }

    /// Returns whether the model file can be loaded. `None` if the file was not checked.
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
    /// Checks the two stored files of the model version in `pointer`. `copy` holds the bytes of the registry's copy, if
    /// there is one.
    pub async fn of(pointer: &Pointer, copy: Option<&[u8]>, artifacts: &impl Artifacts, model: &ModelName) -> Self {
        let (object, of_object) = match artifacts.get(&pointer.artifact.key).await {
            Ok(bytes) => FileCondition::of(&bytes, pointer, model),
            Err(ArtifactReadError::NotFound(_)) => (FileCondition::Gone, None),
            Err(ArtifactReadError::Unavailable(error)) => {
                (FileCondition::Unchecked(format!("{error}: {}", error.cause)), None)
            }
        };
        let (copy, of_copy) = copy.map(|copy| FileCondition::of(copy, pointer, model)).unzip();
        let (baseline, hold_out) = of_object.or(of_copy.flatten()).unwrap_or_default();
        Self { copy, object, baseline, hold_out }
    }

    /// Returns whether all stored model files were checked and are intact.
    pub fn is_sound(&self) -> bool {
        [self.copy.as_ref(), Some(&self.object)].into_iter().flatten().all(|file| file.serves() == Some(true))
    }

    /// Returns whether the prediction function can load the champion from one of its files. `None` if unknown.
    pub fn serves(&self) -> Option<bool> {
        let copy = self.copy.as_ref().and_then(FileCondition::serves);
        if copy == Some(true) { copy } else { self.object.serves() }
    }

    /// Returns how many of the champion's two model files are missing or damaged. `None` if a file was not checked.
    fn damaged(&self) -> Option<f64> {
        let copy = self.copy.as_ref().map_or(Some(true), FileCondition::serves)?;
        Some([copy, self.object.serves()?].into_iter().map(|serves| f64::from(u8::from(!serves))).sum())
    }

    /// Returns the metrics `ModelHealthy` and `DamagedArtifacts` for the champion's stored model files.
    pub fn values(&self) -> MetricValues {
        let mut values = MetricValues::default();
        values.expect(Metric::ModelHealthy, self.serves().map(|serves| f64::from(u8::from(serves))));
        values.expect(Metric::DamagedArtifacts, self.damaged());
        values
    }
}
