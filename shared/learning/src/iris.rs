//! The table that is learnt from when there is no other.

use crate::table::{Table, TableError};

/// Fisher's Iris as CSV, value for value the copy of scikit-learn; its origin and licence are told beside it.
pub const IRIS_CSV: &str = include_str!("../data/iris.csv");

/// The column of [`IRIS_CSV`] that holds the species.
pub const IRIS_TARGET: &str = "variety";

/// Iris as a table: 150 rows, four columns, three labels.
///
/// # Errors
/// None in practice: the data is part of the crate and a test reads it.
pub fn iris() -> Result<Table, TableError> {
    Table::from_csv(IRIS_CSV.as_bytes(), IRIS_TARGET)
}

#[cfg(test)]
mod tests {
    use evergreen_scoring::sha256_hex;

    use super::*;

    /// `data/README.md` tells how to compare the file with scikit-learn's, as was done when this digest was taken
    /// (scikit-learn 1.9.1).
    #[test]
    fn iris_is_the_copy_that_was_compared_with_scikit_learn() {
        let digest = "deb490b9857201c33d699f5c6210f3c0179e1feb89b777c707134dd65fd4e277";
        assert_eq!(sha256_hex(IRIS_CSV.as_bytes()), digest);
    }

    /// `load_iris().data.sum(axis=0)` and the two rows in which UCI's file differs.
    #[test]
    fn iris_has_scikit_learns_values() {
        let table = iris().unwrap();
        let rows = table.rows();
        assert_eq!(rows.signature().labels(), ["setosa", "versicolor", "virginica"]);
        assert_eq!(rows.signature().columns().first().map(String::as_str), Some("sepal length (cm)"));
        let sums: Vec<_> = (0..4).map(|column| rows.column(column).map(f64::from).sum::<f64>()).collect();
        for (sum, expected) in sums.iter().zip([876.5, 458.6, 563.7, 179.9]) {
            assert!((sum - expected).abs() < 1e-4, "{sums:?}");
        }
        assert_eq!(rows.iter().nth(34), Some(([4.9, 3.1, 1.5, 0.2].as_slice(), 0)));
        assert_eq!(rows.iter().nth(37), Some(([4.9, 3.6, 1.4, 0.1].as_slice(), 0)));
        assert_eq!([0, 1, 2].map(|class| rows.classes().iter().filter(|c| **c == class).count()), [50; 3]);
    }
}
