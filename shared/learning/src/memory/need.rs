//! Computes how many bytes of memory training or evaluating a model needs at the same time. Each data structure counts
//! with its rows, columns and bytes of a cell. The numbers mirror the code: change both together. `make bench-memory`
//! shows whether they agree. The numbers for fitting a model are in the file of its family, see [`families`].

use evergreen_scoring::MAX_NODES;

use evergreen_table::budget::with_overhead;

use super::scale::Scale;
use crate::families;
use crate::hyperparameters::{Space, dimensions};
use crate::search::{DEFAULT_CANDIDATES, MAX_KEPT_ANSWERS, MAX_KEPT_NODES};

/// Bytes of memory for one tree node during fitting. They include the node in the finished model and part of a leaf.
pub(crate) const GROWING_NODE: u64 = 64;
// Bytes of memory that one tree node takes while the model artifact is read back: file, lists of numbers, pipeline and
// model.
const NODE: u64 = 150;

// The first weight of a leaf does not count.
/// Bytes of memory for one class weight in a tree leaf, except the leaf's first, while the model artifact is read back.
const WEIGHT: u64 = 90;

/// Percentage of the training rows that occur at least once in a bootstrap sample (rows drawn with repetition).
pub(crate) const DRAWN: u64 = 64;

/// Maximum number of training rows on which the hyperparameter search compares candidates.
const SEARCHED: u64 = 30_000;

/// Bytes of memory that boosting uses for one bin (range of values) of a feature, to sum the gradients of its rows.
pub(crate) const SUMS: u64 = 24;

/// Returns the bytes of memory for evaluating a model on a table, including the table's values.
pub(crate) fn judging(scale: &Scale) -> u64 {
    with_overhead(proof(scale))
}

/// Returns the bytes of memory for training a model of the family in `space`, including the table's values.
pub(crate) fn learning(scale: &Scale, space: &Space, threads: u64) -> u64 {
    let held = add([scale.bytes, split(scale), prepared(scale)]);
    let binning = times([threads, scale.training, 4]).saturating_add(threads << 20);
    let fitting = families::of(space.family).fitting_bytes(scale, space, threads);
    let proving = add([proof(scale), target(scale), artifact(scale, space)]);
    with_overhead(add([held, binning.max(fitting).max(searching(scale, space))]).max(proving))
}

fn split(scale: &Scale) -> u64 {
    times([scale.rows, 4])
}

/// Returns the bytes of memory that the encoded training rows take as input of a model fit.
fn prepared(scale: &Scale) -> u64 {
    // `scale.features` already contains one more feature for each column with missing values.
    let holes = scale.features.saturating_sub(scale.learnt).min(scale.learnt);
    // A row has a target, a weight, an index, and a bin for each feature. A column with missing values counts as two
    // more features: missing values below all others, and above all others.
    add([target(scale), times([scale.training, 8]), times([scale.training, scale.features + 2 * holes])])
}

fn target(scale: &Scale) -> u64 {
    times([scale.training, scale.truth_bytes()])
}

/// Returns the bytes of memory for comparing hyperparameter candidates.
fn searching(scale: &Scale, space: &Space) -> u64 {
    // In each family, one candidate holds its predictions and the statistics computed from them. The other candidates
    // hold their predictions and the trees of one fold.
    let rows = scale.training.min(SEARCHED);
    let answers = times([rows, scale.answers()]).min(MAX_KEPT_ANSWERS as u64);
    let keeps_trees = families::of(space.family).searches_rounds();
    let trees = if keeps_trees { nodes(scale, space).min(MAX_KEPT_NODES as u64) } else { 0 };
    let kept = times([DEFAULT_CANDIDATES as u64, add([times([answers, 4]), times([trees, GROWING_NODE])])]);
    add([times([rows, 6, 8 + 4 * scale.answers()]), times([rows, scale.learnt, 4]), kept])
}

/// Returns the bytes of memory for evaluating a model.
fn proof(scale: &Scale) -> u64 {
    // The memory holds the hold-out rows (as columns and as rows), the predictions, and the intermediate values of the
    // metrics.
    let row = add([scale.row_bytes, 4 * scale.learnt, 2 * (8 + 4 * scale.answers()), 28]);
    let rows = scale.holdout().max(scale.training.min(50_000));
    add([scale.bytes, split(scale), times([rows, row])])
}

/// Returns the bytes of memory for the model file and for the models that are loaded from the file.
fn artifact(scale: &Scale, space: &Space) -> u64 {
    let weights = families::of(space.family).further_weights(scale, space);
    add([times([nodes(scale, space), NODE]), times([weights, WEIGHT])])
}

/// Returns the maximum number of tree nodes in a model, all trees together.
pub(crate) fn nodes(scale: &Scale, space: &Space) -> u64 {
    times([families::of(space.family).leaves(scale, space), 2]).min(MAX_NODES as u64)
}

/// Returns how many different training rows occur in a bootstrap sample (rows drawn with repetition).
pub(crate) fn drawn(scale: &Scale) -> u64 {
    scale.training * DRAWN / 100 + 1
}

/// Returns the largest value that the search may choose for the hyperparameter `name`.
pub(crate) fn most(space: &Space, name: &str) -> u64 {
    bound(space, name, |bounds| bounds.most)
}

/// Returns the smallest value that the search may choose for the hyperparameter `name`.
pub(crate) fn least(space: &Space, name: &str) -> u64 {
    bound(space, name, |bounds| bounds.least)
}

fn bound(space: &Space, name: &str, of: fn(&crate::hyperparameters::ValueRange) -> f64) -> u64 {
    let found = dimensions(space.family).iter().zip(&space.bounds).find(|(dimension, _)| dimension.limits.name == name);
    debug_assert!(found.is_some(), "{} has no hyperparameter {name}", space.family);
    found.map_or(1, |(_, bounds)| of(bounds) as u64)
}

/// Returns the sum of the numbers, or the largest `u64` if the sum is larger.
pub(crate) fn add<const N: usize>(parts: [u64; N]) -> u64 {
    parts.into_iter().fold(0, u64::saturating_add)
}

/// Returns the product of the numbers, or the largest `u64` if the product is larger.
pub(crate) fn times<const N: usize>(factors: [u64; N]) -> u64 {
    factors.into_iter().fold(1, u64::saturating_mul)
}
