//! Computes the cost of a fitted model: its size in bytes and the time of a prediction.

// The cost is counted and not measured, so that choices by cost do not depend on the machine.

use evergreen_scoring::{Node, Predictor, Tree};
use evergreen_table::EnsembleLimits;

use super::Fitted;

/// Size of one tree node in the artifact file, in bytes. The first weight of a leaf is included.
const NODE: f64 = 32.0;
// The first weight is included in the size of the node.
/// Size of each weight of a tree's leaf in the artifact file, in bytes. The first weight of the leaf does not count.
const WEIGHT: f64 = 9.0;
/// Size of one weight of a linear model in the artifact, in bytes.
const TERM: f64 = 4.0;

// The number is on the slow side of the measured times.
/// Time in microseconds in which one tree predicts one row.
const TREE: f64 = 0.03;
// The number is on the slow side of the measured times.
/// Time in microseconds for multiplying one weight of a linear model by one feature.
const PRODUCT: f64 = 0.001;

/// The cost of a fitted model: its size in bytes, and the time of a prediction.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Cost {
    /// Size of the model in the artifact file, in bytes.
    pub(crate) bytes: f64,
    /// Time to predict one row, in microseconds.
    pub(crate) microseconds: f64,
}

impl Cost {
    /// Returns whether the model's size and prediction time are within the user's limits for an ensemble of models.
    pub(crate) fn is_within(self, limits: &EnsembleLimits) -> bool {
        self.bytes <= limits.megabytes * 1e6 && self.microseconds <= limits.microseconds
    }

    /// Returns the sum of the costs of two models: bytes and microseconds are each added.
    pub(crate) fn and(self, other: Self) -> Self {
        Self { bytes: self.bytes + other.bytes, microseconds: self.microseconds + other.microseconds }
    }

    /// Returns the maximum of two models' costs: the greater number of bytes and the greater number of microseconds.
    pub(crate) fn greater(self, other: Self) -> Self {
        Self { bytes: self.bytes.max(other.bytes), microseconds: self.microseconds.max(other.microseconds) }
    }

    /// Returns the cost with its bytes multiplied by `bytes` and its microseconds multiplied by `microseconds`.
    pub(crate) fn times(self, bytes: f64, microseconds: f64) -> Self {
        Self { bytes: self.bytes * bytes, microseconds: self.microseconds * microseconds }
    }
}

impl Fitted {
    /// Returns the model's size in bytes and its prediction time per row in microseconds.
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
        // Nothing that is trained here is a graph.
        Predictor::Graph(_) => Cost::default(),
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
