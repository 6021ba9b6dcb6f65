//! The ports through which this function reaches the outside world.

use evergreen_lifecycle::ports::{
    Announcer, ArtifactWriter, Artifacts, Champions, Clock, Datasets, EventOutbox, Incoming, ObjectRetention,
    RecordRetention, Registrar, Runs, Versions,
};

/// The ports.
#[derive(Debug)]
pub struct TrainPorts<'a, R, S, B, C> {
    /// Holds runs, versions and the champion.
    pub registry: &'a R,
    /// Holds data sets and artifacts.
    pub storage: &'a S,
    /// Publishes events.
    pub bus: &'a B,
    /// Returns the current time.
    pub clock: &'a C,
}

/// A set of ports. Generic code takes this trait instead of four type parameters.
pub trait TrainWorld {
    /// Type of the registry, which holds runs, versions and the champion.
    type Registry: Runs + Registrar + Champions + Versions + EventOutbox + RecordRetention;
    /// Type of the store, which holds data sets and artifacts.
    type Storage: Artifacts + ArtifactWriter + Datasets + Incoming + ObjectRetention;
    /// Type of the event bus.
    type Bus: Announcer;

    /// Returns the registry, which holds runs, versions and the champion.
    fn registry(&self) -> &Self::Registry;
    /// Returns the store, which holds data sets and artifacts.
    fn storage(&self) -> &Self::Storage;
    /// Returns the event bus.
    fn bus(&self) -> &Self::Bus;
    /// Returns the clock.
    fn clock(&self) -> &dyn Clock;
}

impl<R, S, B, C> TrainWorld for TrainPorts<'_, R, S, B, C>
where
    R: Runs + Registrar + Champions + Versions + EventOutbox + RecordRetention,
    S: Artifacts + ArtifactWriter + Datasets + Incoming + ObjectRetention,
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
