//! The outside services that the alert function uses: the registry, the mail service, CloudWatch's alarms and the clock.

use evergreen_lifecycle::ports::{
    AlarmRecords, AlarmStates, Champions, Clock, MailClaims, Mailer, Runs, Sleeper, Steering,
};

/// The registry, the mail service, CloudWatch's alarms and the clock that the alert function uses.
#[derive(Debug)]
pub struct AlertPorts<'a, R, M, A, C> {
    /// The registry, which stores champions, runs, alarm records, mutes and mail claims.
    pub registry: &'a R,
    /// The service that sends mails.
    pub mailer: &'a M,
    /// The current states of the stack's alarms.
    pub alarm_states: &'a A,
    /// The clock. It gives the current time and waits.
    pub clock: &'a C,
}

// Generic code takes one type with this trait instead of four type parameters.
/// Trait that combines the registry, the mail service, CloudWatch's alarms and the clock.
pub trait AlertWorld: Send + Sync {
    /// Type of the registry, which holds champions, runs, alarm records, mutes and mail claims.
    type Registry: AlarmRecords + Champions + MailClaims + Runs + Steering;
    /// Type of the service that sends mails.
    type Mailer: Mailer;
    /// Type of the service that knows the current states of alarms.
    type AlarmStates: AlarmStates;
    /// Type of the clock.
    type Clock: Clock + Sleeper;

    /// Returns the registry, which holds champions, runs, alarm records, mutes and mail claims.
    fn registry(&self) -> &Self::Registry;
    /// Returns the service that sends mails.
    fn mailer(&self) -> &Self::Mailer;
    /// Returns the service that knows the current states of alarms.
    fn alarm_states(&self) -> &Self::AlarmStates;
    /// Returns the clock.
    fn clock(&self) -> &Self::Clock;
}

impl<R, M, A, C> AlertWorld for AlertPorts<'_, R, M, A, C>
where
    R: AlarmRecords + Champions + MailClaims + Runs + Steering,
    M: Mailer,
    A: AlarmStates,
    C: Clock + Sleeper,
{
    type Registry = R;
    type Mailer = M;
    type AlarmStates = A;
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

    fn clock(&self) -> &C {
        self.clock
    }
}
