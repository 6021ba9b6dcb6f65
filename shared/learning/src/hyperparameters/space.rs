//! Where candidates come from.

use evergreen_lifecycle::Family;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{Choice, Dimension, ROUNDS, dimensions};

/// How often a candidate that was drawn before is drawn anew.
const ATTEMPTS: usize = 20;

/// What a hyperparameter is drawn from, both ends included; within its limits, and whole where it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Bounds {
    pub(crate) least: f64,
    pub(crate) most: f64,
}

/// What the candidates of a family are drawn from.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Space {
    pub(crate) family: Family,
    /// In the order of the family's hyperparameters.
    pub(crate) bounds: Vec<Bounds>,
}

impl Space {
    /// The ranges of a family where nobody chose others.
    pub(crate) fn of(family: Family) -> Self {
        let bounds = |dimension: &Dimension| Bounds { least: dimension.drawn.0, most: dimension.drawn.1 };
        Self { family, bounds: dimensions(family).iter().map(bounds).collect() }
    }

    /// As many different candidates as `count`, or as there are. The first is the usual choice, as near as the
    /// bounds allow; the others are drawn, the same for the same seed.
    pub(crate) fn candidates(&self, count: usize, seed: u64) -> Vec<Choice> {
        let mut generator = ChaCha8Rng::seed_from_u64(seed);
        generator.set_stream(u64::MAX - self.family as u64);
        let mut found = vec![self.most_rounds(self.usual())];
        for _ in 0..count.saturating_mul(ATTEMPTS) {
            if found.len() >= count || self.bounds.iter().all(|bounds| bounds.least == bounds.most) {
                break;
            }
            let drawn = self.most_rounds(self.drawn(&mut generator));
            if !found.contains(&drawn) {
                found.push(drawn);
            }
        }
        found
    }

    /// The usual value of each hyperparameter; where a range was chosen, the nearest in it.
    pub(crate) fn usual(&self) -> Choice {
        let usual = |(dimension, bounds): (&Dimension, &Bounds)| {
            let Bounds { least, most } = *bounds;
            if (least, most) == dimension.drawn { dimension.first } else { dimension.first.clamp(least, most) }
        };
        let values = dimensions(self.family).iter().zip(&self.bounds).map(usual).collect();
        Choice { family: self.family, values, rounds: None }
    }

    /// With the most rounds that the range allows, where there is one: cross-validation then finds how many do good.
    fn most_rounds(&self, mut choice: Choice) -> Choice {
        if self.family == Family::GradientBoosting {
            let mut rounds = dimensions(self.family).iter().zip(&self.bounds);
            let bounds = rounds.find(|(dimension, _)| dimension.name == ROUNDS).map(|(_, bounds)| *bounds);
            choice.rounds = bounds.filter(|bounds| bounds.least < bounds.most);
        }
        choice.with_rounds(f64::INFINITY)
    }

    fn drawn(&self, generator: &mut ChaCha8Rng) -> Choice {
        let draw = |(dimension, bounds): (&Dimension, &Bounds)| draw(dimension, *bounds, generator.random::<f64>());
        let values = dimensions(self.family).iter().zip(&self.bounds).map(draw).collect();
        Choice { family: self.family, values, rounds: None }
    }
}

/// The value at `share` (0–1) of the way through the bounds.
fn draw(dimension: &Dimension, Bounds { least, most }: Bounds, share: f64) -> f64 {
    // Every whole number is to be as likely as the others, those at the ends too.
    let (from, to) = if dimension.whole { (least - 0.5, most + 0.5) } else { (least, most) };
    let drawn = if dimension.log && from > 0.0 { from * (to / from).powf(share) } else { from + (to - from) * share };
    let drawn = if dimension.whole { drawn.round() } else { drawn };
    drawn.clamp(least, most)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_same_seed_draws_the_same_and_families_draw_apart() {
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
    fn what_is_fixed_leaves_fewer_candidates() {
        let fixed = Bounds { least: 5.0, most: 5.0 };
        let mut space = Space { bounds: vec![fixed; 5], ..Space::of(Family::RandomForest) };
        assert_eq!(space.candidates(10, 1).len(), 1);
        space.bounds[3] = Bounds { least: 1.0, most: 3.0 };
        let leaves: BTreeSet<u64> = space.candidates(10, 1).iter().map(|choice| choice.values[3] as u64).collect();
        assert_eq!(leaves, BTreeSet::from([1, 2, 3]));
    }

    proptest! {
        #[test]
        fn draws_stay_in_their_bounds(seed: u64) {
            for family in Family::ALL {
                let space = Space::of(family);
                for choice in space.candidates(10, seed) {
                    let first = choice == space.most_rounds(space.usual());
                    for ((value, bounds), dimension) in choice.values.iter().zip(&space.bounds).zip(dimensions(family)) {
                        prop_assert!(first || (bounds.least..=bounds.most).contains(value), "{} {value}", dimension.name);
                        prop_assert!(!dimension.whole || value.fract() == 0.0);
                        prop_assert!((dimension.allowed.0..=dimension.allowed.1).contains(value));
                    }
                }
            }
        }
    }
}
