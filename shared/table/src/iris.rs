//! The built-in Iris table.

// The values are those of scikit-learn's copy. `data/README.md` names the origin and the licence.
/// Fisher's Iris data as CSV, a small example table.
pub const IRIS_CSV: &str = include_str!("../data/iris.csv");

/// Name of the target column in the Iris data, which holds the species.
pub const IRIS_TARGET: &str = "variety";

#[cfg(test)]
mod tests {
    use evergreen_lifecycle::Label;

    use super::*;
    use crate::{Target, Values, iris};
    use evergreen_lifecycle::digest::sha256_hex;

    // The SHA-256 was computed when the file was compared with scikit-learn 1.9.1. `data/README.md` shows how to repeat
    // this.
    #[test]
    fn iris_is_the_copy_that_was_compared_with_scikit_learn() {
        let digest = "deb490b9857201c33d699f5c6210f3c0179e1feb89b777c707134dd65fd4e277";
        assert_eq!(sha256_hex(IRIS_CSV.as_bytes()), digest);
    }

    // The expected sums come from `load_iris().data.sum(axis=0)`, the other values from the two rows in which UCI's
    // file differs.
    #[test]
    fn iris_has_the_values_of_scikit_learn() {
        let table = iris().unwrap();
        let columns: Vec<&[f32]> = table
            .frame()
            .columns()
            .iter()
            .filter_map(|column| match &column.values {
                Values::Number(values) => Some(values.as_slice()),
                _ => None,
            })
            .collect();
        let sums: Vec<f64> = columns.iter().map(|values| values.iter().copied().map(f64::from).sum()).collect();
        for (sum, expected) in sums.iter().zip([876.5, 458.6, 563.7, 179.9]) {
            assert!((sum - expected).abs() < 1e-4, "{sums:?}");
        }
        let row = |row: usize| columns.iter().map(|values| values[row]).collect::<Vec<_>>();
        assert_eq!((row(34), row(37)), (vec![4.9, 3.1, 1.5, 0.2], vec![4.9, 3.6, 1.4, 0.1]));
        assert_eq!(table.frame().columns().first().map(|column| column.name.as_str()), Some("sepal length (cm)"));
        let labels: Vec<Label> = ["setosa", "versicolor", "virginica"].map(Label::from).into();
        let classes = (0..150).map(|row| row / 50).collect();
        assert_eq!(table.target(), &Target::Classes { labels, classes });
    }
}
