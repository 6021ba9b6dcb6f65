//! The AWS side of the ports: one file per adapter, typed configuration, telemetry.
//!
//! Every adapter is made once, at cold start, from the one [`aws_config::SdkConfig`] of [`connect()`], and serves one
//! model. Errors say what was asked, and their cause is one line of why it failed; they hold no addresses and no feature values.

mod artifacts;
mod clock;
mod connect;
pub mod env;
mod events;
mod failure;
mod mail;
mod metrics;
mod registry;
mod schedule;
pub mod telemetry;
mod usage;

#[cfg(test)]
mod mocks;

pub use artifacts::ArtifactBucket;
pub use clock::SystemClock;
pub use connect::connect;
pub use events::EventBus;
pub use mail::Ses;
pub use metrics::CloudWatch;
pub use registry::Registry;
pub use schedule::Scheduler;
pub use usage::UsagePlan;
