//! The metrics function: publishes metrics about the health of the champion (the model version that answers
//! predictions) and of its training.
//!
//! The function runs every few minutes and after each registry event. Then it publishes a metric that rarely changes only
//! when it changed, and once a day. If a person invokes it by hand, it publishes all metrics. If one of its sources cannot
//! be read, it still publishes the metrics of the other sources. It also publishes how many metrics are unknown.

mod config;
mod deadline;
mod drift;
mod handler;
mod inspection;
mod live;
mod occasion;
mod ports;
mod publishing;
mod quota;
mod reacting;
mod readings;
mod rollouts;
mod skew;
mod traffic;
mod waiting_events;

pub use config::MetricsConfig;
pub use deadline::deadline_metric;
pub use handler::{ArtifactFiles, Expectations, MetricsError, MetricsHandler, MetricsReport};
pub use inspection::{ArtifactInspection, FileCondition};
pub use occasion::Occasion;
pub use ports::{MetricsPorts, MetricsWorld};
pub use reacting::{ReactingRegistry, ReactionError, Reactor};
pub use readings::{CHAMPIONS, RUNS};
pub use rollouts::{RolloutRegistry, RolloutSteps, StepError};
pub use skew::check_skew;
pub use waiting_events::send_waiting_events;
