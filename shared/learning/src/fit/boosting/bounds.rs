//! Limits the answers of leaves for features with a direction (monotone constraint). So the answer of a tree only
//! rises, or only falls, with such a feature. After a split on such a feature, the middle of both sides' answers limits
//! all leaves below either side.

use super::histogram::GradientSums;
use evergreen_table::Direction;

/// The minimum and the maximum answer of a tree's leaf, before the learning rate is applied. The limits come from
/// features with a direction.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct AnswerLimits {
    least: f64,
    most: f64,
}

impl AnswerLimits {
    /// Limits that allow every answer.
    pub(super) const FREE: Self = Self { least: f64::NEG_INFINITY, most: f64::INFINITY };

    /// Returns the answer of a leaf with the least loss within these limits. `sums` are the sums of the loss's
    /// derivatives over the leaf's rows. `l2` is the penalty on squared answers.
    pub(super) fn answer(self, sums: GradientSums, l2: f64) -> f64 {
        (-sums[0] / (sums[1] + l2)).clamp(self.least, self.most)
    }

    /// Returns twice the gain (decrease in loss) of the best answer of a leaf within these limits.
    pub(super) fn score(self, sums: GradientSums, l2: f64) -> f64 {
        let answer = self.answer(sums, l2);
        -answer * (2.0 * sums[0] + (sums[1] + l2) * answer)
    }

    /// Returns whether the direction of the feature allows a split. The answers of both sides must be in the right
    /// order.
    pub(super) fn allow(self, direction: Option<Direction>, left: GradientSums, right: GradientSums, l2: f64) -> bool {
        match direction {
            None => true,
            Some(Direction::Increasing) => self.answer(left, l2) <= self.answer(right, l2),
            Some(Direction::Decreasing) => self.answer(left, l2) >= self.answer(right, l2),
        }
    }

    /// Returns the limits for the answers on the left and on the right side of a split. `direction` is that of the
    /// feature.
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
