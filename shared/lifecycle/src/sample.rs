//! Samples of served rows, which are kept only if the stack's settings ask for them.
//!
//! A row is kept as the numbers that the champion has read. It holds no column that the model does not use, no text of a
//! category that training did not see, and of a free text only the words that the model knows. Training compares a
//! challenger with the champion on these rows.

mod codec;
mod key;
mod reservoir;

use crate::drift::CountedHour;
use crate::{Signature, VersionNumber};

pub use codec::UnreadableSample;
pub use key::{SampleKey, prefix, sampled_day};
pub use reservoir::Reservoir;

/// Maximum number of bytes that the rows of one stored sample may have. A reservoir of wide rows has fewer rows.
pub const MAX_SAMPLE_BYTES: usize = 4 << 20;

/// A random sample of the rows that one environment of the prediction function has served in one hour.
#[derive(Debug, Clone, PartialEq)]
pub struct SampledRows {
    /// The hour in which the rows were served.
    pub hour: CountedHour,
    /// The version that has served them.
    pub version: VersionNumber,
    /// The number of rows from which the sample was drawn.
    pub served: u64,
    /// The signature of that version. It says how the rows are encoded.
    pub signature: Signature,
    /// The raw rows, one after the other. A missing value is NaN, and no value is infinite.
    pub values: Vec<f32>,
}

impl SampledRows {
    /// Returns the number of rows in the sample.
    pub fn rows(&self) -> usize {
        self.values.len() / self.signature.slots().max(1)
    }
}
