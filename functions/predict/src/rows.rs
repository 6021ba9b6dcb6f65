//! Turns the JSON text of a request body into numbers that the model can read: one flat array of `f32` values, row
//! after row. Such a row of numbers is called a raw row.
//!
//! One pass over the text writes the array. It builds no JSON tree, so the length of the text limits the cost, and
//! nesting needs no stack. A nested value is rejected where it begins, except in a column that the model does not use.
//! The column decides which values are valid. [`ColumnKind`](evergreen_lifecycle::ColumnKind) defines the numbers that
//! represent a value in a raw row.

mod cell;
mod columns;
mod fault;
mod ignored;
mod kinds;
mod reader;
#[cfg(test)]
mod tests;
mod unseen;

pub use columns::ColumnIndex;
pub use fault::{JsonKind, RowFault};
pub use ignored::IgnoredColumns;
pub use reader::{MAX_ROWS, RequestRows, parse};
pub use unseen::{CellPosition, UnseenCategories};
