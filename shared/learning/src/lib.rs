//! From a table to a fitted and evaluated pipeline.
//!
//! Everything here is synchronous and a function of its arguments: the same table, hyperparameters and seed give the same
//! artifact, byte for byte. No file, network, clock or entropy is read (but for the stop-watch around the steps of
//! [`train`]).

mod evaluate;
mod fit;
mod hyperparameters;
mod iris;
mod rows;
mod split;
mod table;
mod train;

pub use evaluate::{EvaluationError, accuracy, evaluate};
pub use fit::{FitError, Fitted, fit};
pub use hyperparameters::{HyperparameterError, Hyperparameters, Overrides};
pub use iris::{IRIS_CSV, IRIS_TARGET, iris};
pub use rows::Rows;
pub use split::{SPLIT_SEED, Split, split};
pub use table::{MIN_ROWS, Table, TableError};
pub use train::{LearningError, Trained, train};
