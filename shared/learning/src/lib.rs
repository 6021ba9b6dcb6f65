//! Trains models on a table and evaluates them.
//!
//! All functions are synchronous, and their results depend only on their arguments. The same table, hyperparameters and
//! seed give the same model artifact, byte for byte. No code here reads files, network, clock or entropy. The only
//! exception is the stop-watch around the steps of [`train()`].

#![cfg_attr(not(test), warn(clippy::disallowed_methods))]

mod adopt;
mod background;
mod counting;
mod deciding;
mod derived;
pub mod drift;
pub mod encode;
mod evaluate;
mod families;
mod fit;
mod gap;
mod histograms;
mod hyperparameters;
mod impact;
mod intervals;
mod leaks;
mod learner;
mod losses;
pub mod memory;
mod prepared;
mod proof;
mod recode;
mod rows;
mod search;
mod split;
mod statistics;
mod streamed;
mod table_drift;
mod train;
mod watch;

pub use adopt::{adopt, signature};
pub use evaluate::{ConstantAnswer, EvaluationError, Holdout};
pub use fit::FitError;
pub use impact::{ComparedModels, ImpactError};
pub use learner::AnswerError;
pub use prepared::{FeedbackFiles, PrepareError, Prepared};
pub use rows::{FrameError, encode_rows};
pub use search::{Plan, PlanError, SearchError};
pub use split::Split;
pub use streamed::{Pauses, RowStream, SAMPLE_ROWS, StreamedOutcome, check_streaming, streaming_bytes, train_streamed};
pub use table_drift::compare_tables;
pub use train::{LearningError, Origin, Trained, fit, train, train_watched};
pub use watch::{ProgressWatch, TrainingProgress};
