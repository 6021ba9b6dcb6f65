//! What the function is configured with, read once at cold start.

use evergreen_aws::env::{ConfigError, Environment};
use evergreen_lifecycle::ModelName;
use jiff::SignedDuration;

use crate::{Deadline, Schedule};

/// The function's configuration.
#[derive(Debug, Clone)]
pub struct Config {
    /// The model of this stack.
    pub model: ModelName,
    /// The artifact bucket.
    pub bucket: String,
    /// The registry table.
    pub table: String,
    /// When training has to be done.
    pub deadline: Deadline,
    /// The id of the usage plan of the keys that predict.
    pub usage_plan: String,
    /// Requests that each of these keys may make in a calendar month.
    pub quota: u64,
}

impl Config {
    /// Reads the configuration.
    ///
    /// # Errors
    /// [`ConfigError`] names the variable that is missing or wrong.
    pub fn read(environment: &Environment) -> Result<Self, ConfigError> {
        let expression = environment.parsed("EVERGREEN_SCHEDULE")?;
        let zone = environment.parsed("EVERGREEN_SCHEDULE_TIMEZONE")?;
        let minutes: u32 = environment.parsed("EVERGREEN_DEADLINE_MINUTES")?;
        Ok(Self {
            model: environment.parsed("EVERGREEN_MODEL")?,
            bucket: environment.required("EVERGREEN_BUCKET")?,
            table: environment.required("EVERGREEN_TABLE")?,
            usage_plan: environment.required("EVERGREEN_USAGE_PLAN")?,
            quota: environment.parsed("EVERGREEN_MONTHLY_QUOTA")?,
            deadline: Deadline {
                schedule: Schedule::new(expression, zone),
                grace: SignedDuration::from_mins(i64::from(minutes)),
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A complete environment in which `key` is `value`.
    fn read_with(key: &str, value: &str) -> Result<Config, ConfigError> {
        Config::read(&Environment::from_lookup(|asked| {
            let usual = match asked {
                "EVERGREEN_MODEL" => "iris",
                "EVERGREEN_BUCKET" => "artifacts",
                "EVERGREEN_TABLE" => "registry",
                "EVERGREEN_SCHEDULE" => "cron(0 3 * * ? *)",
                "EVERGREEN_SCHEDULE_TIMEZONE" => "Europe/Berlin",
                "EVERGREEN_DEADLINE_MINUTES" => "60",
                "EVERGREEN_USAGE_PLAN" => "p1",
                "EVERGREEN_MONTHLY_QUOTA" => "1000000",
                _ => return None,
            };
            Some(if asked == key { value } else { usual }.to_owned())
        }))
    }

    #[test]
    fn a_complete_environment_is_read() {
        let config = read_with("", "").unwrap();
        assert_eq!(config.deadline.grace, SignedDuration::from_hours(1));
        assert_eq!((config.bucket.as_str(), config.table.as_str()), ("artifacts", "registry"));
        assert_eq!((config.usage_plan.as_str(), config.quota), ("p1", 1_000_000));
    }

    #[test]
    fn a_wrong_value_is_named_with_its_variable() {
        let error = |key, value| read_with(key, value).unwrap_err().to_string();
        insta::assert_snapshot!(error("EVERGREEN_SCHEDULE", "daily"), @r#"EVERGREEN_SCHEDULE is "daily": expected cron(…), rate(…) or at(…)"#);
        insta::assert_snapshot!(error("EVERGREEN_SCHEDULE_TIMEZONE", "Berlin"), @r#"EVERGREEN_SCHEDULE_TIMEZONE is "Berlin": expected an IANA time zone such as Europe/Berlin"#);
        insta::assert_snapshot!(error("EVERGREEN_DEADLINE_MINUTES", "an hour"), @r#"EVERGREEN_DEADLINE_MINUTES is "an hour": invalid digit found in string"#);
        insta::assert_snapshot!(error("EVERGREEN_TABLE", ""), @"EVERGREEN_TABLE is not set");
    }
}
