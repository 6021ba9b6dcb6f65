//! Detects numbers that mean a missing value, such as -999.

/// Numbers that people often write instead of a missing value.
const KNOWN: [f64; 9] = [-9.0, -99.0, -999.0, -9999.0, -99999.0, 999.0, 9999.0, 99999.0, 999_999.0];

// The minimum and the maximum of all other numbers are stored, too.
/// Counts of numbers in a column that often mean a missing value, such as -999.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sentinels {
    counts: [u64; KNOWN.len()],
    low: f64,
    high: f64,
}

impl Default for Sentinels {
    fn default() -> Self {
        Self { counts: [0; KNOWN.len()], low: f64::INFINITY, high: f64::NEG_INFINITY }
    }
}

impl Sentinels {
    pub(super) fn add(&mut self, number: f64) {
        // Fast path: nearly all numbers are between these two limits, so the list is rarely searched.
        if !(-8.0..=998.0).contains(&number) {
            let index = KNOWN.iter().position(|known| *known == number);
            if let Some(count) = index.and_then(|index| self.counts.get_mut(index)) {
                *count += 1;
                return;
            }
        }
        self.low = self.low.min(number);
        self.high = self.high.max(number);
    }

    pub(super) fn append(&mut self, later: &Self) {
        for (count, more) in self.counts.iter_mut().zip(later.counts) {
            *count += more;
        }
        self.low = self.low.min(later.low);
        self.high = self.high.max(later.high);
    }

    /// Returns the minimum and the maximum of the column's numbers. Numbers such as -999 are ignored. `None` without
    /// numbers.
    pub(super) fn bounds(&self) -> Option<(f64, f64)> {
        // The ignored numbers often mean a missing value.
        (self.low <= self.high).then_some((self.low, self.high))
    }

    /// Returns a number that probably means a missing value, such as -999, and its frequency. `None` without such a
    /// number.
    pub(super) fn found(&self) -> Option<(f64, u64)> {
        // The number must occur more than once and be far from all other numbers.
        let width = self.high - self.low;
        let is_far = |known: f64| {
            if known < 0.0 {
                self.low >= 0.0 && known <= -width.max(9.0) || known < self.low - 2.0 * width
            } else {
                known > self.high + 2.0 * width
            }
        };
        let mut counted = KNOWN.into_iter().zip(self.counts);
        counted.find(|(known, count)| *count > 1 && width.is_finite() && width > 0.0 && is_far(*known))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(numbers: &[f64]) -> Option<(f64, u64)> {
        let mut sentinels = Sentinels::default();
        numbers.iter().for_each(|number| sentinels.add(*number));
        sentinels.found()
    }

    #[test]
    fn a_repeated_extreme_number_is_a_missing_value_code() {
        assert_eq!(found(&[18.0, -999.0, 70.0, -999.0]), Some((-999.0, 2)));
        assert_eq!(found(&[1.0, 2.0, 9999.0, 3.0, 9999.0, 9999.0]), Some((9999.0, 3)));
    }

    #[test]
    fn numbers_among_texts_are_texts() {
        assert_eq!(found(&[18.0, -999.0, 70.0]), None, "once");
        assert_eq!(found(&[-1200.0, -999.0, -999.0, 5000.0]), None);
        assert_eq!(found(&[900.0, 999.0, 999.0, 1100.0]), None);
        assert_eq!(found(&[-9.0, -9.0, -8.0, -10.0]), None);
        assert_eq!(found(&[-999.0, -999.0]), None);
    }
}
