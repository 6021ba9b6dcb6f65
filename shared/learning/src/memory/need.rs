//! Bytes that learning or evaluation holds at the same time. Each structure counts by its rows, columns and bytes of a
//! cell. The numbers mirror the code: change both together. `make bench-memory` shows whether they agree.

use evergreen_lifecycle::Family;
use evergreen_scoring::MAX_NODES;

use evergreen_table::budget::with_overhead;

use super::scale::Scale;
use crate::fit::MAX_LINEAR_CELLS;
use crate::hyperparameters::{Space, dimensions};
use crate::search::{DEFAULT_CANDIDATES, MAX_KEPT_ANSWERS, MAX_KEPT_NODES};

/// Bytes of a tree node. The first is for growing trees: the node in the pipeline and its share of a leaf. The second
/// is the maximum when the artifact is read back: the file, its lists of numbers, the pipeline and the model.
const GROWING_NODE: u64 = 64;
const NODE: u64 = 150;

/// Bytes of each further class weight in a leaf, while the artifact is read back.
const WEIGHT: u64 = 90;

/// The percentage of rows that a bootstrap draws.
const DRAWN: u64 = 64;

/// Maximum number of rows that candidates are compared on.
const SEARCHED: u64 = 30_000;

/// Bytes of the sums of a bin.
const SUMS: u64 = 24;

/// Returns the bytes to evaluate a model on a table that has been read.
pub(crate) fn judging(scale: &Scale) -> u64 {
    with_overhead(proof(scale))
}

/// Returns the bytes to learn by the family of `space` from a table that has been read.
pub(crate) fn learning(scale: &Scale, space: &Space, threads: u64) -> u64 {
    let held = add([scale.bytes, split(scale), prepared(scale)]);
    let binning = times([threads, scale.training, 4]).saturating_add(threads << 20);
    let fitting = match space.family {
        Family::RandomForest => forest(scale, space, threads),
        Family::GradientBoosting => boosting(scale, space, threads),
        Family::Linear => linear(scale),
    };
    let proving = add([proof(scale), target(scale), artifact(scale, space)]);
    with_overhead(add([held, binning.max(fitting).max(searching(scale, space))]).max(proving))
}

fn split(scale: &Scale) -> u64 {
    times([scale.rows, 4])
}

/// The training rows in the form that a fit takes: truth, weight, index, and a bin for each feature.
/// A column with missing values has two more features in bins, with these values at either end.
fn prepared(scale: &Scale) -> u64 {
    // A column with missing values has one feature more.
    let holes = scale.features.saturating_sub(scale.learnt).min(scale.learnt);
    add([target(scale), times([scale.training, 8]), times([scale.training, scale.features + 2 * holes])])
}

fn target(scale: &Scale) -> u64 {
    times([scale.training, scale.truth_bytes()])
}

/// The rows with their truth once, and the drawn rows of each growing tree twice.
fn forest(scale: &Scale, space: &Space, threads: u64) -> u64 {
    let trees = times([threads, times([scale.training, 2 * 16 * DRAWN / 100 + 1])]);
    let histograms = times([threads, 256, (scale.answers() + 2) * 8]);
    add([times([scale.training, 16]), trees, histograms, times([nodes(scale, space), GROWING_NODE])])
}

/// The bins a second time, the gradients twice, scores and probabilities of each output, and the sums of the leaves
/// that may be split.
fn boosting(scale: &Scale, space: &Space, threads: u64) -> u64 {
    let (outputs, leaves) = (outputs(scale), most(space, "max_leaves"));
    let tiles = scale.features.next_multiple_of(8);
    let row = add([4 + 8 + 2 * 12, tiles, times([outputs, 8]), if outputs > 1 { 8 + 4 * outputs } else { 0 }]);
    let open = (leaves / 2 + 2).min(leaves).min(scale.training);
    let sums = times([open + 2, scale.bins, SUMS]);
    let pieces = times([threads, 2 * 16, 8 * 256 * SUMS]);
    add([times([scale.training, row]), sums, pieces, times([nodes(scale, space), GROWING_NODE])])
}

/// The matrix in double precision, its transpose, and the copies that the library makes.
fn linear(scale: &Scale) -> u64 {
    let cells = times([scale.training, scale.features]).min(MAX_LINEAR_CELLS as u64);
    let answers = times([scale.training.min(cells), scale.answers(), 16]);
    add([times([cells, 3 * 8]), answers])
}

/// The answers of a trial in each family and what is learnt from them. Other trials keep their answers and the trees of
/// a fold.
fn searching(scale: &Scale, space: &Space) -> u64 {
    let rows = scale.training.min(SEARCHED);
    let answers = times([rows, scale.answers()]).min(MAX_KEPT_ANSWERS as u64);
    let trees =
        if space.family == Family::GradientBoosting { nodes(scale, space).min(MAX_KEPT_NODES as u64) } else { 0 };
    let kept = times([DEFAULT_CANDIDATES as u64, add([times([answers, 4]), times([trees, GROWING_NODE])])]);
    add([times([rows, 6, 8 + 4 * scale.answers()]), times([rows, scale.learnt, 4]), kept])
}

/// The hold-out rows as columns and as rows, and the answers to them with the figures' intermediate values.
fn proof(scale: &Scale) -> u64 {
    let row = add([scale.row_bytes, 4 * scale.learnt, 2 * (8 + 4 * scale.answers()), 28]);
    let rows = scale.holdout().max(scale.training.min(50_000));
    add([scale.bytes, split(scale), times([rows, row])])
}

/// The artifact and the models that are read from it.
fn artifact(scale: &Scale, space: &Space) -> u64 {
    let nodes = nodes(scale, space);
    let weights = if space.family == Family::RandomForest && scale.classes > 2 {
        let trees = most(space, "n_estimators");
        times([nodes / 2, scale.classes - 1]).min(times([trees, drawn(scale)]))
    } else {
        0
    };
    add([times([nodes, NODE]), times([weights, WEIGHT])])
}

/// Maximum number of nodes of all trees.
fn nodes(scale: &Scale, space: &Space) -> u64 {
    let leaves = match space.family {
        Family::Linear => return 0,
        Family::RandomForest => {
            let deepest = 1_u64.checked_shl(most(space, "max_depth") as u32).unwrap_or(u64::MAX);
            let least = least(space, "min_samples_leaf").max(1);
            times([most(space, "n_estimators"), (drawn(scale) / least).min(scale.different).min(deepest)])
        }
        Family::GradientBoosting => {
            times([most(space, "n_estimators"), outputs(scale), most(space, "max_leaves").min(scale.different)])
        }
    };
    times([leaves, 2]).min(MAX_NODES as u64)
}

fn drawn(scale: &Scale) -> u64 {
    scale.training * DRAWN / 100 + 1
}

/// Number of scores that boosting computes for a row.
fn outputs(scale: &Scale) -> u64 {
    if scale.classes > 2 { scale.classes } else { 1 }
}

/// Returns the upper end of a hyperparameter's range.
fn most(space: &Space, name: &str) -> u64 {
    bound(space, name, |bounds| bounds.most)
}

fn least(space: &Space, name: &str) -> u64 {
    bound(space, name, |bounds| bounds.least)
}

fn bound(space: &Space, name: &str, of: fn(&crate::hyperparameters::Bounds) -> f64) -> u64 {
    let found = dimensions(space.family).iter().zip(&space.bounds).find(|(dimension, _)| dimension.name == name);
    found.map_or(1, |(_, bounds)| of(bounds) as u64)
}

fn add<const N: usize>(parts: [u64; N]) -> u64 {
    parts.into_iter().fold(0, u64::saturating_add)
}

fn times<const N: usize>(factors: [u64; N]) -> u64 {
    factors.into_iter().fold(1, u64::saturating_mul)
}
