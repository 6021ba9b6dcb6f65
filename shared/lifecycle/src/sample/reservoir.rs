//! Draws a random sample of rows while they pass, without knowing how many will come.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::MAX_SAMPLE_BYTES;

// This is Algorithm L (Li, ACM Transactions on Mathematical Software 20, 1994). It computes which row is the next to be
// kept, so the rows in between cost nothing.
/// A random sample of all rows that it was offered. Each row has the same chance to be in it.
#[derive(Debug, Clone)]
pub struct Reservoir {
    slots: usize,
    capacity: usize,
    values: Vec<f32>,
    offered: u64,
    /// The number of the next row that is kept, from 0.
    next: u64,
    weight: f64,
    random: ChaCha8Rng,
}

impl Reservoir {
    /// Creates an empty sample of at most `rows` rows, each of `slots` numbers. Wide rows are fewer, so that the sample has
    /// at most [`MAX_SAMPLE_BYTES`]. `seed` decides which rows are kept.
    ///
    /// ```
    /// use evergreen_lifecycle::sample::Reservoir;
    ///
    /// let mut sample = Reservoir::new(3, 2, 7);
    /// for row in 0..1000 {
    ///     sample.offer(&[row as f32, -row as f32]);
    /// }
    /// assert_eq!((sample.offered(), sample.values().len()), (1000, 3 * 2));
    /// ```
    pub fn new(rows: usize, slots: usize, seed: u64) -> Self {
        let slots = slots.max(1);
        let capacity = rows.min(MAX_SAMPLE_BYTES / (slots * size_of::<f32>()));
        let random = ChaCha8Rng::seed_from_u64(seed);
        Self { slots, capacity, values: Vec::new(), offered: 0, next: 0, weight: 1.0, random }
    }

    /// Offers rows, one after the other in `rows`. Returns whether at least one of them is kept.
    pub fn offer(&mut self, rows: &[f32]) -> bool {
        let (first, count) = (self.offered, (rows.len() / self.slots) as u64);
        self.offered = first.saturating_add(count);
        let mut keeps = false;
        while self.capacity > 0 && self.next < self.offered {
            let place = usize::try_from(self.next.saturating_sub(first)).unwrap_or(usize::MAX);
            let begin = place.saturating_mul(self.slots);
            let Some(row) = rows.get(begin..begin.saturating_add(self.slots)) else { break };
            self.keep(row);
            keeps = true;
        }
        keeps
    }

    /// Returns the number of rows that were offered.
    pub fn offered(&self) -> u64 {
        self.offered
    }

    /// Returns the kept rows, one after the other.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    fn keep(&mut self, row: &[f32]) {
        if self.values.len() < self.capacity * self.slots {
            self.values.extend_from_slice(row);
            self.next += 1;
            if self.values.len() == self.capacity * self.slots {
                self.skip();
            }
            return;
        }
        let begin = self.random.random_range(0..self.capacity) * self.slots;
        if let Some(kept) = self.values.get_mut(begin..begin + self.slots) {
            kept.copy_from_slice(row);
        }
        self.next = self.next.saturating_add(1);
        self.skip();
    }

    /// Moves `next` over the rows that are not kept.
    fn skip(&mut self) {
        self.weight *= (self.chance().ln() / self.capacity as f64).exp();
        // A cast of a float saturates.
        let skipped = (self.chance().ln() / (-self.weight).ln_1p()).floor() as u64;
        self.next = self.next.saturating_add(skipped);
    }

    /// Returns a random number above 0 and below 1.
    fn chance(&mut self) -> f64 {
        self.random.random_range(f64::MIN_POSITIVE..1.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_row_has_the_same_chance() {
        const ROWS: usize = 40;
        let mut kept = [0_u32; ROWS];
        for seed in 0..4000 {
            let mut sample = Reservoir::new(10, 1, seed);
            let rows: Vec<f32> = (0..ROWS).map(|row| row as f32).collect();
            // Some come alone, some together.
            rows.chunks(1 + seed as usize % 7).for_each(|rows| {
                sample.offer(rows);
            });
            sample.values().iter().for_each(|row| kept[*row as usize] += 1);
        }
        // Each count is binomial with mean 1,000 and standard deviation 27.
        assert!(kept.iter().all(|count| (865..1135).contains(count)), "{kept:?}");
    }

    #[test]
    fn a_reservoir_of_wide_rows_stays_within_its_bytes() {
        let mut sample = Reservoir::new(10_000, 1000, 1);
        (0..2000).for_each(|_| {
            sample.offer(&[0.5; 1000]);
        });
        assert_eq!(size_of_val(sample.values()), MAX_SAMPLE_BYTES / 4000 * 4000);
    }

    #[test]
    fn after_many_rows_hardly_any_row_costs_a_copy() {
        let mut sample = Reservoir::new(100, 1, 3);
        let copies = (0..1_000_000).filter(|row| sample.offer(&[*row as f32])).count();
        // 100 · (1 + ln 10,000) rows are expected.
        assert!((800..1300).contains(&copies), "{copies}");
    }

    proptest! {
        #[test]
        fn a_sample_has_whole_rows_that_were_offered(
            rows in 0_usize..50, most in 0_usize..20, slots in 1_usize..4, seed in any::<u64>(),
        ) {
            let mut sample = Reservoir::new(most, slots, seed);
            (0..rows).for_each(|row| {
                sample.offer(&vec![row as f32; slots]);
            });
            prop_assert_eq!(sample.values().len(), rows.min(most) * slots);
            let mut kept: Vec<u32> = sample.values().chunks(slots).map(|row| row[0] as u32).collect();
            prop_assert!(sample.values().chunks(slots).all(|row| row.iter().all(|value| *value == row[0])));
            kept.sort_unstable();
            kept.dedup();
            prop_assert_eq!(kept.len(), rows.min(most), "no row is kept twice");
        }
    }
}
