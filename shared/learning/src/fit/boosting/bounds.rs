//! Limits the answers of leaves so that a tree is monotone in each feature that has a direction. After a split on such
//! a feature, the middle of both sides' answers limits every leaf below either side.

use super::histogram::GradientSums;
use evergreen_table::Direction;

/// The minimum and maximum answer, before the learning rate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct AnswerLimits {
    least: f64,
    most: f64,
}

impl AnswerLimits {
    /// No limits.
    pub(super) const FREE: Self = Self { least: f64::NEG_INFINITY, most: f64::INFINITY };

    /// Returns the answer with the least loss for these sums.
    pub(super) fn answer(self, sums: GradientSums, l2: f64) -> f64 {
        (-sums[0] / (sums[1] + l2)).clamp(self.least, self.most)
    }

    /// Returns twice the gain of that answer.
    pub(super) fn score(self, sums: GradientSums, l2: f64) -> f64 {
        let answer = self.answer(sums, l2);
        -answer * (2.0 * sums[0] + (sums[1] + l2) * answer)
    }

    /// Checks whether a split into these two sides is allowed.
    pub(super) fn allow(self, direction: Option<Direction>, left: GradientSums, right: GradientSums, l2: f64) -> bool {
        match direction {
            None => true,
            Some(Direction::Increasing) => self.answer(left, l2) <= self.answer(right, l2),
            Some(Direction::Decreasing) => self.answer(left, l2) >= self.answer(right, l2),
        }
    }

    /// Returns the limits of the left and of the right side of a split.
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
