//! Batch scoring: a job scores all rows of files with one version, part by part.
//!
//! A job has three steps. The plan cuts the files into parts ([`TextCutter`], [`groups`]) and numbers them ([`JobPlanner`]).
//! Each part is scored on its own ([`PartScorer`]), and leaves its answers and a receipt ([`PartReceipt`]). At the end
//! [`BatchManifest::check`] compares plan, receipts and answers: every row must be answered exactly once. A job that was
//! stopped is resumed with [`unanswered`].
//!
//! Rows are read by `evergreen-rows`, the reader of `/predict`, so a batch gives the answers that requests would give. The
//! crate has no AWS and no files: a caller passes bytes.

mod answers;
mod arrow_text;
mod columns;
mod cost;
mod cut;
mod form;
mod job;
mod location;
mod manifest;
mod part;
mod plan;
mod progress;
mod read;
mod rows;
mod score;
mod write;

pub use columns::{BatchAnswersError, ColumnCheck};
pub use cost::BatchRates;
pub use cut::{CutError, GroupCuts, HeaderRow, ParquetTail, TextCuts, TextCutter, TextPiece, ZippedCutter, groups};
pub use form::FileForm;
pub use job::{BatchJob, InvalidJobId, JobId, JobKeys, MANIFEST, PlannedJob};
pub use location::{InvalidLocation, Location};
pub use manifest::{AnsweredPart, BatchManifest, FailedPart, JobEvidence, ScoredFile, answered, unanswered};
pub use part::{BatchPart, PartFailure, PartPiece, PartReceipt};
pub use plan::{BatchPlanError, FileCuts, FileError, InputFile, JobPlanner, MAX_PARTS, MAX_UNZIPPED, is_whole, select};
pub use progress::BatchProgress;
pub use score::{PartError, PartScorer, ScoredPart};
