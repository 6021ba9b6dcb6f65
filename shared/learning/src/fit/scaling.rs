//! Standard scaling, as scikit-learn's `StandardScaler`: to mean 0 and (population) standard deviation 1.

use evergreen_lifecycle::Signature;
use evergreen_scoring::Scaler;

use super::FitError;
use crate::rows::Rows;

/// Means and deviations are taken in `f64` and then rounded; a column of one value is only moved to 0.
pub(super) fn fit(rows: &Rows) -> Result<Scaler, FitError> {
    let mut scaler = Scaler { offset: Vec::new(), scale: Vec::new() };
    for (column, name) in rows.signature().columns().iter().enumerate() {
        let (offset, scale) = fit_column(rows.column(column));
        if !offset.is_finite() || !scale.is_finite() || scale == 0.0 {
            return Err(FitError::Scaling(name.clone()));
        }
        scaler.offset.push(offset);
        scaler.scale.push(scale);
    }
    Ok(scaler)
}

fn fit_column(values: impl Iterator<Item = f32> + Clone) -> (f32, f32) {
    let mut distinct = values.clone();
    if let Some(first) = distinct.next()
        && distinct.all(|value| value == first)
    {
        return (first, 1.0);
    }
    let values = values.map(f64::from);
    let count = values.clone().count() as f64;
    let mean = values.clone().sum::<f64>() / count;
    let variance = values.map(|value| (value - mean).powi(2)).sum::<f64>() / count;
    (mean as f32, variance.sqrt().recip() as f32)
}

/// The scaled values of `rows`, row by row.
pub(super) fn apply(scaler: &Scaler, rows: &Rows) -> Vec<f32> {
    let columns = rows.signature().columns().len();
    let mut scaled = vec![0.0; rows.features().len()];
    for (row, scaled) in rows.features().chunks_exact(columns).zip(scaled.chunks_exact_mut(columns)) {
        scaler.apply(row, scaled);
    }
    scaled
}

/// The name of the column to which the value at `position` of the flat values belongs.
pub(super) fn column_name(signature: &Signature, position: usize) -> String {
    let columns = signature.columns();
    columns.get(position % columns.len()).cloned().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offset_and_scale_are_scikit_learns() {
        // sklearn.preprocessing.StandardScaler().fit([[1], [2], [4]]): mean_ 2.33333333, scale_ 1.24721913.
        let (offset, scale) = fit_column([1.0, 2.0, 4.0].into_iter());
        assert_eq!((offset, scale), (2.333_333_3, 1.0 / 1.247_219_1));
    }

    #[test]
    fn a_column_of_one_value_is_moved_to_0() {
        assert_eq!(fit_column([0.1, 0.1, 0.1].into_iter()), (0.1, 1.0));
    }

    #[test]
    fn values_that_are_too_close_have_no_scale() {
        let smallest = f32::from_bits(1);
        assert!(fit_column([0.0, smallest].into_iter()).1.is_infinite());
    }
}
