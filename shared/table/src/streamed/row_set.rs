//! A set of rows, with one bit for each row of the table.

/// Rows of a table, by their number among all rows.
#[derive(Debug, Clone, Default)]
pub(super) struct RowSet {
    words: Vec<u64>,
    count: u64,
}

impl RowSet {
    /// Adds a row that is not in the set yet.
    pub(super) fn add(&mut self, row: u64) {
        let word = (row / 64) as usize;
        if self.words.len() <= word {
            self.words.resize(word + 1, 0);
        }
        if let Some(word) = self.words.get_mut(word) {
            *word |= 1 << (row % 64);
            self.count += 1;
        }
    }

    /// Returns whether the row is in the set.
    pub(super) fn has(&self, row: u64) -> bool {
        self.words.get((row / 64) as usize).is_some_and(|word| word >> (row % 64) & 1 == 1)
    }

    /// Returns the rows of the set from `first` on, in ascending order.
    pub(super) fn rows_from(&self, first: u64) -> impl Iterator<Item = u64> + '_ {
        (first..64 * self.words.len() as u64).filter(|row| self.has(*row))
    }

    /// Returns the number of rows in the set.
    pub(super) fn count(&self) -> u64 {
        self.count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_found_again() {
        let mut rows = RowSet::default();
        [0, 63, 64, 200].into_iter().for_each(|row| rows.add(row));
        let found: Vec<u64> = (0..300).filter(|row| rows.has(*row)).collect();
        assert_eq!((found, rows.count()), (vec![0, 63, 64, 200], 4));
        assert_eq!(rows.rows_from(63).collect::<Vec<_>>(), [63, 64, 200]);
    }
}
