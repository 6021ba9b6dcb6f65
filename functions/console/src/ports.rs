//! The ports of the console function.

use std::sync::Arc;

use evergreen_lifecycle::ports::{
    AlarmStates, Announcer, ArtifactLinks, ArtifactWriter, Artifacts, BilledUsage, Champions, Clock, EventOutbox,
    FeedbackCounting, FeedbackRecord, FeedbackRows, Listing, LiveRecord, MailLinks, Mailbox, ObjectList, ObjectRemoval,
    ObjectRetention, PredictionKeys, Reactions, RecordRetention, RequestHistory, RolloutEvidence, Rollouts, Runs,
    ScheduleSwitch, Schedules, ServedRecord, Sessions, SkewRecord, Steering, Versions,
};

/// The console function's connections to other systems.
#[derive(Debug)]
pub struct ConsolePorts<R, A, S, M, B, L, C> {
    /// The registry (DynamoDB).
    pub registry: Arc<R>,
    /// The bucket with artifacts and manifests (S3).
    pub artifacts: Arc<A>,
    /// The scheduler with the training schedule.
    pub scheduler: Arc<S>,
    /// The monitoring service with the states of the alarms, the requests of the day and the usage (CloudWatch).
    pub alarms: Arc<M>,
    /// The event bus (EventBridge).
    pub bus: Arc<B>,
    /// The mails that an emulator accepted. Empty on AWS.
    pub mailbox: Arc<L>,
    /// The clock.
    pub clock: Arc<C>,
}

/// What the console needs of the registry.
pub trait ConsoleRegistry:
    Champions
    + EventOutbox
    + FeedbackCounting
    + FeedbackRecord
    + Listing
    + LiveRecord
    + MailLinks
    + PredictionKeys
    + Reactions
    + RecordRetention
    + RolloutEvidence
    + Rollouts
    + Runs
    + ServedRecord
    + Sessions
    + SkewRecord
    + Steering
    + Versions
    + 'static
{
}

impl<R> ConsoleRegistry for R where
    R: Champions
        + EventOutbox
        + FeedbackCounting
        + FeedbackRecord
        + Listing
        + LiveRecord
        + MailLinks
        + PredictionKeys
        + Reactions
        + RecordRetention
        + RolloutEvidence
        + Rollouts
        + Runs
        + ServedRecord
        + Sessions
        + SkewRecord
        + Steering
        + Versions
        + 'static
{
}

/// What the console needs of the bucket.
pub trait ConsoleStorage:
    ArtifactLinks + ArtifactWriter + Artifacts + FeedbackRows + ObjectList + ObjectRemoval + ObjectRetention + 'static
{
}

impl<A> ConsoleStorage for A where
    A: ArtifactLinks
        + ArtifactWriter
        + Artifacts
        + FeedbackRows
        + ObjectList
        + ObjectRemoval
        + ObjectRetention
        + 'static
{
}

/// The console function's connections to other systems, as one trait.
pub trait ConsoleWorld: Send + Sync + 'static {
    /// Type of the registry.
    type Registry: ConsoleRegistry;
    /// Type of the bucket.
    type Artifacts: ConsoleStorage;
    /// Type of the scheduler.
    type Scheduler: Schedules + ScheduleSwitch;
    /// Type of the monitoring service.
    type Alarms: AlarmStates + BilledUsage + RequestHistory;
    /// Type of the event bus.
    type Bus: Announcer;
    /// Type of the list of mails.
    type Mailbox: Mailbox;

    /// Returns the registry.
    fn registry(&self) -> &Self::Registry;
    /// Returns the bucket.
    fn artifacts(&self) -> &Self::Artifacts;
    /// Returns the scheduler.
    fn scheduler(&self) -> &Self::Scheduler;
    /// Returns the monitoring service.
    fn alarms(&self) -> &Self::Alarms;
    /// Returns the event bus.
    fn bus(&self) -> &Self::Bus;
    /// Returns the list of mails.
    fn mailbox(&self) -> &Self::Mailbox;
    /// Returns the clock.
    fn clock(&self) -> &dyn Clock;
}

impl<R, A, S, M, B, L, C> ConsoleWorld for ConsolePorts<R, A, S, M, B, L, C>
where
    R: ConsoleRegistry,
    A: ConsoleStorage,
    S: Schedules + ScheduleSwitch + 'static,
    M: AlarmStates + BilledUsage + RequestHistory + 'static,
    B: Announcer + 'static,
    L: Mailbox + 'static,
    C: Clock + 'static,
{
    type Registry = R;
    type Artifacts = A;
    type Scheduler = S;
    type Alarms = M;
    type Bus = B;
    type Mailbox = L;

    fn registry(&self) -> &R {
        &self.registry
    }

    fn artifacts(&self) -> &A {
        &self.artifacts
    }

    fn scheduler(&self) -> &S {
        &self.scheduler
    }

    fn alarms(&self) -> &M {
        &self.alarms
    }

    fn bus(&self) -> &B {
        &self.bus
    }

    fn mailbox(&self) -> &L {
        &self.mailbox
    }

    fn clock(&self) -> &dyn Clock {
        self.clock.as_ref()
    }
}
