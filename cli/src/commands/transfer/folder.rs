//! The folder of an export: `export.json`, and the files that it lists.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use evergreen_lifecycle::digest::sha256_hex;
use evergreen_lifecycle::transfer::{Export, ExportedFile, ModelHistory};

use crate::failure::Failure;

/// The name of the file that lists all others.
const LIST: &str = "export.json";

/// What an export puts into its folder.
const ENTRIES: [&str; 4] = [LIST, "journal", "manifests", "models"];

/// The folder of an export.
#[derive(Debug)]
pub struct ExportFolder(PathBuf);

impl ExportFolder {
    /// Creates the folder. It may exist if it has nothing but an earlier export, whole or not.
    pub fn create(folder: &Path) -> Result<Self, Failure> {
        let written = |source| Failure::Written { path: folder.display().to_string(), source };
        fs::create_dir_all(folder).map_err(written)?;
        for entry in fs::read_dir(folder).map_err(written)? {
            let name = entry.map_err(written)?.file_name();
            if !ENTRIES.iter().any(|known| name == *known) {
                let name = name.to_string_lossy();
                let what = format!("{} contains {name}, which is of no export; give an empty folder", folder.display());
                return Err(Failure::Usage(what));
            }
        }
        let folder = Self(folder.to_owned());
        // Without its list, an export that was interrupted cannot be mistaken for a whole one.
        match fs::remove_file(folder.path(LIST)) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => Err(folder.written(LIST)(source)),
            _ => Ok(folder),
        }
    }

    /// Opens the folder of an export that is whole.
    pub fn open(folder: &Path) -> Result<Self, Failure> {
        let found = Self(folder.to_owned());
        if found.path(LIST).is_file() {
            return Ok(found);
        }
        let what = format!("there is no {LIST} in {}; `evergreen export --to FOLDER` writes it last", folder.display());
        Err(Failure::Usage(what))
    }

    /// Writes a file of the model.
    pub fn write(&self, path: &str, content: &[u8]) -> Result<ExportedFile, Failure> {
        let place = self.path(path);
        let parent = place.parent().unwrap_or(&self.0);
        fs::create_dir_all(parent).and_then(|()| fs::write(&place, content)).map_err(self.written(path))?;
        Ok(ExportedFile { path: path.to_owned(), size: content.len() as u64, sha256: sha256_hex(content) })
    }

    /// Writes the list, after all other files.
    pub fn finish(&self, export: &Export) -> Result<(), Failure> {
        let text = serde_json::to_vec_pretty(export).map_err(io::Error::from);
        text.and_then(|text| fs::write(self.path(LIST), text)).map_err(self.written(LIST))
    }

    /// Reads the list, and checks its seal.
    pub fn export(&self) -> Result<Export, Failure> {
        let text = self.read(LIST)?;
        let export: Export = serde_json::from_slice(&text).map_err(|error| self.unreadable(LIST, error))?;
        export.check().map_err(|error| self.unreadable(LIST, error))?;
        Ok(export)
    }

    /// Reads every file, and checks its size and its hash.
    pub fn history(&self, export: &Export) -> Result<ModelHistory, Failure> {
        let mut history = ModelHistory::default();
        for file in &export.files {
            let content = self.content(file)?;
            history.add(&file.path, &content).map_err(|error| self.unreadable(&file.path, error))?;
        }
        Ok(history)
    }

    /// Reads a file, and checks its size and its hash.
    pub fn content(&self, file: &ExportedFile) -> Result<Vec<u8>, Failure> {
        let content = self.read(&file.path)?;
        if content.len() as u64 != file.size || sha256_hex(&content) != file.sha256 {
            let what = format!("it is not the file that {LIST} lists (size or SHA-256 differ); export again");
            return Err(self.unreadable(&file.path, what));
        }
        Ok(content)
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, Failure> {
        fs::read(self.path(path)).map_err(|error| self.unreadable(path, error))
    }

    fn path(&self, path: &str) -> PathBuf {
        path.split('/').fold(self.0.clone(), |folder, part| folder.join(part))
    }

    fn written(&self, path: &str) -> impl FnOnce(io::Error) -> Failure {
        let path = self.path(path).display().to_string();
        move |source| Failure::Written { path, source }
    }

    fn unreadable(&self, path: &str, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Failure {
        Failure::File { path: self.path(path).display().to_string(), source: source.into() }
    }
}
