//! The ports of the console function.

use std::sync::Arc;

use evergreen_lifecycle::ports::{Artifacts, Champions, Clock, Listing, Runs, Schedules, Sessions, Steering, Versions};

/// The console function's connections to other systems.
#[derive(Debug)]
pub struct ConsolePorts<R, A, S, C> {
    /// The registry (DynamoDB).
    pub registry: Arc<R>,
    /// The bucket with artifacts and manifests (S3).
    pub artifacts: Arc<A>,
    /// The scheduler with the training schedule.
    pub scheduler: Arc<S>,
    /// The clock.
    pub clock: Arc<C>,
}

/// The console function's connections to other systems, as one trait.
pub trait ConsoleWorld: Send + Sync + 'static {
    /// Type of the registry.
    type Registry: Champions + Versions + Runs + Listing + Steering + Sessions;
    /// Type of the bucket.
    type Artifacts: Artifacts;
    /// Type of the scheduler.
    type Scheduler: Schedules;

    /// Returns the registry.
    fn registry(&self) -> &Self::Registry;
    /// Returns the bucket.
    fn artifacts(&self) -> &Self::Artifacts;
    /// Returns the scheduler.
    fn scheduler(&self) -> &Self::Scheduler;
    /// Returns the clock.
    fn clock(&self) -> &dyn Clock;
}

impl<R, A, S, C> ConsoleWorld for ConsolePorts<R, A, S, C>
where
    R: Champions + Versions + Runs + Listing + Steering + Sessions + 'static,
    A: Artifacts + 'static,
    S: Schedules + 'static,
    C: Clock + 'static,
{
    type Registry = R;
    type Artifacts = A;
    type Scheduler = S;

    fn registry(&self) -> &R {
        &self.registry
    }

    fn artifacts(&self) -> &A {
        &self.artifacts
    }

    fn scheduler(&self) -> &S {
        &self.scheduler
    }

    fn clock(&self) -> &dyn Clock {
        self.clock.as_ref()
    }
}
