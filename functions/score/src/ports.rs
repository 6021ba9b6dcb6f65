//! The outside services that the score function uses.

use evergreen_lifecycle::ports::{Artifacts, BatchObjects, Champions, Clock, Versions};

/// The registry, the model files, the objects of jobs, and the clock.
#[derive(Debug)]
pub struct ScorePorts<'a, R, A, O, C> {
    /// The model registry.
    pub registry: &'a R,
    /// The model files.
    pub artifacts: &'a A,
    /// The objects of batch jobs.
    pub objects: &'a O,
    /// The clock.
    pub clock: &'a C,
}

/// Trait that combines the services.
pub trait ScoreWorld: Send + Sync {
    /// Type of the model registry.
    type Registry: Champions + Versions;
    /// Type of the store of model files.
    type Artifacts: Artifacts;
    /// Type of the store of the objects of batch jobs.
    type Objects: BatchObjects;
    /// Type of the clock.
    type Clock: Clock;

    /// Returns the model registry.
    fn registry(&self) -> &Self::Registry;
    /// Returns the store of model files.
    fn artifacts(&self) -> &Self::Artifacts;
    /// Returns the store of the objects of batch jobs.
    fn objects(&self) -> &Self::Objects;
    /// Returns the clock.
    fn clock(&self) -> &Self::Clock;
}

impl<R, A, O, C> ScoreWorld for ScorePorts<'_, R, A, O, C>
where
    R: Champions + Versions,
    A: Artifacts,
    O: BatchObjects,
    C: Clock,
{
    type Registry = R;
    type Artifacts = A;
    type Objects = O;
    type Clock = C;

    fn registry(&self) -> &R {
        self.registry
    }

    fn artifacts(&self) -> &A {
        self.artifacts
    }

    fn objects(&self) -> &O {
        self.objects
    }

    fn clock(&self) -> &C {
        self.clock
    }
}
