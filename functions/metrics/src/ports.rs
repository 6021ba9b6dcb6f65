//! The interfaces of the metrics function to other systems, such as the registry and CloudWatch.

use evergreen_lifecycle::ports::{
    Artifacts, Champions, Clock, FeedbackRecord, LiveRecord, MetricHistory, MetricSink, PublishedRecord, RequestUsage,
    Rollouts, Runs, Schedules, ServedRecord, Versions,
};

/// The systems that the metrics function uses, such as the registry and the clock.
#[derive(Debug)]
pub struct MetricsPorts<'a, R, A, S, T, U, H, C> {
    /// Reads the records of champions, training runs and model versions. Stores which metrics were published last.
    pub registry: &'a R,
    /// Reads the stored model files.
    pub artifacts: &'a A,
    /// Publishes the metrics, for example to CloudWatch.
    pub sink: &'a S,
    /// Reads the training schedule.
    pub schedules: &'a T,
    /// Reads the number of prediction requests per API key.
    pub usage: &'a U,
    /// Reads the number of prediction requests over time.
    pub history: &'a H,
    /// Gives the current time.
    pub clock: &'a C,
}

// Generic code takes one parameter of this trait instead of seven type parameters.
/// All systems that the metrics function uses, as one trait.
pub trait MetricsWorld: Send + Sync {
    /// Type of the model registry, which holds champions, training runs and model versions.
    type Registry: Champions + Rollouts + Runs + Versions + PublishedRecord + ServedRecord + FeedbackRecord + LiveRecord;
    /// Type of the store of model files.
    type Artifacts: Artifacts;
    /// Type of the destination to which metrics are published.
    type Sink: MetricSink;
    /// Type of the source of the training schedule.
    type Schedules: Schedules;
    /// Type of the source of prediction request counts per API key.
    type Usage: RequestUsage;
    /// Type of the source of metrics over time.
    type History: MetricHistory;

    /// Returns the model registry, which holds champions, training runs and model versions.
    fn registry(&self) -> &Self::Registry;
    /// Returns the store of model files.
    fn artifacts(&self) -> &Self::Artifacts;
    /// Returns the destination to which metrics are published.
    fn sink(&self) -> &Self::Sink;
    /// Returns the source of the training schedule.
    fn schedules(&self) -> &Self::Schedules;
    /// Returns the source of prediction request counts per API key.
    fn usage(&self) -> &Self::Usage;
    /// Returns the source of metrics over time, such as the requests of API Gateway.
    fn history(&self) -> &Self::History;
    /// Returns the clock that gives the current time.
    fn clock(&self) -> &dyn Clock;
}

impl<R, A, S, T, U, H, C> MetricsWorld for MetricsPorts<'_, R, A, S, T, U, H, C>
where
    R: Champions + Rollouts + Runs + Versions + PublishedRecord + ServedRecord + FeedbackRecord + LiveRecord,
    A: Artifacts,
    S: MetricSink,
    T: Schedules,
    U: RequestUsage,
    H: MetricHistory,
    C: Clock,
{
    type Registry = R;
    type Artifacts = A;
    type Sink = S;
    type Schedules = T;
    type Usage = U;
    type History = H;

    fn registry(&self) -> &R {
        self.registry
    }

    fn artifacts(&self) -> &A {
        self.artifacts
    }

    fn sink(&self) -> &S {
        self.sink
    }

    fn schedules(&self) -> &T {
        self.schedules
    }

    fn usage(&self) -> &U {
        self.usage
    }

    fn history(&self) -> &H {
        self.history
    }

    fn clock(&self) -> &dyn Clock {
        self.clock
    }
}
