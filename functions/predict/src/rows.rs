//! From a body's text to raw rows: one pass over the JSON, straight into one flat array.
//!
//! Nothing is built in between, so what a call costs is bounded by its text, and nesting costs no stack: whatever is not
//! a row of plain values is refused where it begins, but for columns that the model does not take. What a value may be is decided by its column; what stands for it in a
//! raw row is told by [`ColumnKind`](evergreen_lifecycle::ColumnKind).

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
