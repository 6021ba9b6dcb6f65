//! The comparison of served rows with the baseline: which columns have drifted.

use serde::{Deserialize, Serialize};

use super::cells::{self, CellRows};
use super::counts::total;
use super::effect::{Pairs, normal_quantile};
use super::noise::NoiseTests;
use super::{BaselineCounts, Bins, CountedColumn, DriftLimits, OtherShape, ServedCounts, sentence};

/// Maximum number of cells that a column reports as moved.
const MOVED_CELLS: usize = 3;

/// The result of comparing served rows with the baseline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DriftVerdict {
    /// Whether any column has drifted.
    pub is_drifted: bool,
    /// The number of columns and predictions that have drifted.
    pub drifted: usize,
    /// The number of served rows.
    pub rows: u64,
    /// The number of rows that got an error and no prediction. They are in no column.
    pub refused: u64,
    /// How unlikely and how large a difference had to be.
    pub limits: DriftLimits,
    // It is that of a share of one half in a column of the most baseline rows.
    /// The change of a share (0–1) that would be found in half of all cases. Smaller changes are often missed. `None`
    /// without rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visible: Option<f64>,
    /// The input columns, in the order of the signature, then the predictions.
    pub columns: Vec<ColumnDrift>,
    /// The result in one or two sentences, without a value of a column.
    pub sentence: String,
}

/// The comparison of one column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ColumnDrift {
    /// The name of the column. For predictions: `label`, `probability` or `prediction`.
    pub name: String,
    /// Whether this is a number of the predictions, and not an input column.
    pub is_prediction: bool,
    /// The number of served rows, including those where the value is missing.
    pub rows: u64,
    /// The number of rows of the data set with which they are compared.
    pub baseline_rows: u64,
    /// The population stability index, from 0 up, less what chance alone gives on average.
    pub psi: f64,
    /// The Jensen–Shannon distance, 0–1.
    pub jensen_shannon: f64,
    /// How much larger the served numbers are, in standard deviations. Only for numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shift: Option<f64>,
    /// The probability (0–1) of such a difference by chance, with regard to the number of cells of this column.
    pub p_value: f64,
    /// Whether the difference is beyond noise, with regard to all columns and to all comparisons of a year.
    pub is_beyond_noise: bool,
    /// Whether the column has drifted: the difference is beyond noise, and it is large enough.
    pub is_drifted: bool,
    /// The share of missing values.
    pub missing: Shares,
    /// The cells whose shares differ most, the largest difference first. At most three.
    pub moved: Vec<MovedCell>,
    /// The rows in every cell. `None` in comparisons of earlier releases, and for the columns of a very wide table that
    /// changed least.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cells: Option<CellRows>,
    /// The result in one sentence. It can contain categories, and edges between the cells of numbers.
    pub sentence: String,
}

/// Two shares of rows, each 0–1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Shares {
    /// The share of the baseline's rows.
    pub baseline: f64,
    /// The share of the served rows.
    pub served: f64,
}

/// A cell whose share differs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MovedCell {
    /// The cell, such as `30 to 50`, `pro`, `unseen` or `missing`.
    pub cell: String,
    /// Its shares.
    #[serde(flatten)]
    pub shares: Shares,
}

impl DriftVerdict {
    /// Compares served rows with the baseline. `rows_of` names them in sentences, such as `the last day`.
    ///
    /// The noise of both samples is included: the baseline may have few rows, and so may the served rows. Few rows are
    /// never an error; then only a very large change is beyond noise.
    ///
    /// # Errors
    /// [`OtherShape`] if the counts belong to another baseline.
    ///
    /// ```
    /// use evergreen_lifecycle::drift::{BaselineCounts, Bins, CountShape, CountedColumn};
    /// use evergreen_lifecycle::drift::{DriftLimits, DriftVerdict, ServedCounts, WindowLength};
    ///
    /// let bins = Bins::Numbers { edges: vec![30.0, 50.0] };
    /// let shape = CountShape {
    ///     columns: vec![CountedColumn { name: "age".into(), slots: 1, bins }],
    ///     predictions: Vec::new(),
    /// };
    /// let count = |ages: [f32; 4]| {
    ///     let mut counts = ServedCounts::new(&shape);
    ///     (0..1000).zip(ages.iter().cycle()).for_each(|(_, age)| shape.count(&mut counts, &[*age], &[]));
    ///     counts
    /// };
    /// let training = count([20.0, 25.0, 40.0, 60.0]);
    /// let baseline = BaselineCounts::new(shape.clone(), &training, &ServedCounts::new(&shape))?;
    /// let limits = DriftLimits::of_window(WindowLength::Day, 0.2);
    ///
    /// let same = DriftVerdict::new(&baseline, &training, limits, "the last day")?;
    /// assert!(!same.is_drifted);
    /// let older = DriftVerdict::new(&baseline, &count([40.0, 45.0, 60.0, 70.0]), limits, "the last day")?;
    /// assert!(older.is_drifted);
    /// # Ok::<(), evergreen_lifecycle::drift::OtherShape>(())
    /// ```
    pub fn new(
        baseline: &BaselineCounts,
        served: &ServedCounts,
        limits: DriftLimits,
        rows_of: &str,
    ) -> Result<Self, OtherShape> {
        if served.shape() != baseline.shape().digest() {
            return Err(OtherShape);
        }
        let all = baseline.columns().count();
        let of_one = limits.p_value / all.max(1) as f64;
        let inputs = baseline.shape().columns.len();
        let pairs = baseline.columns().zip(served.columns()).enumerate();
        let mut columns: Vec<ColumnDrift> = pairs
            .map(|(place, ((column, expected), found))| {
                let limits = DriftLimits { p_value: of_one, ..limits };
                ColumnDrift::new(column, place >= inputs, expected, found, limits)
            })
            .collect();
        cells::keep_the_most_changed(&mut columns);
        let drifted = columns.iter().filter(|column| column.is_drifted).count();
        let mut verdict = Self {
            is_drifted: drifted > 0,
            drifted,
            rows: served.rows(),
            refused: served.refused(),
            limits,
            visible: visible(&columns, served.rows(), of_one),
            columns,
            sentence: String::new(),
        };
        verdict.sentence = sentence::of_all(&verdict, rows_of);
        Ok(verdict)
    }
}

impl ColumnDrift {
    /// Compares one column. `limits` has the p-value for this column alone.
    fn new(column: &CountedColumn, is_prediction: bool, baseline: &[u64], served: &[u64], limits: DriftLimits) -> Self {
        let tests = NoiseTests::new(&column.bins, baseline, served);
        let pairs = Pairs::new(baseline, served);
        let (psi, is_beyond_noise) = (pairs.psi(), tests.are_beyond(limits.p_value));
        let (baseline_rows, rows) = (total(baseline), total(served));
        let shares = |(a, b): (&u64, &u64)| Shares { baseline: share(*a, baseline_rows), served: share(*b, rows) };
        let cells: Vec<Shares> = baseline.iter().zip(served).map(shares).collect();
        let mut found = Self {
            name: column.name.clone(),
            is_prediction,
            rows,
            baseline_rows,
            psi,
            jensen_shannon: pairs.jensen_shannon(),
            shift: shift(&column.bins, baseline, served),
            p_value: tests.p_value(),
            is_beyond_noise,
            is_drifted: is_beyond_noise && psi >= limits.psi,
            missing: cells.last().copied().unwrap_or(Shares { baseline: 0.0, served: 0.0 }),
            moved: moved(&column.bins, &cells),
            cells: Some(CellRows::new(&column.bins, baseline, served)),
            sentence: String::new(),
        };
        found.sentence = sentence::of_column(&found, &column.bins, &cells);
        found
    }
}

impl Shares {
    /// Returns by how much the served share is larger, −1 to 1.
    pub fn change(self) -> f64 {
        self.served - self.baseline
    }
}

fn share(count: u64, rows: u64) -> f64 {
    if rows == 0 { 0.0 } else { count as f64 / rows as f64 }
}

/// Returns how much larger the served numbers are. `None` if the column has no numbers, or a sample has none.
fn shift(bins: &Bins, baseline: &[u64], served: &[u64]) -> Option<f64> {
    let Bins::Numbers { edges } = bins else { return None };
    let (baseline, served) = (baseline.get(..=edges.len())?, served.get(..=edges.len())?);
    (total(baseline) > 0 && total(served) > 0).then(|| Pairs::new(baseline, served).shift())
}

fn moved(bins: &Bins, cells: &[Shares]) -> Vec<MovedCell> {
    let mut moved: Vec<(usize, Shares)> = cells.iter().copied().enumerate().collect();
    moved.retain(|(_, shares)| shares.change() != 0.0);
    moved.sort_by(|(_, a), (_, b)| b.change().abs().total_cmp(&a.change().abs()));
    let moved = moved.into_iter().take(MOVED_CELLS);
    moved.map(|(cell, shares)| MovedCell { cell: bins.label(cell), shares }).collect()
}

/// Returns the change of a share of one half that is found in half of all cases. `p_value` is the limit for one column.
fn visible(columns: &[ColumnDrift], rows: u64, p_value: f64) -> Option<f64> {
    let baseline_rows = columns.iter().map(|column| column.baseline_rows).max().filter(|rows| *rows > 0)?;
    let limit = p_value / (super::MAX_EDGES + 1) as f64 / 2.0;
    let deviation = (0.25 / rows as f64 + 0.25 / baseline_rows as f64).sqrt();
    (rows > 0).then(|| (-normal_quantile(limit) * deviation).min(1.0))
}
