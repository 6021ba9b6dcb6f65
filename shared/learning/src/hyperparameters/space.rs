//! The hyperparameter ranges that the search draws candidates from.

use evergreen_lifecycle::Family;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::families;

use super::{Choice, Dimension, ROUNDS, dimensions};

// A draw may repeat an earlier candidate.
/// Maximum number of random draws for each hyperparameter candidate that the search wants.
const ATTEMPTS: usize = 20;

// Both ends are within the hyperparameter's limits. If the hyperparameter must be a whole number, both ends are whole.
/// The range of values that a search tries for one hyperparameter, both ends included.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct ValueRange {
    pub(crate) least: f64,
    pub(crate) most: f64,
}

/// Search space of one model family: for each of its hyperparameters, the range from which the search draws values.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Space {
    pub(crate) family: Family,
    /// The range of each hyperparameter, in the order of the family's hyperparameters.
    pub(crate) bounds: Vec<ValueRange>,
}

impl Space {
    /// Returns the search space of a family with its default hyperparameter ranges.
    pub(crate) fn of(family: Family) -> Self {
        let bounds = |dimension: &Dimension| ValueRange { least: dimension.drawn.0, most: dimension.drawn.1 };
        Self { family, bounds: dimensions(family).iter().map(bounds).collect() }
    }

    /// Returns `count` different hyperparameter candidates. The same seed gives the same candidates.
    pub(crate) fn candidates(&self, count: usize, seed: u64) -> Vec<Choice> {
        let mut generator = ChaCha8Rng::seed_from_u64(seed);
        generator.set_stream(u64::MAX - self.family as u64);
        // The first candidate has the usual values, as near as the ranges allow. The others are drawn at random.
        let mut found = vec![self.most_rounds(self.usual())];
        for _ in 0..count.saturating_mul(ATTEMPTS) {
            if found.len() >= count || self.bounds.iter().all(|bounds| bounds.least == bounds.most) {
                // The ranges may contain fewer candidates than `count`.
                break;
            }
            let drawn = self.most_rounds(self.drawn(&mut generator));
            if !found.contains(&drawn) {
                found.push(drawn);
            }
        }
        found
    }

    /// Returns a model family's usual hyperparameter values. A value outside its range is moved to the end of the
    /// range.
    pub(crate) fn usual(&self) -> Choice {
        let usual = |(dimension, bounds): (&Dimension, &ValueRange)| {
            let ValueRange { least, most } = *bounds;
            // The settings may have chosen a range without the usual value.
            if (least, most) == dimension.drawn { dimension.first } else { dimension.first.clamp(least, most) }
        };
        let values = dimensions(self.family).iter().zip(&self.bounds).map(usual).collect();
        Choice { family: self.family, values, rounds: None }
    }

    /// Sets the number of boosting rounds to the largest allowed number. Changes nothing if the number has no range.
    fn most_rounds(&self, mut choice: Choice) -> Choice {
        // Cross-validation then finds the best number up to this maximum.
        if families::of(self.family).searches_rounds() {
            let mut rounds = dimensions(self.family).iter().zip(&self.bounds);
            let bounds = rounds.find(|(dimension, _)| dimension.limits.name == ROUNDS).map(|(_, bounds)| *bounds);
            choice.rounds = bounds.filter(|bounds| bounds.least < bounds.most);
        }
        choice.with_rounds(f64::INFINITY)
    }

    fn drawn(&self, generator: &mut ChaCha8Rng) -> Choice {
        let draw = |(dimension, bounds): (&Dimension, &ValueRange)| draw(dimension, *bounds, generator.random::<f64>());
        let values = dimensions(self.family).iter().zip(&self.bounds).map(draw).collect();
        Choice { family: self.family, values, rounds: None }
    }
}

/// Returns a hyperparameter value between the ends of its range. `share` 0 gives the lower end, 1 the upper end.
fn draw(dimension: &Dimension, ValueRange { least, most }: ValueRange, share: f64) -> f64 {
    // Extending the range by 0.5 at both ends makes the first and the last whole number as likely as the others.
    let (from, to) = if dimension.limits.whole { (least - 0.5, most + 0.5) } else { (least, most) };
    let drawn =
        if dimension.log && from > 0.0 { from * libm::pow(to / from, share) } else { from + (to - from) * share };
    let drawn = if dimension.limits.whole { drawn.round() } else { drawn };
    drawn.clamp(least, most)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_same_seed_draws_the_same_and_families_draw_differently() {
        for family in Family::ALL {
            let space = Space::of(family);
            assert_eq!(space.candidates(10, 7), space.candidates(10, 7));
            assert_ne!(space.candidates(10, 7), space.candidates(10, 8));
        }
    }

    #[test]
    fn a_search_of_fewer_candidates_draws_the_first_of_a_longer_one() {
        let space = Space::of(Family::RandomForest);
        assert_eq!(space.candidates(3, 1), space.candidates(10, 1)[..3]);
    }

    #[test]
    fn fixed_hyperparameters_leave_fewer_candidates() {
        let fixed = ValueRange { least: 5.0, most: 5.0 };
        let mut space = Space { bounds: vec![fixed; 5], ..Space::of(Family::RandomForest) };
        assert_eq!(space.candidates(10, 1).len(), 1);
        space.bounds[3] = ValueRange { least: 1.0, most: 3.0 };
        let leaves: BTreeSet<u64> = space.candidates(10, 1).iter().map(|choice| choice.values[3] as u64).collect();
        assert_eq!(leaves, BTreeSet::from([1, 2, 3]));
    }

    proptest! {
        #[test]
        fn drawn_hyperparameters_stay_in_their_bounds(seed: u64) {
            for family in Family::ALL {
                let space = Space::of(family);
                for choice in space.candidates(10, seed) {
                    let first = choice == space.most_rounds(space.usual());
                    for ((value, bounds), dimension) in choice.values.iter().zip(&space.bounds).zip(dimensions(family)) {
                        prop_assert!(first || (bounds.least..=bounds.most).contains(value), "{} {value}", dimension.limits.name);
                        prop_assert!(!dimension.limits.whole || value.fract() == 0.0);
                        prop_assert!((dimension.limits.allowed.0..=dimension.limits.allowed.1).contains(value));
                    }
                }
            }
        }
    }
}
