//! The outside services that the alert function uses: the registry, the mail service, the values of metrics and the clock.

use evergreen_lifecycle::ports::{
    AlarmRecords, Champions, Clock, MailClaims, MailLinks, Mailer, MetricHistory, Runs, ServedRecord, Sleeper,
    Steering, Versions,
};

/// The registry, the mail service, the values of metrics and the clock that the alert function uses.
#[derive(Debug)]
pub struct AlertPorts<'a, R, M, H, C> {
    /// The registry, which stores champions, runs, alarm records, mutes, mail claims and links.
    pub registry: &'a R,
    /// The service that sends mails.
    pub mailer: &'a M,
    /// The values of metrics over time, for the picture in a mail.
    pub history: &'a H,
    /// The clock. It gives the current time and waits.
    pub clock: &'a C,
}

// Generic code takes one type with this trait instead of four type parameters.
/// Trait that combines the registry, the mail service, the values of metrics and the clock.
pub trait AlertWorld: Send + Sync {
    /// Type of the registry, which holds champions, runs, alarm records, mutes, mail claims and links.
    type Registry: AlarmRecords + Champions + MailClaims + MailLinks + Runs + ServedRecord + Steering + Versions;
    /// Type of the service that sends mails.
    type Mailer: Mailer;
    /// Type of the source of metrics over time.
    type History: MetricHistory;
    /// Type of the clock.
    type Clock: Clock + Sleeper;

    /// Returns the registry, which holds champions, runs, alarm records, mutes, mail claims and links.
    fn registry(&self) -> &Self::Registry;
    /// Returns the service that sends mails.
    fn mailer(&self) -> &Self::Mailer;
    /// Returns the source of metrics over time.
    fn history(&self) -> &Self::History;
    /// Returns the clock.
    fn clock(&self) -> &Self::Clock;
}

impl<R, M, H, C> AlertWorld for AlertPorts<'_, R, M, H, C>
where
    R: AlarmRecords + Champions + MailClaims + MailLinks + Runs + ServedRecord + Steering + Versions,
    M: Mailer,
    H: MetricHistory,
    C: Clock + Sleeper,
{
    type Registry = R;
    type Mailer = M;
    type History = H;
    type Clock = C;

    fn registry(&self) -> &R {
        self.registry
    }

    fn mailer(&self) -> &M {
        self.mailer
    }

    fn history(&self) -> &H {
        self.history
    }

    fn clock(&self) -> &C {
        self.clock
    }
}
