//! From files to typed columns: a table is read, its columns' types are inferred, and what was made of each is told.
//!
//! Everything here is synchronous and a function of its arguments. No file, network, clock or entropy is read: the files'
//! contents are given.

pub mod budget;
mod cell;
mod container;
mod date;
mod dialect;
mod encoding;
mod error;
mod file;
mod fingerprint;
mod forms;
mod frame;
mod groups;
mod infer;
mod iris;
mod labels;
mod load;
mod marks;
mod memo;
mod notation;
mod odd_rows;
mod oddities;
mod parts;
mod read;
mod roles;
mod sentinel;
mod settings;
mod signs;
mod survey;
mod table;
mod target;
mod usable;

pub use error::{Place, TableError};
pub use file::{DataFile, Format};
pub use frame::{Frame, FrameColumn, MISSING, Values, at};
pub use iris::{IRIS_CSV, IRIS_TARGET};
pub use settings::{
    ClassWeights, Costs, CsvSettings, Direction, EnsembleLimits, FamilyChoice, Floor, OddRow, Range, SETTINGS_FILE,
    Settings, SettingsError, Threshold, TypeName,
};
pub use table::{MAX_NAME, MIN_ROWS, Table, iris};
pub use target::Target;
