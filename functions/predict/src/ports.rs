//! The ports through which this function reaches the outside world.

use std::sync::Arc;

use evergreen_lifecycle::ports::{Artifacts, Champions, Clock, Runs};

use crate::journal::Journal;

/// The ports. Requests share them with the refresh, which may outlive a request.
#[derive(Debug)]
pub struct PredictPorts<R, A, C, J> {
    /// Reads the champion pointer and the runs.
    pub registry: Arc<R>,
    /// Reads the stored artifacts.
    pub artifacts: Arc<A>,
    /// Returns the current time.
    pub clock: Arc<C>,
    /// Logs and counts requests.
    pub journal: Arc<J>,
}

/// A set of ports. Generic code takes this trait instead of four type parameters.
pub trait PredictWorld: Send + Sync + 'static {
    /// Type of the registry, which holds the champion pointer and the runs.
    type Registry: Champions + Runs;
    /// Type of the artifact store.
    type Artifacts: Artifacts;

    /// Returns the registry, which holds the champion pointer and the runs.
    fn registry(&self) -> &Self::Registry;
    /// Returns the artifact store.
    fn artifacts(&self) -> &Self::Artifacts;
    /// Returns the clock.
    fn clock(&self) -> &dyn Clock;
    /// Returns the journal.
    fn journal(&self) -> &dyn Journal;
}

impl<R, A, C, J> PredictWorld for PredictPorts<R, A, C, J>
where
    R: Champions + Runs + 'static,
    A: Artifacts + 'static,
    C: Clock + 'static,
    J: Journal + 'static,
{
    type Registry = R;
    type Artifacts = A;

    fn registry(&self) -> &R {
        &self.registry
    }

    fn artifacts(&self) -> &A {
        &self.artifacts
    }

    fn clock(&self) -> &dyn Clock {
        self.clock.as_ref()
    }

    fn journal(&self) -> &dyn Journal {
        self.journal.as_ref()
    }
}
