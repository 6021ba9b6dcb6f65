//! The learning library, behind the little that is asked of it.

use smartcore::ensemble::random_forest_classifier::{RandomForestClassifier, RandomForestClassifierParameters};
use smartcore::error::Failed;
use smartcore::linalg::basic::matrix::DenseMatrix;

use super::stored::StoredForest;
use crate::hyperparameters::Hyperparameters;

/// Values are scaled in `f32` and given to the library as the `f64` of the same value: between two of them it then finds a
/// midpoint that it need not round, which a threshold in `f32` can stand in for exactly.
type Classifier = RandomForestClassifier<f64, u32, DenseMatrix<f64>, Vec<u32>>;

/// A forest as the library fitted it.
#[derive(Debug)]
pub(super) struct Library {
    classifier: Classifier,
    columns: Vec<usize>,
    width: usize,
}

impl Library {
    /// Fits on `features`, rows of `width` (at least 1) values, with a class for each row.
    pub(super) fn fit(
        features: &[f32],
        width: usize,
        classes: &[usize],
        hyperparameters: &Hyperparameters,
        seed: u64,
    ) -> Result<Self, Failed> {
        let columns = varying_columns(features, width);
        let classes: Vec<u32> = classes.iter().map(|class| *class as u32).collect();
        let parameters = RandomForestClassifierParameters::default()
            .with_n_trees(hyperparameters.n_estimators())
            // The library counts the levels of nodes, scikit-learn (whose name this has) the splits on the way to a leaf.
            .with_max_depth(hyperparameters.max_depth() + 1)
            .with_min_samples_split(hyperparameters.min_samples_split().into())
            .with_min_samples_leaf(hyperparameters.min_samples_leaf().into())
            .with_seed(seed);
        let classifier = Classifier::fit(&matrix(features, width, &columns)?, &classes, parameters)?;
        Ok(Self { classifier, columns, width })
    }

    /// Its trees, with the columns' own indices.
    pub(super) fn stored(&self) -> Result<StoredForest, serde_json::Error> {
        let mut stored: StoredForest = serde_json::from_slice(&serde_json::to_vec(&self.classifier)?)?;
        for node in stored.trees.iter_mut().flat_map(|tree| &mut tree.nodes) {
            // An index that is not known stays, and is found out by the check of the pipeline or of its predictions.
            node.split_feature = self.columns.get(node.split_feature).copied().unwrap_or(node.split_feature);
        }
        Ok(stored)
    }

    /// The classes that the library itself predicts.
    pub(super) fn predict(&self, features: &[f32]) -> Result<Vec<usize>, Failed> {
        let classes = self.classifier.predict(&matrix(features, self.width, &self.columns)?)?;
        Ok(classes.into_iter().map(|class| class as usize).collect())
    }
}

/// The columns of more than one value, or all of them when there is none.
///
/// At each node the library tries a few columns and makes a leaf if none of these can be split, where scikit-learn goes on
/// to the others; columns that never can be would turn whole trees into leaves.
fn varying_columns(features: &[f32], width: usize) -> Vec<usize> {
    let varies = |column: &usize| {
        let mut values = features.iter().skip(*column).step_by(width);
        let first = values.next();
        values.any(|value| Some(value) != first)
    };
    let columns: Vec<usize> = (0..width).filter(varies).collect();
    if columns.is_empty() { (0..width).collect() } else { columns }
}

fn matrix(features: &[f32], width: usize, columns: &[usize]) -> Result<DenseMatrix<f64>, Failed> {
    let rows = features.chunks_exact(width);
    let count = rows.len();
    let values = rows.flat_map(|row| columns.iter().filter_map(|column| row.get(*column).copied().map(f64::from)));
    DenseMatrix::new(count, columns.len(), values.collect(), false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_of_one_value_are_not_tried() {
        assert_eq!(varying_columns(&[1.0, 2.0, 3.0, 1.0, 5.0, 3.0], 3), [1]);
        assert_eq!(varying_columns(&[1.0, 2.0, 1.0, 2.0], 2), [0, 1]);
    }
}
