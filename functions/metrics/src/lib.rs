//! Publishes accuracy (or R²), age and health of the champion and of its training.
//!
//! Invoked every few minutes and on each event of the registry; the event itself is not read, for all that is published
//! follows from what the registry, the bucket and the scheduler hold. What can be known is published even when something
//! else cannot, and how much cannot is published too.

mod config;
mod deadline;
mod handler;
mod inspection;
mod quota;
mod readings;
mod schedule;
mod telling;
mod timetable;

pub use config::Config;
pub use deadline::deadline_figures;
pub use handler::{Expectations, Files, Meter, MetricsError, Report};
pub use inspection::{Condition, Inspection};
pub use readings::{CHAMPIONS, RUNS};
pub use schedule::{Expression, InvalidExpression, Schedule, UnknownZone, Zone};
pub use telling::tell_what_waits;
pub use timetable::{Timetable, UnknownSchedule};
