//! The configuration of the metrics function, read from environment variables once at cold start.

use evergreen_aws::env::{ConfigError, Environment};
use evergreen_lifecycle::reaction::{Reaction, ReactionRules};
use evergreen_lifecycle::schedule::Schedule;
use jiff::SignedDuration;

use crate::Expectations;

/// Value of the environment variable `EVERGREEN_MAX_MODEL_AGE_HOURS` that means: the champion's maximum age is
/// computed from the training schedule.
const AUTO: &str = "auto";

// The champion is then compared with a constant baseline and with its own hold-out score.
/// Value of the environment variable `EVERGREEN_ACCURACY_THRESHOLD` that means: the champion's accuracy
/// or R² has no fixed minimum.
const RELATIVE: &str = "relative";

/// Value of the environment variables `EVERGREEN_ON_DRIFT` and `EVERGREEN_ON_LIVE_ACCURACY` that means: the stack only
/// reports, and people act.
const NO_REACTION: &str = "nothing";

/// The configuration of the metrics function, from environment variables.
#[derive(Debug, Clone)]
pub struct MetricsConfig {
    /// The name of the S3 bucket with the model artifacts.
    pub bucket: String,
    /// The name of the DynamoDB table of the model registry.
    pub table: String,
    /// The name of the training schedule in EventBridge Scheduler.
    pub schedule_name: String,
    /// The settings of the deployed stack for the model and its training, such as the minimum accuracy.
    pub expectations: Expectations,
    /// The name of the stack, with which the names of its alarms begin.
    pub stack: String,
    /// What the stack may do by itself.
    pub reactions: ReactionRules,
    /// The id of the API Gateway usage plan that counts prediction requests per API key.
    pub usage_plan: String,
}

impl MetricsConfig {
    /// Reads the configuration from the given environment variables.
    ///
    /// # Errors
    /// [`ConfigError`] names the environment variable that is missing or wrong.
    pub fn read(environment: &Environment) -> Result<Self, ConfigError> {
        let expression = environment.parsed("EVERGREEN_SCHEDULE")?;
        let zone = environment.parsed("EVERGREEN_SCHEDULE_TIMEZONE")?;
        let minutes = environment.whole("EVERGREEN_DEADLINE_MINUTES", 0..=u32::MAX)?;
        Ok(Self {
            bucket: environment.required("EVERGREEN_BUCKET")?,
            table: environment.required("EVERGREEN_TABLE")?,
            schedule_name: environment.required("EVERGREEN_SCHEDULE_NAME")?,
            stack: environment.required("EVERGREEN_STACK")?,
            reactions: ReactionRules {
                on_drift: reaction(environment, "EVERGREEN_ON_DRIFT")?,
                on_live_accuracy: reaction(environment, "EVERGREEN_ON_LIVE_ACCURACY")?,
                pause: SignedDuration::from_hours(
                    24 * i64::from(environment.whole("EVERGREEN_REACTION_DAYS", 1..=365_u16)?),
                ),
            },
            usage_plan: environment.required("EVERGREEN_USAGE_PLAN")?,
            expectations: Expectations {
                model: environment.parsed("EVERGREEN_MODEL")?,
                quota: environment.whole("EVERGREEN_MONTHLY_QUOTA", 0..=u64::MAX)?,
                schedule: Schedule::new(expression, zone),
                grace: SignedDuration::from_mins(i64::from(minutes)),
                max_age: max_age(environment)?,
                threshold: threshold(environment)?,
                api: environment.required("EVERGREEN_STACK")?,
                drift_psi: environment.number("EVERGREEN_DRIFT_PSI")?,
            },
        })
    }
}

/// Returns the reaction that a parameter allows. `None` if its value is `nothing`.
fn reaction(environment: &Environment, key: &'static str) -> Result<Option<Reaction>, ConfigError> {
    if environment.required(key)? == NO_REACTION { Ok(None) } else { environment.parsed(key).map(Some) }
}

/// Returns the configured maximum age of the champion. `None`: the age is computed from the training schedule.
fn max_age(environment: &Environment) -> Result<Option<SignedDuration>, ConfigError> {
    let hours = environment.whole_unless("EVERGREEN_MAX_MODEL_AGE_HOURS", 0..=u32::MAX, AUTO)?;
    Ok(hours.map(|hours| SignedDuration::from_hours(i64::from(hours))))
}

// Below the minimum, an alarm is raised. Without a fixed minimum, the champion is compared with a constant baseline and
// with its own hold-out score.
/// Returns the minimum accuracy or R² of the champion. `None` means that there is no fixed minimum.
fn threshold(environment: &Environment) -> Result<Option<f64>, ConfigError> {
    environment.number_unless("EVERGREEN_ACCURACY_THRESHOLD", RELATIVE)
}

#[cfg(test)]
mod tests {
    use evergreen_testkit::environment_with;

    use super::*;

    const COMPLETE: [(&str, &str); 16] = [
        ("EVERGREEN_STACK", "evergreen"),
        ("EVERGREEN_MODEL", "iris"),
        ("EVERGREEN_BUCKET", "artifacts"),
        ("EVERGREEN_TABLE", "registry"),
        ("EVERGREEN_SCHEDULE", "cron(0 3 * * ? *)"),
        ("EVERGREEN_SCHEDULE_TIMEZONE", "Europe/Berlin"),
        ("EVERGREEN_SCHEDULE_NAME", "evergreen-train"),
        ("EVERGREEN_DEADLINE_MINUTES", "60"),
        ("EVERGREEN_MAX_MODEL_AGE_HOURS", "auto"),
        ("EVERGREEN_ACCURACY_THRESHOLD", "relative"),
        ("EVERGREEN_USAGE_PLAN", "p1"),
        ("EVERGREEN_ON_DRIFT", "retrain"),
        ("EVERGREEN_ON_LIVE_ACCURACY", "nothing"),
        ("EVERGREEN_REACTION_DAYS", "7"),
        ("EVERGREEN_DRIFT_PSI", "0.2"),
        ("EVERGREEN_MONTHLY_QUOTA", "1000000"),
    ];

    /// Reads a complete configuration in which only the variable `key` is changed, to `value`.
    fn read_with(key: &str, value: &str) -> Result<MetricsConfig, ConfigError> {
        MetricsConfig::read(&Environment::from_lookup(environment_with(&COMPLETE, &[(key, value)])))
    }

    #[test]
    fn a_complete_environment_is_read() {
        let config = read_with("", "").unwrap();
        assert_eq!(config.expectations.grace, SignedDuration::from_hours(1));
        assert_eq!((config.expectations.max_age, config.schedule_name.as_str()), (None, "evergreen-train"));
        assert_eq!((config.bucket.as_str(), config.table.as_str()), ("artifacts", "registry"));
        assert_eq!((config.usage_plan.as_str(), config.expectations.quota), ("p1", 1_000_000));
    }

    #[test]
    fn a_wrong_value_is_named_with_its_variable() {
        let error = |key, value| read_with(key, value).unwrap_err().to_string();
        insta::assert_snapshot!(error("EVERGREEN_SCHEDULE", "daily"), @r#"EVERGREEN_SCHEDULE is "daily": expected cron(…), rate(…) or at(…)"#);
        insta::assert_snapshot!(error("EVERGREEN_SCHEDULE_TIMEZONE", "Berlin"), @r#"EVERGREEN_SCHEDULE_TIMEZONE is "Berlin": expected an IANA time zone such as Europe/Berlin"#);
        insta::assert_snapshot!(error("EVERGREEN_DEADLINE_MINUTES", "an hour"), @r#"EVERGREEN_DEADLINE_MINUTES: expected a whole number from 0 to 4294967295, got "an hour""#);
        insta::assert_snapshot!(error("EVERGREEN_MAX_MODEL_AGE_HOURS", "old"), @r#"EVERGREEN_MAX_MODEL_AGE_HOURS: expected a whole number from 0 to 4294967295 or "auto", got "old""#);
        insta::assert_snapshot!(error("EVERGREEN_TABLE", ""), @"EVERGREEN_TABLE is not set");
    }

    #[test]
    fn the_threshold_of_accuracy_is_a_number_or_relative() {
        let threshold =
            |value| read_with("EVERGREEN_ACCURACY_THRESHOLD", value).map(|config| config.expectations.threshold);
        assert_eq!((threshold("relative").unwrap(), threshold("0.95").unwrap()), (None, Some(0.95)));
        assert!(threshold("high").is_err());
    }

    #[test]
    fn reactions_are_those_of_the_parameters() {
        let config = read_with("", "").unwrap();
        let pause = SignedDuration::from_hours(7 * 24);
        let expected = ReactionRules { on_drift: Some(Reaction::Retrain), on_live_accuracy: None, pause };
        assert_eq!((config.reactions, config.expectations.drift_psi), (expected, 0.2));
        let error = read_with("EVERGREEN_ON_DRIFT", "roll back").unwrap_err().to_string();
        insta::assert_snapshot!(error, @r#"EVERGREEN_ON_DRIFT is "roll back": expected nothing, retrain or rollback"#);
    }

    #[test]
    fn a_fixed_maximum_age_does_not_follow_from_the_schedule() {
        let config = read_with("EVERGREEN_MAX_MODEL_AGE_HOURS", "48").unwrap();
        assert_eq!(config.expectations.max_age, Some(SignedDuration::from_hours(48)));
    }
}
