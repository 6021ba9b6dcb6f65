//! Pipelines for the tests.

#![allow(dead_code, clippy::unwrap_used)]

use evergreen_lifecycle::Signature;
use evergreen_scoring::{ArtifactMetadata, ClassWeight, Forest, Node, Pipeline, Scaler, Tree};
use proptest::prelude::*;

pub fn metadata() -> ArtifactMetadata {
    ArtifactMetadata { model: "iris".into() }
}

pub fn signature(columns: usize, classes: usize) -> Signature {
    let names = |prefix: &str, count| (0..count).map(|n| format!("{prefix} {n}")).collect();
    Signature::new(names("column", columns), names("label", classes)).unwrap()
}

pub fn split(column: u32, threshold: f32, left: u32, right: u32) -> Node {
    Node::Split { column, threshold, left, right }
}

pub fn leaf(weights: &[(u32, f32)]) -> Node {
    Node::Leaf(weights.iter().map(|&(class, weight)| ClassWeight { class, weight }).collect())
}

/// Two columns, two labels, four trees: a stump on each column, a tree of two splits, and a lone leaf.
pub fn small() -> Pipeline {
    let trees = vec![
        vec![split(0, 0.5, 1, 2), leaf(&[(0, 1.0)]), leaf(&[(1, 1.0)])],
        vec![split(1, -1.0, 1, 2), leaf(&[(1, 1.0)]), leaf(&[(0, 0.25), (1, 0.75)])],
        vec![split(0, 0.0, 1, 2), split(1, 1.0, 3, 4), leaf(&[(1, 1.0)]), leaf(&[(0, 1.0)]), leaf(&[(1, 1.0)])],
        vec![leaf(&[(0, 1.0)])],
    ];
    let forest = Forest { trees: trees.into_iter().map(|nodes| Tree { nodes }).collect() };
    let scaler = Scaler { offset: vec![10.0, -1.0], scale: vec![0.5, 2.0] };
    Pipeline::new(signature(2, 2), scaler, forest).unwrap()
}

/// A tree of any shape: leaves are split in turn, as told by `splits` (which leaf, column, threshold).
fn tree(splits: &[(prop::sample::Index, u32, f32)], classes: u32, votes: &[u32]) -> Tree {
    let mut nodes = vec![None];
    for (which, column, threshold) in splits {
        let leaves: Vec<_> = (0..nodes.len()).filter(|&n| nodes[n].is_none()).collect();
        let left = nodes.len() as u32;
        nodes[leaves[which.index(leaves.len())]] = Some(split(*column, *threshold, left, left + 1));
        nodes.extend([None, None]);
    }
    let mut votes = votes.iter().cycle();
    let vote = |class: u32| match class % (classes + 1) {
        shared if shared == classes => leaf(&[(0, 0.5), (classes - 1, 0.5)]),
        class => leaf(&[(class, 1.0)]),
    };
    Tree { nodes: nodes.into_iter().map(|node| node.unwrap_or_else(|| vote(*votes.next().unwrap()))).collect() }
}

/// Any small pipeline, of 3 columns and 2–4 classes, and 1–20 trees.
pub fn pipelines() -> impl Strategy<Value = Pipeline> {
    let split = (any::<prop::sample::Index>(), 0..3_u32, -2.0..2.0_f32);
    let shape = (prop::collection::vec(split, 0..12), prop::collection::vec(0..5_u32, 1..6));
    let scaler = (prop::array::uniform3(-3.0..3.0_f32), prop::array::uniform3(0.1..3.0_f32));
    (2..=4_u32, prop::collection::vec(shape, 1..20), scaler).prop_map(|(classes, shapes, (offset, scale))| {
        let trees = shapes.iter().map(|(splits, votes)| tree(splits, classes, votes)).collect();
        let scaler = Scaler { offset: offset.into(), scale: scale.into() };
        Pipeline::new(signature(3, classes as usize), scaler, Forest { trees }).unwrap()
    })
}
