//! What the comparisons of served rows have found so far, for metrics, alarms and people.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{CountedHour, DriftVerdict, Window, WindowLength};
use crate::VersionNumber;

// An environment hands its counts over about once a minute, and when it ends. A frozen one may be late.
/// Time after the end of an hour in which counts of this hour may still arrive. Later counts are not compared.
pub const GRACE: SignedDuration = SignedDuration::from_mins(10);

/// One comparison of served rows with the champion's baseline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DriftComparison {
    /// The hours whose rows were compared.
    pub window: Window,
    /// The model version that served the rows.
    pub version: VersionNumber,
    /// The result.
    pub verdict: DriftVerdict,
}

/// The comparison of a new data set with that of the champion. It is stored in the manifest of the new version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TableDrift {
    /// The champion when the new version was trained.
    pub version: VersionNumber,
    /// The result. Its served rows are those of the new data set.
    pub verdict: DriftVerdict,
}

// A whole comparison of a wide table would not fit into an event of EventBridge.
/// The comparison of a new data set with that of the champion, in short, for events.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TableDriftSummary {
    /// The champion when the new version was trained.
    pub version: VersionNumber,
    /// Whether any column has drifted.
    pub is_drifted: bool,
    /// The number of columns and predictions that have drifted.
    pub drifted: usize,
    /// The number of rows of the new data set.
    pub rows: u64,
    /// The columns that have drifted, the largest difference first. At most twenty.
    pub columns: Vec<DriftedColumn>,
    /// The result in one or two sentences, without a value of a column.
    pub sentence: String,
}

/// A column that has drifted.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DriftedColumn {
    /// The name of the column, or of the number of the predictions.
    pub name: String,
    /// The population stability index.
    pub psi: f64,
}

/// Maximum number of columns in a [`TableDriftSummary`].
const SUMMARY_COLUMNS: usize = 20;

impl TableDrift {
    /// Returns the result in short.
    pub fn summary(&self) -> TableDriftSummary {
        let Self { version, verdict } = self;
        let drifted = verdict.columns.iter().filter(|column| column.is_drifted);
        let mut columns: Vec<DriftedColumn> =
            drifted.map(|column| DriftedColumn { name: column.name.clone(), psi: column.psi }).collect();
        columns.sort_by(|a, b| b.psi.total_cmp(&a.psi));
        columns.truncate(SUMMARY_COLUMNS);
        TableDriftSummary {
            version: *version,
            is_drifted: verdict.is_drifted,
            drifted: verdict.drifted,
            rows: verdict.rows,
            columns,
            sentence: verdict.sentence.clone(),
        }
    }

    /// Returns the result as a warning about the data set. `None` if it has not drifted.
    pub fn warning(&self) -> Option<String> {
        let Self { version, verdict } = self;
        verdict
            .is_drifted
            .then(|| format!("compared with the data set of version {version}, the champion: {}", verdict.sentence))
    }
}

// The whole results are stored beside it, and are read only when a person comparisons at them.
/// The result of the newest comparisons, in short. It is stored once an hour.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DriftSummary {
    /// The last hour that was judged.
    pub judged: CountedHour,
    /// The champion when the hour was judged.
    pub version: VersionNumber,
    /// The number of rows that all versions served in this hour.
    pub rows: u64,
    /// The newest comparison of each length of window with the champion's rows. Empty before the champion served rows.
    pub comparisons: Vec<ComparisonSummary>,
}

/// One comparison, in short.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ComparisonSummary {
    /// The hours whose rows were compared.
    pub window: Window,
    /// The number of columns and predictions that have drifted.
    pub drifted: usize,
    /// The result as a sentence.
    pub sentence: String,
}

impl DriftSummary {
    // An hour at night may have too few rows to see a drift of the day. Its result must not end the alarm.
    /// Returns the summary after the hour `judged`. `former` is the summary before it, and `comparisons` are the new
    /// comparisons.
    ///
    /// An hour that has drifted stays the newest one until another hour has drifted, or a day is complete. Comparisons
    /// with a former champion are dropped.
    pub fn after(
        former: Option<&Self>,
        judged: CountedHour,
        version: VersionNumber,
        rows: u64,
        comparisons: &[DriftComparison],
    ) -> Self {
        let mut kept =
            former.filter(|former| former.version == version).map_or_else(Vec::new, |it| it.comparisons.clone());
        for comparison in comparisons.iter().map(ComparisonSummary::of) {
            match kept.iter_mut().find(|old| old.window.length == comparison.window.length) {
                Some(old) if comparison.replaces(old) => *old = comparison,
                Some(_) => {}
                None => kept.push(comparison),
            }
        }
        Self { judged, version, rows, comparisons: kept }
    }

    /// Returns the number of columns and predictions that have drifted: the most of any comparison.
    pub fn drifted(&self) -> usize {
        self.comparisons.iter().map(|comparison| comparison.drifted).max().unwrap_or_default()
    }

    /// Returns the sentence of the comparison with the most drifted columns. If several have as many, the longest window
    /// decides. `None` before the champion served rows.
    pub fn sentence(&self) -> Option<&str> {
        let worst =
            self.comparisons.iter().max_by_key(|comparison| (comparison.drifted, comparison.window.length.hours()));
        worst.map(|comparison| comparison.sentence.as_str())
    }

    /// Returns whether this is still the newest comparison of its length.
    pub fn has(&self, window: Window) -> bool {
        self.comparisons.iter().any(|comparison| comparison.window == window)
    }
}

impl ComparisonSummary {
    fn of(comparison: &DriftComparison) -> Self {
        let DriftVerdict { drifted, sentence, .. } = &comparison.verdict;
        Self { window: comparison.window, drifted: *drifted, sentence: sentence.clone() }
    }

    fn replaces(&self, old: &Self) -> bool {
        let ends_a_day = Window::ending(self.window.last).len() > 1;
        self.window.length != WindowLength::Hour || old.drifted == 0 || self.drifted > 0 || ends_a_day
    }
}

impl CountedHour {
    /// Returns the last hour whose counts have arrived by `now`, with the [`GRACE`] after its end.
    pub fn last_complete(now: Timestamp) -> Self {
        let by = now.checked_sub(GRACE).unwrap_or(now);
        Self(Self::of(by).0.saturating_sub(1))
    }
}
