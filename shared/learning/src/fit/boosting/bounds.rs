//! Monotone constraints of gradient boosting: the prediction only rises, or only falls, with a constrained feature.

// The values of leaves are limited. After a split on a constrained feature, the mean of the two children's values is a
// limit for all leaves below either child.

use super::histogram::GradientSums;
use evergreen_table::Direction;

// The limits apply before the learning rate.
/// Minimum and maximum value of a leaf in gradient boosting, which follow from monotone constraints.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct AnswerLimits {
    least: f64,
    most: f64,
}

impl AnswerLimits {
    /// Limits that allow every value of a leaf.
    pub(super) const FREE: Self = Self { least: f64::NEG_INFINITY, most: f64::INFINITY };

    /// Returns the value of a leaf that has the least loss, within the limits of monotone constraints.
    pub(super) fn answer(self, sums: GradientSums, l2: f64) -> f64 {
        // `sums` are the sums of the loss's derivatives over the leaf's rows. `l2` is the penalty on squared values (L2
        // regularisation).
        (-sums[0] / (sums[1] + l2)).clamp(self.least, self.most)
    }

    /// Quality of a leaf in gradient boosting: returns twice the decrease in loss by the best leaf value that the
    /// monotone constraints allow.
    pub(super) fn score(self, sums: GradientSums, l2: f64) -> f64 {
        let answer = self.answer(sums, l2);
        -answer * (2.0 * sums[0] + (sums[1] + l2) * answer)
    }

    /// Returns whether a split respects the monotone constraint `direction` of its feature.
    pub(super) fn allow(self, direction: Option<Direction>, left: GradientSums, right: GradientSums, l2: f64) -> bool {
        // For an increasing feature, the value of the left child must not be above that of the right child. For a
        // decreasing feature, it must not be below.
        match direction {
            None => true,
            Some(Direction::Increasing) => self.answer(left, l2) <= self.answer(right, l2),
            Some(Direction::Decreasing) => self.answer(left, l2) >= self.answer(right, l2),
        }
    }

    /// Returns the limits of leaf values in the two subtrees of a split: below the left child, and below the right
    /// child.
    pub(super) fn split(
        self,
        direction: Option<Direction>,
        left: GradientSums,
        right: GradientSums,
        l2: f64,
    ) -> [Self; 2] {
        // `direction` is the monotone constraint of the split's feature.
        let middle = f64::midpoint(self.answer(left, l2), self.answer(right, l2));
        let (below, above) = (Self { most: middle, ..self }, Self { least: middle, ..self });
        match direction {
            None => [self, self],
            Some(Direction::Increasing) => [below, above],
            Some(Direction::Decreasing) => [above, below],
        }
    }
}
