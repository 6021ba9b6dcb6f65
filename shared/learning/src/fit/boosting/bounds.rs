//! Monotone constraints of gradient boosting: limits the values of leaves, so that a tree's prediction only rises, or
//! only falls, with a constrained feature. After a split on such a feature, the mean of the two children's values is a
//! limit for all leaves below either child.

use super::histogram::GradientSums;
use evergreen_table::Direction;

/// The minimum and the maximum value of a tree's leaf, before the learning rate is applied. The limits come from
/// monotone constraints: the prediction may only rise, or only fall, when a feature grows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct AnswerLimits {
    least: f64,
    most: f64,
}

impl AnswerLimits {
    /// Limits that allow every value of a leaf.
    pub(super) const FREE: Self = Self { least: f64::NEG_INFINITY, most: f64::INFINITY };

    /// Returns the value of a leaf with the least loss within these limits. `sums` are the sums of the loss's
    /// derivatives over the leaf's rows. `l2` is the penalty on squared values (L2 regularisation).
    pub(super) fn answer(self, sums: GradientSums, l2: f64) -> f64 {
        (-sums[0] / (sums[1] + l2)).clamp(self.least, self.most)
    }

    /// Returns twice the decrease in loss by the best value of a leaf within these limits.
    pub(super) fn score(self, sums: GradientSums, l2: f64) -> f64 {
        let answer = self.answer(sums, l2);
        -answer * (2.0 * sums[0] + (sums[1] + l2) * answer)
    }

    /// Returns whether the monotone constraint `direction` of a feature allows a split. For an increasing feature, the
    /// value of the left child must not be above that of the right child. For a decreasing feature, it must not be
    /// below.
    pub(super) fn allow(self, direction: Option<Direction>, left: GradientSums, right: GradientSums, l2: f64) -> bool {
        match direction {
            None => true,
            Some(Direction::Increasing) => self.answer(left, l2) <= self.answer(right, l2),
            Some(Direction::Decreasing) => self.answer(left, l2) >= self.answer(right, l2),
        }
    }

    /// Returns the limits for the values of leaves below the left and below the right child of a split. `direction` is
    /// the monotone constraint of the feature that the split uses.
    pub(super) fn split(
        self,
        direction: Option<Direction>,
        left: GradientSums,
        right: GradientSums,
        l2: f64,
    ) -> [Self; 2] {
        let middle = f64::midpoint(self.answer(left, l2), self.answer(right, l2));
        let (below, above) = (Self { most: middle, ..self }, Self { least: middle, ..self });
        match direction {
            None => [self, self],
            Some(Direction::Increasing) => [below, above],
            Some(Direction::Decreasing) => [above, below],
        }
    }
}
