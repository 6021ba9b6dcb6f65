//! The metrics function: publishes the score (accuracy or R²), age and health of the champion (the model version that
//! answers predictions) and of its training.
//!
//! The function runs every few minutes and after each registry event. It ignores the event's content and reads the
//! registry, the S3 bucket and the scheduler. If one source cannot be read, it still publishes the metrics from the
//! other sources. It also publishes how many metrics are unknown.

mod config;
mod deadline;
mod handler;
mod inspection;
mod ports;
mod quota;
mod readings;
mod schedule;
mod timetable;
mod waiting_events;

pub use config::MetricsConfig;
pub use deadline::deadline_metric;
pub use handler::{ArtifactFiles, Expectations, MetricsError, MetricsHandler, MetricsReport};
pub use inspection::{ArtifactInspection, FileCondition};
pub use ports::{MetricsPorts, MetricsWorld};
pub use readings::{CHAMPIONS, RUNS};
pub use schedule::{Expression, InvalidExpression, Schedule, UnknownZone, Zone};
pub use timetable::{Timetable, UnknownSchedule};
pub use waiting_events::send_waiting_events;
