//! What environments of the prediction function count while a rollout runs. The counts hold no value of any row.

use serde::{Deserialize, Serialize};

/// Edges between the bins of score distances, ascending. A distance is from 0 (same score) up; those of probabilities end
/// at 1. The first bin holds the distances below the first edge.
pub const DISTANCE_EDGES: [f64; 7] = [0.001, 0.01, 0.05, 0.1, 0.2, 0.5, 1.0];

/// Millionths in one: distances are summed in millionths, so that sums are whole numbers.
const MILLIONTHS: f64 = 1e6;

// All additions saturate, so a sum is the same in any order and never fails.
/// What one environment has counted, or the sum of several.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RolloutCounts {
    /// Rows that both versions scored, and how their predictions compare.
    pub shadow: ShadowCounts,
    /// What the champion answered.
    pub champion: ArmCounts,
    /// What the challenger answered. Its failures were answered by the champion.
    pub challenger: ArmCounts,
    /// Number of environments that loaded the challenger. An environment counts once in each share.
    pub loaded: u64,
    /// Number of environments that could not load the challenger. One that loaded it later does not count.
    pub unable: u64,
}

/// The comparison of both versions on rows that both scored.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ShadowCounts {
    /// Number of rows that both versions scored.
    pub rows: u64,
    /// Number of these rows with the same answer: the same label, or nearly the same number.
    pub agreeing: u64,
    /// Number of rows that the challenger could not score: it failed, or it lacks a column.
    pub failed: u64,
    /// Number of rows that the challenger did not score, because the request had too many.
    pub skipped: u64,
    /// Sum of the score distances in millionths.
    pub distance_millionths: u64,
    /// Number of rows in each bin of distances. The bins lie between [`DISTANCE_EDGES`].
    pub distances: [u64; DISTANCE_EDGES.len() + 1],
    /// Time in nanoseconds that the champion took for these rows.
    pub champion_nanos: u64,
    /// Time in nanoseconds that the challenger took for the same rows.
    pub challenger_nanos: u64,
}

/// The requests that one version answered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ArmCounts {
    /// Number of requests with rows that can be scored. A request that the caller got wrong does not count.
    pub requests: u64,
    /// Number of rows in these requests.
    pub rows: u64,
    /// Number of these requests that the version could not answer, through no fault of the caller.
    pub failures: u64,
    /// Own time in nanoseconds, from the parsed rows to the predictions.
    pub nanos: u64,
}

impl ShadowCounts {
    /// Counts one row that both versions scored. `distance` is from 0 up; one that is not a number counts as the largest.
    pub fn compare(&mut self, agrees: bool, distance: f64) {
        self.rows = self.rows.saturating_add(1);
        self.agreeing = self.agreeing.saturating_add(u64::from(agrees));
        let distance = if distance.is_nan() { f64::MAX } else { distance };
        let bin = DISTANCE_EDGES.partition_point(|edge| *edge <= distance);
        if let Some(count) = self.distances.get_mut(bin) {
            *count = count.saturating_add(1);
        }
        // One enormous distance of a regression must not hide the others.
        let millionths = (distance.clamp(0.0, MILLIONTHS) * MILLIONTHS) as u64;
        self.distance_millionths = self.distance_millionths.saturating_add(millionths);
    }

    /// Returns the share of rows with the same answer, from 0 to 1. `None` without rows.
    pub fn agreement(&self) -> Option<f64> {
        (self.rows > 0).then(|| self.agreeing as f64 / self.rows as f64)
    }

    /// Returns the mean score distance. `None` without rows.
    pub fn mean_distance(&self) -> Option<f64> {
        (self.rows > 0).then(|| self.distance_millionths as f64 / MILLIONTHS / self.rows as f64)
    }

    fn add(&mut self, other: &Self) {
        add(&mut self.rows, other.rows);
        add(&mut self.agreeing, other.agreeing);
        add(&mut self.failed, other.failed);
        add(&mut self.skipped, other.skipped);
        add(&mut self.distance_millionths, other.distance_millionths);
        self.distances.iter_mut().zip(other.distances).for_each(|(count, more)| add(count, more));
        add(&mut self.champion_nanos, other.champion_nanos);
        add(&mut self.challenger_nanos, other.challenger_nanos);
    }
}

impl ArmCounts {
    /// Counts one request with `rows` rows that took `nanos` nanoseconds of own time.
    pub fn answered(&mut self, rows: u64, nanos: u64) {
        add(&mut self.requests, 1);
        add(&mut self.rows, rows);
        add(&mut self.nanos, nanos);
    }

    /// Counts one request that the version could not answer.
    pub fn failed(&mut self, rows: u64) {
        add(&mut self.requests, 1);
        add(&mut self.rows, rows);
        add(&mut self.failures, 1);
    }

    fn add(&mut self, other: &Self) {
        add(&mut self.requests, other.requests);
        add(&mut self.rows, other.rows);
        add(&mut self.failures, other.failures);
        add(&mut self.nanos, other.nanos);
    }
}

impl RolloutCounts {
    /// Adds the counts of another environment, or of another hour.
    pub fn add(&mut self, other: &Self) {
        self.shadow.add(&other.shadow);
        self.champion.add(&other.champion);
        self.challenger.add(&other.challenger);
        add(&mut self.loaded, other.loaded);
        add(&mut self.unable, other.unable);
    }

    /// Returns whether nothing was counted.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

fn add(count: &mut u64, more: u64) {
    *count = count.saturating_add(more);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn counts() -> impl Strategy<Value = RolloutCounts> {
        (proptest::collection::vec((any::<bool>(), 0.0..2.0), 0..20), any::<[u8; 6]>()).prop_map(|(rows, numbers)| {
            let mut counts = RolloutCounts::default();
            rows.into_iter().for_each(|(agrees, distance)| counts.shadow.compare(agrees, distance));
            let [rows, nanos, failed, loaded, unable, skipped] = numbers.map(u64::from);
            counts.champion.answered(rows, nanos);
            counts.challenger.failed(failed);
            counts.shadow.skipped = skipped;
            RolloutCounts { loaded, unable, ..counts }
        })
    }

    proptest! {
        #[test]
        fn a_sum_is_the_same_in_any_order(a in counts(), b in counts(), c in counts()) {
            let sum = |parts: [&RolloutCounts; 3]| {
                let mut sum = RolloutCounts::default();
                parts.into_iter().for_each(|part| sum.add(part));
                sum
            };
            prop_assert_eq!(sum([&a, &b, &c]), sum([&c, &a, &b]));
        }

        #[test]
        fn counts_are_read_as_they_were_stored(counts in counts()) {
            let json = serde_json::to_string(&counts).unwrap();
            prop_assert_eq!(serde_json::from_str::<RolloutCounts>(&json).unwrap(), counts);
        }
    }

    #[test]
    fn a_row_lies_in_the_bin_of_its_distance() {
        let mut shadow = ShadowCounts::default();
        for distance in [0.0, 0.001, 0.3, 1.0, f64::NAN, f64::INFINITY] {
            shadow.compare(distance < 0.1, distance);
        }
        assert_eq!(shadow.distances, [1, 1, 0, 0, 0, 1, 0, 3]);
        assert_eq!(shadow.agreement(), Some(2.0 / 6.0));
    }

    #[test]
    fn counts_without_rows_have_no_agreement() {
        let shadow = ShadowCounts::default();
        assert_eq!((shadow.agreement(), shadow.mean_distance()), (None, None));
    }

    #[test]
    fn counts_of_another_release_are_read() {
        let counts: RolloutCounts = serde_json::from_str(r#"{"loaded": 2, "later": {"rows": 1}}"#).unwrap();
        assert_eq!(counts, RolloutCounts { loaded: 2, ..RolloutCounts::default() });
    }
}
