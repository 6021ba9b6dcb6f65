//! Many measurements in a few figures.

/// Measurements of one kind, in order of size.
#[derive(Debug, Clone)]
pub struct Distribution(Vec<f64>);

impl Distribution {
    /// All of `values`; those that are no number count as the largest.
    pub fn of(values: impl IntoIterator<Item = f64>) -> Self {
        let mut values: Vec<f64> = values.into_iter().collect();
        values.sort_by(f64::total_cmp);
        Self(values)
    }

    /// The least value that a `share` of the values, 0–1, does not exceed; 0 where there are none.
    pub fn quantile(&self, share: f64) -> f64 {
        let rank = (share * self.0.len() as f64).ceil().max(1.0) as usize;
        self.0.get(rank - 1).or(self.0.last()).copied().unwrap_or_default()
    }

    /// The least.
    pub fn least(&self) -> f64 {
        self.0.first().copied().unwrap_or_default()
    }

    /// The middle.
    pub fn median(&self) -> f64 {
        self.quantile(0.5)
    }

    /// The mean.
    pub fn mean(&self) -> f64 {
        self.0.iter().sum::<f64>() / self.0.len().max(1) as f64
    }

    /// How many there are.
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
