//! A simulated year of the stack: which mail reports which incident, and when.
//!
//! The rules of the alarms come from template.yaml. The real metrics function measures, the real gate decides, and the
//! real alert function writes the mails. Simulated are the time, CloudWatch, the queues, the requests and the faults.
//! docs/WATCHING.md says what the simulation shows.

mod calendar;
mod chance;
mod evaluation;
mod holdout;
mod incident;
mod mailing;
mod outcome;
mod plan;
mod queue;
mod recording;
mod report;
mod requests;
mod rule;
mod series;
mod settings;
mod stack;
mod template;
mod traffic;
mod watch;
pub mod years;

pub use incident::{Incident, IncidentKind};
pub use mailing::ReceivedMail;
pub use outcome::{ReportedIncident, YearOutcome, has_rule};
pub use plan::{TableGrowth, YearPlan};
pub use recording::RecordedYear;
pub use report::{IncidentReport, MOST_MAILS, QuietReport, time};
pub use rule::{AlarmRule, MissingTreatment, PeriodStatistic};
pub use series::{MetricPoint, MetricSeries};
pub use settings::StackSettings;
pub use stack::{YearError, simulate};
pub use template::{StackTemplate, TemplateError, long_form};
