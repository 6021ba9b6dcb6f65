use super::sample::SampledRow;
use super::tree::ForestTreeGrower;
use super::*;
use crate::fit::binned::Binned;
use crate::fit::features::FrameFeatures;
use evergreen_scoring::Node;

/// Summary of a tree node: the index of its feature and its threshold. For a leaf: `None` and its first weight.
type NodeSummary = (Option<u32>, f64);

/// Returns 200 rows of seven pseudorandom numbers. The tests of all model families use this generator.
fn rows() -> Vec<[f64; 7]> {
    let mut state = 42_u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f64 / f64::from(1 << 24)
    };
    (0..200).map(|_| std::array::from_fn(|_| next())).collect()
}

fn number(x: &[f64; 7]) -> f64 {
    let sine = (std::f64::consts::PI * x[0] * x[1]).sin();
    10.0 * sine + 20.0 * (x[2] - 0.5).powi(2) + 10.0 * x[3] + 5.0 * x[4] + 2.0 * (x[6] - 0.5)
}

/// Grows a tree of depth 2 on all rows and returns a summary of each node.
fn tree(truth: Truth<'_>, weights: Option<&[f32]>, min_samples_leaf: usize) -> Vec<NodeSummary> {
    // There is no bootstrap sample. All features are tried at each split.
    let rows = rows();
    let columns: Vec<Vec<f32>> = (0..6).map(|column| rows.iter().map(|row| row[column] as f32).collect()).collect();
    let features = FrameFeatures::of_columns(&columns.iter().map(Vec::as_slice).collect::<Vec<_>>());
    let binned = Binned::new(&features);
    let training = TrainingData { features: &features, binned: &binned, truth, weights };
    let sample = SamplePool::new(&training, &(0..200).collect::<Vec<_>>());
    let parameters =
        ForestParameters { n_estimators: 1, max_depth: 2, min_samples_split: 2, min_samples_leaf, max_features: 0.0 };
    let shape = Shape { parameters, tried: 6, max_nodes: 1000 };
    let entries: Vec<SampledRow> = sample.entries().to_vec();
    let (tree, _) = ForestTreeGrower::on(&binned, &sample, shape, entries, 1, 0).grow();
    let node = |node: &Node| match node {
        Node::Split { feature, threshold, .. } => (Some(*feature), f64::from(*threshold)),
        Node::Leaf(weights) => (None, weights.first().map_or(0.0, |weight| f64::from(weight.weight))),
    };
    tree.nodes.iter().map(node).collect()
}

fn same(found: &[NodeSummary], expected: &[NodeSummary]) {
    let close = |(a, b): (&NodeSummary, &NodeSummary)| a.0 == b.0 && (a.1 - b.1).abs() < 2e-5;
    assert!(found.len() == expected.len() && found.iter().zip(expected).all(close), "{found:?}");
}

/// The expected values come from `DecisionTreeRegressor(max_depth=2)` of scikit-learn 1.9.1: thresholds, and means of
/// the leaves.
#[test]
fn a_regression_tree_equals_that_of_scikit_learn() {
    let numbers: Vec<f64> = rows().iter().map(number).collect();
    let found = tree(Truth::Numbers(&numbers), None, 1);
    let expected = [
        (Some(3), 0.38366556),
        (Some(1), 0.20007956),
        (Some(0), 0.31766188),
        (None, 12.92070366),
        (None, 18.11182365),
        (None, 6.91221074),
        (None, 12.63140055),
    ];
    same(&found, &expected);
}

/// The expected values come from `DecisionTreeRegressor(max_depth=2, min_samples_leaf=20)` of scikit-learn 1.9.1. The
/// rows have the weights 1, 2, 3, 1, 2, 3, ….
#[test]
fn a_tree_with_weights_equals_that_of_scikit_learn() {
    let numbers: Vec<f64> = rows().iter().map(number).collect();
    let weights: Vec<f32> = (0..200).map(|row| (1 + row % 3) as f32).collect();
    let found = tree(Truth::Numbers(&numbers), Some(&weights), 20);
    let expected = [
        (Some(3), 0.38366556),
        (Some(1), 0.27865881),
        (Some(0), 0.31766188),
        (None, 12.87309573),
        (None, 18.13924233),
        (None, 7.71047252),
        (None, 12.74080545),
    ];
    same(&found, &expected);
}

/// The expected values come from `DecisionTreeClassifier(max_depth=2)` of scikit-learn 1.9.1.
#[test]
fn a_classification_tree_equals_that_of_scikit_learn() {
    // They are thresholds and, for each leaf, the share of the first class that has rows in the leaf.
    let class = |row: &[f64; 7]| u32::from(number(row) >= 12.0) + u32::from(number(row) >= 17.0);
    let classes: Vec<u32> = rows().iter().map(class).collect();
    let found = tree(Truth::Classes { classes: &classes, count: 3 }, None, 1);
    let expected = [
        (Some(3), 0.70440936),
        (Some(1), 0.19532841),
        (Some(0), 0.31912723),
        (None, 0.90909091),
        (None, 0.06122449),
        (None, 0.91666667),
        (None, 0.21551724),
    ];
    same(&found, &expected);
}

#[test]
fn a_forest_that_is_too_large_for_an_artifact_splits_its_fullest_nodes() {
    let rows = rows();
    let numbers: Vec<f64> = rows.iter().map(number).collect();
    let columns: Vec<Vec<f32>> = (0..6).map(|column| rows.iter().map(|row| row[column] as f32).collect()).collect();
    let features = FrameFeatures::of_columns(&columns.iter().map(Vec::as_slice).collect::<Vec<_>>());
    let binned = Binned::new(&features);
    let training =
        TrainingData { features: &features, binned: &binned, truth: Truth::Numbers(&numbers), weights: None };
    let sample = SamplePool::new(&training, &(0..200).collect::<Vec<_>>());
    let parameters = ForestParameters {
        n_estimators: 1,
        max_depth: 50,
        min_samples_split: 2,
        min_samples_leaf: 1,
        max_features: 0.0,
    };
    for max_nodes in [3, 21, 1000] {
        let shape = Shape { parameters, tried: 6, max_nodes };
        let (tree, _) = ForestTreeGrower::new(&binned, &sample, shape, 1, 0).grow();
        assert!(tree.nodes.len() <= max_nodes && tree.nodes.len() >= max_nodes.min(150), "{}", tree.nodes.len());
    }
}
