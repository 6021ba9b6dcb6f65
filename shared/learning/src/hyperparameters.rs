//! Describes the hyperparameters of each model family: their names, limits, and the ranges that the search draws from.

mod space;

use evergreen_lifecycle::{Family, HyperparameterLimits, Parameters};
use serde_json::Value;

pub(crate) use space::{Space, ValueRange};

use crate::families;
use crate::fit::Hyperparameters;

// The console checks the same limits, so they are in `evergreen-lifecycle`, and a test compares both.
/// One hyperparameter of a model family: its name, its limits, and the range that the search tries.
#[derive(Debug)]
pub(crate) struct Dimension {
    /// The hyperparameter's name and the values that it may have.
    pub(crate) limits: HyperparameterLimits,
    /// Whether the search draws the hyperparameter's values evenly on a logarithmic scale. `false` means a linear
    /// scale.
    pub(crate) log: bool,
    // The settings in `dataset.toml` may choose another range.
    /// The default range (lower end, upper end) from which the search draws values of the hyperparameter.
    pub(crate) drawn: (f64, f64),
    /// The value of the hyperparameter in the first candidate of a search.
    pub(crate) first: f64,
}

pub(crate) const fn whole(name: &'static str, allowed: (f64, f64), drawn: (f64, f64), first: f64) -> Dimension {
    Dimension { limits: HyperparameterLimits { name, whole: true, allowed }, log: false, drawn, first }
}

pub(crate) const fn log(name: &'static str, allowed: (f64, f64), drawn: (f64, f64), first: f64) -> Dimension {
    Dimension { limits: HyperparameterLimits { name, whole: false, allowed }, log: true, drawn, first }
}

pub(crate) const fn fraction(name: &'static str, allowed: (f64, f64), drawn: (f64, f64), first: f64) -> Dimension {
    Dimension { limits: HyperparameterLimits { name, whole: false, allowed }, log: false, drawn, first }
}

// If this hyperparameter has a range, cross-validation finds the best number in the range.
/// Name of the hyperparameter that is the number of boosting rounds.
pub(crate) const ROUNDS: &str = "n_estimators";

/// Returns the hyperparameters of a model family.
pub(crate) fn dimensions(family: Family) -> &'static [Dimension] {
    families::of(family).dimensions()
}

// All values are within the hyperparameters' limits.
/// A hyperparameter candidate: a model family with a value for each of its hyperparameters.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Choice {
    pub(crate) family: Family,
    /// The hyperparameter values, in the order of [`dimensions`] for the model family.
    pub(crate) values: Vec<f64>,
    /// The range in which cross-validation looks for the best number of boosting rounds. `None` if the number is fixed.
    pub(crate) rounds: Option<ValueRange>,
}

impl Choice {
    /// Returns a model family with its usual hyperparameter values, which a search tries first.
    pub(crate) fn usual(family: Family) -> Self {
        Self { family, values: dimensions(family).iter().map(|dimension| dimension.first).collect(), rounds: None }
    }

    /// Returns the hyperparameters as the type that the model family's fit function takes.
    pub(crate) fn hyperparameters(&self) -> Box<dyn Hyperparameters> {
        families::of(self.family).hyperparameters(self)
    }

    /// Returns the hyperparameters with the number of boosting rounds that cross-validation found.
    pub(crate) fn with_rounds(&self, rounds: f64) -> Self {
        // The number is limited to the allowed range. If the number of rounds is fixed, it does not change.
        let mut choice = self.clone();
        if let Some(ValueRange { least, most }) = self.rounds
            && let Some(place) = dimensions(self.family).iter().position(|dimension| dimension.limits.name == ROUNDS)
            && let Some(value) = choice.values.get_mut(place)
        {
            *value = rounds.round().clamp(least, most);
        }
        choice
    }

    /// Returns the number of boosting rounds or of a forest's trees. 0 for other model families.
    pub(crate) fn round_count(&self) -> f64 {
        self.value(ROUNDS).unwrap_or(0.0)
    }

    /// Returns the hyperparameters as the training run records them: by name, as JSON values.
    pub(crate) fn parameters(&self) -> Parameters {
        let entry = |(dimension, value): (&Dimension, &f64)| {
            let value = if dimension.limits.whole { Value::from(*value as u64) } else { Value::from(*value) };
            (dimension.limits.name.to_owned(), value)
        };
        dimensions(self.family).iter().zip(&self.values).map(entry).collect()
    }

    /// Returns the value of the hyperparameter `name` as a whole number. The family must have this hyperparameter.
    pub(crate) fn count(&self, name: &str) -> usize {
        self.number(name) as usize
    }

    /// Returns the value of the hyperparameter `name`. The family must have this hyperparameter.
    pub(crate) fn number(&self, name: &str) -> f64 {
        let value = self.value(name);
        debug_assert!(value.is_some(), "{} has no hyperparameter {name}", self.family);
        value.unwrap_or(0.0)
    }

    fn value(&self, name: &str) -> Option<f64> {
        let named =
            dimensions(self.family).iter().zip(&self.values).find(|(dimension, _)| dimension.limits.name == name);
        named.map(|(_, value)| *value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_console_checks_the_same_hyperparameters_and_limits() {
        for family in Family::ALL {
            let own: Vec<_> = dimensions(family).iter().map(|dimension| dimension.limits).collect();
            assert_eq!(family.hyperparameters(), own, "{family}");
        }
    }
}
