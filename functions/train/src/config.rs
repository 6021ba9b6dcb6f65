//! What the function is configured with, read once at cold start.

use evergreen_aws::env::{ConfigError, Environment};
use evergreen_lifecycle::{Gate, ModelName};

/// The function's configuration.
#[derive(Debug, Clone)]
pub struct Config {
    /// The model of this stack.
    pub model: ModelName,
    /// The artifact bucket.
    pub bucket: String,
    /// The registry table.
    pub table: String,
    /// What the trainer itself needs.
    pub training: Training,
}

/// How to train and judge.
#[derive(Debug, Clone)]
pub struct Training {
    /// The model of this stack.
    pub model: ModelName,
    /// The column that is predicted.
    pub target: String,
    /// The rule that a new version has to pass.
    pub gate: Gate,
    /// What is recorded as the code that trained.
    pub code_version: String,
}

impl Config {
    /// Reads the configuration.
    ///
    /// # Errors
    /// [`ConfigError`] names the variable that is missing or wrong.
    pub fn read(environment: &Environment) -> Result<Self, ConfigError> {
        let model: ModelName = environment.parsed("EVERGREEN_MODEL")?;
        let floor = environment.parsed("EVERGREEN_ACCURACY_FLOOR")?;
        let tolerance = environment.parsed("EVERGREEN_ACCURACY_TOLERANCE")?;
        let gate = Gate::new(floor, tolerance)
            .map_err(|error| ConfigError::invalid("EVERGREEN_ACCURACY_FLOOR, EVERGREEN_ACCURACY_TOLERANCE", error))?;
        let training = Training {
            model: model.clone(),
            target: environment.required("EVERGREEN_TARGET_COLUMN")?,
            gate,
            code_version: environment.parsed_or("EVERGREEN_CODE_VERSION", env!("CARGO_PKG_VERSION").to_owned())?,
        };
        Ok(Self {
            model,
            bucket: environment.required("EVERGREEN_BUCKET")?,
            table: environment.required("EVERGREEN_TABLE")?,
            training,
        })
    }
}
