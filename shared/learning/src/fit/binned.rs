//! Sorts the values of each feature into at most 256 bins (value ranges). Trees are grown on bin numbers and not on
//! values.

// A feature with at most 256 different values has one bin for each value. If there are more, the bins hold about
// equally many rows. A split lies between two bins. Its threshold is halfway between the largest value of the lower bin
// and the smallest value of the upper bin.

use std::sync::Arc;

use rayon::prelude::*;

use super::features::FrameFeatures;
use evergreen_scoring::Hole;
use evergreen_table::Direction;

/// Maximum number of bins of a feature.
pub(super) const MAX_BINS: usize = 256;

// With more rows, evenly spaced rows are used.
/// Maximum number of rows from which the bins (value ranges) of a feature are computed.
const LAYOUT_ROWS: usize = 200_000;

/// The training rows in binned form: each value of a feature is replaced by the number of its bin (value range).
#[derive(Debug, Clone)]
pub(crate) struct Binned {
    columns: Vec<BinnedColumn>,
    /// The features whose value may be missing, each with the index of its missing-value indicator.
    holes: Vec<Hole>,
    // There are two columns for each element of `holes`. In the first half of this list, missing values are below all
    // other values. In the second half, they are above all other values.
    /// Additional binned columns: two for each feature whose value may be missing. In one of the two columns,
    /// missing counts as the lowest value. In the other, missing counts as the highest.
    ends: Vec<BinnedColumn>,
}

/// The binned columns on which gradient boosting may split.
#[derive(Debug, Clone)]
pub(super) struct Splittable<'a> {
    pub(super) columns: Vec<&'a BinnedColumn>,
    /// For each binned column, its bins (value ranges).
    pub(super) bins: Vec<&'a FeatureBins>,
    /// For each binned column, the feature index that a finished tree uses for the column.
    pub(super) features: Vec<u32>,
    // The gain of a column's splits is added to its original feature.
    /// For each binned column, the index of the feature that the column was made from. The importance of the column's
    /// splits is added to this feature.
    pub(super) origins: Vec<usize>,
}

/// One feature in binned form: its bins (value ranges), and the bin number of each row.
#[derive(Debug, Clone)]
pub(super) struct BinnedColumn {
    codes: Arc<[u8]>,
    bins: FeatureBins,
}

// A value between two bins belongs to the upper one. A value above all bins belongs to the last one.
/// The bins (value ranges) of one feature, in ascending order.
#[derive(Debug, Clone)]
pub(super) struct FeatureBins {
    /// For each bin, the largest value of the rows from which the bins were computed.
    ends: Vec<f32>,
    /// For each bin, the smallest value of all rows.
    lowest: Vec<f32>,
    /// For each bin, the largest value of all rows.
    highest: Vec<f32>,
    direction: Option<Direction>,
}

/// Where the values of a binned column come from.
#[derive(Debug, Clone, Copy)]
pub(super) enum ColumnSource {
    /// The values of the feature with this index.
    Feature(usize),
    /// The values of a feature whose value may be missing. A missing value is above all others if `is_above`, and
    /// otherwise below them.
    Hole { hole: Hole, is_above: bool },
}

impl ColumnSource {
    /// Returns the column's value for each row of `features`.
    pub(super) fn values(self, features: &FrameFeatures<'_>) -> Vec<f32> {
        match self {
            Self::Feature(index) => features.column(index),
            Self::Hole { hole, is_above } => {
                let values = features.column(hole.value as usize).into_iter();
                let end = |(value, missing)| {
                    let [below, above] = Hole::ends(value, missing);
                    if is_above { above } else { below }
                };
                values.zip(features.column(hole.missing as usize)).map(end).collect()
            }
        }
    }
}

impl Binned {
    /// Sorts the values of every feature into bins, for all rows. All values must be finite.
    pub(crate) fn new(features: &FrameFeatures<'_>) -> Self {
        let column = |index| BinnedColumn::new(features.column(index));
        let columns = (0..features.width()).into_par_iter().map(column).collect();
        Self { columns, holes: Vec::new(), ends: Vec::new() }
    }

    /// Adds two binned columns for each feature whose value may be missing, so that a split can send missing values to
    /// either side.
    pub(crate) fn with_holes(mut self, features: &FrameFeatures<'_>, holes: Vec<Hole>) -> Self {
        // In the first column, missing values are below all other values. In the second, they are above all other
        // values.
        let column = |(is_above, hole): (bool, &Hole)| {
            BinnedColumn::new(ColumnSource::Hole { hole: *hole, is_above }.values(features))
        };
        let ends: Vec<(bool, &Hole)> =
            [false, true].into_iter().flat_map(|is_above| holes.iter().map(move |hole| (is_above, hole))).collect();
        self.ends = ends.into_par_iter().map(column).collect();
        self.holes = holes;
        self
    }

    /// Returns the features whose value may be missing and for which additional binned columns exist.
    pub(super) fn holes(&self) -> &[Hole] {
        &self.holes
    }

    /// Returns the binned columns on which gradient boosting may split.
    pub(super) fn splittable(&self) -> Splittable<'_> {
        // A feature with a monotone constraint keeps its one column, with a fill value for missing values. Otherwise
        // the constraint would also order missing values against all other values.
        let free =
            |hole: &Hole| self.columns.get(hole.value as usize).is_some_and(|column| column.bins.direction.is_none());
        // A feature whose value may be missing is replaced by two columns: missing values are lowest in one and highest
        // in the other.
        let replaced = |feature: usize| {
            let of = |hole: &&Hole| [hole.value, hole.missing].contains(&(feature as u32));
            self.holes.iter().find(of).is_some_and(free)
        };
        let mut found = Splittable { columns: Vec::new(), bins: Vec::new(), features: Vec::new(), origins: Vec::new() };
        let own = self.columns.iter().enumerate().filter(|(feature, _)| !replaced(*feature));
        let holes = self.holes.iter().chain(&self.holes).zip(&self.ends).enumerate();
        let ends = holes.filter(|(_, (hole, _))| free(hole));
        let all = own
            .map(|(feature, column)| (column, feature, feature))
            .chain(ends.map(|(place, (hole, column))| (column, self.columns.len() + place, hole.value as usize)));
        for (column, feature, origin) in all {
            found.columns.push(column);
            found.bins.push(&column.bins);
            found.features.push(feature as u32);
            found.origins.push(origin);
        }
        found
    }

    /// Sets a monotone constraint: when the feature's value grows, the prediction may only rise, or only fall.
    pub(crate) fn constrain(&mut self, feature: usize, direction: Direction) {
        if let Some(column) = self.columns.get_mut(feature) {
            column.bins.direction = Some(direction);
        }
    }

    /// Returns a copy with additional features. Each element of `more` holds one feature's values for all rows, which
    /// must be finite.
    pub(crate) fn with(&self, more: &[Arc<[f32]>]) -> Self {
        let mut columns = self.columns.clone();
        columns.extend(more.iter().map(|values| BinnedColumn::new(values.to_vec())));
        Self { columns, ..self.clone() }
    }

    /// Returns where the values of each column come from on which gradient boosting may split, in the order of
    /// [`Binned::splittable`].
    pub(super) fn sources(&self) -> Vec<ColumnSource> {
        let own = self.columns.len();
        let source = |feature: &u32| match (*feature as usize).checked_sub(own) {
            Some(place) => {
                let (count, is_above) = (self.holes.len().max(1), place >= self.holes.len());
                let hole = self.holes.get(place % count).copied();
                hole.map_or(ColumnSource::Feature(*feature as usize), |hole| ColumnSource::Hole { hole, is_above })
            }
            None => ColumnSource::Feature(*feature as usize),
        };
        self.splittable().features.iter().map(source).collect()
    }

    /// Returns the binned columns of all features, without the additional columns for missing values.
    pub(super) fn columns(&self) -> &[BinnedColumn] {
        &self.columns
    }
}

impl BinnedColumn {
    fn new(values: Vec<f32>) -> Self {
        let mut bins = FeatureBins::of(&values);
        Self { codes: values.into_iter().map(|value| bins.code(value)).collect(), bins }
    }

    /// Returns the bin number of each row for this feature.
    pub(super) fn codes(&self) -> &[u8] {
        &self.codes
    }

    /// Returns the bins (value ranges) of this feature.
    pub(super) fn bins(&self) -> &FeatureBins {
        &self.bins
    }
}

impl FeatureBins {
    /// Computes the bins of a feature with these values, which must be finite. Each value must still be added to its bin.
    fn of(values: &[f32]) -> Self {
        let ends = ends(values);
        let (lowest, highest) = (vec![f32::INFINITY; ends.len()], vec![f32::NEG_INFINITY; ends.len()]);
        Self { ends, lowest, highest, direction: None }
    }

    /// Adds a row's value to its bin, and returns the number of the bin.
    pub(super) fn code(&mut self, value: f32) -> u8 {
        let bin = self.ends.partition_point(|end| *end < value).min(self.ends.len().saturating_sub(1));
        if let (Some(lowest), Some(highest)) = (self.lowest.get_mut(bin), self.highest.get_mut(bin)) {
            *lowest = lowest.min(value);
            *highest = highest.max(value);
        }
        bin as u8
    }

    /// Returns the feature's monotone constraint (prediction only rises, or only falls), or `None` if there is no
    /// constraint.
    pub(super) fn direction(&self) -> Option<Direction> {
        self.direction
    }

    /// Returns how many bins the feature has.
    pub(super) fn count(&self) -> usize {
        self.highest.len()
    }

    /// Returns the threshold of a split: a number between the values of the bins `left` and `right`.
    pub(super) fn threshold(&self, left: usize, right: usize) -> f32 {
        let below = self.highest.get(left).copied().unwrap_or(f32::MIN);
        let above = self.lowest.get(right).copied().unwrap_or(f32::MAX);
        let middle = f64::midpoint(below.into(), above.into());
        // The `f32` halfway between the bins, rounded down. It is at least the largest value of `left` and below the
        // smallest value of `right`.
        let rounded = middle as f32;
        if f64::from(rounded) > middle { rounded.next_down() } else { rounded }
    }
}

/// Divides the values of a feature into at most 256 bins (value ranges). Returns the largest value of each bin.
fn ends(values: &[f32]) -> Vec<f32> {
    let step = values.len().div_ceil(LAYOUT_ROWS).max(1);
    let mut sorted: Vec<f32> = values.iter().step_by(step).copied().collect();
    sorted.sort_unstable_by(f32::total_cmp);
    let distinct = sorted.chunk_by(|a, b| a == b);
    if distinct.clone().take(MAX_BINS + 1).count() <= MAX_BINS {
        return distinct.filter_map(|group| group.first().copied()).collect();
    }
    let (mut ends, mut rows, mut left) = (Vec::with_capacity(MAX_BINS), 0, sorted.len());
    for group in distinct {
        rows += group.len();
        let bins_left = MAX_BINS - ends.len();
        if rows * bins_left >= left && bins_left > 1 {
            ends.extend(group.first());
            left -= rows;
            rows = 0;
        }
    }
    if rows > 0 {
        ends.extend(sorted.last());
    }
    ends
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn few_values_have_a_bin_each() {
        let column = BinnedColumn::new(vec![3.0, 1.0, 3.0, 2.0]);
        assert_eq!((column.codes(), column.bins().count()), ([2, 0, 2, 1].as_slice(), 3));
        assert_eq!(column.bins().threshold(0, 2), 2.0);
    }

    #[test]
    fn many_values_are_spread_evenly() {
        let column = BinnedColumn::new((0..10_000).map(|n| n as f32).collect());
        let mut rows = vec![0; MAX_BINS];
        column.codes().iter().for_each(|code| rows[usize::from(*code)] += 1);
        assert!(rows.iter().all(|rows| (38..=41).contains(rows)), "{rows:?}");
    }

    #[test]
    fn the_value_of_most_rows_has_its_own_bin() {
        let values = (0..10_000).map(|n| if n % 10 == 0 { n as f32 } else { 0.5 });
        let column = BinnedColumn::new(values.collect());
        assert!(column.bins().count() > 200, "{}", column.bins().count());
        assert!(column.bins.lowest.iter().zip(&column.bins.highest).any(|(low, high)| *low <= 0.5 && *high == 0.5));
    }

    #[test]
    fn neighbouring_numbers_differ() {
        let (a, b) = (1.0_f32, 1.0_f32.next_up());
        let threshold = BinnedColumn::new(vec![a, b]).bins().threshold(0, 1);
        assert!(a <= threshold && b > threshold);
    }

    proptest! {
        #[test]
        fn bins_keep_the_order_of_values_and_thresholds_separate_them(
            values in prop::collection::vec(-1e30..1e30_f32, 1..700),
        ) {
            let column = BinnedColumn::new(values.clone());
            prop_assert!(column.bins().count() <= MAX_BINS);
            for left in 0..column.bins().count() - 1 {
                let threshold = column.bins().threshold(left, left + 1);
                for (value, code) in values.iter().zip(column.codes()) {
                    prop_assert_eq!(*value <= threshold, usize::from(*code) <= left);
                }
            }
        }
    }
}
