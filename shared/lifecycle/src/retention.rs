//! How long a stack keeps failed runs, refused runs, and the versions that these runs made.
//!
//! Every version that was ever promoted is kept, and so is its run.

use std::fmt;
use std::num::NonZeroU16;

use jiff::{SignedDuration, Timestamp};

use crate::{Run, RunState};

/// Number of days for which a failed or refused run and its version are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeepDays(NonZeroU16);

impl KeepDays {
    /// Returns the number of days, or `None` for 0, which means that records are kept forever.
    pub fn new(days: u16) -> Option<Self> {
        NonZeroU16::new(days).map(Self)
    }

    /// Returns when the registry may delete `run`. Returns `None` if the run is still running, or if its version was
    /// promoted.
    pub fn expires_at(self, run: &Run) -> Option<Timestamp> {
        let ended = match &run.state {
            RunState::Rejected { finished_at, .. } | RunState::Failed { finished_at, .. } => *finished_at,
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
