//! What the function is configured with, read once at cold start.

use evergreen_aws::env::{ConfigError, Environment};
use evergreen_lifecycle::ModelName;
use jiff::SignedDuration;

/// The longest time between two looks for a champion, in seconds: a day.
const MAX_REFRESH_SECONDS: u32 = 86_400;

/// The function's configuration.
#[derive(Debug, Clone)]
pub struct Config {
    /// The model of this stack.
    pub model: ModelName,
    /// The artifact bucket.
    pub bucket: String,
    /// The registry table.
    pub table: String,
    /// The time between two looks for a champion; zero: every call looks first.
    pub refresh: SignedDuration,
}

impl Config {
    /// Reads the configuration.
    ///
    /// # Errors
    /// [`ConfigError`] names the variable that is missing or wrong.
    pub fn read(environment: &Environment) -> Result<Self, ConfigError> {
        let key = "EVERGREEN_REFRESH_SECONDS";
        let seconds: u32 = environment.parsed(key)?;
        if seconds > MAX_REFRESH_SECONDS {
            return Err(ConfigError::invalid(key, format!("expected 0 to {MAX_REFRESH_SECONDS}, got {seconds}")));
        }
        Ok(Self {
            model: environment.parsed("EVERGREEN_MODEL")?,
            bucket: environment.required("EVERGREEN_BUCKET")?,
            table: environment.required("EVERGREEN_TABLE")?,
            refresh: SignedDuration::from_secs(i64::from(seconds)),
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
                "EVERGREEN_REFRESH_SECONDS" => "60",
                _ => return None,
            };
            Some(if asked == key { value } else { usual }.to_owned())
        }))
    }

    #[test]
    fn a_complete_environment_is_read() {
        let config = read_with("", "").unwrap();
        assert_eq!((config.bucket.as_str(), config.table.as_str()), ("artifacts", "registry"));
        assert_eq!(config.refresh, SignedDuration::from_mins(1));
        assert!(read_with("EVERGREEN_REFRESH_SECONDS", "0").unwrap().refresh.is_zero());
    }

    #[test]
    fn a_wrong_value_is_named_with_its_variable() {
        let error = |key, value| read_with(key, value).unwrap_err().to_string();
        insta::assert_snapshot!(error("EVERGREEN_REFRESH_SECONDS", "86401"), @"EVERGREEN_REFRESH_SECONDS: expected 0 to 86400, got 86401");
        insta::assert_snapshot!(error("EVERGREEN_REFRESH_SECONDS", "soon"), @r#"EVERGREEN_REFRESH_SECONDS is "soon": invalid digit found in string"#);
        insta::assert_snapshot!(error("EVERGREEN_TABLE", ""), @"EVERGREEN_TABLE is not set");
    }
}
