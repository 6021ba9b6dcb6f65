//! The error about a table that does not fit into memory.

use std::fmt;

use evergreen_lifecycle::Family;

use super::{FileSizes, TableShape};

// Code, AWS SDK and connections need memory.
/// Memory in bytes that the Lambda function for training needs besides the table and the model.
pub const FUNCTION_OVERHEAD: u64 = 128 << 20;

/// Maximum memory of a Lambda function in AWS, in MB.
const MAX_FUNCTION: u64 = 10_240;

/// Error: a table does not fit into the memory of the process. The fields are for the error message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TooLarge {
    /// Number of rows in the table. `None` if it is not known yet.
    pub rows: Option<u64>,
    /// Number of columns in the files of the table.
    pub columns: u64,
    /// Number of features that the preprocessing creates from the table's columns. 0 if it is not known yet.
    pub features: u64,
    /// Total bytes of the decompressed data files. 0 if the files are no longer in memory.
    pub bytes: u64,
    /// Whether the number of rows and the file sizes are only estimated from samples of the files.
    pub is_estimate: bool,
    /// Model family that needs the most memory. `None` if already reading the table needs too much.
    pub family: Option<Family>,
    /// Memory in bytes that is needed to read the table and to train a model.
    pub needed: u64,
    /// Bytes of memory that the process may use.
    pub memory: u64,
    /// Whether the table is read as a stream, so that its values are not in memory.
    pub is_streamed: bool,
    /// Shape and file sizes of the table, for estimating the memory of the training. `None` if the files have not been
    /// examined yet.
    pub read: Option<(TableShape, FileSizes)>,
}

impl std::error::Error for TooLarge {}

impl fmt::Display for TooLarge {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let about = if self.is_estimate { "about " } else { "" };
        formatter.write_str("the table has ")?;
        if let Some(rows) = self.rows {
            write!(formatter, "{about}{} rows of {} columns", grouped(rows), self.columns)?;
            if self.features > 0 {
                write!(formatter, ", which make {} features", self.features)?;
            }
        }
        match (self.rows, self.bytes) {
            (None, bytes) => formatter.write_str(&gigabytes(bytes))?,
            (_, 0) => {}
            (_, bytes) => write!(formatter, " ({about}{})", gigabytes(bytes))?,
        }
        let doing = match self.family {
            Some(family) => format!("training on it with {family}"),
            None => "reading it".to_owned(),
        };
        let (needed, memory) = (gigabytes(self.needed), gigabytes(self.memory));
        write!(formatter, "; {doing} needs about {needed} of memory, but {memory} are available; ")?;
        match train_memory(self.needed) {
            size if size <= MAX_FUNCTION => {
                write!(formatter, "set TrainMemory to {size} or more, or take fewer rows or columns")
            }
            _ => write!(formatter, "no function can have so much memory; expected fewer rows or columns"),
        }?;
        match self.family {
            _ if self.is_streamed => formatter.write_str(", or train as a batch job with more memory"),
            Some(_) => formatter.write_str(", or store the table as Parquet files, which are read as a stream"),
            None => Ok(()),
        }
    }
}

/// Returns the memory in MB that the Lambda function for training needs, so that `bytes` remain for the table and its
/// model.
fn train_memory(bytes: u64) -> u64 {
    bytes.saturating_add(FUNCTION_OVERHEAD).div_ceil(1 << 20)
}

/// Formats a whole number with commas between its thousands, such as `1,234,567`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().filter_map(|group| std::str::from_utf8(group).ok()).collect();
    groups.join(",")
}

/// Formats a number of bytes in GB if it is 0.5 GB or more, and in MB otherwise.
pub fn gigabytes(bytes: u64) -> String {
    let unit = |shift: u32| bytes as f64 / f64::from(1_u32 << shift);
    if bytes >= 1 << 29 { format!("{:.1} GB", unit(30)) } else { format!("{:.1} MB", unit(20)) }
}
