//! The model family of gradient boosting.

use super::{Growth, ModelFamily};
use crate::fit::{self, BoostingParameters, Cost, Hyperparameters};
use crate::hyperparameters::{Choice, Dimension, ROUNDS, Space, fraction, log, whole};
use crate::memory::Scale;
use crate::memory::need::{GROWING_NODE, SUMS, add, most, nodes, times};

pub(super) struct GradientBoosting;

const DIMENSIONS: &[Dimension] = &[
    whole(ROUNDS, (1.0, 1000.0), (1.0, 1000.0), 100.0),
    log("learning_rate", (1e-4, 1.0), (0.03, 0.2), 0.1),
    Dimension { log: true, ..whole("max_leaves", (2.0, 1024.0), (4.0, 64.0), 31.0) },
    Dimension { log: true, ..whole("min_samples_leaf", (1.0, 1e5), (2.0, 50.0), 20.0) },
    log("l2", (0.0, 1e6), (1e-3, 10.0), 1.0),
    fraction("subsample", (0.1, 1.0), (0.5, 1.0), 1.0),
    fraction("max_features", (0.01, 1.0), (0.3, 1.0), 1.0),
];

impl ModelFamily for GradientBoosting {
    fn dimensions(&self) -> &'static [Dimension] {
        DIMENSIONS
    }

    fn hyperparameters(&self, choice: &Choice) -> Box<dyn Hyperparameters> {
        Box::new(boosting_parameters(choice))
    }

    fn supports_monotone(&self) -> bool {
        true
    }

    fn searches_rounds(&self) -> bool {
        true
    }

    fn cost_of_all_rows(&self, cost: Cost, growth: Growth) -> Cost {
        cost.times(growth.rounds, growth.rounds)
    }

    /// Returns the memory of a gradient boosting fit in bytes.
    fn fitting_bytes(&self, scale: &Scale, space: &Space, threads: u64) -> u64 {
        // The binned values count a second time, because the fit copies them. The gradients count twice. The scores and
        // probabilities of each row also count, and the histograms of the leaves that may still be split.
        let (outputs, leaves) = (outputs(scale), most(space, "max_leaves"));
        let tiles = scale.features.next_multiple_of(8);
        let row = add([4 + 8 + 2 * 12, tiles, times([outputs, 8]), if outputs > 1 { 8 + 4 * outputs } else { 0 }]);
        let open = (leaves / 2 + 2).min(leaves).min(scale.training);
        let sums = times([open + 2, scale.bins, SUMS]);
        let pieces = times([threads, 2 * 16, 8 * 256 * SUMS]);
        add([times([scale.training, row]), sums, pieces, times([nodes(scale, space), GROWING_NODE])])
    }

    fn leaves(&self, scale: &Scale, space: &Space) -> u64 {
        times([most(space, ROUNDS), outputs(scale), most(space, "max_leaves").min(scale.different)])
    }
}

/// Returns the hyperparameters of a candidate of gradient boosting.
pub(crate) fn boosting_parameters(choice: &Choice) -> BoostingParameters {
    BoostingParameters {
        n_estimators: choice.count(ROUNDS),
        learning_rate: choice.number("learning_rate"),
        max_leaves: choice.count("max_leaves"),
        min_samples_leaf: choice.count("min_samples_leaf"),
        l2: choice.number("l2"),
        subsample: choice.number("subsample"),
        max_features: choice.number("max_features"),
    }
}

fn outputs(scale: &Scale) -> u64 {
    fit::outputs(scale.classes as usize) as u64
}
