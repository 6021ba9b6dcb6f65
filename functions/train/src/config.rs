//! Configuration of the train function, read once at cold start.

use std::num::NonZeroU32;

use evergreen_aws::env::{ConfigError, Environment};
use evergreen_lifecycle::drift::DEFAULT_PSI;
use evergreen_lifecycle::rollout::{PromotionMode, RolloutPlan};
use evergreen_lifecycle::{Gate, InvalidGate, KeepDays, ModelName, PrimaryMetric, RetentionRule, Task};
use evergreen_table::{DatasetSettings, Floor, budget};

/// Memory of the function in MB if Lambda does not report it. The template has the same default.
const DEFAULT_MEMORY: u64 = 1769;

/// Largest memory of the function in MB that the configuration accepts. It is far above what Lambda offers.
const MAX_MEMORY: u64 = 1 << 20;

// A new champion must then be better than a model that always gives the same answer.
/// Value of the environment variable `EVERGREEN_ACCURACY_FLOOR` for "no fixed minimum accuracy".
const RELATIVE: &str = "relative";

/// Largest number of versions to keep that the configuration and an event accept.
pub(crate) const MAX_KEPT: u32 = 10_000;

/// Largest number of days of samples that the configuration accepts. The template has the same maximum.
const MAX_SAMPLE_DAYS: u16 = 90;

/// Largest number of days of feedback that the configuration accepts. The template has the same maximum.
const MAX_FEEDBACK_DAYS: u16 = 400;

/// Number of days for which a former champion is kept if neither the configuration nor an event says so.
pub(crate) const DEFAULT_CHAMPION_DAYS: u16 = 90;

/// Shares of the stages of a rollout in percent if the configuration does not say so. The template has the same default.
const DEFAULT_STEPS: &str = "10,50";

/// Minimum minutes of each stage if the configuration does not say so. The template has the same default.
const DEFAULT_MINUTES: &str = "60";

/// Bytes in a MB, as Lambda counts.
const MB: u64 = 1 << 20;

/// Configuration of the train function, from its environment variables.
#[derive(Debug, Clone)]
pub struct TrainConfig {
    /// Name of the model that this stack trains.
    pub model: ModelName,
    /// Name of the S3 bucket with the data sets and the model artifacts.
    pub bucket: String,
    /// Name of the DynamoDB table with the records of model versions and runs (trainings and imports).
    pub table: String,
    /// The stack's settings for training, and for the gate (the check whether a new version becomes the champion).
    pub training: TrainingSettings,
}

// The settings file of a data set takes precedence over these settings.
/// The stack's settings for training, and for the gate (the check whether a new version becomes the champion).
#[derive(Debug, Clone)]
pub struct TrainingSettings {
    /// Name of the model that this stack trains.
    pub model: ModelName,
    /// Name of the column that the model predicts.
    pub target: String,
    // Without a minimum, a champion must be better than a model that always gives the same answer.
    /// Minimum accuracy (0–1) or minimum R² of a champion. `None` means no fixed minimum.
    pub floor: Option<f64>,
    /// How far a new champion's accuracy or R² may be below the old champion's. At least 0.
    pub tolerance: f64,
    /// Maximum memory in bytes that a data set and its model may take together.
    pub memory: u64,
    /// Number of days for which failed runs and runs with a rejected version are kept. `None` keeps them forever.
    pub keep_days: Option<KeepDays>,
    /// Number of days for which samples of served rows are kept, and read. 0 means that the stack keeps none.
    pub sample_days: u16,
    /// Number of days whose kept rows of feedback a training learns from. 0 means that it learns from none.
    pub feedback_days: u16,
    /// How many versions are kept after a scheduled training. `None` keeps them all.
    pub retention: Option<RetentionRule>,
    /// Minimum PSI of a column in which a new data set has drifted.
    pub drift_psi: f64,
    /// What happens with a version that passed the gate.
    pub promotion: PromotionMode,
    /// The stages of a rollout. They matter only if a passed version begins one.
    pub rollout: RolloutPlan,
    /// Version of this program's code, which the records of runs and versions contain.
    pub code_version: String,
}

impl TrainConfig {
    /// Reads the configuration of the train function from the environment variables.
    ///
    /// # Errors
    /// [`ConfigError`] names the variable that is missing or invalid.
    pub fn read(environment: &Environment) -> Result<Self, ConfigError> {
        let model: ModelName = environment.parsed("EVERGREEN_MODEL")?;
        let floor = environment.number_unless("EVERGREEN_ACCURACY_FLOOR", RELATIVE)?;
        let tolerance = environment.number("EVERGREEN_ACCURACY_TOLERANCE")?;
        Gate::new(PrimaryMetric::Accuracy, floor, tolerance)
            .map_err(|error| ConfigError::invalid("EVERGREEN_ACCURACY_FLOOR, EVERGREEN_ACCURACY_TOLERANCE", error))?;
        // Only the definition of a training job says how much memory a job has.
        let memory = environment.whole_or("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", 0..=MAX_MEMORY, DEFAULT_MEMORY)?;
        let memory = environment.whole_or("EVERGREEN_JOB_MEMORY", 0..=MAX_MEMORY, memory)?;
        let training = TrainingSettings {
            model: model.clone(),
            target: environment.required("EVERGREEN_TARGET_COLUMN")?,
            floor,
            tolerance,
            memory: memory.saturating_mul(MB).saturating_sub(budget::FUNCTION_OVERHEAD),
            keep_days: KeepDays::new(environment.whole_or("EVERGREEN_KEEP_DAYS", 0..=u16::MAX, 0)?),
            sample_days: environment.whole_or("EVERGREEN_SAMPLE_DAYS", 0..=MAX_SAMPLE_DAYS, 0)?,
            feedback_days: environment.whole_or("EVERGREEN_FEEDBACK_DAYS", 0..=MAX_FEEDBACK_DAYS, 0)?,
            retention: retention(environment)?,
            drift_psi: environment.parsed_or("EVERGREEN_DRIFT_PSI", DEFAULT_PSI)?,
            promotion: environment.parsed_or("EVERGREEN_PROMOTION", PromotionMode::Direct)?,
            rollout: rollout(environment)?,
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

/// Reads the stages of rollouts: their shares in percent, and the minimum minutes of each.
fn rollout(environment: &Environment) -> Result<RolloutPlan, ConfigError> {
    let steps = environment.parsed_or("EVERGREEN_CANARY_STEPS", DEFAULT_STEPS.to_owned())?;
    let minutes = environment.parsed_or("EVERGREEN_CANARY_MINUTES", DEFAULT_MINUTES.to_owned())?;
    RolloutPlan::parse(&steps, &minutes)
        .map_err(|error| ConfigError::invalid("EVERGREEN_CANARY_STEPS, EVERGREEN_CANARY_MINUTES", error))
}

/// Reads how many versions are kept. `None` if the number is 0 or not set, which means all.
fn retention(environment: &Environment) -> Result<Option<RetentionRule>, ConfigError> {
    let keep = NonZeroU32::new(environment.whole_or("EVERGREEN_KEEP_VERSIONS", 0..=MAX_KEPT, 0)?);
    let champion_days = environment.whole_or("EVERGREEN_KEEP_CHAMPION_DAYS", 0..=u16::MAX, DEFAULT_CHAMPION_DAYS)?;
    Ok(keep.map(|keep| RetentionRule { keep, champion_days }))
}

impl TrainingSettings {
    /// Returns the gate: the rule by which a new version becomes the champion. The settings of the data set take
    /// precedence over those of the stack.
    ///
    /// # Errors
    /// Returns [`InvalidGate`] if the minimum score or the tolerance is not valid for the metric.
    pub fn gate(&self, settings: &DatasetSettings, task: Task) -> Result<Gate, InvalidGate> {
        // Floor (minimum score) and tolerance of the data set apply to the metric that its settings name. If its
        // settings name no metric, they apply to accuracy or R², like those of the stack.
        let tolerance = settings.tolerance;
        let (floor, stacks) = match settings.floor {
            Some(Floor::Number(floor)) => (Some(floor), None),
            Some(Floor::Relative) => (None, None),
            None => (None, self.floor),
        };
        let Some(metric) = settings.primary_metric else {
            let gate = Gate::new(PrimaryMetric::default_for(task), None, 0.0)?;
            return self.bounded(gate, floor.or(stacks), tolerance);
        };
        let gate = Gate::new(metric, floor, tolerance.unwrap_or(0.0))?;
        if tolerance.is_some() {
            return stacks.map_or(Ok(gate), |floor| gate.with_headline_floor(floor));
        }
        self.bounded(gate, stacks, None)
    }

    /// Adds a minimum and a tolerance for accuracy or R² to the promotion rule `gate`. If `floor` is `None`, adds no
    /// minimum. If `tolerance` is `None`, adds the stack's tolerance.
    fn bounded(&self, gate: Gate, floor: Option<f64>, tolerance: Option<f64>) -> Result<Gate, InvalidGate> {
        let gate = floor.map_or(Ok(gate), |floor| gate.with_headline_floor(floor))?;
        gate.with_headline_tolerance(tolerance.unwrap_or(self.tolerance))
    }
}

#[cfg(test)]
mod tests {
    use evergreen_testkit::environment_with;

    use super::*;

    const COMPLETE: [(&str, &str); 6] = [
        ("EVERGREEN_MODEL", "churn"),
        ("EVERGREEN_TARGET_COLUMN", "churned"),
        ("EVERGREEN_ACCURACY_FLOOR", "0.9"),
        ("EVERGREEN_ACCURACY_TOLERANCE", "0.01"),
        ("EVERGREEN_BUCKET", "there"),
        ("EVERGREEN_TABLE", "there"),
    ];

    fn config(floor: &str, memory: Option<&str>) -> Result<TrainConfig, ConfigError> {
        let changed =
            [("EVERGREEN_ACCURACY_FLOOR", floor), ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", memory.unwrap_or_default())];
        TrainConfig::read(&Environment::from_lookup(environment_with(&COMPLETE, &changed)))
    }

    #[test]
    fn the_memory_of_the_function_itself_is_not_available_to_the_table() {
        let memory = |size| config("0.9", size).unwrap().training.memory / MB;
        assert_eq!([memory(Some("10240")), memory(None), memory(Some("64"))], [10112, 1641, 0]);
        let error = config("0.9", Some("much")).unwrap_err().to_string();
        assert!(
            error.starts_with(
                "AWS_LAMBDA_FUNCTION_MEMORY_SIZE: expected a whole number from 0 to 1048576, got \"much\""
            ),
            "{error}"
        );
    }

    #[test]
    fn a_training_job_says_how_much_memory_it_has() {
        let changed = [("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512"), ("EVERGREEN_JOB_MEMORY", "65536")];
        let config = TrainConfig::read(&Environment::from_lookup(environment_with(&COMPLETE, &changed))).unwrap();
        assert_eq!(config.training.memory / MB, 65536 - 128);
    }

    #[test]
    fn a_version_that_passes_is_promoted_at_once_unless_the_stack_says_otherwise() {
        let read = |name, value| {
            TrainConfig::read(&Environment::from_lookup(environment_with(&COMPLETE, &[(name, value)])))
                .map(|config| (config.training.promotion, config.training.rollout.to_string()))
        };
        assert_eq!(read("", "").unwrap(), (PromotionMode::Direct, "10,50".into()));
        assert_eq!(read("EVERGREEN_PROMOTION", "canary").unwrap().0, PromotionMode::Canary);
        assert_eq!(read("EVERGREEN_CANARY_STEPS", "5,20").unwrap().1, "5,20");
        let error = |name, value| read(name, value).unwrap_err().to_string();
        assert!(error("EVERGREEN_PROMOTION", "slowly").contains("expected direct, canary or manual"));
        assert!(error("EVERGREEN_CANARY_STEPS", "50,10").contains("expected 1 to 10 percentages"));
        assert!(error("EVERGREEN_CANARY_MINUTES", "2000").contains("from 0 to 1440"));
    }

    fn gate(floor: &str, toml: &str, task: Task) -> Result<Gate, InvalidGate> {
        config(floor, None).unwrap().training.gate(&DatasetSettings::parse(toml).unwrap(), task)
    }

    #[test]
    fn the_bounds_of_the_stack_apply_to_accuracy_and_r2_with_any_metric() {
        let classes = Gate::new(PrimaryMetric::LogLoss, None, 0.0).unwrap();
        let bounded = classes.with_headline_floor(0.9).unwrap().with_headline_tolerance(0.01).unwrap();
        assert_eq!(gate("0.9", "", Task::Classification).unwrap(), bounded);
        assert_eq!(gate("0.9", "", Task::Regression).unwrap(), Gate::new(PrimaryMetric::R2, Some(0.9), 0.01).unwrap());
        let accuracy = Gate::new(PrimaryMetric::Accuracy, Some(0.9), 0.01).unwrap();
        assert_eq!(gate("0.9", "primary_metric = \"accuracy\"", Task::Classification).unwrap(), accuracy);
    }

    #[test]
    fn a_relative_floor_is_not_a_number() {
        let classes = Gate::new(PrimaryMetric::LogLoss, None, 0.0).unwrap().with_headline_tolerance(0.01).unwrap();
        assert_eq!(gate("relative", "", Task::Classification).unwrap(), classes);
        assert_eq!(gate("0.9", "floor = \"relative\"", Task::Classification).unwrap(), classes);
        let error = config("absolute", None).unwrap_err().to_string();
        assert!(
            error.starts_with("EVERGREEN_ACCURACY_FLOOR: expected a number or \"relative\", got \"absolute\""),
            "{error}"
        );
    }

    #[test]
    fn the_bounds_of_the_data_set_come_first() {
        let expected = Gate::new(PrimaryMetric::LogLoss, Some(0.7), 0.2).unwrap();
        let named = "primary_metric = \"log_loss\"\nfloor = 0.7\ntolerance = 0.2";
        assert_eq!(gate("0.9", named, Task::Classification).unwrap(), expected);
        let expected = Gate::new(PrimaryMetric::F1, Some(0.5), 0.0).unwrap().with_headline_tolerance(0.01).unwrap();
        assert_eq!(gate("relative", "primary_metric = \"f1\"\nfloor = 0.5", Task::Classification).unwrap(), expected);
        let error = gate("0.9", "primary_metric = \"f1\"\nfloor = 1.5", Task::Classification).unwrap_err().to_string();
        assert_eq!(error, "gate floor: expected a share between 0 and 1, got 1.5");
    }

    #[test]
    fn bounds_in_the_settings_without_a_metric_apply_to_accuracy() {
        let expected = Gate::new(PrimaryMetric::LogLoss, None, 0.0).unwrap();
        let expected = expected.with_headline_floor(0.7).unwrap().with_headline_tolerance(0.2).unwrap();
        assert_eq!(gate("0.9", "floor = 0.7\ntolerance = 0.2", Task::Classification).unwrap(), expected);
        assert!(gate("relative", "floor = 1.5", Task::Classification).is_err());
    }
}
