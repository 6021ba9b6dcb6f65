//! How right the predictions were whose truth is known.

use std::collections::BTreeMap;

use evergreen_http::Problem;
use evergreen_lifecycle::feedback::{LabelAccuracy, LiveQuality, LiveSummary, LiveTally, LiveWindow};
use evergreen_lifecycle::ports::{
    ArtifactReadError, Artifacts, DayTally, FeedbackRecord, LiveRecord, Unavailable, Versions,
};
use evergreen_lifecycle::{Manifest, VersionNumber};
use jiff::civil::Date;
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::console::Console;
use crate::ports::ConsoleWorld;
use crate::reply::{Reply, read};

/// Number of days whose predictions are shown.
pub(crate) const SHOWN_DAYS: i64 = 90;

/// Maximum number of versions whose labels and score on the hold-out are shown, from the newest. Each is a read of S3.
const MAX_VERSIONS: usize = 5;

/// What is known of the live accuracy.
pub(crate) struct LiveFacts {
    /// The newest judgement. `None` before the first one.
    pub(crate) summary: Option<LiveSummary>,
    /// The days of the last [`SHOWN_DAYS`], in order.
    pub(crate) days: Vec<DayTally>,
    /// The versions of these days, newest first.
    pub(crate) versions: Vec<LiveVersion>,
}

/// What is known of the predictions of one version.
pub(crate) struct LiveVersion {
    pub(crate) number: VersionNumber,
    /// The counts of all shown days.
    pub(crate) tally: LiveTally,
    /// The manifest. `None` if it is gone, or for an old version.
    pub(crate) manifest: Option<Manifest>,
}

/// The answer to `GET /live`.
#[derive(Serialize)]
struct LiveView<'a> {
    /// The day on which the champion was judged. `None` before the first judgement.
    judged: Option<Date>,
    /// The champion when they were judged.
    version: Option<VersionNumber>,
    is_worse: bool,
    /// The expected accuracy without labels. It is an estimate.
    estimate: Option<f64>,
    sentence: Option<&'a str>,
    windows: &'a [LiveWindow],
    versions: Vec<VersionView>,
    days: Vec<DayView>,
}

#[derive(Serialize)]
struct VersionView {
    version: VersionNumber,
    /// Accuracy or R² on the hold-out.
    hold_out: Option<f64>,
    labelled: u64,
    /// Accuracy or R² of the predictions whose truth is known.
    score: Option<f64>,
    interval: Option<(f64, f64)>,
    mean_loss: Option<f64>,
    labels: Vec<LabelView>,
}

#[derive(Serialize)]
struct LabelView {
    name: String,
    #[serde(flatten)]
    accuracy: LabelAccuracy,
}

#[derive(Serialize)]
struct DayView {
    day: Date,
    version: VersionNumber,
    labelled: u64,
    score: Option<f64>,
    interval: Option<(f64, f64)>,
    mean_loss: Option<f64>,
}

impl<W: ConsoleWorld> Console<W> {
    pub(crate) async fn show_live(&self) -> Result<Reply, Problem> {
        let facts = read(LiveFacts::of(&self.world, self.now())).await?;
        let summary = facts.summary.as_ref();
        Reply::ok(&LiveView {
            judged: summary.map(|summary| summary.judged),
            version: summary.map(|summary| summary.version),
            is_worse: summary.is_some_and(LiveSummary::is_worse),
            estimate: summary.and_then(|summary| summary.estimate),
            sentence: summary.map(|summary| summary.sentence.as_str()),
            windows: summary.map_or(&[], |summary| &summary.windows),
            versions: facts.versions.iter().map(version_view).collect(),
            days: facts.days.iter().map(day_view).collect(),
        })
    }
}

impl LiveFacts {
    /// Reads what is known at `now`.
    ///
    /// # Errors
    /// [`Unavailable`] if the registry or the bucket does not answer.
    pub(crate) async fn of<W: ConsoleWorld>(world: &W, now: Timestamp) -> Result<Self, Unavailable> {
        let registry = world.registry();
        let day = |moment: Timestamp| Offset::UTC.to_datetime(moment).date();
        let first = now.checked_sub(SignedDuration::from_hours(24 * (SHOWN_DAYS - 1))).unwrap_or(now);
        let (summary, days) = (registry.live_summary().await?, registry.day_tallies(day(first)..=day(now)).await?);
        let mut tallies = BTreeMap::<VersionNumber, LiveTally>::new();
        days.iter().for_each(|day| tallies.entry(day.version).or_default().merge(&day.tally));
        let mut versions = Vec::new();
        for (number, tally) in tallies.into_iter().rev() {
            let manifest = if versions.len() < MAX_VERSIONS { manifest(world, number).await? } else { None };
            versions.push(LiveVersion { number, tally, manifest });
        }
        Ok(Self { summary, days, versions })
    }
}

impl LiveVersion {
    /// Returns the accuracy or R² on the hold-out.
    pub(crate) fn hold_out(&self) -> Option<f64> {
        self.manifest.as_ref().map(|manifest| manifest.version.evaluation.headline())
    }

    /// Returns each true label with its accuracy.
    pub(crate) fn labels(&self) -> Vec<(String, LabelAccuracy)> {
        let names = self.manifest.as_ref().map_or(&[][..], |manifest| manifest.signature.labels());
        let name = |one: LabelAccuracy| {
            let name = names.get(usize::from(one.label)).map(ToString::to_string);
            (name.unwrap_or_else(|| format!("label {}", one.label)), one)
        };
        LabelAccuracy::of(&self.tally).into_iter().map(name).collect()
    }
}

async fn manifest<W: ConsoleWorld>(world: &W, number: VersionNumber) -> Result<Option<Manifest>, Unavailable> {
    let Some(Ok(version)) = world.registry().version(number).await? else { return Ok(None) };
    match world.artifacts().get(&version.manifest_key).await {
        Ok(content) => Ok(serde_json::from_slice(&content).ok()),
        Err(ArtifactReadError::NotFound(_)) => Ok(None),
        Err(ArtifactReadError::Unavailable(error)) => Err(error),
    }
}

/// Returns the quality of some predictions, each counted alike.
pub(crate) fn quality(tally: &LiveTally) -> Option<LiveQuality> {
    LiveQuality::new(tally, &[], None)
}

fn version_view(version: &LiveVersion) -> VersionView {
    let quality = quality(&version.tally);
    VersionView {
        version: version.number,
        hold_out: version.hold_out(),
        labelled: version.tally.rows,
        score: quality.as_ref().and_then(|quality| quality.headline),
        interval: quality.as_ref().and_then(|quality| Some(quality.accuracy?.interval)),
        mean_loss: quality.map(|quality| quality.mean_loss),
        labels: version.labels().into_iter().map(|(name, accuracy)| LabelView { name, accuracy }).collect(),
    }
}

fn day_view(day: &DayTally) -> DayView {
    let quality = quality(&day.tally);
    DayView {
        day: day.day,
        version: day.version,
        labelled: day.tally.rows,
        score: quality.as_ref().and_then(|quality| quality.headline),
        interval: quality.as_ref().and_then(|quality| Some(quality.accuracy?.interval)),
        mean_loss: quality.map(|quality| quality.mean_loss),
    }
}
