//! Skew: the same rows get other answers in serving than in training.

use serde::{Deserialize, Serialize};

use crate::VersionNumber;

/// The comparison of the answers that training wrote down with those that the deployed release gives to the same rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SkewCheck {
    /// The version that answered.
    pub version: VersionNumber,
    /// The release of this software that compared. Another release compares again.
    pub release: String,
    /// The number of compared rows. 0 if training has written down no answers.
    pub rows: usize,
    /// The number of rows with another answer.
    pub differing: usize,
    /// The largest difference of two numbers of an answer, such as probabilities. 0 if all are the same.
    pub largest: f64,
}

impl SkewCheck {
    // The same operations in the same order give the same bits on every machine, so nothing is tolerated.
    /// Compares two lists of answers to the same rows. Each answer has the same numbers in the same order. A row that only
    /// one list has counts as different.
    pub fn new(version: VersionNumber, release: &str, trained: &[Vec<f32>], served: &[Vec<f32>]) -> Self {
        let rows = trained.len().max(served.len());
        let pairs = || trained.iter().zip(served);
        let same = pairs().filter(|(a, b)| are_same(a, b)).count();
        let differences = pairs().flat_map(|(a, b)| a.iter().zip(b)).map(|(a, b)| f64::from(*a) - f64::from(*b));
        let largest = differences.map(f64::abs).filter(|difference| difference.is_finite()).fold(0.0, f64::max);
        Self { version, release: release.to_owned(), rows, differing: rows - same, largest }
    }

    /// Returns whether this is the comparison of this version by this release.
    pub fn is_of(&self, version: VersionNumber, release: &str) -> bool {
        self.version == version && self.release == release
    }

    /// Returns the result as a sentence.
    pub fn sentence(&self) -> String {
        let Self { version, release, rows, differing, largest } = self;
        match (rows, differing) {
            (0, _) => format!("Training has written down no answers of version {version} to compare with."),
            (_, 0) => format!("{rows} rows that training has scored get the same answers from release {release}."),
            _ => format!(
                "{differing} of {rows} rows that training has scored get another answer from release {release}. The \
                 largest difference is {largest:.2e}. Train again with this release, or deploy the former one."
            ),
        }
    }
}

fn are_same(a: &[f32], b: &[f32]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.to_bits() == b.to_bits())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(served: &[Vec<f32>]) -> SkewCheck {
        SkewCheck::new(VersionNumber::FIRST, "0.2.0", &[vec![0.25, 0.75], vec![0.5, 0.5]], served)
    }

    #[test]
    fn the_same_answers_are_no_skew() {
        let same = check(&[vec![0.25, 0.75], vec![0.5, 0.5]]);
        assert_eq!((same.rows, same.differing), (2, 0));
        assert_eq!(same.sentence(), "2 rows that training has scored get the same answers from release 0.2.0.");
        assert!(same.is_of(VersionNumber::FIRST, "0.2.0") && !same.is_of(VersionNumber::FIRST, "0.3.0"));
    }

    #[test]
    fn another_number_a_missing_row_and_a_missing_number_are_skew() {
        assert_eq!(check(&[vec![0.25, 0.75], vec![0.5, 0.500_000_1]]).differing, 1);
        assert_eq!(check(&[vec![0.25, 0.75]]).differing, 1);
        let short = check(&[vec![0.0], vec![0.5, 0.5]]);
        assert_eq!((short.differing, short.largest), (1, 0.25));
        assert!(short.sentence().starts_with("1 of 2 rows"), "{}", short.sentence());
    }

    #[test]
    fn without_answers_of_training_nothing_is_known() {
        let none = SkewCheck::new(VersionNumber::FIRST, "0.2.0", &[], &[]);
        assert!(none.sentence().starts_with("Training has written down no answers"));
    }
}
