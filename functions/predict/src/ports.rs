//! The interfaces (ports) through which the predict function reaches the registry, the artifact store, the clock and
//! the log.

use std::sync::Arc;

use evergreen_lifecycle::ports::{
    AliasLookup, Artifacts, Champions, Clock, PredictionKeys, RolloutCounting, Rollouts, SampleStore, ServedCounting,
    Versions,
};

use crate::journal::Journal;

// They are shared pointers (`Arc`), because a refresh of the champion also uses them and may outlive a request.
/// The predict function's connections to other systems: registry, artifact store, clock and journal.
#[derive(Debug)]
pub struct PredictPorts<R, A, C, J> {
    /// The registry (DynamoDB), from which the records of champion, rollout, versions and aliases are read. The counts of
    /// served rows and of the rollout are stored there.
    pub registry: Arc<R>,
    /// The artifact store (S3), from which model files are read. Samples of served rows are stored there.
    pub artifacts: Arc<A>,
    /// The clock: returns the current time.
    pub clock: Arc<C>,
    /// The journal: writes log lines and counts requests as metrics.
    pub journal: Arc<J>,
}

/// What the predict function reads in the registry and stores there: the records of champion, rollout, versions and
/// aliases, the key of prediction ids, and its own counts.
pub trait PredictRegistry:
    Champions + Rollouts + Versions + AliasLookup + PredictionKeys + ServedCounting + RolloutCounting
{
}

impl<R> PredictRegistry for R where
    R: Champions + Rollouts + Versions + AliasLookup + PredictionKeys + ServedCounting + RolloutCounting
{
}

// Generic code takes this one trait instead of four type parameters.
/// The predict function's connections to other systems: registry, artifact store, clock and journal.
pub trait PredictWorld: Send + Sync + 'static {
    /// Type of the registry (DynamoDB).
    type Registry: PredictRegistry;
    /// Type of the store that has the model artifacts, and the samples of served rows.
    type Artifacts: Artifacts + SampleStore;

    /// Returns the registry (DynamoDB) with the record of the champion.
    fn registry(&self) -> &Self::Registry;
    /// Returns the store that has the model artifacts.
    fn artifacts(&self) -> &Self::Artifacts;
    /// Returns the clock.
    fn clock(&self) -> &dyn Clock;
    /// Returns the journal, which logs and counts requests.
    fn journal(&self) -> &dyn Journal;
}

impl<R, A, C, J> PredictWorld for PredictPorts<R, A, C, J>
where
    R: PredictRegistry + 'static,
    A: Artifacts + SampleStore + 'static,
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
