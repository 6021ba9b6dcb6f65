//! The outside services that the alert function uses: the registry, the mail service, CloudWatch and the clock.

use evergreen_lifecycle::ports::{
    AlarmRecords, AlarmStates, Champions, Clock, MailClaims, MailLinks, Mailer, MetricHistory, Reactions, Rollouts,
    Runs, ServedRecord, Sleeper, Steering, Versions,
};

/// The registry, the mail service, CloudWatch and the clock that the alert function uses.
#[derive(Debug)]
pub struct AlertPorts<'a, R, M, A, H, C> {
    /// The registry, which stores champions, runs, alarm records, mutes, mail claims and links.
    pub registry: &'a R,
    /// The service that sends mails.
    pub mailer: &'a M,
    /// The current states of the stack's alarms.
    pub alarm_states: &'a A,
    /// The values of metrics over time, for the picture in a mail.
    pub history: &'a H,
    /// The clock. It gives the current time and waits.
    pub clock: &'a C,
}

// Generic code takes one type with this trait instead of five type parameters.
/// Trait that combines the registry, the mail service, CloudWatch and the clock.
pub trait AlertWorld: Send + Sync {
    /// Type of the registry, which holds champions, runs, alarm records, mutes, mail claims and links.
    type Registry: AlarmRecords
        + Champions
        + MailClaims
        + MailLinks
        + Reactions
        + Rollouts
        + Runs
        + ServedRecord
        + Steering
        + Versions;
    /// Type of the service that sends mails.
    type Mailer: Mailer;
    /// Type of the service that knows the current states of alarms.
    type AlarmStates: AlarmStates;
    /// Type of the source of metrics over time.
    type History: MetricHistory;
    /// Type of the clock.
    type Clock: Clock + Sleeper;

    /// Returns the registry, which holds champions, runs, alarm records, mutes, mail claims and links.
    fn registry(&self) -> &Self::Registry;
    /// Returns the service that sends mails.
    fn mailer(&self) -> &Self::Mailer;
    /// Returns the service that knows the current states of alarms.
    fn alarm_states(&self) -> &Self::AlarmStates;
    /// Returns the source of metrics over time.
    fn history(&self) -> &Self::History;
    /// Returns the clock.
    fn clock(&self) -> &Self::Clock;
}

impl<R, M, A, H, C> AlertWorld for AlertPorts<'_, R, M, A, H, C>
where
    R: AlarmRecords
        + Champions
        + MailClaims
        + MailLinks
        + Reactions
        + Rollouts
        + Runs
        + ServedRecord
        + Steering
        + Versions,
    M: Mailer,
    A: AlarmStates,
    H: MetricHistory,
    C: Clock + Sleeper,
{
    type Registry = R;
    type Mailer = M;
    type AlarmStates = A;
    type History = H;
    type Clock = C;

    fn registry(&self) -> &R {
        self.registry
    }

    fn mailer(&self) -> &M {
        self.mailer
    }

    fn alarm_states(&self) -> &A {
        self.alarm_states
    }

    fn history(&self) -> &H {
        self.history
    }

    fn clock(&self) -> &C {
        self.clock
    }
}
