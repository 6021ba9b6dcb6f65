//! What may be chosen about a model, family by family: names, limits, and where the search draws from.

mod space;

use evergreen_lifecycle::{Family, Parameters};
use serde_json::Value;

pub(crate) use space::{Bounds, Space};

use crate::fit::{BoostingParameters, ForestParameters, Hyperparameters, LinearParameters};

/// A hyperparameter.
#[derive(Debug)]
pub(crate) struct Dimension {
    /// Its name, scikit-learn's where it has one.
    pub(crate) name: &'static str,
    /// Whether it is a whole number.
    pub(crate) whole: bool,
    /// Whether it is drawn evenly by its logarithm.
    log: bool,
    /// What it may be, both ends included.
    pub(crate) allowed: (f64, f64),
    /// What it is drawn from where nobody chose another range.
    drawn: (f64, f64),
    /// What it is in the first candidate of a search.
    first: f64,
}

const fn whole(name: &'static str, allowed: (f64, f64), drawn: (f64, f64), first: f64) -> Dimension {
    Dimension { name, whole: true, log: false, allowed, drawn, first }
}

const fn log(name: &'static str, allowed: (f64, f64), drawn: (f64, f64), first: f64) -> Dimension {
    Dimension { name, whole: false, log: true, allowed, drawn, first }
}

const FOREST: &[Dimension] = &[
    whole("n_estimators", (1.0, 1000.0), (10.0, 100.0), 100.0),
    whole("max_depth", (1.0, 100.0), (5.0, 30.0), 30.0),
    whole("min_samples_split", (2.0, 1000.0), (2.0, 10.0), 2.0),
    whole("min_samples_leaf", (1.0, 1000.0), (1.0, 4.0), 1.0),
];

const BOOSTING: &[Dimension] = &[
    whole("n_estimators", (1.0, 1000.0), (50.0, 300.0), 100.0),
    log("learning_rate", (1e-4, 1.0), (0.02, 0.3), 0.1),
    Dimension { log: true, ..whole("max_leaves", (2.0, 1024.0), (8.0, 64.0), 31.0) },
    Dimension { log: true, ..whole("min_samples_leaf", (1.0, 1e5), (2.0, 50.0), 20.0) },
    log("l2", (0.0, 1e6), (1e-3, 10.0), 1.0),
];

const LINEAR: &[Dimension] = &[log("alpha", (1e-6, 1e6), (1e-4, 1e2), 1.0)];

/// The hyperparameters of a family.
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
    /// In the order of [`dimensions`].
    pub(crate) values: Vec<f64>,
}

impl Choice {
    /// Of the usual values, which a search tries first.
    pub(crate) fn usual(family: Family) -> Self {
        Self { family, values: dimensions(family).iter().map(|dimension| dimension.first).collect() }
    }

    /// As they are fitted with.
    pub(crate) fn hyperparameters(&self) -> Hyperparameters {
        let number = |name| self.value(name);
        let count = |name| self.value(name) as usize;
        match self.family {
            Family::RandomForest => Hyperparameters::RandomForest(ForestParameters {
                n_estimators: count("n_estimators"),
                max_depth: count("max_depth"),
                min_samples_split: count("min_samples_split"),
                min_samples_leaf: count("min_samples_leaf"),
            }),
            Family::GradientBoosting => Hyperparameters::GradientBoosting(BoostingParameters {
                n_estimators: count("n_estimators"),
                learning_rate: number("learning_rate"),
                max_leaves: count("max_leaves"),
                min_samples_leaf: count("min_samples_leaf"),
                l2: number("l2"),
            }),
            Family::Linear => Hyperparameters::Linear(LinearParameters { alpha: number("alpha") }),
        }
    }

    /// As a run records them.
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
