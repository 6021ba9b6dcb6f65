//! The model families, such as random forests. Each family has one file with its hyperparameters, fit and cost
//! estimates.

// CONTRIBUTING.md lists the steps in "To add a model family".

mod decision_tree;
mod gradient_boosting;
mod linear;
mod random_forest;

pub(crate) use self::gradient_boosting::boosting_parameters;
use evergreen_lifecycle::Family;

use crate::fit::{Cost, Hyperparameters};
use crate::hyperparameters::{Choice, Dimension, Space};
use crate::memory::Scale;
use crate::search::DEFAULT_CANDIDATES;

/// A model family, such as random forests: its hyperparameters, fit, cost and memory.
pub(crate) trait ModelFamily: Sync {
    /// Returns the hyperparameters of the model family with their ranges. Candidates of the search use the same order.
    fn dimensions(&self) -> &'static [Dimension];

    /// Converts the hyperparameter values of a candidate to the form that the fit of this model family needs.
    fn hyperparameters(&self, choice: &Choice) -> Box<dyn Hyperparameters>;

    /// Returns the default number of candidates (sets of hyperparameters) that a search tries.
    fn candidates(&self) -> usize {
        // The settings may change the number.
        DEFAULT_CANDIDATES
    }

    /// Returns whether the model family can train on rows with different weights.
    fn supports_weights(&self) -> bool {
        true
    }

    /// Returns whether the model family supports monotone constraints (the prediction only rises, or only falls, with a
    /// column).
    fn supports_monotone(&self) -> bool {
        false
    }

    /// Returns whether cross-validation finds the number of boosting rounds by early stopping.
    fn searches_rounds(&self) -> bool {
        // This applies only if the settings give a range for the number of rounds.
        false
    }

    // `cost` is the cost of the largest model in cross-validation, which was fitted to fewer rows. `growth` says how
    // much larger the final fit is.
    /// Estimates the size and the prediction time of a model that is fitted to all training rows.
    fn cost_of_all_rows(&self, cost: Cost, growth: Growth) -> Cost;

    /// Returns the maximum memory of a model fit in bytes. The table and its binned values are not included.
    fn fitting_bytes(&self, scale: &Scale, space: &Space, threads: u64) -> u64;

    /// Returns the maximum number of leaves of all trees of a model. It is 0 for a model family without trees.
    fn leaves(&self, scale: &Scale, space: &Space) -> u64;

    /// Returns the maximum number of class weights (shares of a class) that all leaves of a model store, beyond one for
    /// each leaf.
    fn further_weights(&self, _scale: &Scale, _space: &Space) -> u64 {
        // The first weight of each leaf does not count.
        0
    }
}

/// How much larger the final fit (to all training rows) is than a fit in cross-validation.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Growth {
    /// Number of training rows of the final fit, divided by the number of rows of the largest fit in cross-validation.
    pub(crate) rows: f64,
    /// Number of boosting rounds of the final fit, divided by the number of rounds of a fit in cross-validation.
    pub(crate) rounds: f64,
}

/// Returns the implementation of a model family.
pub(crate) fn of(family: Family) -> &'static dyn ModelFamily {
    match family {
        Family::RandomForest => &random_forest::RandomForest,
        Family::GradientBoosting => &gradient_boosting::GradientBoosting,
        // A graph cannot be trained, and no plan has this family.
        Family::Linear | Family::OnnxGraph => &linear::LinearModel,
        Family::DecisionTree => &decision_tree::DecisionTree,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// In docs/DATASETS.md, the table of hyperparameters has several rows for each model family. Only the first row of
    /// a family has its name.
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
        let names =
            |family: Family| of(family).dimensions().iter().map(move |known| (family.name(), known.limits.name));
        assert_eq!(listed, Family::ALL.into_iter().flat_map(names).collect());
        let events = include_str!("../../../docs/OPERATIONS.md");
        assert!(Family::ALL.iter().all(|family| events.contains(&format!("`{family}`"))));
    }
}
