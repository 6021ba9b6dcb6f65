//! What the answers of a node's leaves may be, so that a tree is monotone in the features that have a direction: the middle of
//! the two sides of a split on such a feature is a bound for all that grows on either.

use super::histogram::Sums;
use evergreen_table::Direction;

/// The least and the greatest answer, before the learning rate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Bounds {
    least: f64,
    most: f64,
}

impl Bounds {
    /// No bounds.
    pub(super) const FREE: Self = Self { least: f64::NEG_INFINITY, most: f64::INFINITY };

    /// The answer of these sums that loses least.
    pub(super) fn answer(self, sums: Sums, l2: f64) -> f64 {
        (-sums[0] / (sums[1] + l2)).clamp(self.least, self.most)
    }

    /// Twice what that answer gains.
    pub(super) fn score(self, sums: Sums, l2: f64) -> f64 {
        let answer = self.answer(sums, l2);
        -answer * (2.0 * sums[0] + (sums[1] + l2) * answer)
    }

    /// Whether a split into these may be made.
    pub(super) fn allow(self, direction: Option<Direction>, left: Sums, right: Sums, l2: f64) -> bool {
        match direction {
            None => true,
            Some(Direction::Increasing) => self.answer(left, l2) <= self.answer(right, l2),
            Some(Direction::Decreasing) => self.answer(left, l2) >= self.answer(right, l2),
        }
    }

    /// Those of the left and of the right side of a split.
    pub(super) fn split(self, direction: Option<Direction>, left: Sums, right: Sums, l2: f64) -> [Self; 2] {
        let middle = f64::midpoint(self.answer(left, l2), self.answer(right, l2));
        let (below, above) = (Self { most: middle, ..self }, Self { least: middle, ..self });
        match direction {
            None => [self, self],
            Some(Direction::Increasing) => [below, above],
            Some(Direction::Decreasing) => [above, below],
        }
    }
}
