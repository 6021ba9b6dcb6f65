//! Whether the counts of one column differ by more than chance.

use super::Bins;
use super::hypergeometric::TwoSamples;

// At 3 standard deviations, a p-value is above 0.0001. The limits that a window sets for one test are far below.
/// Number of standard deviations below which a difference is chance, without a calculation.
const CLEARLY_CHANCE: f64 = 3.0;

/// Returns whether the counts of one column differ by more than chance. `limit` is the p-value for the column (0–1), with
/// all its cells. The test is the one of [`DriftVerdict`](super::DriftVerdict), without the rest of its result.
pub fn is_beyond_noise(bins: &Bins, baseline: &[u64], served: &[u64], limit: f64) -> bool {
    NoiseTests::new(bins, baseline, served).are_beyond(limit)
}

/// The tests of one column: which sets of cells have another share of the served rows than of the baseline.
///
/// For numbers, the sets are the cells up to each edge, without missing values. For categories, each cell is a set. For
/// all columns, the missing values are one.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct NoiseTests(Vec<TwoSamples>);

impl NoiseTests {
    pub(super) fn new(bins: &Bins, baseline: &[u64], served: &[u64]) -> Self {
        let rows = super::counts::total;
        let pairs = baseline.iter().copied().zip(served.iter().copied());
        let set = |baseline_rows, served_rows| {
            move |(baseline, served)| TwoSamples { baseline, baseline_rows, served, served_rows }
        };
        let whole = set(rows(baseline), rows(served));
        let mut tests: Vec<TwoSamples> = match bins {
            Bins::Numbers { edges } => {
                let missing = pairs.clone().skip(edges.len() + 1).map(whole);
                let inside = |counts: &[u64]| counts.get(..=edges.len()).map_or(0, rows);
                let sums = pairs.clone().take(edges.len()).scan((0_u64, 0_u64), |(baseline, served), pair| {
                    (*baseline, *served) = (baseline.saturating_add(pair.0), served.saturating_add(pair.1));
                    Some((*baseline, *served))
                });
                missing.chain(sums.map(set(inside(baseline), inside(served)))).collect()
            }
            Bins::Categories { .. } => pairs.map(whole).collect(),
            Bins::Presence => pairs.skip(1).map(whole).collect(),
        };
        // A test that no rows could fail costs nothing. Which tests these are depends on the sums of both samples only,
        // so leaving them out does not change the probability of the others.
        tests.retain(|test| test.can_differ());
        // Two categories make one test: if one is more frequent, the other is less.
        if matches!(bins, Bins::Categories { .. }) && tests.len() == 2 {
            tests.pop();
        }
        Self(tests)
    }

    /// Returns the number of tests.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns whether any test has a p-value of at most `limit`, with Bonferroni's correction for the number of tests.
    pub(super) fn are_beyond(&self, limit: f64) -> bool {
        let limit = limit / self.len().max(1) as f64;
        self.0.iter().any(|test| test.distance() >= CLEARLY_CHANCE && test.p_value() <= limit)
    }

    /// Returns the p-value of the column: the smallest of its tests, times their number, at most 1.
    pub(super) fn p_value(&self) -> f64 {
        let smallest = self.0.iter().map(|test| test.p_value()).fold(1.0, f64::min);
        (smallest * self.len().max(1) as f64).min(1.0)
    }
}
