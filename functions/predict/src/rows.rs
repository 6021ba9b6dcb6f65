//! From a body's text to rows of numbers: one pass over the JSON, straight into one flat array.
//!
//! Nothing is built in between, so what a call costs is bounded by its text, and nesting costs no stack: whatever is not
//! a row of numbers is refused where it begins.

mod columns;
mod fault;
mod kinds;
mod reader;

pub use columns::Columns;
pub use fault::{Fault, Kind};
pub use reader::{MAX_ROWS, Rows, parse};
