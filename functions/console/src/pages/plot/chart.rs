//! A chart with two axes, on which lines and dots are drawn.

use std::fmt::Write;

use crate::pages::markup::{Markup, escaped};
use crate::pages::text;

/// The range of an axis with its labelled ticks.
#[derive(Debug, Clone)]
pub(in crate::pages) struct Axis {
    pub(in crate::pages) from: f64,
    pub(in crate::pages) to: f64,
    pub(in crate::pages) ticks: Vec<(f64, String)>,
    pub(in crate::pages) title: String,
}

impl Axis {
    /// Creates an axis that covers all values, with about `wanted` ticks at round numbers.
    pub(in crate::pages) fn covering(values: impl Iterator<Item = f64>, wanted: u32, title: &str) -> Self {
        let bounds = |(low, high): (f64, f64), value: f64| (low.min(value), high.max(value));
        let (low, high) = values.filter(|value| value.is_finite()).fold((f64::MAX, f64::MIN), bounds);
        let (low, high) = match (low, high) {
            (low, high) if low > high => (0.0, 1.0),
            (low, high) if high - low < low.abs().max(1e-9) * 1e-9 => (low - 0.5, high + 0.5),
            range => range,
        };
        let step = round_step((high - low) / f64::from(wanted.max(1)));
        let (from, to) = ((low / step).floor() * step, (high / step).ceil() * step);
        let ticks = (0..=((to - from) / step).round() as u32).map(|index| from + f64::from(index) * step);
        Self { from, to, ticks: ticks.map(|tick| (tick, tick_text(tick, step))).collect(), title: title.to_owned() }
    }

    /// Cuts the axis off where the metric ends: an accuracy is at most 1, and an error is at least 0.
    pub(in crate::pages) fn within(mut self, metric: &str) -> Self {
        let (least, most) = limits(metric);
        let (from, to) = (self.from.max(least), self.to.min(most));
        if from >= to {
            return self;
        }
        (self.from, self.to) = (from, to);
        let margin = (self.to - self.from).abs() * 1e-6;
        self.ticks.retain(|(tick, _)| *tick >= least - margin && *tick <= most + margin);
        self
    }

    /// Creates the axis of a share: from 0 to 1.
    pub(in crate::pages) fn share(title: &str) -> Self {
        let ticks = [0.0, 0.25, 0.5, 0.75, 1.0].map(|tick| (tick, format!("{tick}")));
        Self { from: 0.0, to: 1.0, ticks: ticks.to_vec(), title: title.to_owned() }
    }
}

/// Returns the smallest and the largest value that a metric can have.
fn limits(metric: &str) -> (f64, f64) {
    match metric {
        "accuracy" | "balanced_accuracy" | "roc_auc" | "average_precision" | "f1" | "brier_score" => (0.0, 1.0),
        "mcc" => (-1.0, 1.0),
        "r2" => (f64::NEG_INFINITY, 1.0),
        "log_loss" | "rmse" | "mae" | "mape" | "rmsle" | "pinball" => (0.0, f64::INFINITY),
        _ => (f64::NEG_INFINITY, f64::INFINITY),
    }
}

fn tick_text(tick: f64, step: f64) -> String {
    let decimals = usize::try_from((-step.log10().floor()).clamp(0.0, 6.0) as i64).unwrap_or(0);
    match tick.abs() {
        size if size >= 1e6 => format!("{tick:.1e}"),
        size if size < step * 1e-6 => "0".to_owned(),
        size if size < 1e-4 => text::short(tick),
        _ => format!("{tick:.decimals$}"),
    }
}

/// Returns the next round number (1, 2 or 5 times a power of ten) that is not below `step`.
fn round_step(step: f64) -> f64 {
    let power = 10_f64.powf(step.log10().floor());
    [1.0, 2.0, 5.0, 10.0].map(|factor| factor * power).into_iter().find(|round| *round >= step * 0.999).unwrap_or(power)
}

/// A chart: axes first, then whatever is drawn on them.
#[derive(Debug)]
pub(in crate::pages) struct Chart {
    width: f64,
    height: f64,
    x: Axis,
    y: Axis,
    body: String,
}

/// Distance of the drawing area from the left, right, top and bottom edge.
const EDGES: (f64, f64, f64, f64) = (46.0, 14.0, 10.0, 36.0);

impl Chart {
    /// Creates a chart of this size with grid lines at the ticks of `y`.
    pub(in crate::pages) fn new((width, height): (f64, f64), x: Axis, y: Axis) -> Self {
        let mut chart = Self { width, height, x, y, body: String::new() };
        chart.draw_axes();
        chart
    }

    fn draw_axes(&mut self) {
        let (left, right, _, bottom) = EDGES;
        let (x_axis, y_axis) = (self.x.clone(), self.y.clone());
        for (value, text) in &y_axis.ticks {
            let at = self.y(*value);
            self.line((left, at), (self.width - right, at), "grid");
            self.text((left - 6.0, at + 4.0), "end", "tick", text);
        }
        let base = self.height - bottom;
        for (index, (value, text)) in x_axis.ticks.iter().enumerate() {
            let at = self.x(*value);
            // A narrow screen shows only every other tick.
            let class = if index % 2 == 1 { "tick minor" } else { "tick" };
            self.line((at, base), (at, base + 4.0), "grid");
            self.text((at, base + 16.0), "middle", class, text);
        }
        if !x_axis.title.is_empty() {
            let middle = (left + self.width - right) / 2.0;
            self.text((middle, self.height - 4.0), "middle", "axis", &x_axis.title);
        }
    }

    /// Returns the horizontal place of a value.
    pub(in crate::pages) fn x(&self, value: f64) -> f64 {
        let (left, right, _, _) = EDGES;
        left + place(value, &self.x) * (self.width - left - right)
    }

    /// Returns the vertical place of a value.
    pub(in crate::pages) fn y(&self, value: f64) -> f64 {
        let (_, _, top, bottom) = EDGES;
        self.height - bottom - place(value, &self.y) * (self.height - top - bottom)
    }

    /// Returns the smallest and largest horizontal place.
    pub(in crate::pages) fn sides(&self) -> (f64, f64) {
        (EDGES.0, self.width - EDGES.1)
    }

    /// Draws a straight line between two places.
    pub(in crate::pages) fn line(&mut self, from: (f64, f64), to: (f64, f64), class: &str) {
        self.raw(format_args!(
            r#"<line class="{class}" x1="{:.1}" y1="{:.1}" x2="{:.1}" y2="{:.1}"/>"#,
            from.0, from.1, to.0, to.1
        ));
    }

    /// Writes a text at a place.
    pub(in crate::pages) fn text(&mut self, at: (f64, f64), anchor: &str, class: &str, text: &str) {
        let text = escaped(text);
        self.raw(format_args!(
            r#"<text class="{class}" text-anchor="{anchor}" x="{:.1}" y="{:.1}">{text}</text>"#,
            at.0, at.1
        ));
    }

    /// Draws a line through values.
    pub(in crate::pages) fn path(&mut self, points: impl IntoIterator<Item = (f64, f64)>, class: &str) {
        let mut path = String::new();
        for (x, y) in points {
            let letter = if path.is_empty() { 'M' } else { 'L' };
            // Writing to a string cannot fail.
            let _ = write!(path, "{letter}{:.1} {:.1}", self.x(x), self.y(y));
        }
        if !path.is_empty() {
            self.raw(format_args!(r#"<path class="{class}" d="{path}"/>"#));
        }
    }

    /// Draws a dot at a value. `title` is shown when the mouse is over it.
    pub(in crate::pages) fn dot(&mut self, (x, y): (f64, f64), radius: f64, class: &str, title: &str) {
        let (x, y, title) = (self.x(x), self.y(y), escaped(title));
        self.raw(format_args!(
            r#"<circle class="{class}" cx="{x:.1}" cy="{y:.1}" r="{radius}" data-readout="{title}"><title>{title}</title></circle>"#
        ));
    }

    /// Draws a rectangle between two places.
    pub(in crate::pages) fn bar(&mut self, (x, y): (f64, f64), (width, height): (f64, f64), class: &str, title: &str) {
        let title = escaped(title);
        self.raw(format_args!(
            r#"<rect class="{class}" x="{x:.1}" y="{y:.1}" width="{:.1}" height="{:.1}" data-readout="{title}"><title>{title}</title></rect>"#,
            width.max(0.0),
            height.max(0.0)
        ));
    }

    /// Adds SVG as it is.
    pub(in crate::pages) fn raw(&mut self, svg: std::fmt::Arguments<'_>) {
        // Writing to a string cannot fail.
        let _ = self.body.write_fmt(svg);
    }

    /// Returns the finished chart. `label` says to a screen reader what the chart shows.
    pub(in crate::pages) fn finish(self, label: &str) -> Markup {
        let class = if self.width > 500.0 { "plot wide" } else { "plot" };
        svg((self.width, self.height), class, "img", label, &self.body)
    }

    /// Returns the finished chart, if it contains links.
    pub(in crate::pages) fn finish_with_links(self, label: &str) -> Markup {
        svg((self.width, self.height), "plot wide", "group", label, &self.body)
    }
}

fn place(value: f64, axis: &Axis) -> f64 {
    let share = (value - axis.from) / (axis.to - axis.from);
    if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 }
}

/// Wraps the content of an SVG of this size.
pub(super) fn svg((width, height): (f64, f64), class: &str, role: &str, label: &str, body: &str) -> Markup {
    let label = escaped(label);
    // Small bars in a cell fill its width.
    let stretch = if class == "spark" { r#" preserveAspectRatio="none""# } else { "" };
    Markup(format!(
        r#"<svg class="{class}"{stretch} viewBox="0 0 {width} {height}" role="{role}" aria-label="{label}">{body}</svg>"#
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_numbers_that_cover_the_values() {
        let axis = Axis::covering([0.912, 0.968].into_iter(), 4, "");
        let texts: Vec<&str> = axis.ticks.iter().map(|(_, text)| text.as_str()).collect();
        assert_eq!(texts, ["0.90", "0.92", "0.94", "0.96", "0.98"]);
        assert!(axis.from <= 0.912 && axis.to >= 0.968);
    }

    #[test]
    fn the_axis_of_an_accuracy_ends_at_one_and_that_of_an_error_begins_at_zero() {
        let perfect = Axis::covering([1.0, 1.0].into_iter(), 4, "").within("accuracy");
        let texts: Vec<&str> = perfect.ticks.iter().map(|(_, text)| text.as_str()).collect();
        assert_eq!((perfect.to, texts.last().copied()), (1.0, Some("1.0")));
        let error = Axis::covering([0.0, 0.0].into_iter(), 4, "").within("log_loss");
        assert_eq!((error.from, error.ticks[0].1.as_str()), (0.0, "0"));
        assert!(Axis::covering([-3.0, 0.9].into_iter(), 4, "").within("r2").from <= -3.0);
    }

    #[test]
    fn tiny_values_have_short_ticks() {
        let axis = Axis::covering([1e-12, 4e-12].into_iter(), 4, "");
        assert!(axis.ticks.iter().all(|(_, text)| text.len() <= 7), "{axis:?}");
    }

    #[test]
    fn an_axis_without_values_or_with_one_value_has_a_range() {
        for values in [vec![], vec![0.95], vec![f64::NAN], vec![0.0, 0.0]] {
            let axis = Axis::covering(values.into_iter(), 4, "");
            assert!(axis.to > axis.from, "{axis:?}");
        }
    }

    #[test]
    fn a_hostile_text_in_a_chart_is_escaped() {
        let mut chart = Chart::new((100.0, 100.0), Axis::share(""), Axis::share(""));
        chart.dot((0.5, 0.5), 3.0, "dot", r#""><script>alert(1)</script>"#);
        let Markup(svg) = chart.finish("<b>");
        assert!(!svg.contains("<script>") && !svg.contains("<b>"), "{svg}");
    }
}
