//! The list of the files of an export, with the hash that seals it.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::place::key_of;
use crate::digest::sha256_hex;
use crate::{ModelName, VersionNumber};

// The number is increased when a program for the older format would misread a new export.
/// The version of the JSON format of `export.json`.
pub const EXPORT_FORMAT: u32 = 1;

/// The stack and the model that an export comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportOrigin {
    /// The name of the CloudFormation stack, as the person who exported gave it.
    pub stack: String,
    /// The name of the model.
    pub model: ModelName,
}

/// One file of an export.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ExportedFile {
    /// The path of the file in the export, such as `models/00000007/model.onnx`. Parts are separated by `/`.
    pub path: String,
    /// The size of the file in bytes.
    pub size: u64,
    /// The SHA-256 hash of the file, in lower-case hexadecimal.
    pub sha256: String,
}

/// The content of `export.json`, which lists the files of an export.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Export {
    /// The version of this file's JSON format: the value of [`EXPORT_FORMAT`] when it was written.
    pub format: u32,
    /// Where the model comes from.
    pub origin: ExportOrigin,
    /// When the export was made.
    #[serde(with = "crate::time")]
    pub exported_at: Timestamp,
    /// The champion at that time. `None` if the journal names none.
    pub champion: Option<VersionNumber>,
    /// The number of versions that have files in the export.
    pub versions: usize,
    // The journal has the records of every change, and the SHA-256 of every artifact. So this hash stands for all of it.
    /// The SHA-256 hash of the list of files, in lower-case hexadecimal. It identifies the history.
    pub seal: String,
    /// The files, ordered by path.
    pub files: Vec<ExportedFile>,
}

/// Error: an `export.json` cannot be used.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidExport {
    /// A later release wrote the export.
    #[error("it has format {0}; expected {EXPORT_FORMAT}. Use the release that wrote it")]
    Format(u32),
    /// The list of files is not the one that was written. The fields are the hash of the list, and the stored hash.
    #[error("its list of files has the SHA-256 {found}; expected {expected}. Somebody changed the file: export again")]
    Seal {
        /// The hash of the list of files.
        found: String,
        /// The hash that the file names.
        expected: String,
    },
    /// A path is not one that a file of a model can have. The field is the path.
    #[error("it lists the file {0:?}, which no model has; export again")]
    Path(String),
}

impl Export {
    /// Makes the list of an export. The files may be in any order.
    pub fn new(
        origin: ExportOrigin,
        exported_at: Timestamp,
        champion: Option<VersionNumber>,
        mut files: Vec<ExportedFile>,
    ) -> Self {
        files.sort();
        let versions: BTreeSet<_> = files.iter().filter_map(|file| version_of(&file.path)).collect();
        let (versions, seal) = (versions.len(), seal_of(&files));
        Self { format: EXPORT_FORMAT, origin, exported_at, champion, versions, seal, files }
    }

    /// Checks that this release can read the export, and that nobody changed the list of files.
    ///
    /// # Errors
    /// [`InvalidExport`] says what is wrong.
    pub fn check(&self) -> Result<(), InvalidExport> {
        if self.format != EXPORT_FORMAT {
            return Err(InvalidExport::Format(self.format));
        }
        let found = seal_of(&self.files);
        if found != self.seal {
            return Err(InvalidExport::Seal { found, expected: self.seal.clone() });
        }
        let wrong = self.files.iter().find(|file| key_of(&self.origin.model, &file.path).is_none());
        wrong.map_or(Ok(()), |file| Err(InvalidExport::Path(file.path.clone())))
    }
}

/// Returns the number of the version whose files are in the same folder as the file with this path.
pub(super) fn version_of(path: &str) -> Option<VersionNumber> {
    let (number, _file) = path.strip_prefix("models/")?.split_once('/')?;
    VersionNumber::of_padded(number)
}

/// Returns the SHA-256 hash of lines such as `<SHA-256>  <size>  <path>`, in the order of the paths.
fn seal_of(files: &[ExportedFile]) -> String {
    let lines = files.iter().map(|file| format!("{}  {}  {}\n", file.sha256, file.size, file.path));
    sha256_hex(lines.collect::<String>().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, content: &[u8]) -> ExportedFile {
        ExportedFile { path: path.into(), size: content.len() as u64, sha256: sha256_hex(content) }
    }

    fn export() -> Export {
        let origin = ExportOrigin { stack: "staging".into(), model: "iris".parse().unwrap() };
        let files = vec![file("models/00000002/model.onnx", b"b"), file("models/00000001/model.onnx", b"a")];
        Export::new(origin, "2026-11-24T03:00:00Z".parse().unwrap(), VersionNumber::new(2), files)
    }

    #[test]
    fn the_order_of_the_files_does_not_change_the_seal() {
        let export = export();
        let files = export.files.iter().rev().cloned().collect();
        let other = Export::new(export.origin.clone(), export.exported_at, export.champion, files);
        assert_eq!(other, export);
        assert_eq!((export.versions, export.check()), (2, Ok(())));
    }

    #[test]
    fn a_changed_list_is_refused() {
        let mut changed = export();
        changed.files[0].sha256 = sha256_hex(b"c");
        assert!(matches!(changed.check(), Err(InvalidExport::Seal { .. })));
        let mut shorter = export();
        shorter.files.pop();
        assert!(matches!(shorter.check(), Err(InvalidExport::Seal { .. })));
        let later = Export { format: 2, ..export() };
        assert_eq!(later.check(), Err(InvalidExport::Format(2)));
    }

    #[test]
    fn a_path_that_leads_elsewhere_is_refused() {
        let Export { origin, exported_at, champion, .. } = export();
        let export = Export::new(origin, exported_at, champion, vec![file("models/00000001/../../x", b"a")]);
        assert!(matches!(export.check(), Err(InvalidExport::Path(_))));
    }
}
