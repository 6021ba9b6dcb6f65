//! Bytes that are held at once, stage by stage: what a table's structures take, each by its rows, columns and bytes of a
//! cell. They are those of the code; who changes the one changes the other, and `make bench-memory` shows whether they agree.

use evergreen_lifecycle::Family;
use evergreen_scoring::MAX_NODES;

use super::shape::Shape;
use crate::fit::MAX_LINEAR_CELLS;
use crate::hyperparameters::{Space, dimensions};
use crate::table::{MAX_DISTINCT, PIECE};

/// What an allocator takes beside what it is asked for, in hundredths, and a process beside its table.
const OVERHEAD: u64 = 112;
const PROCESS: u64 = 16 << 20;

/// Bytes of a node of a tree: in the pipeline with its share of a leaf, while trees grow; and at most, when the file has been
/// written and is read again (the file itself, its lists of numbers, the pipeline and the model of them).
const GROWING_NODE: u64 = 64;
const NODE: u64 = 150;

/// Bytes of a class's weight in a leaf beyond the first one, when the file has been written and is read again.
const WEIGHT: u64 = 90;

/// The part of the rows that a bootstrap draws, in hundredths.
const DRAWN: u64 = 64;

/// Rows that candidates are compared on.
const SEARCHED: u64 = 30_000;

/// Bytes of the sums of a bin.
const SUMS: u64 = 24;

/// Bytes of a place in a set of hashes, and how many places there are for each at most.
const PLACE: u64 = 9;
const PLACES: u64 = 3;

/// What is in the files of a table.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Raw {
    /// Bytes of CSV, decompressed, and of Parquet.
    pub(crate) bytes: u64,
    /// Bytes of compressed files, which are held until they are decompressed.
    pub(crate) compressed: u64,
    /// Bytes that a thread needs to decode Parquet.
    pub(crate) decoding: u64,
}

/// Bytes of opened files and of so many cells.
pub(crate) fn opened(raw: Raw, cells: u64) -> u64 {
    whole(add([raw.bytes, raw.compressed, times([cells, 4])]))
}

/// Bytes to read a table, to split it and to answer for all of it; whatever is learnt.
pub(crate) fn reading(shape: &Shape, raw: Raw, threads: u64) -> u64 {
    let opening = add([raw.bytes, raw.compressed]);
    let surveying = add([raw.bytes, survey(shape, raw, threads), times([threads, raw.decoding])]);
    let loading = add([raw.bytes, table(shape), pieces(shape, raw, threads), times([threads, raw.decoding])]);
    whole(opening.max(surveying).max(loading).max(splitting(shape)))
}

/// Bytes to judge a model on a table that was read.
pub(crate) fn judging(shape: &Shape) -> u64 {
    whole(proof(shape))
}

/// Bytes to learn by the family of `space` from a table that was read.
pub(crate) fn learning(shape: &Shape, space: &Space, threads: u64) -> u64 {
    let held = add([table(shape), split(shape), prepared(shape)]);
    let binning = times([threads, shape.training, 4]).saturating_add(threads << 20);
    let fitting = match space.family {
        Family::RandomForest => forest(shape, space, threads),
        Family::GradientBoosting => boosting(shape, space, threads),
        Family::Linear => linear(shape),
    };
    let proving = add([proof(shape), target(shape), artifact(shape, space)]);
    whole(add([held, binning.max(fitting).max(searching(shape))]).max(proving))
}

/// The values that are kept.
fn table(shape: &Shape) -> u64 {
    add([times([shape.rows, shape.row_bytes]), shape.text_bytes])
}

/// The hashes of different values, of the table and of the pieces that are read.
fn survey(shape: &Shape, raw: Raw, threads: u64) -> u64 {
    let of_piece = rows_of_piece(shape, raw).min(MAX_DISTINCT as u64).min(shape.remembered);
    let places = shape.remembered.saturating_add(times([threads, of_piece]));
    times([shape.columns, places, PLACE * PLACES])
}

/// The values of the pieces that are read at once; lists that grow have twice the room that they need.
fn pieces(shape: &Shape, raw: Raw, threads: u64) -> u64 {
    let rows = rows_of_piece(shape, raw).min(shape.rows);
    let texts = shape.text_bytes.min(times([shape.columns, rows, 200]));
    times([threads, add([times([rows, shape.row_bytes, 2]), texts])])
}

fn rows_of_piece(shape: &Shape, raw: Raw) -> u64 {
    let row = (raw.bytes / shape.rows.max(1)).max(1);
    (PIECE as u64 / row).max(1)
}

/// The hashes of rows, by which some are held out, the rows in their strata, and of numbers a sorted copy.
fn splitting(shape: &Shape) -> u64 {
    let sorted = if shape.classes == 0 { 8 } else { 0 };
    add([table(shape), times([shape.rows, 8 + 4 + 1 + sorted])])
}

fn split(shape: &Shape) -> u64 {
    times([shape.rows, 4])
}

/// The training rows as a fit takes them: truth, weight, index, and a bin for each feature.
fn prepared(shape: &Shape) -> u64 {
    add([target(shape), times([shape.training, 8]), times([shape.training, shape.features])])
}

fn target(shape: &Shape) -> u64 {
    times([shape.training, shape.truth_bytes()])
}

/// Rows with their truth once, and for each tree that is grown those that were drawn, twice.
fn forest(shape: &Shape, space: &Space, threads: u64) -> u64 {
    let trees = times([threads, times([shape.training, 2 * 16 * DRAWN / 100 + 1])]);
    let histograms = times([threads, 256, (shape.answers() + 2) * 8]);
    add([times([shape.training, 16]), trees, histograms, times([nodes(shape, space), GROWING_NODE])])
}

/// Bins once more, gradients twice, scores and probabilities of each output, and the sums of the leaves that may be split.
fn boosting(shape: &Shape, space: &Space, threads: u64) -> u64 {
    let (outputs, leaves) = (outputs(shape), most(space, "max_leaves"));
    let tiles = shape.features.next_multiple_of(8);
    let row = add([4 + 8 + 2 * 12, tiles, times([outputs, 8]), if outputs > 1 { 8 + 4 * outputs } else { 0 }]);
    let open = (leaves / 2 + 2).min(leaves).min(shape.training);
    let sums = times([open + 2, shape.bins, SUMS]);
    let pieces = times([threads, 2 * 16, 8 * 256 * SUMS]);
    add([times([shape.training, row]), sums, pieces, times([nodes(shape, space), GROWING_NODE])])
}

/// The matrix in double precision, its transpose, and what the library makes of both.
fn linear(shape: &Shape) -> u64 {
    let cells = times([shape.training, shape.features]).min(MAX_LINEAR_CELLS as u64);
    let answers = times([shape.training.min(cells), shape.answers(), 16]);
    add([times([cells, 3 * 8]), answers])
}

/// The answers of a trial in each family, and what is learnt of them.
fn searching(shape: &Shape) -> u64 {
    let rows = shape.training.min(SEARCHED);
    add([times([rows, 6, 8 + 4 * shape.answers()]), times([rows, shape.learnt, 4])])
}

/// The rows that are held out, as columns and as rows, and the answers to them with what figures are made of.
fn proof(shape: &Shape) -> u64 {
    let row = add([shape.row_bytes, 4 * shape.learnt, 2 * (8 + 4 * shape.answers()), 28]);
    let rows = shape.holdout().max(shape.training.min(50_000));
    add([table(shape), split(shape), times([rows, row])])
}

/// The file and the models that are read of it.
fn artifact(shape: &Shape, space: &Space) -> u64 {
    let nodes = nodes(shape, space);
    let weights = if space.family == Family::RandomForest && shape.classes > 2 {
        let trees = most(space, "n_estimators");
        times([nodes / 2, shape.classes - 1]).min(times([trees, drawn(shape)]))
    } else {
        0
    };
    add([times([nodes, NODE]), times([weights, WEIGHT])])
}

/// Nodes of all trees, at most.
fn nodes(shape: &Shape, space: &Space) -> u64 {
    let leaves = match space.family {
        Family::Linear => return 0,
        Family::RandomForest => {
            let deepest = 1_u64.checked_shl(most(space, "max_depth") as u32).unwrap_or(u64::MAX);
            let least = least(space, "min_samples_leaf").max(1);
            times([most(space, "n_estimators"), (drawn(shape) / least).min(shape.different).min(deepest)])
        }
        Family::GradientBoosting => {
            times([most(space, "n_estimators"), outputs(shape), most(space, "max_leaves").min(shape.different)])
        }
    };
    times([leaves, 2]).min(MAX_NODES as u64)
}

fn drawn(shape: &Shape) -> u64 {
    shape.training * DRAWN / 100 + 1
}

/// Scores that boosting gives a row.
fn outputs(shape: &Shape) -> u64 {
    if shape.classes > 2 { shape.classes } else { 1 }
}

/// The greatest value of a hyperparameter that is drawn.
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

/// With what allocator and process take.
fn whole(bytes: u64) -> u64 {
    (bytes / 100).saturating_mul(OVERHEAD).saturating_add(PROCESS)
}

fn add<const N: usize>(parts: [u64; N]) -> u64 {
    parts.into_iter().fold(0, u64::saturating_add)
}

fn times<const N: usize>(factors: [u64; N]) -> u64 {
    factors.into_iter().fold(1, u64::saturating_mul)
}
