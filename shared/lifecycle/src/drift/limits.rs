//! When a difference is drift: how unlikely and how large it has to be.

use serde::{Deserialize, Serialize};

use super::WindowLength;

/// Maximum expected number of false drift alarms of a stack in a year. It is one in ten years.
pub const FALSE_ALARMS_A_YEAR: f64 = 0.1;

/// The usual [`DriftLimits::psi`]. A PSI of 0.2 and more is commonly called a large change.
pub const DEFAULT_PSI: f64 = 0.2;

// Who asks at night is not who asks at noon, so an hour differs from training without any drift.
/// How many times larger the PSI of an hour has to be than that of a day.
const PSI_OF_AN_HOUR: f64 = 5.0;

/// How unlikely and how large a difference has to be to be drift.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct DriftLimits {
    /// Maximum probability (0–1) that any column is beyond noise in this one comparison, without drift.
    pub p_value: f64,
    /// Minimum PSI of a column that has drifted.
    pub psi: f64,
}

impl DriftLimits {
    // The sum over all comparisons of a year bounds the expected number of false alarms, however they depend on each other.
    // Each length of window gets the same part. A new champion does not add comparisons: each window is judged once, with
    // the rows of the version that is the champion then.
    /// Returns the limits for one window. `psi` is the minimum PSI for windows of a day or more, usually
    /// [`DEFAULT_PSI`]. For an hour, it is five times that.
    pub fn of_window(length: WindowLength, psi: f64) -> Self {
        let part = FALSE_ALARMS_A_YEAR / WindowLength::ALL.len() as f64;
        let factor = if length == WindowLength::Hour { PSI_OF_AN_HOUR } else { 1.0 };
        Self { p_value: part / f64::from(length.judged_a_year()), psi: psi * factor }
    }

    // No budget of a year is needed: a new table comes with a training run, and a person reads about it there.
    /// Returns the limits for the comparison of two tables.
    pub fn of_tables(psi: f64) -> Self {
        Self { p_value: 1e-4, psi }
    }
}
