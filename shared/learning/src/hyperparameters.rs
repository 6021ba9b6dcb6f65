//! What may be chosen about a forest.

use std::ops::RangeInclusive;

use evergreen_lifecycle::Parameters;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The hyperparameters of a forest, all within their limits; see [`Overrides`] for the limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hyperparameters {
    n_estimators: u16,
    max_depth: u16,
    min_samples_split: u16,
    min_samples_leaf: u16,
}

/// Hyperparameters that a caller fixes; those left out stay as drawn.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Overrides {
    /// Number of trees, 1–1000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub n_estimators: Option<i64>,
    /// Splits between root and leaf at most, 1–100.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_depth: Option<i64>,
    /// Rows that a node needs to be split, 2–1000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_samples_split: Option<i64>,
    /// Rows on each side of a split at least, 1–1000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_samples_leaf: Option<i64>,
}

/// A hyperparameter beyond its limits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name} is {value}, expected {min} to {max}")]
pub struct HyperparameterError {
    /// The hyperparameter.
    pub name: &'static str,
    /// The value given.
    pub value: i64,
    /// The least value allowed.
    pub min: u16,
    /// The greatest value allowed.
    pub max: u16,
}

/// A hyperparameter's name, the values a run draws from, and the values it may be given.
struct Range {
    name: &'static str,
    drawn: RangeInclusive<u16>,
    allowed: RangeInclusive<u16>,
}

const N_ESTIMATORS: Range = Range { name: "n_estimators", drawn: 10..=100, allowed: 1..=1000 };
const MAX_DEPTH: Range = Range { name: "max_depth", drawn: 5..=30, allowed: 1..=100 };
const MIN_SAMPLES_SPLIT: Range = Range { name: "min_samples_split", drawn: 2..=10, allowed: 2..=1000 };
const MIN_SAMPLES_LEAF: Range = Range { name: "min_samples_leaf", drawn: 1..=4, allowed: 1..=1000 };

impl Hyperparameters {
    /// Draws evenly: `n_estimators` from 10–100, `max_depth` from 5–30, `min_samples_split` from 2–10, `min_samples_leaf`
    /// from 1–4. The same `identity` (a run's) always draws the same.
    pub fn draw(identity: &str) -> Self {
        let mut generator = ChaCha8Rng::from_seed(Sha256::digest(identity).into());
        let mut draw = |range: Range| generator.random_range(range.drawn);
        Self {
            n_estimators: draw(N_ESTIMATORS),
            max_depth: draw(MAX_DEPTH),
            min_samples_split: draw(MIN_SAMPLES_SPLIT),
            min_samples_leaf: draw(MIN_SAMPLES_LEAF),
        }
    }

    /// These, but for what `overrides` fixes.
    ///
    /// # Errors
    /// [`HyperparameterError`] for the first value beyond its limits.
    pub fn overridden_by(self, overrides: &Overrides) -> Result<Self, HyperparameterError> {
        Ok(Self {
            n_estimators: N_ESTIMATORS.choose(overrides.n_estimators, self.n_estimators)?,
            max_depth: MAX_DEPTH.choose(overrides.max_depth, self.max_depth)?,
            min_samples_split: MIN_SAMPLES_SPLIT.choose(overrides.min_samples_split, self.min_samples_split)?,
            min_samples_leaf: MIN_SAMPLES_LEAF.choose(overrides.min_samples_leaf, self.min_samples_leaf)?,
        })
    }

    /// Number of trees.
    pub fn n_estimators(&self) -> u16 {
        self.n_estimators
    }

    /// Splits between root and leaf at most.
    pub fn max_depth(&self) -> u16 {
        self.max_depth
    }

    /// Rows that a node needs to be split.
    pub fn min_samples_split(&self) -> u16 {
        self.min_samples_split
    }

    /// Rows on each side of a split at least.
    pub fn min_samples_leaf(&self) -> u16 {
        self.min_samples_leaf
    }

    /// As a run records them.
    pub fn to_parameters(&self) -> Parameters {
        let entry = |range: Range, value: u16| (range.name.to_owned(), value.into());
        Parameters::from([
            entry(N_ESTIMATORS, self.n_estimators),
            entry(MAX_DEPTH, self.max_depth),
            entry(MIN_SAMPLES_SPLIT, self.min_samples_split),
            entry(MIN_SAMPLES_LEAF, self.min_samples_leaf),
        ])
    }
}

impl Range {
    fn choose(self, given: Option<i64>, drawn: u16) -> Result<u16, HyperparameterError> {
        let Some(value) = given else { return Ok(drawn) };
        let (min, max) = self.allowed.clone().into_inner();
        match u16::try_from(value) {
            Ok(valid) if self.allowed.contains(&valid) => Ok(valid),
            _ => Err(HyperparameterError { name: self.name, value, min, max }),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_run_always_draws_the_same() {
        let expected = Hyperparameters { n_estimators: 23, max_depth: 20, min_samples_split: 8, min_samples_leaf: 3 };
        assert_eq!(Hyperparameters::draw("2026-01-01T03:00:00Z"), expected);
        assert_ne!(Hyperparameters::draw("2026-01-02T03:00:00Z"), expected);
    }

    #[test]
    fn what_is_given_wins_and_what_is_not_stays() {
        let drawn = Hyperparameters::draw("any");
        let overrides: Overrides = serde_json::from_str(r#"{"n_estimators": 1000, "max_depth": 1}"#).unwrap();
        let chosen = drawn.overridden_by(&overrides).unwrap();
        assert_eq!((chosen.n_estimators(), chosen.max_depth()), (1000, 1));
        assert_eq!(chosen.min_samples_leaf(), drawn.min_samples_leaf());
        assert_eq!(drawn.overridden_by(&Overrides::default()), Ok(drawn));
    }

    #[test]
    fn a_value_beyond_the_limits_is_named_with_them() {
        for (name, value) in
            [("n_estimators", 0), ("max_depth", 101), ("min_samples_split", 1), ("min_samples_leaf", -3)]
        {
            let overrides: Overrides = serde_json::from_value(serde_json::json!({ name: value })).unwrap();
            let error = Hyperparameters::draw("any").overridden_by(&overrides).unwrap_err();
            assert_eq!((error.name, error.value), (name, value));
        }
        let overrides = Overrides { n_estimators: Some(70_000), ..Overrides::default() };
        let error = Hyperparameters::draw("any").overridden_by(&overrides).unwrap_err();
        assert_eq!(error.to_string(), "n_estimators is 70000, expected 1 to 1000");
    }

    #[test]
    fn an_unknown_or_fractional_hyperparameter_is_refused() {
        for json in [r#"{"n_trees": 10}"#, r#"{"max_depth": 2.5}"#] {
            assert!(serde_json::from_str::<Overrides>(json).is_err(), "{json}");
        }
    }

    #[test]
    fn parameters_have_the_names_of_the_overrides() {
        let drawn = Hyperparameters::draw("any");
        let json = serde_json::to_value(drawn.to_parameters()).unwrap();
        let overrides: Overrides = serde_json::from_value(json).unwrap();
        assert_eq!(Hyperparameters::draw("other").overridden_by(&overrides), Ok(drawn));
    }

    proptest! {
        #[test]
        fn draws_stay_in_the_ranges(identity in ".*") {
            let drawn = Hyperparameters::draw(&identity);
            prop_assert!(N_ESTIMATORS.drawn.contains(&drawn.n_estimators));
            prop_assert!(MAX_DEPTH.drawn.contains(&drawn.max_depth));
            prop_assert!(MIN_SAMPLES_SPLIT.drawn.contains(&drawn.min_samples_split));
            prop_assert!(MIN_SAMPLES_LEAF.drawn.contains(&drawn.min_samples_leaf));
        }
    }
}
