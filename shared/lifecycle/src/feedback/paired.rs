//! The comparison of two versions on the same rows, by what turned out true.

use serde::{Deserialize, Serialize};

use super::PredictionLoss;

/// Sums over the predictions for which two versions predicted the same row and the true value is known. They are merged
/// by addition.
///
/// The version that answered is the first one. The version that was only compared is the rival.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct PairedTally {
    /// Number of rows.
    pub rows: u64,
    /// The sums of the version that answered.
    pub answering: SideTally,
    /// The sums of the rival.
    pub rival: SideTally,
    /// Sum of the differences: the rival's loss minus the loss of the version that answered. Negative if the rival is
    /// better.
    pub difference: f64,
    /// Sum of the squares of these differences.
    pub squared_difference: f64,
}

/// Sums of one of two compared versions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct SideTally {
    /// Number of rows whose label was predicted right. 0 for a regression model.
    pub right: u64,
    /// Sum of the losses.
    pub loss: f64,
}

impl PairedTally {
    /// Adds one row, with the loss of the version that answered and that of its rival.
    pub fn add(&mut self, answering: PredictionLoss, rival: PredictionLoss) {
        let difference = rival.loss - answering.loss;
        self.rows += 1;
        self.answering.add(answering);
        self.rival.add(rival);
        self.difference += difference;
        self.squared_difference += difference * difference;
    }

    /// Adds the sums of other rows of the same two versions.
    pub fn merge(&mut self, other: &Self) {
        self.rows += other.rows;
        self.answering.merge(other.answering);
        self.rival.merge(other.rival);
        self.difference += other.difference;
        self.squared_difference += other.squared_difference;
    }

    /// Returns the same sums as if the rival had answered.
    #[must_use]
    pub fn swapped(self) -> Self {
        Self { answering: self.rival, rival: self.answering, difference: -self.difference, ..self }
    }
}

impl SideTally {
    fn add(&mut self, one: PredictionLoss) {
        self.right += u64::from(one.is_right == Some(true));
        self.loss += one.loss;
    }

    fn merge(&mut self, other: Self) {
        self.right += other.right;
        self.loss += other.loss;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feedback::{PredictedOutcome, TrueValue};

    fn loss(said: f32, truth: f64) -> PredictionLoss {
        PredictionLoss::new(&PredictedOutcome::Number(said), TrueValue::Number(truth)).unwrap()
    }

    #[test]
    fn a_rival_with_smaller_losses_has_a_negative_difference() {
        let mut tally = PairedTally::default();
        tally.add(loss(1.0, 4.0), loss(3.0, 4.0));
        tally.add(loss(1.0, 1.0), loss(2.0, 1.0));
        assert_eq!((tally.rows, tally.answering.loss, tally.rival.loss), (2, 3.0, 2.0));
        assert_eq!((tally.difference, tally.squared_difference), (-1.0, 5.0));
        assert_eq!((tally.swapped().difference, tally.swapped().rival.loss), (1.0, 3.0));
        let mut merged = tally;
        merged.merge(&tally);
        assert_eq!((merged.rows, merged.difference, merged.squared_difference), (4, -2.0, 10.0));
    }
}
