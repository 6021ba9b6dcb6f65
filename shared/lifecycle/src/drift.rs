//! Drift: whether the served rows and their predictions differ from those of training by more than chance.
//!
//! Training fixes cells for each column ([`Bins`]), such as ten ranges of a number or the frequent categories, and
//! counts the rows of the data set in them ([`BaselineCounts`]). Prediction counts the served rows in the same cells
//! ([`ServedCounts`]). Counts contain no value of any row, and they are merged by addition.

mod baseline;
mod bins;
mod cells;
mod codec;
mod counts;
mod effect;
mod hypergeometric;
mod limits;
mod noise;
mod probe;
mod record;
mod sentence;
mod shape;
mod skew;
mod verdict;
mod window;

pub use baseline::BaselineCounts;
pub(crate) use bins::exact;
pub use bins::{Bins, CountedCategory, MAX_COUNTED_CATEGORIES, MAX_EDGES};
pub use cells::CellRows;
pub use codec::{MAX_COUNTS_BYTES, UnreadableCounts};
pub use counts::{OtherShape, ServedCounts};
pub use effect::psi;
pub(crate) use hypergeometric::TwoSamples;
pub use limits::{DEFAULT_PSI, DriftLimits, FALSE_ALARMS_A_YEAR};
pub use noise::is_beyond_noise;
pub use probe::PROBES;
pub use record::{
    ComparisonSummary, DriftComparison, DriftSummary, DriftedColumn, GRACE, TableDrift, TableDriftSummary,
};
pub(crate) use sentence::short;
pub use shape::{CountShape, CountedColumn, ShapeDigest};
pub use skew::SkewCheck;
pub use verdict::{ColumnDrift, DriftVerdict, MovedCell, Shares};
pub use window::{CountedHour, Window, WindowLength};
