//! Sends the events of the registry to a URL, so that other programs and chat rooms learn of them.
//!
//! Each event from the bus becomes one signed POST request. If the receiver does not accept it, the invocation fails.
//! The platform then retries, and in the end keeps the event in a queue. An event may arrive twice; both have the same
//! id. docs/EVENTS.md describes the messages, and how a receiver verifies them.

mod config;
mod event;
mod handler;
mod message;
mod ports;
mod refusals;
mod sentence;
mod signature;
mod slack;

pub use config::WebhookConfig;
pub use event::{MissingField, RegistryEvent};
pub use handler::{WebhookError, WebhookHandler, WebhookReport};
pub use message::WebhookFormat;
pub use ports::{WebhookPorts, WebhookWorld};
pub use signature::sign;
