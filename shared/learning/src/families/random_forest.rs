//! The model family of random forests.

use super::{Growth, ModelFamily};
use crate::fit::{Cost, ForestParameters, Hyperparameters};
use crate::hyperparameters::{Choice, Dimension, Space, fraction, whole};
use crate::memory::Scale;
use crate::memory::need::{DRAWN, GROWING_NODE, add, drawn, least, most, nodes, times};

pub(super) struct RandomForest;

const DIMENSIONS: &[Dimension] = &[
    whole("n_estimators", (1.0, 1000.0), (100.0, 100.0), 100.0),
    whole("max_depth", (1.0, 100.0), (5.0, 30.0), 30.0),
    whole("min_samples_split", (2.0, 1000.0), (2.0, 10.0), 2.0),
    Dimension { log: true, ..whole("min_samples_leaf", (1.0, 1000.0), (1.0, 20.0), 1.0) },
    fraction("max_features", (0.0, 1.0), (0.1, 1.0), 0.0),
];

impl ModelFamily for RandomForest {
    fn dimensions(&self) -> &'static [Dimension] {
        DIMENSIONS
    }

    fn hyperparameters(&self, choice: &Choice) -> Box<dyn Hyperparameters> {
        Box::new(ForestParameters {
            n_estimators: choice.count("n_estimators"),
            max_depth: choice.count("max_depth"),
            min_samples_split: choice.count("min_samples_split"),
            min_samples_leaf: choice.count("min_samples_leaf"),
            max_features: choice.number("max_features"),
        })
    }

    /// Estimates the size and the prediction time of a random forest that is fitted to all training rows.
    fn cost_of_all_rows(&self, cost: Cost, growth: Growth) -> Cost {
        // The size grows with the number of rows. The number of trees, and so the time of a prediction, stays the same.
        cost.times(growth.rows, 1.0)
    }

    /// Returns the memory of a random forest's fit in bytes.
    fn fitting_bytes(&self, scale: &Scale, space: &Space, threads: u64) -> u64 {
        // All training rows with their targets count once. For each tree that grows at the same time, the rows of its
        // sample count twice.
        let trees = times([threads, times([scale.training, 2 * 16 * DRAWN / 100 + 1])]);
        let histograms = times([threads, 256, (scale.answers() + 2) * 8]);
        add([times([scale.training, 16]), trees, histograms, times([nodes(scale, space), GROWING_NODE])])
    }

    fn leaves(&self, scale: &Scale, space: &Space) -> u64 {
        let deepest = 1_u64.checked_shl(most(space, "max_depth") as u32).unwrap_or(u64::MAX);
        let least = least(space, "min_samples_leaf").max(1);
        times([most(space, "n_estimators"), (drawn(scale) / least).min(scale.different).min(deepest)])
    }

    /// Returns the maximum number of class weights (shares of a class) that the leaves of all trees store, beyond one
    /// for each leaf.
    fn further_weights(&self, scale: &Scale, space: &Space) -> u64 {
        // A leaf stores one weight for each class that its rows have.
        if scale.classes <= 2 {
            return 0;
        }
        let trees = most(space, "n_estimators");
        times([nodes(scale, space) / 2, scale.classes - 1]).min(times([trees, drawn(scale)]))
    }
}
