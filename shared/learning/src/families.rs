//! The model families. One file for each family holds everything that differs from the other families: hyperparameters,
//! fit, and the estimates of cost and memory. "To add a model family" in CONTRIBUTING.md lists the steps.

mod decision_tree;
mod gradient_boosting;
mod linear;
mod random_forest;

use evergreen_lifecycle::Family;

use crate::fit::{Cost, Hyperparameters};
use crate::hyperparameters::{Choice, Dimension, Space};
use crate::memory::Scale;
use crate::search::DEFAULT_CANDIDATES;

/// What the search, the settings and the memory check need to know about a family.
pub(crate) trait ModelFamily: Sync {
    /// Returns the hyperparameters, in the order in which candidates hold their values.
    fn dimensions(&self) -> &'static [Dimension];

    /// Returns the values of a choice in the form that the fit needs.
    fn hyperparameters(&self, choice: &Choice) -> Box<dyn Hyperparameters>;

    /// Returns the number of candidates unless the settings choose another.
    fn candidates(&self) -> usize {
        DEFAULT_CANDIDATES
    }

    /// Checks whether rows may have different weights.
    fn supports_weights(&self) -> bool {
        true
    }

    /// Checks whether the answer can be monotone in a column.
    fn supports_monotone(&self) -> bool {
        false
    }

    /// Checks whether cross-validation finds the number of rounds, if the settings give a range for it.
    fn searches_rounds(&self) -> bool {
        false
    }

    /// Estimates the cost of a model that is fitted to all rows, from the cost of the largest model of a fold.
    fn cost_of_all_rows(&self, cost: Cost, growth: Growth) -> Cost;

    /// Returns the bytes that a fit holds besides the table and its bins.
    fn fitting_bytes(&self, scale: &Scale, space: &Space, threads: u64) -> u64;

    /// Returns the maximum number of leaves of all trees, or 0 for a family without trees.
    fn leaves(&self, scale: &Scale, space: &Space) -> u64;

    /// Returns the maximum number of class weights in the leaves, apart from the first of each leaf.
    fn further_weights(&self, _scale: &Scale, _space: &Space) -> u64 {
        0
    }
}

/// How much larger the fit to all rows is than the fit to a fold, as factors.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Growth {
    /// Rows of the table per row of the largest fold.
    pub(crate) rows: f64,
    /// Boosting rounds on all rows per round on a fold.
    pub(crate) rounds: f64,
}

/// Returns what the crate knows about a family.
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

    /// The table of docs/DATASETS.md names a family in the first row of its hyperparameters.
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
