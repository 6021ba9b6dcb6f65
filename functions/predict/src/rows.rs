//! From a body's text to raw rows: one pass over the JSON, straight into one flat array.
//!
//! Nothing is built in between, so the text of a call bounds its cost, and nesting takes no stack. A value that is not plain is
//! refused where it begins, except in a column that the model does not take. The column decides which values are valid.
//! [`ColumnKind`](evergreen_lifecycle::ColumnKind) says what stands for a value in a raw row.

mod cell;
mod columns;
mod fault;
mod ignored;
mod kinds;
mod reader;
#[cfg(test)]
mod tests;
mod unseen;

pub use columns::Columns;
pub use fault::{Fault, Kind};
pub use ignored::Ignored;
pub use reader::{MAX_ROWS, Rows, parse};
pub use unseen::{Place, Unseen};
