//! The plot of the quality of all versions over time, with the floor of the gate and the threshold of the alarm.

use evergreen_lifecycle::VersionNumber;
use jiff::Timestamp;

use super::chart::{Axis, Chart};
use crate::pages::markup::{Markup, escaped};
use crate::pages::text;

/// Number of versions up to which each one is drawn. Of more versions, only the promoted ones and the worst and best of
/// each column of the plot are drawn.
const MOST_DOTS: usize = 400;

/// One version in the plot.
#[derive(Debug, Clone, Copy)]
pub(in crate::pages) struct HistoryPoint {
    pub(in crate::pages) number: VersionNumber,
    pub(in crate::pages) at: Timestamp,
    pub(in crate::pages) score: f64,
    pub(in crate::pages) is_promoted: bool,
}

/// The quality of all versions over time.
#[derive(Debug, Clone)]
pub(in crate::pages) struct QualityHistory {
    /// The versions, oldest first.
    pub(in crate::pages) points: Vec<HistoryPoint>,
    pub(in crate::pages) champion: Option<VersionNumber>,
    /// The newest changes of the champion, by the gate or by a person: when, and which version. In any order.
    pub(in crate::pages) champions: Vec<(Timestamp, VersionNumber)>,
    /// The metric, such as `roc_auc`.
    pub(in crate::pages) metric: String,
    pub(in crate::pages) floor: Option<f64>,
    pub(in crate::pages) threshold: Option<f64>,
}

impl QualityHistory {
    /// Draws the plot. `base` is the relative prefix of links.
    pub(in crate::pages) fn draw(&self, base: &str) -> Markup {
        let scores = self.points.iter().map(|point| point.score);
        let y = Axis::covering(scores.chain(self.floor).chain(self.threshold), 4, &text::metric(&self.metric));
        let y = y.within(&self.metric);
        let mut chart = Chart::new((860.0, 280.0), self.time_axis(), y);
        for (value, class, name) in [(self.floor, "floor", "floor"), (self.threshold, "threshold", "alarm below")] {
            if let Some(value) = value {
                draw_limit(&mut chart, value, class, &format!("{name} {}", text::score(value)));
            }
        }
        self.draw_champions(&mut chart);
        for point in self.drawn() {
            self.draw_point(&mut chart, point, base);
        }
        chart.finish_with_links(&self.description())
    }

    fn time_axis(&self) -> Axis {
        let seconds = |point: &HistoryPoint| point.at.as_second() as f64;
        let (first, last) = (self.points.first().map_or(0.0, seconds), self.points.last().map_or(1.0, seconds));
        // A champion may be younger than the newest version.
        let last = self.champions.iter().map(|(at, _)| at.as_second() as f64).fold(last, f64::max);
        // Dots at the edges are drawn whole.
        let margin = ((last - first) * 0.02).max(3.0);
        let (from, to) = (first - margin, last + margin);
        let format = if to - from > 3.0 * 86_400.0 { "%-d %b" } else { "%-d %b %H:%M" };
        let format = if to - from > 300.0 * 86_400.0 { "%b %Y" } else { format };
        let format = if to - from < 3600.0 { "%H:%M:%S" } else { format };
        let tick = |index: u32| {
            let at = from + (to - from) * (f64::from(index) + 0.5) / 7.0;
            let text = Timestamp::from_second(at as i64).map(|at| at.strftime(format).to_string());
            (at, text.unwrap_or_default())
        };
        Axis { from, to, ticks: (0..7).map(tick).collect(), title: String::new() }
    }

    // Only the newest champions are known. Before them, the line follows what the gate promoted.
    /// Returns the time and the score of each champion, oldest first.
    fn champion_scores(&self) -> Vec<(Timestamp, f64)> {
        let oldest = self.champions.iter().map(|(at, _)| *at).min();
        let is_before = |point: &&HistoryPoint| oldest.is_none_or(|oldest| point.at < oldest);
        let by_gate = self.points.iter().filter(|point| point.is_promoted).filter(is_before);
        let score = |number: &VersionNumber| self.points.iter().find(|point| point.number == *number);
        let known = self.champions.iter().filter_map(|(at, number)| Some((*at, score(number)?.score)));
        let mut scores: Vec<_> = by_gate.map(|point| (point.at, point.score)).chain(known).collect();
        scores.sort_by_key(|(at, _)| *at);
        scores
    }

    /// Draws a step for each champion.
    fn draw_champions(&self, chart: &mut Chart) {
        let mut steps: Vec<(f64, f64)> = Vec::new();
        for (at, score) in self.champion_scores() {
            let at = at.as_second() as f64;
            if let Some((_, before)) = steps.last().copied() {
                steps.push((at, before));
            }
            steps.push((at, score));
        }
        if let (Some((at, score)), Some(last)) = (steps.last().copied(), self.points.last()) {
            steps.push((at.max(last.at.as_second() as f64), score));
        }
        chart.path(steps, "champions");
    }

    /// Returns the versions to draw.
    fn drawn(&self) -> Vec<&HistoryPoint> {
        if self.points.len() <= MOST_DOTS {
            return self.points.iter().collect();
        }
        let size = self.points.len().div_ceil(MOST_DOTS / 4);
        let mut drawn: Vec<&HistoryPoint> = Vec::new();
        for points in self.points.chunks(size) {
            let order = |a: &&HistoryPoint, b: &&HistoryPoint| a.score.total_cmp(&b.score);
            let ends = [points.iter().min_by(order), points.iter().max_by(order)];
            let promoted = points.iter().rev().find(|point| point.is_promoted);
            drawn.extend(ends.into_iter().chain([promoted]).flatten());
        }
        let champion = self.points.iter().find(|point| Some(point.number) == self.champion);
        drawn.extend(champion);
        drawn.sort_by_key(|point| point.number);
        drawn.dedup_by_key(|point| point.number);
        drawn
    }

    fn draw_point(&self, chart: &mut Chart, point: &HistoryPoint, base: &str) {
        let is_champion = Some(point.number) == self.champion;
        let (class, radius, what) = match (is_champion, point.is_promoted) {
            (true, _) => ("dot champion", 6.0, "champion"),
            (_, true) => ("dot promoted", 4.5, "promoted by the gate"),
            _ => ("dot refused", 4.0, "refused by the gate"),
        };
        let (number, score) = (point.number, text::score(point.score));
        let name = text::metric(&self.metric);
        let title = format!("version {number}: {name} {score}, {what}, {}", text::moment(point.at));
        let at = (point.at.as_second() as f64, point.score);
        chart.raw(format_args!(r#"<a href="{base}versions/{number}" aria-label="{title}">"#, title = escaped(&title)));
        chart.dot(at, radius, class, &title);
        chart.raw(format_args!("</a>"));
        if is_champion {
            let (x, y) = (chart.x(at.0), chart.y(at.1));
            let above = if y < 30.0 { y + 20.0 } else { y - 11.0 };
            chart.text((x.min(chart.sides().1 - 8.0), above), "middle", "mark", &number.to_string());
        }
    }

    fn description(&self) -> String {
        let promoted = self.points.iter().filter(|point| point.is_promoted).count();
        let drawn = self.drawn().len();
        let part = if drawn < self.points.len() { format!(" {drawn} of them are drawn.") } else { String::new() };
        format!(
            "{} of {} versions over time; {promoted} were promoted.{part}",
            text::metric(&self.metric),
            self.points.len()
        )
    }
}

fn draw_limit(chart: &mut Chart, value: f64, class: &str, label: &str) {
    let (at, (left, right)) = (chart.y(value), chart.sides());
    chart.line((left, at), (right, at), class);
    // The first versions are often near a limit, the newest ones rarely.
    chart.text((right - 6.0, at - 5.0), "end", &format!("limit {class}-text"), label);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history(count: u32) -> QualityHistory {
        let start: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let point = |number: u32| HistoryPoint {
            number: VersionNumber::new(number).unwrap(),
            at: start + jiff::SignedDuration::from_hours(i64::from(number)),
            score: 0.9 + f64::from(number % 50) / 1000.0,
            is_promoted: number.is_multiple_of(10),
        };
        let champion = VersionNumber::new(count);
        QualityHistory {
            points: (1..=count).map(point).collect(),
            champion,
            champions: Vec::new(),
            metric: "accuracy".into(),
            floor: Some(0.9),
            threshold: Some(0.85),
        }
    }

    #[test]
    fn every_version_is_a_link_and_the_limits_are_named() {
        let Markup(svg) = history(12).draw("./");
        assert_eq!(svg.matches("<a href=\"./versions/").count(), 12);
        assert!(svg.contains("floor 0.9000") && svg.contains("alarm below 0.8500"), "{svg}");
    }

    #[test]
    fn the_line_follows_promotions_by_people() {
        let by_gate = history(12);
        let at = by_gate.points[11].at + jiff::SignedDuration::from_hours(5);
        let by_hand = QualityHistory { champions: vec![(at, VersionNumber::new(3).unwrap())], ..by_gate.clone() };
        let scores = by_hand.champion_scores();
        assert_eq!(scores, [(by_gate.points[9].at, 0.91), (at, 0.903)]);
        assert_ne!(by_hand.draw("./"), by_gate.draw("./"));
    }

    #[test]
    fn a_long_history_stays_small_and_keeps_the_champion() {
        let Markup(svg) = history(10_000).draw("./");
        assert!(svg.len() < 200_000, "{}", svg.len());
        assert!(svg.contains("version 10000: Accuracy"));
    }
}
