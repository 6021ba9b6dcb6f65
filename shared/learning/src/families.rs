//! The model families. One file for each family holds everything that differs from the other families: hyperparameters,
//! fit, and the estimates of cost and memory. CONTRIBUTING.md lists the steps in "To add a model family".

mod decision_tree;
mod gradient_boosting;
mod linear;
mod random_forest;

use evergreen_lifecycle::Family;

use crate::fit::{Cost, Hyperparameters};
use crate::hyperparameters::{Choice, Dimension, Space};
use crate::memory::Scale;
use crate::search::DEFAULT_CANDIDATES;

/// Properties of a model family (such as random forests) that the search, the settings and the memory check need.
pub(crate) trait ModelFamily: Sync {
    /// Returns the family's hyperparameters with their ranges. Candidates hold their values in the same order.
    fn dimensions(&self) -> &'static [Dimension];

    /// Converts chosen hyperparameter values to the form that the fit of this family needs.
    fn hyperparameters(&self, choice: &Choice) -> Box<dyn Hyperparameters>;

    /// Returns how many candidates (sets of hyperparameters) a search tries, unless the settings choose another number.
    fn candidates(&self) -> usize {
        DEFAULT_CANDIDATES
    }

    /// Returns whether the family can train on rows with different weights.
    fn supports_weights(&self) -> bool {
        true
    }

    /// Returns whether the family can make its answer monotone in a column: only rising or only falling.
    fn supports_monotone(&self) -> bool {
        false
    }

    /// Returns whether cross-validation finds the number of boosting rounds by early stopping, if the settings give a
    /// range for that number.
    fn searches_rounds(&self) -> bool {
        false
    }

    /// Estimates the cost (bytes, and time of a prediction) of a model that is fitted to all rows. `cost` is the cost
    /// of the largest model of a cross-validation fold.
    fn cost_of_all_rows(&self, cost: Cost, growth: Growth) -> Cost;

    /// Returns the maximum memory of a fit, in bytes. The table and its bins do not count.
    fn fitting_bytes(&self, scale: &Scale, space: &Space, threads: u64) -> u64;

    /// Returns the maximum number of leaves of all trees of a model. It is 0 for a family without trees.
    fn leaves(&self, scale: &Scale, space: &Space) -> u64;

    /// Returns the maximum number of class weights in all leaves of a model, beyond the first weight of each leaf.
    fn further_weights(&self, _scale: &Scale, _space: &Space) -> u64 {
        0
    }
}

/// Factors by which the fit to all training rows is larger than the fit to one cross-validation fold.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Growth {
    /// Number of all training rows divided by the number of rows that the largest fold is fitted to.
    pub(crate) rows: f64,
    /// Number of boosting rounds on all rows divided by the number of rounds on a fold.
    pub(crate) rounds: f64,
}

/// Returns the implementation of a model family.
pub(crate) fn of(family: Family) -> &'static dyn ModelFamily {
    match family {
        Family::RandomForest => &random_forest::RandomForest,
        Family::GradientBoosting => &gradient_boosting::GradientBoosting,
        Family::Linear => &linear::LinearModel,
        Family::DecisionTree => &decision_tree::DecisionTree,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// The table in docs/DATASETS.md names each family only in the first of its rows.
    #[test]
    fn the_guide_lists_the_hyperparameters_of_every_family() {
        let guide = include_str!("../../../docs/DATASETS.md");
        let (_, table) = guide.split_once("| Family | Hyperparameter |").unwrap();
        let mut family = "";
        let mut listed = BTreeSet::new();
        for row in table.lines().skip(2).take_while(|row| row.starts_with('|')) {
            let names: Vec<&str> = row.splitn(4, '|').map(|cell| cell.split('`').nth(1).unwrap_or_default()).collect();
            family = if names[1].is_empty() { family } else { names[1] };
            listed.insert((family, names[2]));
        }
        let names = |family: Family| of(family).dimensions().iter().map(move |known| (family.name(), known.name));
        assert_eq!(listed, Family::ALL.into_iter().flat_map(names).collect());
        let events = include_str!("../../../docs/OPERATIONS.md");
        assert!(Family::ALL.iter().all(|family| events.contains(&format!("`{family}`"))));
    }
}
