//! Computes the contributions of features to the output of trees: exact TreeSHAP, path-dependent.
//!
//! A leaf with the value v is reached by the row on the way of each feature i (`o` is 1) or not (`o` is 0). The part `p` of
//! the training rows goes that way. If only the features of a set S are known, the leaf counts v times the product of `o` over
//! S and of `p` over the others. The Shapley value of feature i in this game is an integral over t from 0 to 1:
//!
//! > v (oᵢ − pᵢ) ∫ ∏ (pⱼ (1 − t) + oⱼ t) dt, where the product runs over the other features of the path.
//!
//! The product is a polynomial, so a quadrature with half as many points as features is exact. One walk carries the product at
//! each point down, and the sums over the leaves up. A feature that occurs again on a path replaces its former factor, and
//! what the former factor contributes to the leaves below is taken back.

use super::paths::{LEAF, PathNode};
use super::quadrature::Rule;
use crate::flat::FlatEnsemble;

/// What the path so far says about a feature.
#[derive(Debug, Clone, Copy)]
pub(super) struct OnPath {
    /// Part of the training rows that goes this way at the splits of the feature.
    share: f64,
    /// Whether the row goes this way.
    is_met: bool,
}

impl OnPath {
    /// A feature that does not occur on the path.
    pub(super) const NEW: Self = Self { share: 1.0, is_met: true };
}

/// A walk of one row through a tree.
pub(super) struct Walk<'a, const Q: usize> {
    pub(super) nodes: &'a [PathNode],
    pub(super) flat: &'a FlatEnsemble,
    pub(super) rule: &'a Rule<Q>,
    /// The row's features, as keys.
    pub(super) keys: &'a [u32],
    pub(super) output: usize,
    /// What the path says about each feature. All are [`OnPath::NEW`] before and after a walk.
    pub(super) states: &'a mut [OnPath],
    /// The contributions of the features, to which the walk adds.
    pub(super) contributions: &'a mut [f64],
}

/// One side of a split: its node, and the part of the split's training rows that goes there.
#[derive(Clone, Copy)]
struct Side {
    child: usize,
    part: f64,
    /// Whether the row goes there.
    is_met: bool,
}

impl<const Q: usize> Walk<'_, Q> {
    /// Adds the contributions of the leaves below the node at `index`. `product` has the product of the path's factors at
    /// each point. Returns the sum of the products of all these leaves, each times its value.
    #[expect(clippy::indexing_slicing, reason = "nodes and features come from checked trees, and this is the hot path")]
    pub(super) fn below(&mut self, index: usize, product: &[f64; Q]) -> [f64; Q] {
        let node = self.nodes[index];
        if node.feature == LEAF {
            let value = f64::from(self.flat.weight(node.threshold, self.output));
            return scaled(product, value);
        }
        let feature = node.feature as usize;
        let goes_right = self.keys[feature] > node.threshold;
        let left = Side { child: index + 1, part: node.left_share, is_met: !goes_right };
        let right = Side { child: node.right as usize, part: 1.0 - node.left_share, is_met: goes_right };
        let above = self.states[feature];
        let mut sums = [0.0; Q];
        for side in [left, right].into_iter().filter(|side| side.is_met || side.part > 0.0) {
            if !above.is_met {
                // The row left the feature's way already, so this split only divides the training rows.
                add(&mut sums, &self.below(side.child, &scaled(product, side.part)));
            } else if above.share == 1.0 {
                self.first(feature, side, product, &mut sums);
            } else {
                self.again(feature, above.share, side, product, &mut sums);
            }
        }
        self.states[feature] = above;
        sums
    }

    /// Walks down one side of a split on a feature that is new on the path.
    #[expect(clippy::indexing_slicing, reason = "nodes and features come from checked trees, and this is the hot path")]
    fn first(&mut self, feature: usize, Side { child, part, is_met }: Side, product: &[f64; Q], sums: &mut [f64; Q]) {
        let factor = self.factor(part, is_met);
        let mut with = *product;
        (0..Q).for_each(|q| with[q] *= factor[q]);
        let node = self.nodes[child];
        if node.feature == LEAF {
            // The factor cancels out.
            let value = f64::from(self.flat.weight(node.threshold, self.output));
            let met = if is_met { 1.0 } else { 0.0 };
            self.contributions[feature] += value * (met - part) * product.iter().sum::<f64>();
            (0..Q).for_each(|q| sums[q] += with[q] * value);
            return;
        }
        self.states[feature] = OnPath { share: part, is_met };
        let below = self.below(child, &with);
        self.contributions[feature] += self.quotient(part, is_met, &factor, &below);
        add(sums, &below);
    }

    /// Walks down one side of a split on a feature that the path has met with `former`, a share below 1.
    #[expect(clippy::indexing_slicing, reason = "the feature comes from a checked tree, and this is the hot path")]
    fn again(&mut self, feature: usize, former: f64, side: Side, product: &[f64; Q], sums: &mut [f64; Q]) {
        let (share, is_met) = (former * side.part, side.is_met);
        let (old, new) = (self.factor(former, true), self.factor(share, is_met));
        let mut with = *product;
        (0..Q).for_each(|q| with[q] *= new[q] / old[q]);
        self.states[feature] = OnPath { share, is_met };
        let below = self.below(side.child, &with);
        self.contributions[feature] +=
            self.quotient(share, is_met, &new, &below) - self.quotient(former, true, &old, &below);
        add(sums, &below);
    }

    /// Returns the factor of a feature at each point.
    #[inline(always)]
    #[expect(clippy::indexing_slicing, reason = "all arrays have one length, and this is the hot path")]
    fn factor(&self, share: f64, is_met: bool) -> [f64; Q] {
        // Met, it is share + (1 - share) t; otherwise it is share (1 - t).
        let slope = if is_met { 1.0 - share } else { -share };
        let mut factor = self.rule.at;
        (0..Q).for_each(|q| factor[q] = share + slope * factor[q]);
        factor
    }

    /// Returns the integral over the leaves `below`, in which o - p of a feature takes the place of its factor.
    #[inline(always)]
    #[expect(clippy::indexing_slicing, reason = "all arrays have one length, and this is the hot path")]
    fn quotient(&self, share: f64, is_met: bool, factor: &[f64; Q], below: &[f64; Q]) -> f64 {
        let mut sum = 0.0;
        if is_met {
            (0..Q).for_each(|q| sum += below[q] / factor[q]);
            return (1.0 - share) * sum;
        }
        (0..Q).for_each(|q| sum -= below[q] * self.rule.inverse_rest[q]);
        sum
    }
}

#[inline(always)]
fn scaled<const Q: usize>(product: &[f64; Q], factor: f64) -> [f64; Q] {
    let mut scaled = *product;
    scaled.iter_mut().for_each(|value| *value *= factor);
    scaled
}

#[inline(always)]
fn add<const Q: usize>(sums: &mut [f64; Q], below: &[f64; Q]) {
    sums.iter_mut().zip(below).for_each(|(sum, below)| *sum += below);
}
