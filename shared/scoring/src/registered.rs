//! Whether an artifact that the registry describes can serve. This is the one answer to that question: for the function that
//! predicts, for the one that measures, for the gate, and for a promotion by hand.

use evergreen_lifecycle::{Artifact, ModelName};

use crate::artifact::ArtifactError;
use crate::digest::sha256_hex;
use crate::model::Model;

/// Why bytes are not the model that was registered.
#[derive(Debug, thiserror::Error)]
pub enum RegisteredError {
    /// There are more or fewer of them.
    #[error("{found} bytes instead of the {expected} that were registered")]
    Size {
        /// Bytes registered.
        expected: u64,
        /// Bytes found.
        found: u64,
    },
    /// They are others.
    #[error("SHA-256 {found} instead of {expected}, which was registered")]
    Digest {
        /// The digest registered.
        expected: String,
        /// The digest of what was found.
        found: String,
    },
    /// They are what was registered, and this code cannot read them.
    #[error("cannot be read: {0}")]
    Unreadable(#[from] ArtifactError),
    /// They are a model of another name.
    #[error("it is a file of the model {found:?}, expected one of the model \"{expected}\"")]
    OtherModel {
        /// The name of this stack's model.
        expected: ModelName,
        /// The name in the artifact.
        found: String,
    },
}

impl Model {
    /// Reads the artifact of the model `name` that was registered as `artifact`. Size and digest come first, so that nothing
    /// else is parsed.
    ///
    /// # Errors
    /// [`RegisteredError`] when the bytes are not those that were registered, when this release cannot read them, or when they
    /// are another model's. The artifact cannot serve then.
    pub fn load_registered(bytes: &[u8], artifact: &Artifact, name: &ModelName) -> Result<Self, RegisteredError> {
        let found = bytes.len() as u64;
        if found != artifact.size {
            return Err(RegisteredError::Size { expected: artifact.size, found });
        }
        let found = sha256_hex(bytes);
        if found != artifact.sha256 {
            return Err(RegisteredError::Digest { expected: artifact.sha256.clone(), found });
        }
        let model = Self::load(bytes)?;
        if model.metadata().model != name.as_str() {
            return Err(RegisteredError::OtherModel { expected: name.clone(), found: model.metadata().model.clone() });
        }
        Ok(model)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEPT: &[u8] = include_bytes!("../tests/artifacts/format-1.onnx");

    fn registered(bytes: &[u8]) -> Artifact {
        Artifact { key: "models/iris/00000001/model.onnx".into(), sha256: sha256_hex(bytes), size: bytes.len() as u64 }
    }

    fn load(bytes: &[u8], artifact: &Artifact) -> Result<Model, RegisteredError> {
        let name = Model::load(KEPT).unwrap().metadata().model.parse().unwrap();
        Model::load_registered(bytes, artifact, &name)
    }

    #[test]
    fn what_was_registered_is_loaded() {
        assert!(load(KEPT, &registered(KEPT)).is_ok());
    }

    #[test]
    fn a_sound_file_of_another_model_cannot_serve() {
        let error = Model::load_registered(KEPT, &registered(KEPT), &"another".parse().unwrap()).unwrap_err();
        assert_eq!(error.to_string(), "it is a file of the model \"iris\", expected one of the model \"another\"");
    }

    #[test]
    fn other_bytes_are_refused_before_they_are_parsed() {
        let mut bytes = KEPT.to_vec();
        bytes.reverse();
        let error = load(&bytes, &registered(KEPT)).unwrap_err();
        assert!(matches!(error, RegisteredError::Digest { .. }), "{error}");
        bytes.pop();
        let error = load(&bytes, &registered(KEPT)).unwrap_err();
        assert!(matches!(error, RegisteredError::Size { .. }), "{error}");
    }

    #[test]
    fn registered_bytes_that_are_no_model_are_unreadable() {
        let error = load(b"model", &registered(b"model")).unwrap_err();
        assert!(matches!(error, RegisteredError::Unreadable(_)), "{error}");
    }
}
