//! Loading an artifact that the registry describes: it must be the one that was stored.

use evergreen_lifecycle::Artifact;

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
}

impl Model {
    /// Reads the artifact that was registered as `artifact`; size and digest come first, so that nothing else is parsed.
    ///
    /// # Errors
    /// [`RegisteredError`] when the bytes are others than those that were registered, or cannot be read.
    pub fn load_registered(bytes: &[u8], artifact: &Artifact) -> Result<Self, RegisteredError> {
        let found = bytes.len() as u64;
        if found != artifact.size {
            return Err(RegisteredError::Size { expected: artifact.size, found });
        }
        let found = sha256_hex(bytes);
        if found != artifact.sha256 {
            return Err(RegisteredError::Digest { expected: artifact.sha256.clone(), found });
        }
        Ok(Self::load(bytes)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEPT: &[u8] = include_bytes!("../tests/artifacts/format-1.onnx");

    fn registered(bytes: &[u8]) -> Artifact {
        Artifact { key: "models/iris/00000001/model.onnx".into(), sha256: sha256_hex(bytes), size: bytes.len() as u64 }
    }

    #[test]
    fn what_was_registered_is_loaded() {
        assert!(Model::load_registered(KEPT, &registered(KEPT)).is_ok());
    }

    #[test]
    fn other_bytes_are_refused_before_they_are_parsed() {
        let mut bytes = KEPT.to_vec();
        bytes.reverse();
        let error = Model::load_registered(&bytes, &registered(KEPT)).unwrap_err();
        assert!(matches!(error, RegisteredError::Digest { .. }), "{error}");
        bytes.pop();
        let error = Model::load_registered(&bytes, &registered(KEPT)).unwrap_err();
        assert!(matches!(error, RegisteredError::Size { .. }), "{error}");
    }

    #[test]
    fn registered_bytes_that_are_no_model_are_unreadable() {
        let error = Model::load_registered(b"model", &registered(b"model")).unwrap_err();
        assert!(matches!(error, RegisteredError::Unreadable(_)), "{error}");
    }
}
