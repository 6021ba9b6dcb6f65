//! Standardises features: scales them to mean 0 and standard deviation 1. Only linear models need scaling.

use evergreen_scoring::Scaler;

use super::features::FrameFeatures;

/// Fits a scaler that standardises features (mean 0, standard deviation 1) on the rows in `rows`.
pub(super) fn fit(features: &FrameFeatures<'_>, rows: &[u32]) -> Scaler {
    // A feature's factor is 1 / standard deviation. It is 1 if all values are equal, or too close for single precision.
    let count = rows.len().max(1) as f64;
    let mut means = vec![0.0; features.width()];
    for row in rows {
        means.iter_mut().zip(features.row(*row)).for_each(|(mean, value)| *mean += f64::from(value) / count);
    }
    let mut variances = vec![0.0; features.width()];
    for row in rows {
        let values = means.iter().zip(features.row(*row));
        variances.iter_mut().zip(values).for_each(|(variance, (mean, value))| {
            *variance += (f64::from(value) - mean).powi(2) / count;
        });
    }
    let scale = |variance: f64| {
        let scale = (1.0 / variance.sqrt()) as f32;
        if scale.is_normal() { scale } else { 1.0 }
    };
    Scaler {
        offset: means.into_iter().map(|mean| mean as f32).collect(),
        scale: variances.into_iter().map(scale).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn features(column: &[f32]) -> FrameFeatures<'static> {
        FrameFeatures::of_columns(&[column])
    }

    /// The expected values come from `StandardScaler` of scikit-learn 1.9.1 for these values: `mean_` 3.75, `scale_`
    /// 2.680951323690902.
    #[test]
    fn scaling_equals_that_of_scikit_learn() {
        let scaler = fit(&features(&[1.0, 2.0, 4.0, 8.0]), &[0, 1, 2, 3]);
        assert_eq!(scaler.offset, [3.75]);
        assert!((f64::from(scaler.scale[0]) - 1.0 / 2.680951323690902).abs() < 1e-7, "{scaler:?}");
    }

    #[test]
    fn only_the_rows_given_count_and_one_value_is_not_scaled() {
        let scaler = fit(&features(&[5.0, 100.0, 5.0]), &[0, 2]);
        assert_eq!(scaler, Scaler { offset: vec![5.0], scale: vec![1.0] });
    }
}
