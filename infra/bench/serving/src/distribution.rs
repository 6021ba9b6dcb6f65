//! Summarizes many benchmark measurements by quantiles and a mean.

/// Measurements of one quantity, such as latencies, in ascending order.
#[derive(Debug, Clone)]
pub struct Distribution(Vec<f64>);

impl Distribution {
    /// Creates the distribution of the measurements in `values`, and sorts them. NaN counts as the largest value.
    pub fn of(values: impl IntoIterator<Item = f64>) -> Self {
        let mut values: Vec<f64> = values.into_iter().collect();
        values.sort_by(f64::total_cmp);
        Self(values)
    }

    /// Returns a quantile of the measurements, such as the 99th percentile for the `share` 0.99. At least this share
    /// (0–1) of the measurements is not larger than the result. Returns 0 if there are no measurements.
    pub fn quantile(&self, share: f64) -> f64 {
        let rank = (share * self.0.len() as f64).ceil().max(1.0) as usize;
        self.0.get(rank - 1).or(self.0.last()).copied().unwrap_or_default()
    }

    /// Returns the smallest measurement, or 0 if there are no measurements.
    pub fn least(&self) -> f64 {
        self.0.first().copied().unwrap_or_default()
    }

    /// Returns the median of the measurements, or 0 if there are no measurements.
    pub fn median(&self) -> f64 {
        self.quantile(0.5)
    }

    /// Returns the mean of the measurements, or 0 if there are no measurements.
    pub fn mean(&self) -> f64 {
        self.0.iter().sum::<f64>() / self.0.len().max(1) as f64
    }

    /// Returns the number of measurements.
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_is_one_of_the_values() {
        let spread = Distribution::of((1..=100).rev().map(f64::from));
        assert_eq!((spread.least(), spread.median(), spread.quantile(0.99)), (1.0, 50.0, 99.0));
        assert_eq!((spread.quantile(1.0), spread.mean(), spread.len()), (100.0, 50.5, 100));
        assert_eq!(Distribution::of([3.0]).quantile(0.9), 3.0);
        assert_eq!(Distribution::of([]).median(), 0.0);
    }
}
