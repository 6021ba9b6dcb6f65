//! Whether a new predict environment would load the champion, and whether its two stored files are what they should be.
//!
//! A new environment reads the pointer, then the registry's copy of the artifact, then the bucket's object where the copy
//! cannot serve. Both files are checked here in any case. One that serves hides that the other is damaged, and the object is
//! what a promotion by hand and the gate's comparison need.

use std::fmt;

use evergreen_lifecycle::ports::{ArtifactReadError, Artifacts};
use evergreen_lifecycle::{Figures, Metric, ModelName, Pointer};
use evergreen_scoring::{Model, RegisteredError};

/// What a stored file is like.
#[derive(Debug)]
pub enum Condition {
    /// It can serve.
    Sound,
    /// It is not there.
    Gone,
    /// It cannot serve.
    Damaged(RegisteredError),
    /// It could not be fetched, so nobody knows.
    Unchecked(String),
}

/// What the champion's stored files are like.
#[derive(Debug)]
pub struct Inspection {
    /// The registry's copy, where one is kept; a large artifact has none.
    pub copy: Option<Condition>,
    /// The bucket's object.
    pub object: Condition,
}

impl Condition {
    fn of(bytes: &[u8], pointer: &Pointer, model: &ModelName) -> Self {
        Model::load_registered(bytes, &pointer.artifact, model).map_or_else(Self::Damaged, |_| Self::Sound)
    }

    /// Whether it can serve, where that is known.
    fn serves(&self) -> Option<bool> {
        match self {
            Self::Sound => Some(true),
            Self::Gone | Self::Damaged(_) => Some(false),
            Self::Unchecked(_) => None,
        }
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sound => formatter.write_str("sound"),
            Self::Gone => formatter.write_str("gone"),
            Self::Damaged(error) => write!(formatter, "damaged: {error}"),
            Self::Unchecked(cause) => write!(formatter, "not checked: {cause}"),
        }
    }
}

impl Inspection {
    /// Checks both files of what `pointer` names; `copy` is what the registry keeps beside it.
    pub async fn of(pointer: &Pointer, copy: Option<&[u8]>, artifacts: &impl Artifacts, model: &ModelName) -> Self {
        let object = match artifacts.get(&pointer.artifact.key).await {
            Ok(bytes) => Condition::of(&bytes, pointer, model),
            Err(ArtifactReadError::NotFound(_)) => Condition::Gone,
            Err(ArtifactReadError::Unavailable(error)) => Condition::Unchecked(format!("{error}: {}", error.cause)),
        };
        Self { copy: copy.map(|copy| Condition::of(copy, pointer, model)), object }
    }

    /// Whether both files can serve.
    pub fn is_sound(&self) -> bool {
        [self.copy.as_ref(), Some(&self.object)].into_iter().flatten().all(|file| file.serves() == Some(true))
    }

    /// Whether a new environment would load the champion, where that is known.
    pub fn serves(&self) -> Option<bool> {
        let copy = self.copy.as_ref().and_then(Condition::serves);
        if copy == Some(true) { copy } else { self.object.serves() }
    }

    /// How many files are gone or damaged, where that is known.
    fn damaged(&self) -> Option<f64> {
        let copy = self.copy.as_ref().map_or(Some(true), Condition::serves)?;
        Some([copy, self.object.serves()?].into_iter().map(|serves| f64::from(u8::from(!serves))).sum())
    }

    /// What is published of it.
    pub fn figures(&self) -> Figures {
        let mut figures = Figures::default();
        figures.expect(Metric::ModelHealthy, self.serves().map(|serves| f64::from(u8::from(serves))));
        figures.expect(Metric::DamagedArtifacts, self.damaged());
        figures
    }
}
