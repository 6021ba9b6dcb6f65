//! The plot of live accuracy, day by day, with its intervals and the score on the hold-out.

use evergreen_lifecycle::VersionNumber;
use jiff::civil::Date;
use jiff::tz::Offset;

use super::chart::{Axis, Chart};
use crate::pages::markup::Markup;
use crate::pages::text;

/// Number of days with a label on the axis.
const TICKS: usize = 6;

/// The predictions of one day.
#[derive(Debug, Clone, Copy)]
pub(in crate::pages) struct LiveDot {
    pub(in crate::pages) day: Date,
    pub(in crate::pages) score: f64,
    pub(in crate::pages) interval: Option<(f64, f64)>,
    pub(in crate::pages) labelled: u64,
}

/// The live accuracy of one version.
#[derive(Debug)]
pub(in crate::pages) struct LiveHistory {
    /// The days, oldest first.
    pub(in crate::pages) dots: Vec<LiveDot>,
    /// The metric: `accuracy` or `r2`.
    pub(in crate::pages) metric: &'static str,
    pub(in crate::pages) version: VersionNumber,
    pub(in crate::pages) hold_out: Option<f64>,
}

impl LiveHistory {
    /// Draws the plot.
    pub(in crate::pages) fn draw(&self) -> Markup {
        let name = text::metric(self.metric);
        let ends = self.dots.iter().filter_map(|dot| dot.interval).flat_map(|(low, high)| [low, high]);
        let scores = self.dots.iter().map(|dot| dot.score);
        let y = Axis::covering(scores.chain(ends).chain(self.hold_out), 4, &name).within(self.metric);
        let mut chart = Chart::new((860.0, 240.0), self.days_axis(), y);
        if let Some(hold_out) = self.hold_out {
            let (at, (left, right)) = (chart.y(hold_out), chart.sides());
            chart.line((left, at), (right, at), "floor");
            chart.text(
                (right - 6.0, at - 5.0),
                "end",
                "limit floor-text",
                &format!("hold-out {}", text::score(hold_out)),
            );
        }
        for dot in &self.dots {
            let (x, labelled) = (seconds(dot.day), text::count(dot.labelled));
            if let Some((low, high)) = dot.interval {
                chart.path([(x, low), (x, high)], "champions");
            }
            let title = format!("{}: {name} {}, {labelled} known", dot.day, text::score(dot.score));
            chart.dot((x, dot.score), 4.0, "dot promoted", &title);
        }
        chart.finish(&format!("{name} of version {} on {} days", self.version, self.dots.len()))
    }

    fn days_axis(&self) -> Axis {
        let (first, last) = (self.dots.first(), self.dots.last());
        let at = |dot: Option<&LiveDot>| dot.map_or(0.0, |dot| seconds(dot.day));
        let margin = ((at(last) - at(first)) * 0.02).max(43_200.0);
        let step = self.dots.len().div_ceil(TICKS).max(1);
        let ticks = self.dots.iter().step_by(step);
        let ticks = ticks.map(|dot| (seconds(dot.day), dot.day.strftime("%-d %b").to_string())).collect();
        Axis { from: at(first) - margin, to: at(last) + margin, ticks, title: String::new() }
    }
}

fn seconds(day: Date) -> f64 {
    Offset::UTC.to_timestamp(day.at(0, 0, 0, 0)).map_or(0.0, |at| at.as_second() as f64)
}
