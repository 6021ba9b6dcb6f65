//! The settings of the deployed stack that a year depends on, with the defaults of template.yaml.

use evergreen_lifecycle::drift::DEFAULT_PSI;
use evergreen_lifecycle::schedule::Schedule;
use evergreen_metrics::Expectations;
use jiff::SignedDuration;
use serde_json::json;

use crate::template::{StackTemplate, TemplateError};

/// The settings of the simulated stack.
#[derive(Debug, Clone)]
pub struct StackSettings {
    /// The expression of the training schedule.
    pub expression: String,
    /// The time zone of the training schedule.
    pub zone: String,
    /// The parsed training schedule.
    pub schedule: Schedule,
    /// What the metrics function compares its measurements with.
    pub expectations: Expectations,
    /// Minutes after the first try at which Lambda tries a failed invocation again.
    pub retries: Vec<u32>,
}

// Source: "How Lambda handles errors and retries with asynchronous invocation" in the AWS Lambda developer guide.
/// The minutes from the first try to each possible retry of an asynchronous invocation: after one, and two minutes later.
const RETRIES: [u32; 2] = [1, 3];

impl StackSettings {
    /// Reads the defaults of the template's parameters.
    ///
    /// # Errors
    /// [`TemplateError`] names the parameter that is missing or has an unexpected form.
    pub fn read(template: &StackTemplate) -> Result<Self, TemplateError> {
        let (expression, zone) = (template.default_of("ScheduleExpression")?, template.default_of("ScheduleTimezone")?);
        let schedule = parsed(&expression, &zone)?;
        let model = template.default_of("ModelName")?;
        let retries = template.property("MetricsFunction", "EventInvokeConfig/MaximumRetryAttempts");
        let retries = retries.and_then(|retries| usize::try_from(retries.as_u64()?).ok()).unwrap_or(RETRIES.len());
        let expectations = Expectations {
            model: model.parse().map_err(|_| unexpected("ModelName", &model, "a model's name"))?,
            schedule: schedule.clone(),
            grace: SignedDuration::from_mins(template.whole_default_of("DeadlineMinutes")?),
            max_age: template.whole_default_of("MaxModelAgeHours").ok().map(SignedDuration::from_hours),
            threshold: template.default_of("AccuracyAlarmThreshold")?.parse().ok(),
            api: String::new(),
            quota: template.whole_default_of("MonthlyQuota")?.unsigned_abs(),
            drift_psi: template.default_of("DriftPsi")?.parse().unwrap_or(DEFAULT_PSI),
        };
        Ok(Self { expression, zone, schedule, expectations, retries: RETRIES.into_iter().take(retries).collect() })
    }

    /// Returns the settings with another training schedule.
    ///
    /// # Errors
    /// [`TemplateError`] if the schedule cannot be read.
    pub fn with_schedule(self, expression: &str, zone: &str) -> Result<Self, TemplateError> {
        let schedule = parsed(expression, zone)?;
        let expectations = Expectations { schedule: schedule.clone(), ..self.expectations };
        Ok(Self { expression: expression.to_owned(), zone: zone.to_owned(), schedule, expectations, ..self })
    }
}

fn parsed(expression: &str, zone: &str) -> Result<Schedule, TemplateError> {
    let form = expression.parse().map_err(|_| unexpected("ScheduleExpression", expression, "cron(…) or at(…)"))?;
    let zone = zone.parse().map_err(|_| unexpected("ScheduleTimezone", zone, "an IANA time zone"))?;
    Ok(Schedule::new(form, zone))
}

fn unexpected(parameter: &str, found: &str, expected: &'static str) -> TemplateError {
    TemplateError::Property { what: format!("Parameters/{parameter}/Default"), found: json!(found), expected }
}
