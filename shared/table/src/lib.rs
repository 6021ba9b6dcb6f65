//! Reads data files (CSV, JSON, Parquet, Excel) into a table of typed columns.
//!
//! [`Table::read`] infers the type of each column. The table's profile reports how each column was read and why.
//!
//! Each function depends only on its arguments. The caller passes the contents of the files. The crate does not access
//! files, the network, the clock or random numbers, and has no async functions.

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
mod joined;
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
pub mod streamed;
mod survey;
mod table;
mod tally;
mod target;
mod texts;
mod usable;

pub use error::{FilePlace, TableError};
pub use file::{DataFile, Format};
pub use frame::{Frame, FrameColumn, MISSING, Values, at};
pub use iris::{IRIS_CSV, IRIS_TARGET};
pub use joined::JoinableRows;
pub use settings::{
    ClassWeights, Costs, CsvSettings, DatasetSettings, Direction, EnsembleLimits, FamilyChoice, Floor, OddRow, Range,
    SETTINGS_FILE, SettingsError, Threshold, TypeName,
};
pub use table::{MAX_NAME, MIN_ROWS, Table, iris};
pub use target::Target;
pub use texts::TextRows;
