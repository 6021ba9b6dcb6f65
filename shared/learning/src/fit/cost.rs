//! What a fitted predictor adds to an artifact, counted and not measured: what is chosen by it must not hang on the machine.

use evergreen_scoring::{Node, Predictor, Tree};
use evergreen_table::EnsembleLimits;

use super::Fitted;

/// Bytes of a node in the file, of each weight of a leaf beyond the first, and of a weight of a sum.
const NODE: f64 = 32.0;
const WEIGHT: f64 = 9.0;
const TERM: f64 = 4.0;

/// Microseconds that a tree takes for a row, and a term of a sum; on the slow side of what was measured.
const TREE: f64 = 0.03;
const PRODUCT: f64 = 0.001;

/// What a predictor adds.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Cost {
    /// To the file.
    pub(crate) bytes: f64,
    /// To the time that a row takes.
    pub(crate) microseconds: f64,
}

impl Cost {
    /// Whether a mean may take so much.
    pub(crate) fn is_within(self, limits: &EnsembleLimits) -> bool {
        self.bytes <= limits.megabytes * 1e6 && self.microseconds <= limits.microseconds
    }

    /// Both together.
    pub(crate) fn and(self, other: Self) -> Self {
        Self { bytes: self.bytes + other.bytes, microseconds: self.microseconds + other.microseconds }
    }

    /// The greater of each.
    pub(crate) fn greater(self, other: Self) -> Self {
        Self { bytes: self.bytes.max(other.bytes), microseconds: self.microseconds.max(other.microseconds) }
    }

    /// So many times the bytes, and so many times the time.
    pub(crate) fn times(self, bytes: f64, microseconds: f64) -> Self {
        Self { bytes: self.bytes * bytes, microseconds: self.microseconds * microseconds }
    }
}

impl Fitted {
    /// What it adds.
    pub(crate) fn cost(&self) -> Cost {
        of(&self.predictor)
    }
}

fn of(predictor: &Predictor) -> Cost {
    match predictor {
        Predictor::Trees(ensemble) => {
            Cost { bytes: ensemble.trees.iter().map(bytes).sum(), microseconds: ensemble.trees.len() as f64 * TREE }
        }
        Predictor::Linear(linear) => {
            let terms = linear.weights.len() as f64;
            Cost { bytes: terms * TERM, microseconds: terms * PRODUCT }
        }
        Predictor::Blend(members) => {
            members.iter().map(|member| of(&member.predictor)).fold(Cost::default(), Cost::and)
        }
    }
}

fn bytes(tree: &Tree) -> f64 {
    let of = |node: &Node| match node {
        Node::Split { .. } => NODE,
        Node::Leaf(weights) => NODE + WEIGHT * weights.len().saturating_sub(1) as f64,
    };
    tree.nodes.iter().map(of).sum()
}
