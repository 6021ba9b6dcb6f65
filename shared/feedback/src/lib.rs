//! Kept rows of feedback as Parquet files.
//!
//! Each line of a file is one prediction with its row and what turned out true:
//!
//! | Column | Type | Content |
//! |---|---|---|
//! | `id` | text | SHA-256 of the prediction's id |
//! | `predicted_at` | timestamp in milliseconds | when the model predicted |
//! | `version` | 32-bit integer | the version that predicted |
//! | `actual` | text, or double for a regression model | what turned out true |
//! | `row` | group | one column for each column of the version's signature; a missing value is null |
//!
//! The columns of the row are in a group, so their names cannot meet those of the other columns.

mod read;
mod schema;
mod write;

pub use read::{UnreadableRows, read};
pub use write::{RowsNotWritten, write};
