//! From a table to a fitted and evaluated pipeline.
//!
//! Everything here is synchronous and a function of its arguments: the same table, hyperparameters and seed give the same
//! artifact, byte for byte. No file, network, clock or entropy is read (but for the stop-watch around the steps of
//! [`train`]).

mod adopt;
mod derived;
pub mod drift;
pub mod encode;
mod evaluate;
mod fit;
mod frame;
mod hyperparameters;
mod iris;
mod learner;
pub mod memory;
mod proof;
mod search;
mod settings;
mod split;
mod statistics;
mod table;
mod train;

pub use adopt::{adopt, signature};
pub use evaluate::{EvaluationError, Holdout};
pub use fit::FitError;
pub use frame::{Frame, FrameColumn, FrameError, MISSING, Values};
pub use iris::{IRIS_CSV, IRIS_TARGET};
pub use learner::AskError;
pub use search::{DEFAULT_CANDIDATES, DEFAULT_FOLDS, Plan, PlanError, SearchError};
pub use settings::{FamilyChoice, Range, SETTINGS_FILE, Settings, SettingsError, TypeName};
pub use split::{Split, split};
pub use table::{DataFile, Format, MAX_NAME, MIN_ROWS, Place, Table, TableError, Target, iris};
pub use train::{LearningError, Origin, Trained, fit, train};
