//! Publishes accuracy (or R²), age and health of the champion and of its training.
//!
//! Invoked every few minutes and on each event of the registry; the event itself is not read, for all that is published
//! follows from what the registry holds. What can be known is published even when something else cannot.

mod config;
mod handler;
mod inspection;
mod quota;
mod schedule;

pub use config::Config;
pub use handler::{CHAMPIONS, Deadline, Meter, MetricsError, RUNS, Report};
pub use inspection::{Defect, inspect};
pub use quota::WithQuota;
pub use schedule::{Expression, InvalidExpression, Schedule, UnknownZone, Zone};
