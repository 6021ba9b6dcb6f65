//! A table that memory does not hold, in words.

use std::fmt;

use evergreen_lifecycle::Family;

use super::{Raw, Shape};

/// Bytes that the train function takes beside a table and its model: code, SDK, connections.
pub const OWN: u64 = 128 << 20;

/// Maximum memory of a function, in MB.
const MAX_FUNCTION: u64 = 10_240;

/// A table that the process cannot hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TooLarge {
    /// Rows; nothing while they are not known.
    pub rows: Option<u64>,
    /// Columns of the files.
    pub columns: u64,
    /// Features, after categories have been told apart.
    pub features: u64,
    /// Bytes of the files when they are decompressed; 0 where they are gone already.
    pub bytes: u64,
    /// Whether rows and bytes are estimated from a sample.
    pub is_estimate: bool,
    /// The family that needs most of those that would be fitted, if any would.
    pub family: Option<Family>,
    /// Bytes that reading and learning need.
    pub needed: u64,
    /// Bytes that may be used.
    pub memory: u64,
    /// What was found when the files were read once: from it, what learning needs can be said too.
    pub read: Option<(Shape, Raw)>,
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
            Some(family) => format!("learning from it by {family}"),
            None => "reading it".to_owned(),
        };
        let (needed, memory) = (gigabytes(self.needed), gigabytes(self.memory));
        write!(formatter, "; {doing} needs about {needed} of memory, {memory} are there; ")?;
        match train_memory(self.needed) {
            size if size <= MAX_FUNCTION => {
                write!(formatter, "set TrainMemory to {size} or more, or take fewer rows or columns")
            }
            _ => write!(formatter, "no function has so much: expected fewer rows or columns"),
        }
    }
}

/// Memory of a function that has so many bytes for a table, in MB.
fn train_memory(bytes: u64) -> u64 {
    bytes.saturating_add(OWN).div_ceil(1 << 20)
}

/// A number with commas between its thousands.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().filter_map(|group| std::str::from_utf8(group).ok()).collect();
    groups.join(",")
}

/// So many bytes, in words.
pub fn gigabytes(bytes: u64) -> String {
    let unit = |shift: u32| bytes as f64 / f64::from(1_u32 << shift);
    if bytes >= 1 << 29 { format!("{:.1} GB", unit(30)) } else { format!("{:.1} MB", unit(20)) }
}
