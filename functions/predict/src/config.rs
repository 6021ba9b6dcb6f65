//! Configuration of the predict function, read once at cold start.

use evergreen_aws::env::{ConfigError, Environment};
use evergreen_lifecycle::ModelName;
use jiff::SignedDuration;
use lambda_http::http::HeaderValue;

/// Largest allowed value of the environment variable `EVERGREEN_REFRESH_SECONDS`: one day, in seconds.
const MAX_REFRESH_SECONDS: u32 = 86_400;

/// Largest allowed value of the environment variable `EVERGREEN_SAMPLE_ROWS`. The template has the same maximum.
const MAX_SAMPLED_ROWS: u32 = 10_000;

const CORS_ORIGIN: &str = "EVERGREEN_CORS_ORIGIN";

/// Configuration of the predict function, read from environment variables.
#[derive(Debug, Clone)]
pub struct PredictConfig {
    /// Name of the model that this stack serves.
    pub model: ModelName,
    /// Name of the S3 bucket with the model artifacts.
    pub bucket: String,
    /// Name of the DynamoDB table with the records of model versions, trainings and imports.
    pub table: String,
    // If the time is zero, every request waits for a refresh.
    /// Time between two refreshes of the champion (the model version that answers predictions).
    pub refresh: SignedDuration,
    /// Number of the Lambda version that runs, or `$LATEST`.
    pub lambda_version: String,
    /// Maximum number of served rows that an environment keeps of an hour. 0 means that no row is kept.
    pub sampled_rows: usize,
    /// Value of the header `Access-Control-Allow-Origin`: the origin whose pages may read answers, or `*`. `None` if no
    /// page of another origin may.
    pub cors_origin: Option<HeaderValue>,
}

impl PredictConfig {
    /// Reads the configuration of the predict function from the environment variables.
    ///
    /// # Errors
    /// [`ConfigError`] names the variable that is missing or invalid.
    pub fn read(environment: &Environment) -> Result<Self, ConfigError> {
        let seconds = environment.whole("EVERGREEN_REFRESH_SECONDS", 0..=MAX_REFRESH_SECONDS)?;
        Ok(Self {
            model: environment.parsed("EVERGREEN_MODEL")?,
            bucket: environment.required("EVERGREEN_BUCKET")?,
            table: environment.required("EVERGREEN_TABLE")?,
            refresh: SignedDuration::from_secs(i64::from(seconds)),
            lambda_version: environment.optional("AWS_LAMBDA_FUNCTION_VERSION").unwrap_or_else(|| "$LATEST".to_owned()),
            sampled_rows: environment.whole_or("EVERGREEN_SAMPLE_ROWS", 0..=MAX_SAMPLED_ROWS, 0)? as usize,
            cors_origin: cors_origin(environment)?,
        })
    }
}

fn cors_origin(environment: &Environment<'_>) -> Result<Option<HeaderValue>, ConfigError> {
    let origin = environment.optional(CORS_ORIGIN).map(HeaderValue::try_from);
    origin.transpose().map_err(|error| ConfigError::invalid(CORS_ORIGIN, error))
}

#[cfg(test)]
mod tests {
    use evergreen_testkit::environment_with;

    use super::*;

    const COMPLETE: [(&str, &str); 4] = [
        ("EVERGREEN_MODEL", "iris"),
        ("EVERGREEN_BUCKET", "artifacts"),
        ("EVERGREEN_TABLE", "registry"),
        ("EVERGREEN_REFRESH_SECONDS", "60"),
    ];

    /// Reads the configuration from complete environment variables, in which the variable `key` has the value `value`.
    fn read_with(key: &str, value: &str) -> Result<PredictConfig, ConfigError> {
        PredictConfig::read(&Environment::from_lookup(environment_with(&COMPLETE, &[(key, value)])))
    }

    #[test]
    fn a_complete_environment_is_read() {
        let config = read_with("", "").unwrap();
        assert_eq!((config.bucket.as_str(), config.table.as_str()), ("artifacts", "registry"));
        assert_eq!(config.refresh, SignedDuration::from_mins(1));
        assert!(read_with("EVERGREEN_REFRESH_SECONDS", "0").unwrap().refresh.is_zero());
        assert_eq!(config.lambda_version, "$LATEST");
        assert_eq!(read_with("AWS_LAMBDA_FUNCTION_VERSION", "7").unwrap().lambda_version, "7");
        assert_eq!(config.sampled_rows, 0, "no row is kept unless somebody asks for it");
        assert_eq!(read_with("EVERGREEN_SAMPLE_ROWS", "200").unwrap().sampled_rows, 200);
        assert_eq!(config.cors_origin, None, "no page of another origin may read answers unless somebody asks for it");
        assert_eq!(read_with("EVERGREEN_CORS_ORIGIN", "*").unwrap().cors_origin.unwrap(), "*");
        assert!(read_with("EVERGREEN_CORS_ORIGIN", "https://a\n").is_err());
    }

    #[test]
    fn a_wrong_value_is_named_with_its_variable() {
        let error = |key, value| read_with(key, value).unwrap_err().to_string();
        insta::assert_snapshot!(error("EVERGREEN_REFRESH_SECONDS", "86401"), @r#"EVERGREEN_REFRESH_SECONDS: expected a whole number from 0 to 86400, got "86401""#);
        insta::assert_snapshot!(error("EVERGREEN_REFRESH_SECONDS", "soon"), @r#"EVERGREEN_REFRESH_SECONDS: expected a whole number from 0 to 86400, got "soon""#);
        insta::assert_snapshot!(error("EVERGREEN_TABLE", ""), @"EVERGREEN_TABLE is not set");
    }
}
