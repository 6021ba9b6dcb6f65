//! The implementation of the ports (the traits for outside services) with AWS services. There is one file for each
//! service, plus configuration and logging.
//!
//! An adapter is the implementation of a port. Every adapter is created once, at the cold start of the Lambda function,
//! from the result of [`connect()`]. Each adapter works for one model. An error names the action that failed, and its
//! cause is a single line. Errors contain no mail addresses and no feature values.

mod alarms;
mod artifacts;
mod batch;
mod clock;
mod connect;
pub mod env;
mod events;
mod failure;
mod mail;
mod mailbox;
mod metric_history;
mod metrics;
mod registry;
mod schedule;
mod secrets;
pub mod shutdown;
pub mod telemetry;
mod usage;
mod webhook;

#[cfg(test)]
mod tests;

pub use alarms::CloudWatchAlarms;
pub use artifacts::ArtifactBucket;
pub use batch::BatchBuckets;
pub use clock::SystemClock;
pub use connect::{connect, connect_job};
pub use events::EventBus;
pub use mail::Ses;
pub use mailbox::EmulatorMailbox;
pub use metric_history::CloudWatchHistory;
pub use metrics::CloudWatchMetrics;
pub use registry::Registry;
pub use schedule::Scheduler;
pub use secrets::WebhookSecret;
pub use usage::UsagePlan;
pub use webhook::{InvalidWebhookUrl, WebhookClient, WebhookUrl};
