//! The interfaces (ports) through which the train function reaches the registry, the store, the event bus and the
//! clock.

use evergreen_lifecycle::ports::{
    Announcer, ArtifactWriter, Artifacts, Champions, Checkpoints, Clock, Datasets, EventOutbox, FormerDatasets,
    Incoming, Listing, ObjectList, ObjectRemoval, ObjectRetention, RecordRetention, Registrar, RegistryRestore,
    Rollouts, RunProgress, Runs, Steering, Versions,
};

/// The train function's connections to other systems: registry, store, event bus and clock.
#[derive(Debug)]
pub struct TrainPorts<'a, R, S, B, C> {
    /// The registry (DynamoDB) with the records of runs, model versions and the champion.
    pub registry: &'a R,
    /// The store (S3), which has the data sets and the model artifacts.
    pub storage: &'a S,
    /// The event bus, to which events are published.
    pub bus: &'a B,
    /// The clock: returns the current time.
    pub clock: &'a C,
}

// Generic code takes this one trait instead of four type parameters.
/// The train function's connections to other systems: registry, store, event bus and clock.
pub trait TrainWorld {
    /// Type of the registry (DynamoDB) with the records of runs, model versions and the champion.
    type Registry: Runs
        + RunProgress
        + Registrar
        + Champions
        + Versions
        + EventOutbox
        + RecordRetention
        + RegistryRestore
        + Rollouts
        + Listing
        + Steering;
    /// Type of the store, which has the data sets and the model artifacts.
    type Storage: Artifacts
        + ArtifactWriter
        + Checkpoints
        + Datasets
        + FormerDatasets
        + Incoming
        + ObjectList
        + ObjectRemoval
        + ObjectRetention;
    /// Type of the event bus, to which events are published.
    type Bus: Announcer;

    /// Returns the registry (DynamoDB) with the records of runs, model versions and the champion.
    fn registry(&self) -> &Self::Registry;
    /// Returns the store, which has the data sets and the model artifacts.
    fn storage(&self) -> &Self::Storage;
    /// Returns the event bus, to which events are published.
    fn bus(&self) -> &Self::Bus;
    /// Returns the clock.
    fn clock(&self) -> &dyn Clock;
}

impl<R, S, B, C> TrainWorld for TrainPorts<'_, R, S, B, C>
where
    R: Runs
        + RunProgress
        + Registrar
        + Champions
        + Versions
        + EventOutbox
        + RecordRetention
        + RegistryRestore
        + Rollouts
        + Listing
        + Steering,
    S: Artifacts
        + ArtifactWriter
        + Checkpoints
        + Datasets
        + FormerDatasets
        + Incoming
        + ObjectList
        + ObjectRemoval
        + ObjectRetention,
    B: Announcer,
    C: Clock,
{
    type Registry = R;
    type Storage = S;
    type Bus = B;

    fn registry(&self) -> &R {
        self.registry
    }

    fn storage(&self) -> &S {
        self.storage
    }

    fn bus(&self) -> &B {
        self.bus
    }

    fn clock(&self) -> &dyn Clock {
        self.clock
    }
}
