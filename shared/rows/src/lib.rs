//! Turns a request body into numbers that the model can read: one flat array of `f32` values, row after row. One row of
//! numbers is called a raw row. [`RowSource`] lists the forms of bodies. All of them read a value in the same way.
//!
//! One pass over the text writes the array, without a JSON tree. The length of the text limits the cost, and nesting
//! needs no stack. A nested value is rejected where it begins, except in a column that the model does not use.
//! [`ColumnKind`](evergreen_lifecycle::ColumnKind) defines which values are valid in a column and how they are encoded
//! as numbers.

mod asks;
mod by_column;
mod cell;
mod columns;
mod delimited;
mod described;
mod envelope;
mod fault;
mod ignored;
mod kinds;
mod lines;
mod order;
mod reader;
mod source;
mod tensors;
#[cfg(test)]
mod tests;
mod unseen;

pub use asks::{EXPLAIN, ExplainedRows};
pub use columns::ColumnIndex;
pub use delimited::CsvHeader;
pub use described::{DescribedFault, MAX_ECHO};
pub use envelope::without_nan;
pub use fault::{JsonKind, RowFault};
pub use ignored::IgnoredColumns;
pub use reader::{MAX_ROWS, RequestRows, parse};
pub use source::RowSource;
pub use tensors::{InferenceHead, RequestedOutput};
pub use unseen::{CellPosition, UnseenCategories};
