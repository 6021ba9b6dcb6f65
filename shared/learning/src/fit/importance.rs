//! Feature importances by mean decrease in impurity.
//!
//! Breiman, Friedman, Olshen, Stone: "Classification and Regression Trees", 1984, section 5.3.4; averaged over the forest
//! as scikit-learn's `RandomForestClassifier.feature_importances_`: each tree's importances are brought to sum 1, trees
//! without a split do not count.

use super::stored::{StoredForest, StoredTree};

/// One importance per column, see [`super::Fitted::importances`].
pub(super) fn mean_decrease_in_impurity(forest: &StoredForest, columns: usize) -> Vec<f64> {
    let mut total = vec![0.0; columns];
    for tree in &forest.trees {
        let decreases = normalised(decreases(tree, columns));
        total.iter_mut().zip(decreases).for_each(|(sum, decrease)| *sum += decrease);
    }
    normalised(total)
}

/// The decrease in impurity of all splits on a column, weighted by the training rows that reached them.
fn decreases(tree: &StoredTree, columns: usize) -> Vec<f64> {
    let weighted = |node: u32| {
        tree.nodes.get(node as usize).map_or(0.0, |node| node.n_node_samples as f64 * node.impurity.unwrap_or(0.0))
    };
    let mut decreases = vec![0.0; columns];
    for (index, node) in (0..).zip(&tree.nodes) {
        if let Some((left, right)) = node.children()
            && let Some(decrease) = decreases.get_mut(node.split_feature)
        {
            *decrease += weighted(index) - weighted(left) - weighted(right);
        }
    }
    decreases
}

fn normalised(values: Vec<f64>) -> Vec<f64> {
    let sum: f64 = values.iter().sum();
    if sum > 0.0 { values.into_iter().map(|value| value / sum).collect() } else { vec![0.0; values.len()] }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The forest of one tree that `DecisionTreeClassifier` of scikit-learn grows on column 1 and then column 0:
    /// 10 rows (5, 5) → 4 (4, 0) and 6 (1, 5) → 1 (1, 0) and 5 (0, 5); decreases 10·0.5 − 6·5/18 and 6·5/18.
    #[test]
    fn importances_are_the_weighted_decreases_of_impurity() {
        let stored = serde_json::json!({"classes": [0, 1], "trees": [{"nodes": [
            {"output": 0, "n_node_samples": 10, "split_feature": 1, "split_value": 0.5, "true_child": 1, "false_child": 2, "impurity": 0.5},
            {"output": 0, "n_node_samples": 4, "split_feature": 0, "split_value": null, "true_child": null, "false_child": null, "impurity": 0.0},
            {"output": 1, "n_node_samples": 6, "split_feature": 0, "split_value": 0.1, "true_child": 3, "false_child": 4, "impurity": 5.0 / 18.0},
            {"output": 0, "n_node_samples": 1, "split_feature": 0, "split_value": null, "true_child": null, "false_child": null, "impurity": 0.0},
            {"output": 1, "n_node_samples": 5, "split_feature": 0, "split_value": null, "true_child": null, "false_child": null, "impurity": 0.0}
        ]}]});
        let importances = mean_decrease_in_impurity(&serde_json::from_value(stored).unwrap(), 2);
        assert!((importances[0] - 1.0 / 3.0).abs() < 1e-12, "{importances:?}");
        assert!((importances[1] - 2.0 / 3.0).abs() < 1e-12, "{importances:?}");
    }

    #[test]
    fn a_forest_without_a_split_finds_nothing_important() {
        let root = serde_json::json!({"output": 0, "n_node_samples": 9, "split_feature": 0, "split_value": null,
            "true_child": null, "false_child": null, "impurity": 0.4});
        let stored = serde_json::json!({"classes": [0, 1], "trees": [{"nodes": [root]}]});
        assert_eq!(mean_decrease_in_impurity(&serde_json::from_value(stored).unwrap(), 2), [0.0, 0.0]);
    }
}
