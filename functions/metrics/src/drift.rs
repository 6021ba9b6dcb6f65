//! Compares served rows with the champion's baseline, once for each complete hour.
//!
//! The environments of the prediction function store what they have counted. When an hour is complete, this module adds
//! their shares up and stores the sum. Then it compares the windows that end with this hour, and stores the results. All
//! other measurements read only the summary of the results.

use std::ops::Range;

use evergreen_lifecycle::VersionNumber;
use evergreen_lifecycle::drift::{
    BaselineCounts, CountedHour, DriftComparison, DriftLimits, DriftSummary, DriftVerdict, ServedCounts, Window,
    WindowLength,
};
use evergreen_lifecycle::ports::{CountShare, HourCounts, ServedRecord, Unavailable};
use jiff::Timestamp;

// Shares expire after three days. After a longer pause, the hours before have no counts, and no alarm of ours counts them.
/// Maximum number of complete hours that one measurement judges.
const MAX_HOURS: i64 = 48;

/// The champion with which served rows are compared, and how.
pub(crate) struct Compared<'a> {
    pub(crate) version: VersionNumber,
    /// `None` if the champion's artifact has no baseline.
    pub(crate) baseline: Option<&'a BaselineCounts>,
    /// Minimum PSI of a column that has drifted, in windows of a day or more.
    pub(crate) psi: f64,
}

/// Returns the summary of the comparisons at `now`. Compares first, if an hour is complete that was not judged, and if the
/// champion's model file is intact (`has_model`). `None` if nothing was ever compared.
///
/// # Errors
/// [`Unavailable`] if a call to the registry fails. The next measurement then judges the hour.
pub(crate) async fn judge(
    registry: &impl ServedRecord,
    champion: &Compared<'_>,
    has_model: bool,
    now: Timestamp,
) -> Result<Option<DriftSummary>, Unavailable> {
    let last = CountedHour::last_complete(now);
    let former = registry.drift_summary().await?;
    if !has_model {
        return Ok(former);
    }
    let (version, before) = (champion.version, former.as_ref());
    if let Some(former) = before.filter(|former| former.judged >= last) {
        if former.version == version {
            return Ok(Some(former.clone()));
        }
        // A new champion begins without comparisons, and no hour is compared again.
        let summary = DriftSummary::after(before, former.judged, version, former.rows, &[]);
        registry.store_drift(&[], &summary).await?;
        return Ok(Some(summary));
    }
    let first = before.map_or(last.0, |former| former.judged.next().0).max(last.0 - MAX_HOURS + 1);
    let hours = CountedHour(first)..last.next();
    let shares = registry.shares(hours.clone()).await?;
    let comparisons = match champion.baseline {
        Some(baseline) => compare(registry, champion, baseline, &shares, hours).await?,
        None => Vec::new(),
    };
    let rows = shares.iter().filter(|share| share.hour == last).map(|share| share.rows).sum();
    let summary = DriftSummary::after(before, last, version, rows, &comparisons);
    let kept: Vec<DriftComparison> =
        comparisons.into_iter().filter(|comparison| summary.has(comparison.window)).collect();
    registry.store_drift(&kept, &summary).await?;
    Ok(Some(summary))
}

/// Adds up the shares of these hours, stores the sums, and compares the windows that end in these hours. Returns the
/// newest comparison of each length.
async fn compare(
    registry: &impl ServedRecord,
    &Compared { version, psi, .. }: &Compared<'_>,
    baseline: &BaselineCounts,
    shares: &[CountShare],
    hours: Range<CountedHour>,
) -> Result<Vec<DriftComparison>, Unavailable> {
    let mut sums = Vec::new();
    for hour in (hours.start.0..hours.end.0).map(CountedHour) {
        let own = shares.iter().filter(|share| (share.hour, share.version) == (hour, version));
        let sum = sum(baseline, own.map(|share| share.counts.as_slice()));
        if !sum.is_empty() {
            registry.put_hour(&HourCounts { hour, version, counts: sum.to_bytes() }).await?;
            sums.push((hour, sum));
        }
    }
    let windows: Vec<Window> =
        (hours.start.0..hours.end.0).flat_map(|hour| Window::ending(CountedHour(hour))).collect();
    let mut comparisons = Vec::new();
    for length in WindowLength::ALL {
        let due = windows.iter().filter(|window| window.length == length);
        for window in due {
            let counts = match length {
                WindowLength::Hour => sums.iter().find(|(hour, _)| *hour == window.last).map(|(_, sum)| sum.clone()),
                _ => Some(of_window(registry, version, baseline, *window).await?),
            };
            let Some(counts) = counts.filter(|counts| counts.rows() > 0) else { continue };
            let limits = DriftLimits::of_window(length, psi);
            match DriftVerdict::new(baseline, &counts, limits, length.words()) {
                Ok(verdict) => comparisons.push(DriftComparison { window: *window, version, verdict }),
                Err(error) => tracing::error!(%error, "served rows could not be compared"),
            }
        }
    }
    Ok(comparisons)
}

/// Returns the counts of the champion in a window of stored sums.
async fn of_window(
    registry: &impl ServedRecord,
    version: VersionNumber,
    baseline: &BaselineCounts,
    window: Window,
) -> Result<ServedCounts, Unavailable> {
    let Range { start, end } = window.hours();
    let hours = registry.hours(CountedHour(start)..CountedHour(end)).await?;
    let own = hours.iter().filter(|hour| hour.version == version);
    Ok(sum(baseline, own.map(|hour| hour.counts.as_slice())))
}

/// Adds up encoded counts. Those that are damaged, or of another baseline, are left out and logged.
fn sum<'a>(baseline: &BaselineCounts, counts: impl Iterator<Item = &'a [u8]>) -> ServedCounts {
    let mut sum = ServedCounts::new(baseline.shape());
    for bytes in counts {
        let added = ServedCounts::from_bytes(bytes, baseline.shape())
            .map_err(|error| error.to_string())
            .and_then(|counts| sum.add(&counts).map_err(|error| error.to_string()));
        if let Err(error) = added {
            tracing::warn!(error, "counts of served rows were left out");
        }
    }
    sum
}
