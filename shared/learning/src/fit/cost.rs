//! Computes what a fitted predictor adds to an artifact. The cost is counted and not measured, so that choices by cost
//! do not depend on the machine.

use evergreen_scoring::{Node, Predictor, Tree};
use evergreen_table::EnsembleLimits;

use super::Fitted;

/// Bytes in the file of a node, of each weight of a leaf beyond the first, and of a weight of a linear model.
const NODE: f64 = 32.0;
const WEIGHT: f64 = 9.0;
const TERM: f64 = 4.0;

/// Microseconds per row of a tree, and of one product of a linear model. Both are on the slow side of the measured
/// times.
const TREE: f64 = 0.03;
const PRODUCT: f64 = 0.001;

/// The cost of a predictor.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Cost {
    /// Bytes of the file.
    pub(crate) bytes: f64,
    /// Microseconds to predict one row.
    pub(crate) microseconds: f64,
}

impl Cost {
    /// Checks whether the cost is within the limits of an ensemble.
    pub(crate) fn is_within(self, limits: &EnsembleLimits) -> bool {
        self.bytes <= limits.megabytes * 1e6 && self.microseconds <= limits.microseconds
    }

    /// Returns the sum of both costs.
    pub(crate) fn and(self, other: Self) -> Self {
        Self { bytes: self.bytes + other.bytes, microseconds: self.microseconds + other.microseconds }
    }

    /// Returns the maximum of each part.
    pub(crate) fn greater(self, other: Self) -> Self {
        Self { bytes: self.bytes.max(other.bytes), microseconds: self.microseconds.max(other.microseconds) }
    }

    /// Multiplies both parts by the given factors.
    pub(crate) fn times(self, bytes: f64, microseconds: f64) -> Self {
        Self { bytes: self.bytes * bytes, microseconds: self.microseconds * microseconds }
    }
}

impl Fitted {
    /// Returns the cost of the predictor.
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
