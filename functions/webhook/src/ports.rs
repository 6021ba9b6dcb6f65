//! The outside services that the webhook function uses: the receiver, the store of the secret, and the clock.

use evergreen_lifecycle::ports::{Clock, SigningSecret, WebhookReceiver};

/// The receiver, the store of the secret, and the clock.
#[derive(Debug)]
pub struct WebhookPorts<'a, R, S, C> {
    /// The receiver at the URL of the webhook.
    pub receiver: &'a R,
    /// The store of the secret that signs the messages.
    pub secret: &'a S,
    /// The clock.
    pub clock: &'a C,
}

/// Trait that combines the receiver, the store of the secret, and the clock.
pub trait WebhookWorld: Send + Sync {
    /// Type of the receiver.
    type Receiver: WebhookReceiver;
    /// Type of the store of the secret.
    type Secret: SigningSecret;
    /// Type of the clock.
    type Clock: Clock;

    /// Returns the receiver at the URL of the webhook.
    fn receiver(&self) -> &Self::Receiver;
    /// Returns the store of the secret that signs the messages.
    fn secret(&self) -> &Self::Secret;
    /// Returns the clock.
    fn clock(&self) -> &Self::Clock;
}

impl<R: WebhookReceiver, S: SigningSecret, C: Clock> WebhookWorld for WebhookPorts<'_, R, S, C> {
    type Receiver = R;
    type Secret = S;
    type Clock = C;

    fn receiver(&self) -> &R {
        self.receiver
    }

    fn secret(&self) -> &S {
        self.secret
    }

    fn clock(&self) -> &C {
        self.clock
    }
}
