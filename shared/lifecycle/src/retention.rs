//! How long the records of failed runs, refused runs, and their model versions are kept, and how many model versions
//! are kept.
//!
//! Without a limit for versions, every version that was ever the champion is kept forever, and so is the run that made
//! it.

mod runs;
mod versions;

use std::fmt;
use std::num::NonZeroU16;

use jiff::{SignedDuration, Timestamp};
pub use runs::{deletable_runs, oldest_kept};
pub use versions::{RetentionFacts, RetentionRule, deletable};

use crate::{Run, RunState};

// A refused run is a run whose model version the gate refused. The records of refused model versions are kept as long.
/// The number of days for which the records of failed and refused training runs are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeepDays(NonZeroU16);

impl KeepDays {
    /// Creates the setting for how many days records are kept. `None` for 0, which means forever.
    pub fn new(days: u16) -> Option<Self> {
        NonZeroU16::new(days).map(Self)
    }

    /// Returns the time at which the record of `run` may be deleted. `None`: the record is not deleted.
    pub fn expires_at(self, run: &Run) -> Option<Timestamp> {
        let ended = match &run.state {
            RunState::Rejected { finished_at, .. } | RunState::Failed { finished_at, .. } => *finished_at,
            // The run is still running, or its model version became champion.
            RunState::Running | RunState::Succeeded { .. } => return None,
        };
        Some(ended + SignedDuration::from_hours(24 * i64::from(self.0.get())))
    }
}

impl fmt::Display for KeepDays {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}
