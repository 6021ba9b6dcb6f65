//! Moves a whole model with its history from one stack to another, such as from staging to production.
//!
//! An export is the files of a model with their hashes: the journal, the manifests of deleted versions, and the artifacts
//! and manifests of all versions. An import stores these files in the bucket of another stack. The registry is then
//! rebuilt from the journal. No file is changed on the way, so every hash stays what it was.

mod export;
mod history;
mod place;

pub use export::{EXPORT_FORMAT, Export, ExportOrigin, ExportedFile, InvalidExport};
pub use history::{ImportPlan, ImportRefusal, ModelHistory, plan_import};
pub use place::{is_of_journal, key_of, path_of, prefixes};
