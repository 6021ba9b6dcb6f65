//! Decides whether the artifact of a registered model version can be used for predictions.

use evergreen_lifecycle::digest::sha256_hex;
use evergreen_lifecycle::{Artifact, ModelName};

use crate::artifact::ArtifactError;
use crate::model::Model;

/// Error: the bytes cannot be used as the artifact of the registered model version.
#[derive(Debug, thiserror::Error)]
pub enum RegisteredError {
    /// The artifact's number of bytes differs from the number in the model registry.
    #[error("{found} bytes; expected {expected}, as registered")]
    Size {
        /// Number of bytes that the model registry has for the artifact.
        expected: u64,
        /// Number of bytes of the artifact that was read.
        found: u64,
    },
    /// The artifact's SHA-256 differs from the SHA-256 in the model registry, so the bytes differ.
    #[error("SHA-256 {found}; expected {expected}, as registered")]
    Digest {
        /// SHA-256 that the model registry has for the artifact, in lower-case hexadecimal.
        expected: String,
        /// SHA-256 of the artifact that was read, in lower-case hexadecimal.
        found: String,
    },
    /// The artifact is the registered one, but this release of the software cannot read it.
    #[error("not readable by this release: {0}")]
    Unreadable(#[from] ArtifactError),
    /// The artifact contains a model with another name than expected.
    #[error("belongs to the model {found:?}; expected the model \"{expected}\"")]
    OtherModel {
        /// Name of the model that this deployment (stack) serves.
        expected: ModelName,
        /// Name of the model in the artifact.
        found: String,
    },
}

impl Model {
    /// Loads the model `name` from the bytes of its registered `artifact`. First checks that size and SHA-256 equal the
    /// registered ones.
    ///
    /// # Errors
    /// [`RegisteredError`] if the bytes are not those that were registered, if this release cannot read them, or if
    /// they belong to another model. Such an artifact cannot be used for predictions.
    pub fn load_registered(bytes: &[u8], artifact: &Artifact, name: &ModelName) -> Result<Self, RegisteredError> {
        // Other bytes than the registered ones are never parsed.
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
    fn a_registered_artifact_is_loaded() {
        assert!(load(KEPT, &registered(KEPT)).is_ok());
    }

    #[test]
    fn a_valid_file_of_another_model_cannot_serve() {
        let error = Model::load_registered(KEPT, &registered(KEPT), &"another".parse().unwrap()).unwrap_err();
        assert_eq!(error.to_string(), "belongs to the model \"iris\"; expected the model \"another\"");
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
    fn registered_bytes_that_are_not_a_model_are_unreadable() {
        let error = load(b"model", &registered(b"model")).unwrap_err();
        assert!(matches!(error, RegisteredError::Unreadable(_)), "{error}");
    }
}
