//! Sends rows through compiled decision trees and adds up the weights of the leaves that the rows reach.

use super::key::{LOWEST, key};
use super::leaves::AddLeaf;
use super::nodes::{PackedNode, Trees};
use super::{LANES, MANY};

// A larger number needs fewer checks, a smaller one fewer useless steps.
/// Number of steps through a decision tree between two checks whether all walks have reached a leaf.
const STEPS: u32 = 4;

/// Sends one row through all decision trees and writes the summed leaf weights into `sums`, one sum for each output.
#[expect(clippy::indexing_slicing, reason = "positions and features come from checked trees, and this is the hot path")]
pub(super) fn row<F: PackedNode, const N: usize>(
    trees: &Trees<F>,
    leaves: &impl AddLeaf<N>,
    features: &[f32],
    sums: &mut [f32],
) {
    let slots = F::slots(features.len());
    // The array is on the stack because allocating a vector would take as long as walking through a few trees.
    let (mut few, mut many) = ([LOWEST; MANY], Vec::new());
    let keys = match few.get_mut(..slots) {
        Some(keys) => keys,
        None => {
            many.resize(slots, LOWEST);
            &mut many
        }
    };
    keys.iter_mut().zip(features).for_each(|(slot, feature)| *slot = key(*feature));
    let Some(keys) = F::keys(keys) else { return };
    let mut all = [0.0; N];
    for group in &trees.groups {
        for position in walk(&trees.nodes, group.roots, group.depth, |node, _| keys[node.feature()]) {
            leaves.add(trees.nodes[position as usize].threshold(), &mut all);
        }
    }
    sums.iter_mut().zip(all).for_each(|(to, sum)| *to = sum);
}

/// Sends many rows through all decision trees and writes the summed leaf weights into `sums`, row by row. The number of
/// rows must be a multiple of [`LANES`].
#[expect(clippy::indexing_slicing, reason = "positions and features come from checked trees, and this is the hot path")]
pub(super) fn batch<F: PackedNode, const N: usize>(
    trees: &Trees<F>,
    leaves: &impl AddLeaf<N>,
    (features, width): (&[f32], usize),
    (sums, outputs): (&mut [f32], usize),
) {
    let slots = F::slots(width);
    let keys = keys(features, width, slots);
    let mut all = vec![[[0.0; N]; LANES]; keys.len() / slots];
    for (&root, &depth) in trees.roots.iter().zip(&trees.depths) {
        for (keys, sums) in keys.chunks_exact(slots).zip(&mut all) {
            let Some(keys) = F::keys(keys) else { return };
            let at = walk(&trees.nodes, [root; LANES], depth, |node, lane| keys[node.feature()][lane]);
            for (position, sums) in at.into_iter().zip(sums) {
                leaves.add(trees.nodes[position as usize].threshold(), sums);
            }
        }
    }
    for (to, from) in sums.chunks_exact_mut(outputs).zip(all.as_flattened()) {
        to.iter_mut().zip(from).for_each(|(to, sum)| *to = *sum);
    }
}

/// Counts, for each leaf of the decision trees, the rows that reach it. `counts` has one number for each node, in the
/// order of the nodes.
#[expect(clippy::indexing_slicing, reason = "positions and features come from checked trees, and this is the hot path")]
pub(super) fn count<F: PackedNode>(trees: &Trees<F>, (features, width): (&[f32], usize), counts: &mut [u32]) {
    let (slots, rows) = (F::slots(width), features.len() / width);
    // The last group is filled up with rows that are not counted.
    let mut whole = features.to_vec();
    whole.resize(rows.next_multiple_of(LANES) * width, 0.0);
    let keys = keys(&whole, width, slots);
    for (&root, &depth) in trees.roots.iter().zip(&trees.depths) {
        for (group, keys) in keys.chunks_exact(slots).enumerate() {
            let Some(keys) = F::keys(keys) else { return };
            let at = walk(&trees.nodes, [root; LANES], depth, |node, lane| keys[node.feature()][lane]);
            at.into_iter().take(rows - group * LANES).for_each(|position| counts[position as usize] += 1);
        }
    }
}

/// Converts the features of rows to integers for the decision trees, in groups of [`LANES`] rows.
#[expect(clippy::indexing_slicing, reason = "a group has as many rows as lanes, and this runs for every feature")]
fn keys(features: &[f32], width: usize, slots: usize) -> Vec<[u32; LANES]> {
    // Each group has `slots` arrays. Each array contains the keys of one feature for all rows of the group.
    let together = features.chunks_exact(width * LANES);
    let mut keys = vec![[LOWEST; LANES]; together.len() * slots];
    for (keys, rows) in keys.chunks_exact_mut(slots).zip(together) {
        for (lane, row) in rows.chunks_exact(width).enumerate() {
            keys.iter_mut().zip(row).for_each(|(keys, feature)| keys[lane] = key(*feature));
        }
    }
    keys
}

// Inlined so that positions stay in registers.
/// Walks down decision trees on `LANES` paths at the same time, and returns the positions of the leaves. `key` returns
/// the row's integer key for a node's feature.
#[inline(always)]
#[expect(clippy::indexing_slicing, reason = "positions come from checked trees, and this is the hot path")]
fn walk<F: PackedNode>(nodes: &[F], roots: [u32; LANES], depth: u32, key: impl Fn(F, usize) -> u32) -> [u32; LANES] {
    let step = |at: &mut [u32; LANES]| {
        for (lane, position) in at.iter_mut().enumerate() {
            let node = nodes[*position as usize];
            *position = node.left() + u32::from(key(node, lane) > node.threshold());
        }
    };
    // The leaves are at most `depth` steps away.
    let mut at = roots;
    for _ in 0..depth.div_ceil(STEPS) {
        for _ in 1..STEPS {
            step(&mut at);
        }
        let before = at;
        step(&mut at);
        if at == before {
            break;
        }
    }
    at
}
