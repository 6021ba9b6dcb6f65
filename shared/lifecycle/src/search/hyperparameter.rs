//! The hyperparameters of each model family, and the values that a person may set.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Family;

/// The values that one hyperparameter of a model family may have.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HyperparameterLimits {
    /// The hyperparameter's name, which is scikit-learn's name if scikit-learn has the same hyperparameter.
    pub name: &'static str,
    /// Whether its values are whole numbers.
    pub whole: bool,
    /// The smallest and the largest value.
    pub allowed: (f64, f64),
}

const fn whole(name: &'static str, least: f64, most: f64) -> HyperparameterLimits {
    HyperparameterLimits { name, whole: true, allowed: (least, most) }
}

const fn number(name: &'static str, least: f64, most: f64) -> HyperparameterLimits {
    HyperparameterLimits { name, whole: false, allowed: (least, most) }
}

/// Error: why a hyperparameter cannot have the value that a person set.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum HyperparameterError {
    /// None of the families has a hyperparameter of this name.
    #[error("unknown hyperparameter {name:?} of {families}; expected one of {known}")]
    Unknown {
        /// The unknown name.
        name: String,
        /// The model families.
        families: String,
        /// The names of the hyperparameters that these families have.
        known: String,
    },
    /// The value is not a number.
    #[error("{name} is {value}; expected a number from {least} to {most}")]
    NoNumber {
        /// The name of the hyperparameter.
        name: String,
        /// The value, as JSON.
        value: String,
        /// The smallest allowed value.
        least: f64,
        /// The largest allowed value.
        most: f64,
    },
    /// The value is outside its limits, or it is not a whole number.
    #[error("{name} is {value}; expected {} from {least} to {most}", if *.whole { "a whole number" } else { "a number" })]
    Limits {
        /// The name of the hyperparameter.
        name: String,
        /// The value.
        value: f64,
        /// Whether it must be a whole number.
        whole: bool,
        /// The smallest allowed value.
        least: f64,
        /// The largest allowed value.
        most: f64,
    },
}

impl Family {
    /// Returns the hyperparameters of the family, in the order in which the search draws them.
    pub fn hyperparameters(self) -> &'static [HyperparameterLimits] {
        const FOREST: &[HyperparameterLimits] = &[
            whole("n_estimators", 1.0, 1000.0),
            whole("max_depth", 1.0, 100.0),
            whole("min_samples_split", 2.0, 1000.0),
            whole("min_samples_leaf", 1.0, 1000.0),
            number("max_features", 0.0, 1.0),
        ];
        const BOOSTING: &[HyperparameterLimits] = &[
            whole("n_estimators", 1.0, 1000.0),
            number("learning_rate", 1e-4, 1.0),
            whole("max_leaves", 2.0, 1024.0),
            whole("min_samples_leaf", 1.0, 1e5),
            number("l2", 0.0, 1e6),
            number("subsample", 0.1, 1.0),
            number("max_features", 0.01, 1.0),
        ];
        const LINEAR: &[HyperparameterLimits] = &[number("alpha", 1e-6, 1e6)];
        const TREE: &[HyperparameterLimits] = &[
            whole("max_depth", 1.0, 100.0),
            whole("min_samples_split", 2.0, 1000.0),
            whole("min_samples_leaf", 1.0, 1000.0),
        ];
        match self {
            Self::RandomForest => FOREST,
            Self::GradientBoosting => BOOSTING,
            Self::Linear => LINEAR,
            Self::DecisionTree => TREE,
            Self::OnnxGraph => &[],
        }
    }
}

impl HyperparameterLimits {
    /// Checks a number.
    ///
    /// # Errors
    /// [`HyperparameterError::Limits`] if it is not allowed.
    pub fn check(&self, value: f64) -> Result<f64, HyperparameterError> {
        let (least, most) = self.allowed;
        if (least..=most).contains(&value) && (!self.whole || value.fract() == 0.0) {
            return Ok(value);
        }
        Err(HyperparameterError::Limits { name: self.name.to_owned(), value, whole: self.whole, least, most })
    }

    /// Checks a value of JSON.
    ///
    /// # Errors
    /// [`HyperparameterError`] if it is no number, or not an allowed one.
    pub fn check_json(&self, value: &Value) -> Result<f64, HyperparameterError> {
        let (least, most) = self.allowed;
        let number = value.as_f64().ok_or_else(|| HyperparameterError::NoNumber {
            name: self.name.to_owned(),
            value: value.to_string(),
            least,
            most,
        })?;
        self.check(number)
    }
}

impl HyperparameterError {
    /// Creates the error about a name that none of these families has.
    pub fn unknown(name: &str, families: &[Family]) -> Self {
        let mut known: Vec<&str> = Vec::new();
        for limits in families.iter().flat_map(|family| family.hyperparameters()) {
            if !known.contains(&limits.name) {
                known.push(limits.name);
            }
        }
        let families: Vec<&str> = families.iter().map(|family| family.name()).collect();
        Self::Unknown { name: name.to_owned(), families: families.join(", "), known: known.join(", ") }
    }

    /// Returns the name of the hyperparameter.
    pub fn name(&self) -> &str {
        match self {
            Self::Unknown { name, .. } | Self::NoNumber { name, .. } | Self::Limits { name, .. } => name,
        }
    }
}

// A training run checks every family that it tries. Here, the data set that decides on them may not be known.
/// Checks hyperparameters that a person sets: at least one of the families must take each of them.
///
/// # Errors
/// [`HyperparameterError`] about the first one that no family takes.
///
/// ```
/// use evergreen_lifecycle::{Family, check_hyperparameters};
///
/// let set = |text: &str| serde_json::from_str(text).unwrap();
/// assert!(check_hyperparameters(&[Family::Linear], &set(r#"{"alpha": 0.5}"#)).is_ok());
/// let error = check_hyperparameters(&[Family::Linear], &set(r#"{"max_depth": 4}"#)).unwrap_err();
/// assert_eq!(error.to_string(), "unknown hyperparameter \"max_depth\" of linear; expected one of alpha");
/// ```
pub fn check_hyperparameters(families: &[Family], set: &BTreeMap<String, Value>) -> Result<(), HyperparameterError> {
    for (name, value) in set {
        let own = families.iter().flat_map(|family| family.hyperparameters()).filter(|limits| limits.name == name);
        let checked: Vec<_> = own.map(|limits| limits.check_json(value)).collect();
        if checked.iter().any(Result::is_ok) {
            continue;
        }
        return Err(checked
            .into_iter()
            .find_map(Result::err)
            .unwrap_or_else(|| HyperparameterError::unknown(name, families)));
    }
    Ok(())
}
