//! Configuration of the console function, read once at cold start.

use evergreen_aws::env::{ConfigError, Environment};
use evergreen_lifecycle::ModelName;
use evergreen_lifecycle::ports::BilledResources;
use evergreen_lifecycle::rollout::RolloutPlan;
use jiff::SignedDuration;

/// Configuration of the console function, read from environment variables.
#[derive(Debug, Clone)]
pub struct ConsoleConfig {
    /// Name of the S3 bucket with artifacts and manifests.
    pub bucket: String,
    /// Name of the DynamoDB table of the registry.
    pub table: String,
    /// Name of the training schedule in EventBridge Scheduler.
    pub schedule_name: String,
    /// Whether rows that come with feedback are kept.
    pub keeps_feedback: bool,
    /// Facts about the stack that answers and pages show.
    pub stack: StackFacts,
}

/// Facts about the stack that answers and pages show.
#[derive(Debug, Clone)]
pub struct StackFacts {
    /// Name of the model.
    pub model: ModelName,
    /// Name of the stack. The names of its alarms begin with it.
    pub name: String,
    /// How long after its scheduled time a run may end.
    pub grace: SignedDuration,
    /// URL of the CloudWatch dashboard. `None` if the stack does not say it.
    pub dashboard_url: Option<String>,
    /// Maximum age of the champion in hours. `None`: it follows from the schedule.
    pub max_age_hours: Option<f64>,
    /// The resources whose usage is billed.
    pub billed: BilledResources,
    /// Accuracy or R² below which an alarm rings. `None`: it is relative.
    pub quality_threshold: Option<f64>,
    /// The stages of a rollout that a person starts.
    pub rollout: RolloutPlan,
    // The emulator serves plain HTTP, so a cookie for HTTPS only would never come back.
    /// Whether the stack runs on an emulator of AWS.
    pub is_emulated: bool,
}

/// Variables with the address of an emulator. AWS sets none of them.
const ENDPOINTS: [&str; 2] = ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_DYNAMODB"];

impl ConsoleConfig {
    /// Reads the configuration of the console function from the environment variables.
    ///
    /// # Errors
    /// [`ConfigError`] names the variable that is missing or invalid.
    pub fn read(environment: &Environment) -> Result<Self, ConfigError> {
        let is_emulated = emulated(environment)?;
        let minutes = environment.whole("EVERGREEN_DEADLINE_MINUTES", 0..=u32::MAX)?;
        let table = environment.required("EVERGREEN_TABLE")?;
        let billed = billed(environment, &table)?;
        Ok(Self {
            bucket: environment.required("EVERGREEN_BUCKET")?,
            table,
            schedule_name: environment.required("EVERGREEN_SCHEDULE_NAME")?,
            keeps_feedback: environment.flag("EVERGREEN_KEEP_FEEDBACK_ROWS"),
            stack: StackFacts {
                model: environment.parsed("EVERGREEN_MODEL")?,
                name: environment.required("EVERGREEN_STACK")?,
                grace: SignedDuration::from_mins(i64::from(minutes)),
                billed,
                max_age_hours: number(environment, "EVERGREEN_MAX_MODEL_AGE_HOURS", "auto")?,
                quality_threshold: number(environment, "EVERGREEN_ACCURACY_THRESHOLD", "relative")?,
                rollout: rollout(environment)?,
                dashboard_url: environment.optional("EVERGREEN_DASHBOARD_URL"),
                is_emulated,
            },
        })
    }
}

/// Returns whether the stack runs on an emulator.
fn emulated(environment: &Environment) -> Result<bool, ConfigError> {
    let is_emulated = environment.flag("EVERGREEN_EMULATED");
    if is_emulated && ENDPOINTS.iter().all(|key| environment.optional(key).is_none()) {
        let cause = "it is true without AWS_ENDPOINT_URL. Without signatures, the console runs only on an emulator: deploy \
                     with Emulated=false";
        return Err(ConfigError::invalid("EVERGREEN_EMULATED", cause));
    }
    Ok(is_emulated)
}

/// Returns the resources of the stack whose usage is billed.
fn billed(environment: &Environment, table: &str) -> Result<BilledResources, ConfigError> {
    const KEY: &str = "EVERGREEN_FUNCTION_MEMORY";
    let functions = environment.optional(KEY).unwrap_or_default();
    BilledResources::read(&functions, table.to_owned()).map_err(|error| ConfigError::invalid(KEY, error))
}

/// Returns the stages of a rollout that a person starts. The template has the same defaults.
fn rollout(environment: &Environment) -> Result<RolloutPlan, ConfigError> {
    let steps = environment.optional("EVERGREEN_CANARY_STEPS").unwrap_or_else(|| "10,50".to_owned());
    let minutes = environment.optional("EVERGREEN_CANARY_MINUTES").unwrap_or_else(|| "60".to_owned());
    RolloutPlan::parse(&steps, &minutes)
        .map_err(|error| ConfigError::invalid("EVERGREEN_CANARY_STEPS, EVERGREEN_CANARY_MINUTES", error))
}

/// Returns the number in a variable. `None` if the variable is not set, or has the value `word`.
fn number(environment: &Environment, key: &'static str, word: &str) -> Result<Option<f64>, ConfigError> {
    environment.optional(key).map_or(Ok(None), |_| environment.number_unless(key, word))
}

#[cfg(test)]
mod tests {
    use evergreen_testkit::environment_with;

    use super::*;

    const COMPLETE: [(&str, &str); 6] = [
        ("EVERGREEN_MODEL", "iris"),
        ("EVERGREEN_BUCKET", "artifacts"),
        ("EVERGREEN_TABLE", "registry"),
        ("EVERGREEN_SCHEDULE_NAME", "evergreen-train"),
        ("EVERGREEN_STACK", "evergreen"),
        ("EVERGREEN_DEADLINE_MINUTES", "60"),
    ];

    fn read_with(key: &str, value: &str) -> Result<ConsoleConfig, ConfigError> {
        ConsoleConfig::read(&Environment::from_lookup(environment_with(&COMPLETE, &[(key, value)])))
    }

    #[test]
    fn a_complete_environment_is_read() {
        let config = read_with("", "").unwrap();
        assert_eq!(config.stack.grace, SignedDuration::from_hours(1));
        assert!(!config.stack.is_emulated);
    }

    #[test]
    fn unsigned_requests_are_never_taken_on_aws() {
        let refused = read_with("EVERGREEN_EMULATED", "true").unwrap_err().to_string();
        assert!(refused.starts_with("EVERGREEN_EMULATED: it is true without AWS_ENDPOINT_URL"), "{refused}");
        let local = [("EVERGREEN_EMULATED", "true"), ("AWS_ENDPOINT_URL", "http://127.0.0.1:4566")];
        let lookup = environment_with(&COMPLETE, &local);
        assert!(ConsoleConfig::read(&Environment::from_lookup(lookup)).unwrap().stack.is_emulated);
    }

    #[test]
    fn functions_are_read_with_their_memory() {
        let config = read_with("EVERGREEN_FUNCTION_MEMORY", "predict=1769,metrics=512").unwrap();
        assert_eq!(config.stack.billed.functions, [("predict".to_owned(), 1769), ("metrics".to_owned(), 512)]);
        assert_eq!(config.stack.billed.table, "registry");
        let error = read_with("EVERGREEN_FUNCTION_MEMORY", "predict").unwrap_err().to_string();
        assert!(error.contains("EVERGREEN_FUNCTION_MEMORY"), "{error}");
    }

    #[test]
    fn a_missing_variable_is_named() {
        assert_eq!(read_with("EVERGREEN_TABLE", "").unwrap_err().to_string(), "EVERGREEN_TABLE is not set");
    }
}
