//! How long a stack keeps what came to nothing: failed runs, refused runs, and the versions that these made.
//!
//! Whatever was promoted once is kept: the champion, its predecessors, and their runs.

use std::fmt;
use std::num::NonZeroU16;

use jiff::{SignedDuration, Timestamp};

use crate::{Run, RunState};

/// The days for which a failed or refused run is kept, with the version that it made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeepDays(NonZeroU16);

impl KeepDays {
    /// So many days, or nothing for 0, which means for ever.
    pub fn new(days: u16) -> Option<Self> {
        NonZeroU16::new(days).map(Self)
    }

    /// When the registry may forget `run`; never where it is under way, or where its version was promoted.
    pub fn forget_at(self, run: &Run) -> Option<Timestamp> {
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
