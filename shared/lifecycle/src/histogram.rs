//! Histograms of numbers and of texts, for people who look at a data set or at a model's errors.

use serde::{Deserialize, Serialize};

// A column may have millions of values. The quantiles then come from evenly spaced ones, so that no copy is sorted.
/// Maximum number of values that are sorted to find the range of a histogram.
const RANGED_VALUES: usize = 10_000;

/// One bin of a histogram of numbers: the numbers from `from` (included) to `to` (excluded, except in the last bin).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct HistogramBin {
    /// The lower end of the bin. The first bin also counts all lower numbers.
    pub from: f64,
    /// The upper end of the bin. The last bin also counts all higher numbers.
    pub to: f64,
    /// How many numbers lie in the bin.
    pub rows: usize,
}

/// A category or label, with the number of its rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ValueCount {
    /// The category or label, as text.
    pub value: String,
    /// The number of rows with this value.
    pub rows: usize,
}

/// The distribution of a column's values. Missing values are not counted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ColumnHistogram {
    /// The column has numbers or timestamps. A timestamp is a number of seconds since 1970-01-01T00:00:00Z.
    Numbers {
        /// The bins of equal width, from low to high. See [`bins`].
        bins: Vec<HistogramBin>,
    },
    /// The column has categories, labels or truth values.
    Values {
        // The signature of the model lists the same texts, so the histogram adds no text of the data set.
        /// The most frequent values, at most eight, most frequent first. Only values that the model's signature names.
        values: Vec<ValueCount>,
        /// The number of rows with any other value.
        other: usize,
    },
}

/// Divides numbers into at most `most` bins of equal width, between their 1 % and their 99 % quantile. A few extreme
/// numbers count in the first or the last bin, so that they neither stretch the bins nor can be read off.
///
/// Numbers that are not finite are ignored. If nearly all numbers are equal, the bins reach from the lowest to the
/// highest number.
///
/// ```
/// use evergreen_lifecycle::histogram::bins;
///
/// let bins = bins((0..1000).map(f64::from), 4);
/// assert_eq!(bins.iter().map(|bin| bin.rows).sum::<usize>(), 1000);
/// assert_eq!((bins.len(), bins[0].from, bins[3].to), (4, 10.0, 989.0));
/// ```
pub fn bins(values: impl Iterator<Item = f64> + Clone, most: usize) -> Vec<HistogramBin> {
    let finite = values.filter(|value| value.is_finite());
    let Some((low, high)) = range(finite.clone()) else { return Vec::new() };
    let count = if low < high { most.max(1) } else { 1 };
    let width = (high - low) / count as f64;
    let mut rows = vec![0_usize; count];
    for value in finite {
        // A cast of a float saturates, so a number below the range gets the first bin.
        let place = if width > 0.0 { ((value - low) / width) as usize } else { 0 };
        if let Some(rows) = rows.get_mut(place.min(count - 1)) {
            *rows += 1;
        }
    }
    let end = |bin: usize| if bin == count { high } else { low + width * bin as f64 };
    rows.into_iter().enumerate().map(|(bin, rows)| HistogramBin { from: end(bin), to: end(bin + 1), rows }).collect()
}

/// Returns the range of a histogram: the 1 % and the 99 % quantile. `None` if there are no numbers.
fn range(values: impl Iterator<Item = f64> + Clone) -> Option<(f64, f64)> {
    let (mut lowest, mut highest, mut count) = (f64::INFINITY, f64::NEG_INFINITY, 0_usize);
    for value in values.clone() {
        (lowest, highest, count) = (lowest.min(value), highest.max(value), count + 1);
    }
    let mut some: Vec<f64> = values.step_by(count.div_ceil(RANGED_VALUES).max(1)).collect();
    some.sort_by(f64::total_cmp);
    let (low, high) = (quantile(&some, 0.01)?, quantile(&some, 0.99)?);
    Some(if low < high { (low, high) } else { (lowest, highest) })
}

/// Returns the element of a sorted list below which the given share (0–1) of the list lies. `None` if it is empty.
pub fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    sorted.get((last as f64 * share).round() as usize).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn total(bins: &[HistogramBin]) -> usize {
        bins.iter().map(|bin| bin.rows).sum()
    }

    #[test]
    fn a_few_extreme_numbers_neither_stretch_the_bins_nor_get_lost() {
        let values = (0..1000).map(f64::from).chain([1e9, -1e9, f64::NAN]);
        let bins = bins(values, 12);
        assert_eq!((bins.len(), total(&bins)), (12, 1002));
        assert!(bins[0].from > 0.0 && bins[11].to < 1000.0, "{bins:?}");
        assert!(bins.windows(2).all(|pair| pair[0].to == pair[1].from), "{bins:?}");
    }

    #[test]
    fn equal_numbers_are_one_bin_and_no_numbers_are_none() {
        assert_eq!(bins([2.5; 7].into_iter(), 12), [HistogramBin { from: 2.5, to: 2.5, rows: 7 }]);
        assert_eq!(bins([f64::NAN].into_iter(), 12), []);
    }

    #[test]
    fn a_rare_other_number_is_still_seen() {
        let values = std::iter::repeat_n(0.0, 999).chain([10.0]);
        let bins = bins(values, 5);
        assert_eq!((bins.len(), bins[0].rows, bins[4].rows), (5, 999, 1));
    }
}
