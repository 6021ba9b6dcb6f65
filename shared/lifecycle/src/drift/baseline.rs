//! The counts of the data set, with which served rows are compared.

use serde::{Deserialize, Serialize};

use super::{Bins, CountShape, CountedColumn, OtherShape, ServedCounts};

// Training rows have chosen the categories with cells of their own, and a category is unseen because no training row has
// it. So their counts would differ from those of any new rows, even without drift. Hold-out rows had no part in the choice,
// and for a prediction they are new rows, too. An edge between numbers lies on a training row, which the test of
// `shared/lifecycle/src/drift` allows for. There, all rows are counted, because more rows show smaller changes.
/// How many rows of the data set lie in each cell. It is stored in the artifact.
///
/// Numbers, texts and times are counted in all rows. Categories and predictions are counted in the hold-out rows only.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "RawBaseline")]
pub struct BaselineCounts {
    #[serde(flatten)]
    shape: CountShape,
    counts: Vec<Vec<u64>>,
}

#[derive(Deserialize)]
struct RawBaseline {
    #[serde(flatten)]
    shape: CountShape,
    counts: Vec<Vec<u64>>,
}

impl BaselineCounts {
    /// Creates the baseline of the counted training rows and the counted hold-out rows.
    ///
    /// # Errors
    /// [`OtherShape`] if a count belongs to other cells than `shape`.
    pub fn new(shape: CountShape, training: &ServedCounts, holdout: &ServedCounts) -> Result<Self, OtherShape> {
        let mut all = training.clone();
        all.add(holdout)?;
        if all.shape() != shape.digest() {
            return Err(OtherShape);
        }
        let counts = shape.all().zip(all.columns().zip(holdout.columns())).enumerate();
        let counts = counts.map(|(place, (column, (all, holdout)))| {
            let is_holdout_only = place >= shape.columns.len() || matches!(column.bins, Bins::Categories { .. });
            if is_holdout_only { holdout.to_vec() } else { all.to_vec() }
        });
        let counts = counts.collect();
        Ok(Self { shape, counts })
    }

    /// Returns the counts of another data set, to compare it with this one. As in the baseline, categories and predictions
    /// are counted in the rows of its hold-out only.
    ///
    /// # Errors
    /// [`OtherShape`] if a count belongs to other cells than this baseline.
    pub fn counts_of(&self, training: &ServedCounts, holdout: &ServedCounts) -> Result<ServedCounts, OtherShape> {
        let other = Self::new(self.shape.clone(), training, holdout)?;
        let rows = training.rows().saturating_add(holdout.rows());
        Ok(ServedCounts::with_cells(self.shape.digest(), rows, 0, other.counts))
    }

    /// Returns the columns, predictions and cells that are counted.
    pub fn shape(&self) -> &CountShape {
        &self.shape
    }

    /// Returns each counted column with its counts: the input columns, then the predictions.
    pub fn columns(&self) -> impl Iterator<Item = (&CountedColumn, &[u64])> {
        self.shape.all().zip(self.counts.iter().map(Vec::as_slice))
    }
}

impl TryFrom<RawBaseline> for BaselineCounts {
    type Error = OtherShape;

    fn try_from(RawBaseline { shape, counts }: RawBaseline) -> Result<Self, Self::Error> {
        let expected = shape.all().map(|column| column.bins.cells());
        let fits = expected.eq(counts.iter().map(Vec::len)) && shape.all().all(|column| column.bins.is_valid());
        if fits { Ok(Self { shape, counts }) } else { Err(OtherShape) }
    }
}
