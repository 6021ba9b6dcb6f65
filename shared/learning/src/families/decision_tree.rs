//! The model family of single decision trees, for models that a person can read.

// It is tried only if the settings or the event that starts a training name it.

use std::time::Instant;

use evergreen_scoring::{Link, Predictor};

use super::{Growth, ModelFamily};
use crate::fit::{Cost, FitError, FitRows, Fitted, ForestParameters, Hyperparameters, TrainingData, single_tree};
use crate::hyperparameters::{Choice, Dimension, Space, whole};
use crate::memory::Scale;
use crate::memory::need::{GROWING_NODE, add, least, most, nodes, times};

pub(super) struct DecisionTree;

const DIMENSIONS: &[Dimension] = &[
    whole("max_depth", (1.0, 100.0), (2.0, 20.0), 10.0),
    whole("min_samples_split", (2.0, 1000.0), (2.0, 20.0), 2.0),
    Dimension { log: true, ..whole("min_samples_leaf", (1.0, 1000.0), (1.0, 50.0), 5.0) },
];

impl ModelFamily for DecisionTree {
    fn dimensions(&self) -> &'static [Dimension] {
        DIMENSIONS
    }

    fn hyperparameters(&self, choice: &Choice) -> Box<dyn Hyperparameters> {
        Box::new(TreeParameters {
            max_depth: choice.count("max_depth"),
            min_samples_split: choice.count("min_samples_split"),
            min_samples_leaf: choice.count("min_samples_leaf"),
        })
    }

    /// Estimates the size and the prediction time of a decision tree that is fitted to all training rows.
    fn cost_of_all_rows(&self, cost: Cost, growth: Growth) -> Cost {
        // The size grows with the number of rows. The time of a prediction stays the same.
        cost.times(growth.rows, 1.0)
    }

    /// Returns the memory of a decision tree's fit in bytes.
    fn fitting_bytes(&self, scale: &Scale, space: &Space, _threads: u64) -> u64 {
        // Each training row with its target counts three times: once in the data, and twice in the growing tree.
        let histogram = times([256, (scale.answers() + 2) * 8]);
        add([times([scale.training, 3 * 16]), histogram, times([nodes(scale, space), GROWING_NODE])])
    }

    fn leaves(&self, scale: &Scale, space: &Space) -> u64 {
        let deepest = 1_u64.checked_shl(most(space, "max_depth") as u32).unwrap_or(u64::MAX);
        (scale.training / least(space, "min_samples_leaf").max(1)).min(scale.different).min(deepest)
    }

    /// Returns the maximum number of class weights (shares of a class) that the leaves of the tree store, beyond one
    /// for each leaf.
    fn further_weights(&self, scale: &Scale, space: &Space) -> u64 {
        // A leaf stores one weight for each class that its rows have.
        if scale.classes <= 2 {
            return 0;
        }
        times([nodes(scale, space) / 2, scale.classes - 1]).min(scale.training)
    }
}

/// Hyperparameters of a single decision tree.
#[derive(Debug, Clone, Copy, PartialEq)]
struct TreeParameters {
    /// Maximum number of splits between root and leaf, at least 1.
    max_depth: usize,
    /// Minimum number of training rows that a node must have to be split.
    min_samples_split: usize,
    /// Minimum number of training rows on each side of a split, at least 1.
    min_samples_leaf: usize,
}

impl Hyperparameters for TreeParameters {
    fn fit(
        &self,
        training: &TrainingData<'_>,
        rows: FitRows<'_>,
        seed: u64,
        _deadline: Instant,
        _column: &dyn Fn(usize) -> String,
    ) -> Result<Fitted, FitError> {
        let Self { max_depth, min_samples_split, min_samples_leaf } = *self;
        let parameters =
            ForestParameters { n_estimators: 1, max_depth, min_samples_split, min_samples_leaf, max_features: 1.0 };
        let tree = single_tree(training, rows.fitted, parameters, seed);
        Ok(Fitted::of(Predictor::Trees(tree.ensemble), Link::Identity, tree.importances))
    }
}

#[cfg(test)]
mod tests {
    use evergreen_lifecycle::Family;
    use evergreen_scoring::Aggregate;

    use super::*;
    use crate::fit::{Binned, FrameFeatures, Truth};

    /// Scikit-learn's `DecisionTreeClassifier(max_depth=2)` splits these rows at 0.5, then at 0.25 and at 0.75.
    #[test]
    fn one_tree_on_all_rows_is_stored_as_an_ensemble_of_one() {
        let column: Vec<f32> = (0..80).map(|row| row as f32 / 80.0 + 1.0 / 160.0).collect();
        let numbers: Vec<f64> = column.iter().map(|x| f64::from((x * 4.0).floor() * 10.0)).collect();
        let features = FrameFeatures::of_columns(&[&column]);
        let binned = Binned::new(&features);
        let training =
            TrainingData { features: &features, binned: &binned, truth: Truth::Numbers(&numbers), weights: None };
        let rows: Vec<u32> = (0..80).collect();
        let choice = Choice::usual(Family::DecisionTree);
        let fitted =
            choice.hyperparameters().fit(&training, FitRows::all(&rows), 1, Instant::now(), &|n| n.to_string());
        let fitted = fitted.unwrap();
        assert_eq!((fitted.trees(), fitted.nodes(), fitted.importances.as_slice()), (Some(1), 7, &[1.0][..]));
        let Predictor::Trees(ensemble) = &fitted.predictor else { panic!("a tree is a tree") };
        assert_eq!(ensemble.aggregate, Aggregate::Average);
    }
}
