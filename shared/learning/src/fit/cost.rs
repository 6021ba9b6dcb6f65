//! Computes the cost of a fitted predictor: its bytes in the artifact, and the time of a prediction. The cost is
//! counted and not measured, so that choices by cost do not depend on the machine.

use evergreen_scoring::{Node, Predictor, Tree};
use evergreen_table::EnsembleLimits;

use super::Fitted;

/// Bytes of one tree node in the artifact. A leaf's first weight is included.
const NODE: f64 = 32.0;
/// Bytes of each weight of a leaf in the artifact, beyond the leaf's first weight.
const WEIGHT: f64 = 9.0;
/// Bytes of one weight of a linear model in the artifact.
const TERM: f64 = 4.0;

/// Microseconds that one tree takes to predict one row. The number is on the slow side of the measured times.
const TREE: f64 = 0.03;
/// Microseconds that one product of a weight and a feature takes in a linear model. The number is on the slow side of
/// the measured times.
const PRODUCT: f64 = 0.001;

/// The cost of a predictor: its size and the time of a prediction.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Cost {
    /// Bytes of the predictor in the artifact file.
    pub(crate) bytes: f64,
    /// Microseconds to predict one row.
    pub(crate) microseconds: f64,
}

impl Cost {
    /// Returns whether the predictor's size and its prediction time per row are within the limits of the settings for
    /// an ensemble.
    pub(crate) fn is_within(self, limits: &EnsembleLimits) -> bool {
        self.bytes <= limits.megabytes * 1e6 && self.microseconds <= limits.microseconds
    }

    /// Returns the sum of both costs: bytes and microseconds are each added.
    pub(crate) fn and(self, other: Self) -> Self {
        Self { bytes: self.bytes + other.bytes, microseconds: self.microseconds + other.microseconds }
    }

    /// Returns the greater number of bytes and the greater number of microseconds of both costs.
    pub(crate) fn greater(self, other: Self) -> Self {
        Self { bytes: self.bytes.max(other.bytes), microseconds: self.microseconds.max(other.microseconds) }
    }

    /// Returns the cost multiplied by one factor for its bytes and one for its microseconds.
    pub(crate) fn times(self, bytes: f64, microseconds: f64) -> Self {
        Self { bytes: self.bytes * bytes, microseconds: self.microseconds * microseconds }
    }
}

impl Fitted {
    /// Returns the cost of the predictor: its bytes in the artifact, and the microseconds to predict one row.
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
