//! The interfaces (ports) through which the predict function reaches the registry, the artifact store, the clock and
//! the log.

use std::sync::Arc;

use evergreen_lifecycle::ports::{Artifacts, Champions, Clock, Runs};

use crate::journal::Journal;

/// The predict function's connections to other systems. They are shared pointers (`Arc`), because the background check
/// for a new champion also uses them and may outlive a request.
#[derive(Debug)]
pub struct PredictPorts<R, A, C, J> {
    /// The registry (DynamoDB): reads the record that names the champion, and the records of runs.
    pub registry: Arc<R>,
    /// The artifact store (S3): reads model files.
    pub artifacts: Arc<A>,
    /// The clock: returns the current time.
    pub clock: Arc<C>,
    /// The journal: writes log lines and counts requests as metrics.
    pub journal: Arc<J>,
}

/// The predict function's connections to other systems: registry, artifact store, clock and journal. Generic code takes
/// this one trait instead of four type parameters.
pub trait PredictWorld: Send + Sync + 'static {
    /// Type of the registry (DynamoDB), which has the record that names the champion, and the records of runs.
    type Registry: Champions + Runs;
    /// Type of the store that has the model artifacts.
    type Artifacts: Artifacts;

    /// Returns the registry (DynamoDB), which has the record that names the champion, and the records of runs.
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
