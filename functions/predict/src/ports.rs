//! What this function needs of the world.

use std::sync::Arc;

use evergreen_lifecycle::ports::{Artifacts, Champions, Clock, Runs};

use crate::journal::Journal;

/// The ports, shared by the calls and by the look for a champion that may outlive one.
#[derive(Debug)]
pub struct Ports<R, A, C, J> {
    /// The champion pointer and the runs.
    pub registry: Arc<R>,
    /// The artifacts.
    pub artifacts: Arc<A>,
    /// The time.
    pub clock: Arc<C>,
    /// The log.
    pub journal: Arc<J>,
}

/// Any set of ports, by its parts: what generic code here is generic over.
pub trait World: Send + Sync + 'static {
    /// The champion pointer and the runs.
    type Registry: Champions + Runs;
    /// The artifacts.
    type Artifacts: Artifacts;

    /// The champion pointer and the runs.
    fn registry(&self) -> &Self::Registry;
    /// The artifacts.
    fn artifacts(&self) -> &Self::Artifacts;
    /// The time.
    fn clock(&self) -> &dyn Clock;
    /// The log.
    fn journal(&self) -> &dyn Journal;
}

impl<R, A, C, J> World for Ports<R, A, C, J>
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
