use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::*;
use crate::pipeline::{Node, Tree, Weight};

/// Generates random thresholds and feature values. Many values equal a threshold.
fn number() -> impl Strategy<Value = f32> {
    prop_oneof![
        select(vec![-0.0, 0.0, 1.0, 1.0_f32.next_up(), f32::MIN_POSITIVE, -1e-45, f32::MAX, f32::MIN]),
        -2.0..2.0_f32
    ]
}

fn value() -> impl Strategy<Value = f32> {
    prop_oneof![4 => number(), 1 => select(vec![f32::NAN, -f32::NAN, f32::INFINITY, f32::NEG_INFINITY])]
}

type Split = (Index, f32);

/// Generates the shape of a random decision tree: which leaf to split in each step. If the flag is true, the tree is a
/// chain.
fn shape() -> impl Strategy<Value = (Vec<(Index, Split)>, bool)> {
    let splits = |most| prop::collection::vec((any::<Index>(), (any::<Index>(), number())), 0..most);
    prop_oneof![
        3 => splits(12).prop_map(|splits| (splits, false)),
        1 => splits(70).prop_map(|splits| (splits, true)),
        1 => Just((Vec::new(), false)),
    ]
}

fn tree(
    (splits, is_chain): &(Vec<(Index, Split)>, bool),
    features: usize,
    mut leaf: impl FnMut() -> Vec<Weight>,
) -> Tree {
    let mut nodes = vec![Node::Leaf(leaf())];
    for (which, (feature, threshold)) in splits {
        let leaves: Vec<_> = (0..nodes.len()).filter(|&n| matches!(nodes[n], Node::Leaf(_))).collect();
        let at = leaves[if *is_chain { leaves.len() - 1 } else { which.index(leaves.len()) }];
        let left = nodes.len() as u32;
        let feature = feature.index(features) as u32;
        nodes[at] = Node::Split { feature, threshold: *threshold, left, right: left + 1 };
        nodes.extend([Node::Leaf(leaf()), Node::Leaf(leaf())]);
    }
    Tree { nodes }
}

/// Returns random weights for a tree leaf: none, one, or one for each output.
fn leaf(outputs: usize, random: &[(u8, f32)], next: &mut usize) -> Vec<Weight> {
    *next += 1;
    let (kind, weight) = random[*next % random.len()];
    let entry = |output: usize| Weight { output: output as u32, weight: weight * (output as f32 - 1.5) };
    match kind % 4 {
        0 => Vec::new(),
        1 => (0..outputs).map(entry).collect(),
        _ => vec![entry(usize::from(kind) % outputs)],
    }
}

/// Generates a random ensemble of decision trees, its number of features, and rows.
fn ensembles() -> impl Strategy<Value = (Ensemble, usize, Vec<f32>)> {
    let features = prop_oneof![1..40_usize, select(vec![FEW - 1, FEW, MANY - 1, MANY, MANY + 40])];
    let shapes = prop::collection::vec(shape(), 1..2 * LANES + 2);
    let random = prop::collection::vec((any::<u8>(), number()), 37);
    let rows = prop::collection::vec(value(), 24 * 37);
    let outputs = prop_oneof![8 => 1..8_usize, 1 => select(vec![Lists::SOME, Lists::SOME + 1, Lists::ALL])];
    (features, outputs, shapes, random, any::<bool>(), 1..24_usize, rows).prop_map(
        |(features, outputs, shapes, random, is_mean, count, values)| {
            let mut next = 0;
            let trees =
                shapes.iter().map(|shape| tree(shape, features, || leaf(outputs, &random, &mut next))).collect();
            let aggregate = if is_mean { Aggregate::Average } else { Aggregate::Sum };
            let base = (0..outputs).map(|output| output as f32 - 0.75).collect();
            let rows = values.into_iter().cycle().take(count * features).collect();
            (Ensemble { trees, aggregate, base }, features, rows)
        },
    )
}

/// Simple reference implementation: walks through the trees node by node and returns the bits of each output (`f32`).
fn walked(ensemble: &Ensemble, row: &[f32]) -> Vec<u32> {
    let mut sums = vec![0.0_f32; ensemble.base.len()];
    for tree in &ensemble.trees {
        let mut at = 0;
        let weights = loop {
            match &tree.nodes[at as usize] {
                &Node::Split { feature, threshold, left, right } => {
                    // NaN goes left.
                    at = if row[feature as usize] > threshold { right } else { left };
                }
                Node::Leaf(weights) => break weights,
            }
        };
        weights.iter().for_each(|entry| sums[entry.output as usize] += entry.weight);
    }
    let divisor = if ensemble.aggregate == Aggregate::Average { ensemble.trees.len() as f32 } else { 1.0 };
    sums.iter().zip(&ensemble.base).map(|(sum, base)| (sum / divisor + base).to_bits()).collect()
}

proptest! {
    #[test]
    fn a_compiled_ensemble_answers_exactly_as_its_trees((ensemble, features, rows) in ensembles()) {
        let flat = FlatEnsemble::compile(&ensemble, features);
        let expected: Vec<u32> = rows.chunks(features).flat_map(|row| walked(&ensemble, row)).collect();
        let outputs = |rows: &[f32]| {
            let mut outputs = vec![7.0; rows.len() / features * ensemble.base.len()];
            flat.outputs(rows, &mut outputs);
            outputs.into_iter().map(f32::to_bits).collect::<Vec<_>>()
        };
        let single: Vec<u32> = rows.chunks(features).flat_map(outputs).collect();
        prop_assert_eq!(&single, &expected);
        prop_assert_eq!(&outputs(&rows), &expected);
    }
}

#[test]
fn more_different_leaves_than_are_remembered_are_all_kept() {
    let leaves = 6_000_u32;
    let weights = |n: u32| Node::Leaf(vec![Weight { output: n % 2, weight: n as f32 }]);
    // A chain: the value n leads to leaf n.
    let mut nodes: Vec<Node> = Vec::new();
    for n in 0..leaves {
        let (at, threshold) = (nodes.len() as u32, n as f32);
        nodes.extend([Node::Split { feature: 0, threshold, left: at + 1, right: at + 2 }, weights(n)]);
    }
    nodes.push(weights(leaves));
    let ensemble = Ensemble { trees: vec![Tree { nodes }], aggregate: Aggregate::Sum, base: vec![0.0; 2] };
    let flat = FlatEnsemble::compile(&ensemble, 1);
    for n in [0, 1, 4_095, 4_096, 5_999, 6_000] {
        let mut outputs = [0.0; 2];
        flat.outputs(&[n as f32], &mut outputs);
        assert_eq!(outputs[n as usize % 2], n as f32);
    }
}
