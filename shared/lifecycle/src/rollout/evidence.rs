//! What is known about a rollout when a step is due: the counts of both versions, known truths, and alarms.

use std::collections::BTreeMap;

use super::{Rollout, RolloutCounts};
use crate::feedback::PairedTally;
use crate::ports::RolloutShare;

/// The paired losses of both versions: predictions of both for the same row, whose true value is known by now.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct LossDifferences {
    /// Number of rows with a known true value.
    pub rows: u64,
    /// Sum of the challenger's loss minus the champion's.
    pub sum: f64,
    /// Sum of the squares of these differences.
    pub squares: f64,
}

impl From<PairedTally> for LossDifferences {
    /// Takes the sums of the challenger as the rival of the champion.
    fn from(tally: PairedTally) -> Self {
        Self { rows: tally.rows, sum: tally.difference, squares: tally.squared_difference }
    }
}

impl LossDifferences {
    /// Adds the losses of one row.
    pub fn add(&mut self, challenger: f64, champion: f64) {
        let difference = challenger - champion;
        self.rows = self.rows.saturating_add(1);
        self.sum += difference;
        self.squares += difference * difference;
    }

    /// Returns the mean difference. Above 0, the challenger is worse. `None` without rows.
    pub fn mean(&self) -> Option<f64> {
        (self.rows > 0).then(|| self.sum / self.rows as f64)
    }

    /// Returns the standard deviation of the differences. `None` with fewer than two rows.
    pub fn deviation(&self) -> Option<f64> {
        let (rows, mean) = (self.rows as f64, self.mean()?);
        // Rounding may make the difference slightly negative.
        (self.rows > 1).then(|| ((self.squares - rows * mean * mean) / (rows - 1.0)).max(0.0).sqrt())
    }
}

/// What is known about a rollout.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Evidence {
    /// The counts of each stage so far.
    pub stages: BTreeMap<u32, RolloutCounts>,
    /// The paired losses. They count from the beginning of the rollout.
    pub losses: LossDifferences,
    /// The alarms about predictions that ring, without the name of the stack.
    pub alarms: Vec<String>,
}

impl Evidence {
    /// Adds up the shares of all environments.
    pub fn of(shares: &[RolloutShare], losses: LossDifferences, alarms: Vec<String>) -> Self {
        let mut stages: BTreeMap<u32, RolloutCounts> = BTreeMap::new();
        for share in shares {
            stages.entry(share.stage).or_default().add(&share.counts);
        }
        Self { stages, losses, alarms }
    }

    /// Returns the counts of all stages.
    pub fn total(&self) -> RolloutCounts {
        let mut total = RolloutCounts::default();
        self.stages.values().for_each(|counts| total.add(counts));
        total
    }

    /// Returns the counts of one stage.
    pub fn of_stage(&self, stage: u32) -> RolloutCounts {
        self.stages.get(&stage).cloned().unwrap_or_default()
    }

    // In the shadow stage the challenger answers nothing, so the compared rows count.
    /// Returns the number of rows of the current stage by which the challenger is judged.
    pub fn judged_rows(&self, rollout: &Rollout) -> u64 {
        let counts = self.of_stage(rollout.stage);
        if rollout.percent() == 0 { counts.shadow.rows } else { counts.challenger.rows }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drift::CountedHour;

    #[test]
    fn the_shares_of_environments_and_hours_are_added_by_stage() {
        let share = |stage, hour, rows| {
            let mut counts = RolloutCounts::default();
            counts.challenger.answered(rows, 10);
            let environment = "00c0ffee00c0ffee".to_owned();
            RolloutShare { rollout: "r".into(), stage, hour: CountedHour(hour), environment, sequence: 1, counts }
        };
        let shares = [share(1, 7, 3), share(1, 8, 4), share(2, 8, 5)];
        let evidence = Evidence::of(&shares, LossDifferences::default(), Vec::new());
        assert_eq!(evidence.of_stage(1).challenger.rows, 7);
        assert_eq!(evidence.of_stage(3).challenger.rows, 0);
        assert_eq!(evidence.total().challenger.requests, 3);
    }

    #[test]
    fn the_deviation_of_differences_is_that_of_the_sample() {
        let mut losses = LossDifferences::default();
        assert_eq!((losses.mean(), losses.deviation()), (None, None));
        [(1.0, 0.0), (2.0, 0.0), (4.0, 1.0)]
            .iter()
            .for_each(|(challenger, champion)| losses.add(*challenger, *champion));
        assert_eq!(losses.mean(), Some(2.0));
        assert!((losses.deviation().unwrap() - 1.0).abs() < 1e-12);
    }
}
