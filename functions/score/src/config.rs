//! The configuration of the score function, read from environment variables once at cold start.

use evergreen_aws::env::{ConfigError, Environment};
use evergreen_batch::BatchRates;
use evergreen_lifecycle::ModelName;
use evergreen_lifecycle::cost::Prices;

/// The list prices of `make cost`.
const PRICES: &str = include_str!("../../../infra/cost/prices.toml");
/// Name of the variable with which Lambda says how much memory the function has.
const MEMORY: &str = "AWS_LAMBDA_FUNCTION_MEMORY_SIZE";
const BYTES_OF_A_MEGABYTE: u64 = 1 << 20;

/// The configuration of the score function.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoreConfig {
    /// The model of the stack.
    pub model: ModelName,
    /// The name of the stack's bucket, with the models and the jobs.
    pub bucket: String,
    /// The name of the DynamoDB table of the model registry.
    pub table: String,
    /// The size of a part in bytes, at which a new one begins.
    pub part_bytes: u64,
    /// What the function's work costs.
    pub rates: BatchRates,
}

impl ScoreConfig {
    /// Reads the configuration from the given environment variables.
    ///
    /// # Errors
    /// [`ConfigError`] names the environment variable that is missing or wrong.
    pub fn read(environment: &Environment) -> Result<Self, ConfigError> {
        let prices: Prices =
            toml::from_str(PRICES).map_err(|error| ConfigError::invalid("infra/cost/prices.toml", error))?;
        let memory = environment.whole(MEMORY, 1..=u32::MAX)?;
        let megabytes: u64 = environment.whole("EVERGREEN_BATCH_PART_MEGABYTES", 1..=256_u32)?.into();
        Ok(Self {
            model: environment.parsed("EVERGREEN_MODEL")?,
            bucket: environment.required("EVERGREEN_BUCKET")?,
            table: environment.required("EVERGREEN_TABLE")?,
            part_bytes: megabytes * BYTES_OF_A_MEGABYTE,
            rates: BatchRates::of(&prices, memory, cfg!(target_arch = "aarch64")),
        })
    }
}

#[cfg(test)]
mod tests {
    use evergreen_testkit::environment_with;

    use super::*;

    const COMPLETE: [(&str, &str); 5] = [
        ("EVERGREEN_MODEL", "iris"),
        ("EVERGREEN_BUCKET", "evergreen"),
        ("EVERGREEN_TABLE", "registry"),
        ("EVERGREEN_BATCH_PART_MEGABYTES", "32"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "1769"),
    ];

    fn read_with(key: &str, value: &str) -> Result<ScoreConfig, ConfigError> {
        ScoreConfig::read(&Environment::from_lookup(environment_with(&COMPLETE, &[(key, value)])))
    }

    #[test]
    fn a_complete_environment_is_read_with_the_prices_of_the_project() {
        let config = read_with("", "").unwrap();
        assert_eq!(config.part_bytes, 32 << 20);
        // A second at 1,769 MB costs between two and three hundred-thousandths of a dollar on both architectures.
        assert!((2e-8..3e-8).contains(&config.rates.millisecond), "{:?}", config.rates);
        assert!((5e-5..2e-4).contains(&config.rates.part), "{:?}", config.rates);
    }

    #[test]
    fn a_wrong_value_is_named_with_its_variable() {
        let error = |key, value| read_with(key, value).unwrap_err().to_string();
        insta::assert_snapshot!(error("EVERGREEN_BATCH_PART_MEGABYTES", "0"), @r#"EVERGREEN_BATCH_PART_MEGABYTES: expected a whole number from 1 to 256, got "0""#);
        insta::assert_snapshot!(error("EVERGREEN_BUCKET", ""), @"EVERGREEN_BUCKET is not set");
    }
}
