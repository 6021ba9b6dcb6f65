//! The hyperparameters of each family: their names, their limits, and the ranges that the search draws from.

mod space;

use evergreen_lifecycle::{Family, Parameters};
use serde_json::Value;

pub(crate) use space::{Space, ValueRange};

use crate::fit::{BoostingParameters, ForestParameters, Hyperparameters, LinearParameters};

/// One hyperparameter of a family.
#[derive(Debug)]
pub(crate) struct Dimension {
    /// The name. It is scikit-learn's name if there is one.
    pub(crate) name: &'static str,
    /// Whether values are whole numbers.
    pub(crate) whole: bool,
    /// Whether the search draws values evenly on a logarithmic scale.
    log: bool,
    /// The allowed range, both ends included.
    pub(crate) allowed: (f64, f64),
    /// The range that the search draws from unless the settings choose another.
    drawn: (f64, f64),
    /// The value in the first candidate of a search.
    first: f64,
}

const fn whole(name: &'static str, allowed: (f64, f64), drawn: (f64, f64), first: f64) -> Dimension {
    Dimension { name, whole: true, log: false, allowed, drawn, first }
}

const fn log(name: &'static str, allowed: (f64, f64), drawn: (f64, f64), first: f64) -> Dimension {
    Dimension { name, whole: false, log: true, allowed, drawn, first }
}

const fn fraction(name: &'static str, allowed: (f64, f64), drawn: (f64, f64), first: f64) -> Dimension {
    Dimension { name, whole: false, log: false, allowed, drawn, first }
}

/// The name of boosting's number of rounds. If it has a range, cross-validation finds the number.
const ROUNDS: &str = "n_estimators";

const FOREST: &[Dimension] = &[
    whole("n_estimators", (1.0, 1000.0), (100.0, 100.0), 100.0),
    whole("max_depth", (1.0, 100.0), (5.0, 30.0), 30.0),
    whole("min_samples_split", (2.0, 1000.0), (2.0, 10.0), 2.0),
    Dimension { log: true, ..whole("min_samples_leaf", (1.0, 1000.0), (1.0, 20.0), 1.0) },
    fraction("max_features", (0.0, 1.0), (0.1, 1.0), 0.0),
];

const BOOSTING: &[Dimension] = &[
    whole(ROUNDS, (1.0, 1000.0), (1.0, 1000.0), 100.0),
    log("learning_rate", (1e-4, 1.0), (0.03, 0.2), 0.1),
    Dimension { log: true, ..whole("max_leaves", (2.0, 1024.0), (4.0, 64.0), 31.0) },
    Dimension { log: true, ..whole("min_samples_leaf", (1.0, 1e5), (2.0, 50.0), 20.0) },
    log("l2", (0.0, 1e6), (1e-3, 10.0), 1.0),
    fraction("subsample", (0.1, 1.0), (0.5, 1.0), 1.0),
    fraction("max_features", (0.01, 1.0), (0.3, 1.0), 1.0),
];

const LINEAR: &[Dimension] = &[log("alpha", (1e-6, 1e6), (1e-4, 1e4), 1.0)];

/// Returns the hyperparameters of a family.
pub(crate) fn dimensions(family: Family) -> &'static [Dimension] {
    match family {
        Family::RandomForest => FOREST,
        Family::GradientBoosting => BOOSTING,
        Family::Linear => LINEAR,
    }
}

/// A family with a value for each of its hyperparameters, all within their limits.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Choice {
    pub(crate) family: Family,
    /// The values, in the order of [`dimensions`].
    pub(crate) values: Vec<f64>,
    /// The range for the number of rounds if cross-validation finds it; `None` if the number is fixed.
    pub(crate) rounds: Option<ValueRange>,
}

impl Choice {
    /// Returns the usual values, which a search tries first.
    pub(crate) fn usual(family: Family) -> Self {
        Self { family, values: dimensions(family).iter().map(|dimension| dimension.first).collect(), rounds: None }
    }

    /// Returns the values in the form that the fit takes.
    pub(crate) fn hyperparameters(&self) -> Hyperparameters {
        let number = |name| self.value(name);
        let count = |name| self.value(name) as usize;
        match self.family {
            Family::RandomForest => Hyperparameters::RandomForest(ForestParameters {
                n_estimators: count("n_estimators"),
                max_depth: count("max_depth"),
                min_samples_split: count("min_samples_split"),
                min_samples_leaf: count("min_samples_leaf"),
                max_features: number("max_features"),
            }),
            Family::GradientBoosting => Hyperparameters::GradientBoosting(BoostingParameters {
                n_estimators: count("n_estimators"),
                learning_rate: number("learning_rate"),
                max_leaves: count("max_leaves"),
                min_samples_leaf: count("min_samples_leaf"),
                l2: number("l2"),
                subsample: number("subsample"),
                max_features: number("max_features"),
            }),
            Family::Linear => Hyperparameters::Linear(LinearParameters { alpha: number("alpha") }),
        }
    }

    /// Returns the choice with the number of rounds that cross-validation found, limited to the range. A fixed number
    /// stays.
    pub(crate) fn with_rounds(&self, rounds: f64) -> Self {
        let mut choice = self.clone();
        if let Some(ValueRange { least, most }) = self.rounds
            && let Some(place) = dimensions(self.family).iter().position(|dimension| dimension.name == ROUNDS)
            && let Some(value) = choice.values.get_mut(place)
        {
            *value = rounds.round().clamp(least, most);
        }
        choice
    }

    /// Returns the number of boosting rounds.
    pub(crate) fn round_count(&self) -> f64 {
        self.value(ROUNDS)
    }

    /// Returns the values as the training run records them.
    pub(crate) fn parameters(&self) -> Parameters {
        let entry = |(dimension, value): (&Dimension, &f64)| {
            let value = if dimension.whole { Value::from(*value as u64) } else { Value::from(*value) };
            (dimension.name.to_owned(), value)
        };
        dimensions(self.family).iter().zip(&self.values).map(entry).collect()
    }

    fn value(&self, name: &str) -> f64 {
        let named = dimensions(self.family).iter().zip(&self.values).find(|(dimension, _)| dimension.name == name);
        named.map_or(0.0, |(_, value)| *value)
    }
}
