//! The model family of linear models: logistic regression and ridge regression.

use super::{Growth, ModelFamily};
use crate::fit::{Cost, Hyperparameters, LinearParameters, MAX_LINEAR_CELLS};
use crate::hyperparameters::{Choice, Dimension, Space, log};
use crate::memory::Scale;
use crate::memory::need::{add, times};

pub(super) struct LinearModel;

const DIMENSIONS: &[Dimension] = &[log("alpha", (1e-6, 1e6), (1e-4, 1e4), 1.0)];

impl ModelFamily for LinearModel {
    fn dimensions(&self) -> &'static [Dimension] {
        DIMENSIONS
    }

    fn hyperparameters(&self, choice: &Choice) -> Box<dyn Hyperparameters> {
        Box::new(LinearParameters { alpha: choice.number("alpha") })
    }

    /// Returns the default number of candidates (sets of hyperparameters) of a search.
    fn candidates(&self) -> usize {
        // The number is smaller than for other model families because there is only one hyperparameter.
        16
    }

    fn supports_weights(&self) -> bool {
        false
    }

    fn cost_of_all_rows(&self, cost: Cost, _growth: Growth) -> Cost {
        cost
    }

    /// Returns the memory of a linear model's fit in bytes.
    fn fitting_bytes(&self, scale: &Scale, _space: &Space, _threads: u64) -> u64 {
        // It includes the matrix of features in double precision, its transpose, and the copies that the library makes.
        let cells = times([scale.training, scale.features]).min(MAX_LINEAR_CELLS as u64);
        let answers = times([scale.training.min(cells), scale.answers(), 16]);
        add([times([cells, 3 * 8]), answers])
    }

    fn leaves(&self, _scale: &Scale, _space: &Space) -> u64 {
        0
    }
}
