//! Live accuracy: how right the predictions were whose truth is known, beside the hold-out.

use askama::Template;
use evergreen_lifecycle::feedback::{LabelAccuracy, LiveQuality, LiveSummary, LiveWindow};
use evergreen_lifecycle::ports::DayTally;

use super::frame::PageFrame;
use super::markup::{Markup, badge, escaped, version_link};
use super::plot::{LiveDot, LiveHistory};
use super::request::PageRequest;
use super::{PageError, text};
use crate::ports::ConsoleWorld;
use crate::reading::{LiveFacts, LiveVersion, SHOWN_DAYS, quality};

#[derive(Template)]
#[template(path = "live.html")]
struct LivePage<'a> {
    frame: &'a PageFrame<'a>,
    state: Markup,
    sentence: String,
    days: i64,
    plot: Option<Markup>,
    windows: Vec<WindowRow>,
    versions: Vec<VersionSection>,
    rows: Vec<DayRow>,
}

/// One judged window.
struct WindowRow {
    title: String,
    state: Markup,
    known: String,
    score: Markup,
    expected: String,
    loss: String,
    sentence: String,
}

/// One version with its labels.
struct VersionSection {
    link: Markup,
    number: String,
    facts: String,
    labels: Vec<LabelRow>,
}

struct LabelRow {
    name: String,
    rows: String,
    right: Markup,
}

/// One version on one day.
struct DayRow {
    day: String,
    version: Markup,
    labelled: String,
    score: Markup,
    loss: String,
}

/// Loads and writes the page.
pub(super) async fn show<W: ConsoleWorld>(world: &W, request: &PageRequest<'_>) -> Result<String, PageError> {
    let facts = LiveFacts::of(world, request.now).await?;
    let frame = PageFrame::of(request, "Live accuracy");
    let summary = facts.summary.as_ref();
    let page = LivePage {
        state: state(summary),
        sentence: summary.map_or_else(String::new, |summary| summary.sentence.clone()),
        days: SHOWN_DAYS,
        plot: plot(&facts),
        windows: summary.iter().flat_map(|summary| &summary.windows).map(window).collect(),
        versions: facts.versions.iter().map(|version| section(version, &frame.base)).collect(),
        rows: facts.days.iter().rev().map(|day| row(day, &frame.base)).collect(),
        frame: &frame,
    };
    Ok(page.render()?)
}

/// Returns the newest judgement as a badge.
pub(super) fn state(summary: Option<&LiveSummary>) -> Markup {
    match summary {
        None => badge("quiet", "not judged yet"),
        Some(summary) if summary.windows.is_empty() && summary.estimate.is_some() => {
            badge("quiet", "estimate, no labels yet")
        }
        Some(summary) if summary.windows.is_empty() => badge("quiet", "no labels yet"),
        Some(summary) if summary.is_worse() => badge("bad", "worse than the hold-out"),
        Some(_) => badge("good", "not worse than the hold-out"),
    }
}

fn plot(facts: &LiveFacts) -> Option<Markup> {
    let newest = facts.days.last()?;
    let own = facts.days.iter().filter(|day| day.version == newest.version);
    let dot = |day: &DayTally| {
        let quality = quality(&day.tally)?;
        let score = quality.headline?;
        let interval = quality.accuracy.map(|accuracy| accuracy.interval);
        Some(LiveDot { day: day.day, score, interval, labelled: day.tally.rows })
    };
    let dots: Vec<LiveDot> = own.filter_map(dot).collect();
    let version = facts.versions.iter().find(|version| version.number == newest.version);
    let is_classifier = !newest.tally.labels.is_empty();
    let history = LiveHistory {
        dots,
        metric: if is_classifier { "accuracy" } else { "r2" },
        version: newest.version,
        hold_out: version.and_then(LiveVersion::hold_out),
    };
    (!history.dots.is_empty()).then(|| history.draw())
}

fn window(window: &LiveWindow) -> WindowRow {
    let quality = &window.quality;
    WindowRow {
        title: format!("{} days until {}", window.days, window.last),
        state: if quality.is_worse() { badge("bad", "worse") } else { badge("good", "not worse") },
        known: format!("{} of {}", text::count(quality.labelled), text::count(quality.served)),
        score: score(quality),
        expected: quality.expected.map(text::percent).unwrap_or_default(),
        loss: loss(quality),
        sentence: window.sentence.clone(),
    }
}

fn section(version: &LiveVersion, base: &str) -> VersionSection {
    let label = |(name, accuracy): (String, LabelAccuracy)| LabelRow {
        name,
        rows: text::count(accuracy.rows),
        right: share(accuracy.right as f64 / accuracy.rows as f64, Some(accuracy.interval)),
    };
    let hold_out = version.hold_out().map(|score| format!(" On the hold-out: {}.", text::score(score)));
    VersionSection {
        link: version_link(base, version.number),
        number: version.number.to_string(),
        facts: format!(
            "The truth is known for {} predictions.{}",
            text::count(version.tally.rows),
            hold_out.unwrap_or_default()
        ),
        labels: version.labels().into_iter().map(label).collect(),
    }
}

fn row(day: &DayTally, base: &str) -> DayRow {
    let quality = quality(&day.tally);
    DayRow {
        day: day.day.to_string(),
        version: version_link(base, day.version),
        labelled: text::count(day.tally.rows),
        score: quality.as_ref().map(score).unwrap_or_default(),
        loss: quality.as_ref().map(loss).unwrap_or_default(),
    }
}

fn score(quality: &LiveQuality) -> Markup {
    match (&quality.accuracy, quality.headline) {
        (Some(found), _) => share(found.accuracy, Some(found.interval)),
        (None, Some(r2)) => Markup(text::score(r2)),
        (None, None) => Markup::default(),
    }
}

fn share(share: f64, interval: Option<(f64, f64)>) -> Markup {
    // A small share is written with a sign that HTML reserves.
    let percent = |share| escaped(&text::percent(share));
    let interval =
        interval.map(|(low, high)| format!(r#" <span class="soft">{} to {}</span>"#, percent(low), percent(high)));
    Markup(format!("{}{}", percent(share), interval.unwrap_or_default()))
}

fn loss(quality: &LiveQuality) -> String {
    let interval = quality.loss_interval.map(|(low, high)| format!(" ({} to {})", text::score(low), text::score(high)));
    format!("{}{}", text::score(quality.mean_loss), interval.unwrap_or_default())
}
