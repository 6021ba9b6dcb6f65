//! What the function is configured with, read once at cold start.

use evergreen_aws::env::{ConfigError, Environment};
use evergreen_lifecycle::{Gate, InvalidGate, KeepDays, ModelName, PrimaryMetric, Task};
use evergreen_table::{Settings, budget};

/// Memory of the function where the platform does not say, in MB: the template's default.
const DEFAULT_MEMORY: u64 = 1769;

/// Bytes of a MB, as Lambda counts.
const MB: u64 = 1 << 20;

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

/// How to train and judge, where the dataset's settings do not say.
#[derive(Debug, Clone)]
pub struct Training {
    /// The model of this stack.
    pub model: ModelName,
    /// The column that is predicted.
    pub target: String,
    /// The worst accuracy, 0–1, or R² that may serve.
    pub floor: f64,
    /// How much worse than the champion's accuracy or R² may serve, from 0 up.
    pub tolerance: f64,
    /// Bytes of memory that a table and its model may take.
    pub memory: u64,
    /// How long failed and refused runs are kept; for ever where nothing is said.
    pub keep_days: Option<KeepDays>,
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
        Gate::new(PrimaryMetric::Accuracy, Some(floor), tolerance)
            .map_err(|error| ConfigError::invalid("EVERGREEN_ACCURACY_FLOOR, EVERGREEN_ACCURACY_TOLERANCE", error))?;
        let memory: u64 = environment.parsed_or("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", DEFAULT_MEMORY)?;
        let training = Training {
            model: model.clone(),
            target: environment.required("EVERGREEN_TARGET_COLUMN")?,
            floor,
            tolerance,
            memory: memory.saturating_mul(MB).saturating_sub(budget::OWN),
            keep_days: KeepDays::new(environment.parsed_or("EVERGREEN_KEEP_DAYS", 0)?),
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

impl Training {
    /// The rule that a new version of a dataset with these settings has to pass. The stack's floor and tolerance are of
    /// accuracy and R², and say nothing of other metrics.
    ///
    /// # Errors
    /// [`InvalidGate`] when the metric cannot have the settings' floor or tolerance.
    pub fn gate(&self, settings: &Settings, task: Task) -> Result<Gate, InvalidGate> {
        let default = PrimaryMetric::default_for(task);
        let metric = settings.primary_metric.unwrap_or(default);
        let (floor, tolerance) = if metric == default { (Some(self.floor), self.tolerance) } else { (None, 0.0) };
        Gate::new(metric, settings.floor.or(floor), settings.tolerance.unwrap_or(tolerance))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(memory: Option<&'static str>) -> Result<Config, ConfigError> {
        Config::read(&Environment::from_lookup(move |key| {
            let value = match key {
                "EVERGREEN_MODEL" => Some("churn"),
                "EVERGREEN_TARGET_COLUMN" => Some("churned"),
                "EVERGREEN_ACCURACY_FLOOR" => Some("0.9"),
                "EVERGREEN_ACCURACY_TOLERANCE" => Some("0.01"),
                "EVERGREEN_BUCKET" | "EVERGREEN_TABLE" => Some("there"),
                "AWS_LAMBDA_FUNCTION_MEMORY_SIZE" => memory,
                _ => None,
            };
            value.map(str::to_owned)
        }))
    }

    #[test]
    fn what_the_function_needs_itself_is_not_the_tables() {
        let memory = |size| config(size).unwrap().training.memory / MB;
        assert_eq!([memory(Some("10240")), memory(None), memory(Some("64"))], [10112, 1641, 0]);
        let error = config(Some("much")).unwrap_err().to_string();
        assert!(error.starts_with("AWS_LAMBDA_FUNCTION_MEMORY_SIZE is \"much\""), "{error}");
    }

    #[test]
    fn the_stacks_bounds_are_those_of_accuracy_and_r2() {
        let training = config(None).unwrap().training;
        let gate = |toml: &str, task| training.gate(&Settings::parse(toml).unwrap(), task).unwrap();
        let stacks = |metric| Gate::new(metric, Some(0.9), 0.01).unwrap();
        assert_eq!(gate("", Task::Classification), stacks(PrimaryMetric::Accuracy));
        assert_eq!(gate("", Task::Regression), stacks(PrimaryMetric::R2));
        let other = Gate::new(PrimaryMetric::LogLoss, None, 0.0).unwrap();
        assert_eq!(gate("primary_metric = \"log_loss\"", Task::Classification), other);
    }

    #[test]
    fn the_datasets_bounds_come_first() {
        let training = config(None).unwrap().training;
        let gate = |toml: &str| training.gate(&Settings::parse(toml).unwrap(), Task::Classification);
        let expected = Gate::new(PrimaryMetric::LogLoss, Some(0.7), 0.2).unwrap();
        let toml = "primary_metric = \"log_loss\"\nfloor = 0.7\ntolerance = 0.2";
        assert_eq!(gate(toml).unwrap(), expected);
        assert_eq!(gate("floor = 0.5").unwrap(), Gate::new(PrimaryMetric::Accuracy, Some(0.5), 0.01).unwrap());
        let error = gate("floor = 1.5").unwrap_err().to_string();
        assert_eq!(error, "gate floor: expected a share between 0 and 1, got 1.5");
    }
}
