//! Judges the champion's live accuracy, once a day: what turned out true about its predictions, beside the hold-out.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use evergreen_lifecycle::drift::{BaselineCounts, CountedHour, ServedCounts};
use evergreen_lifecycle::feedback::{HoldOutLosses, LIVE_WINDOWS, LiveDay, LiveSummary, MAX_FEEDBACK_AGE};
use evergreen_lifecycle::ports::{DayTally, FeedbackRecord, LiveRecord, ServedRecord, Unavailable};
use evergreen_lifecycle::{Metric, MetricValues, VersionNumber};
use jiff::civil::Date;
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};

/// The champion whose predictions are judged.
pub(crate) struct JudgedChampion<'a> {
    pub(crate) version: VersionNumber,
    /// When it was trained. It has predicted nothing before. `None` if its record does not say it.
    pub(crate) trained_at: Option<Timestamp>,
    /// The losses on the hold-out. `None` if its artifact has none.
    pub(crate) hold_out: Option<&'a HoldOutLosses>,
    /// The cells in which its predictions are counted. `None` if its artifact has none.
    pub(crate) baseline: Option<&'a BaselineCounts>,
}

/// Returns the newest judgement at `now`. Judges first, if that is due and the champion's model file is intact
/// (`has_model`). `None` if nothing was ever judged.
///
/// # Errors
/// [`Unavailable`] if a call to the registry fails. The next measurement then judges.
pub(crate) async fn judge<R>(
    registry: &R,
    champion: &JudgedChampion<'_>,
    has_model: bool,
    now: Timestamp,
) -> Result<Option<LiveSummary>, Unavailable>
where
    R: FeedbackRecord + LiveRecord + ServedRecord,
{
    let (former, version, today) = (registry.live_summary().await?, champion.version, day_of(now));
    // The usual measurement of a day ends here, with one read.
    if !has_model || !LiveSummary::is_due(former.as_ref(), version, today, true) {
        return Ok(former);
    }
    let oldest = now.checked_sub(MAX_FEEDBACK_AGE).unwrap_or(now);
    let first = champion.trained_at.map_or(oldest, |trained_at| trained_at.clamp(oldest, now));
    let tallies = registry.day_tallies(day_of(first)..=today).await?;
    let own: Vec<DayTally> = tallies.into_iter().filter(|day| day.version == version && day.tally.rows > 0).collect();
    if !LiveSummary::is_due(former.as_ref(), version, today, !own.is_empty()) {
        return Ok(former);
    }
    let days = with_served(registry, champion, own, today).await?;
    let summary = LiveSummary::new(former.as_ref(), version, today, &days, champion.hold_out);
    registry.store_live(&summary).await?;
    Ok(Some(summary))
}

/// Returns the metrics `LiveAccuracy`, `LiveLabels` and `LiveAccuracyWorse`. They have no value before the first label.
pub(crate) fn values(summary: &LiveSummary) -> MetricValues {
    let mut values = MetricValues::default();
    if let Some(week) = summary.week() {
        values.know(Metric::LiveLabels, week.labelled as f64);
        if let Some(headline) = week.headline {
            values.know(Metric::LiveAccuracy, headline);
        }
    }
    // After labels about a former champion, an alarm about it must end.
    if summary.has_had_labels {
        values.know(Metric::LiveAccuracyWorse, f64::from(u8::from(summary.is_worse())));
    }
    values
}

/// Adds the numbers of served predictions of each kind. They are known for 40 days.
async fn with_served<R: ServedRecord>(
    registry: &R,
    champion: &JudgedChampion<'_>,
    own: Vec<DayTally>,
    today: Date,
) -> Result<Vec<LiveDay>, Unavailable> {
    let mut days: BTreeMap<Date, LiveDay> =
        own.into_iter().map(|day| (day.day, LiveDay { day: day.day, tally: day.tally, served: Vec::new() })).collect();
    let newest = days.keys().next_back().copied().unwrap_or(today);
    let longest = LIVE_WINDOWS.into_iter().max().unwrap_or_default();
    let Some(baseline) = champion.baseline else { return Ok(days.into_values().collect()) };
    // The estimate needs the newest days, and the windows end on the newest day with a label.
    for range in [last_days(newest, longest), last_days(today, LIVE_WINDOWS[0])] {
        for (day, served) in served(registry, champion.version, baseline, range).await? {
            let found =
                days.entry(day).or_insert_with(|| LiveDay { day, tally: Default::default(), served: Vec::new() });
            found.served = served;
        }
    }
    Ok(days.into_values().collect())
}

/// Returns how many predictions of each kind the version served on these days.
async fn served<R: ServedRecord>(
    registry: &R,
    version: VersionNumber,
    baseline: &BaselineCounts,
    days: RangeInclusive<Date>,
) -> Result<BTreeMap<Date, Vec<u64>>, Unavailable> {
    let start = |day: Date| Offset::UTC.to_timestamp(day.at(0, 0, 0, 0)).map(CountedHour::of).ok();
    let end = days.end().tomorrow().ok().and_then(start);
    let (Some(from), Some(end)) = (start(*days.start()), end) else { return Ok(BTreeMap::new()) };
    let mut found: BTreeMap<Date, Vec<u64>> = BTreeMap::new();
    for hour in registry.hours(from..end).await?.into_iter().filter(|hour| hour.version == version) {
        // Counts of an hour that cannot be read are left out. The comparison with the baseline has logged them.
        let Ok(counts) = ServedCounts::from_bytes(&hour.counts, baseline.shape()) else { continue };
        let (Some(at), Some(kinds)) = (hour.hour.start(), counts.columns().last()) else { continue };
        let sum = found.entry(day_of(at)).or_default();
        sum.resize(sum.len().max(kinds.len()), 0);
        sum.iter_mut().zip(kinds).for_each(|(sum, more)| *sum = sum.saturating_add(*more));
    }
    Ok(found)
}

fn last_days(last: Date, days: i32) -> RangeInclusive<Date> {
    let before = SignedDuration::from_hours(24 * i64::from(days - 1));
    last.checked_sub(before).unwrap_or(last)..=last
}

fn day_of(moment: Timestamp) -> Date {
    Offset::UTC.to_datetime(moment).date()
}
