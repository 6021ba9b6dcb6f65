//! Plots of bars: histograms, feature importances, and the small ones in tables.

use std::fmt::Write;

use evergreen_lifecycle::histogram::HistogramBin;

use super::chart::{Axis, Chart, svg};
use crate::pages::markup::{Markup, escaped};
use crate::pages::text;

/// Draws a histogram with axes.
pub(in crate::pages) fn columns(bins: &[HistogramBin], title: &str, label: &str) -> Markup {
    let edges = bins.iter().flat_map(|bin| [bin.from, bin.to]);
    let counts = bins.iter().map(|bin| bin.rows as f64).chain([0.0]);
    let mut x = Axis::covering(edges, 5, title);
    let (from, to) = (bins.first().map_or(x.from, |bin| bin.from), bins.last().map_or(x.to, |bin| bin.to));
    (x.from, x.to) = (from, to);
    x.ticks.retain(|(tick, _)| *tick >= from && *tick <= to);
    let mut chart = Chart::new((380.0, 300.0), x, Axis::covering(counts, 4, "rows"));
    for bin in bins {
        let (left, right) = (chart.x(bin.from), chart.x(bin.to));
        let (top, base) = (chart.y(bin.rows as f64), chart.y(0.0));
        let rows = text::count(bin.rows as u64);
        let name = format!("{} to {}: {rows} rows", text::score(bin.from), text::score(bin.to));
        chart.bar((left + 0.5, top), (right - left - 1.0, base - top), "bar", &name);
    }
    chart.finish(label)
}

/// Draws one horizontal bar for each share. The longest bar fills the width.
pub(in crate::pages) fn importances(values: &[(String, f64)]) -> Markup {
    bars(values, values.iter().map(|(_, value)| *value).fold(f64::MIN_POSITIVE, f64::max))
}

/// Draws one horizontal bar for each probability. A probability of 1 fills the width.
pub(in crate::pages) fn probabilities(values: &[(String, f64)]) -> Markup {
    bars(values, 1.0)
}

/// Draws one horizontal bar, whose whole width is 1. A thin mark, if there is one, is the value to compare it with.
pub(in crate::pages) fn share(width: f64, mark: Option<f64>) -> Markup {
    let width = (width * 100.0).clamp(0.0, 100.0);
    // A value of the table that is not zero stays visible.
    let width = if width > 0.0 { width.max(0.5) } else { width };
    let class = if mark.is_some() { "bar" } else { "bar training" };
    let mark = mark.map_or_else(String::new, |mark| {
        let at = (mark * 100.0).clamp(0.0, 100.0) * 0.99;
        format!(r#"<rect class="mark" x="{at:.1}" width="1" height="8"/>"#)
    });
    Markup(format!(
        r#"<svg class="hbar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true"><rect class="{class}" width="{width:.1}" height="8"/>{mark}</svg>"#
    ))
}

fn bars(values: &[(String, f64)], most: f64) -> Markup {
    let row = |(name, value): &(String, f64)| {
        let width = (value / most * 100.0).clamp(0.0, 100.0);
        let bar = format!(
            r#"<svg class="hbar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true"><rect class="bar" width="{width:.1}" height="8"/></svg>"#
        );
        format!(
            r#"<tr><th scope="row">{}</th><td class="grow">{bar}</td><td class="number">{}</td></tr>"#,
            escaped(name),
            text::percent(*value)
        )
    };
    let rows: String = values.iter().map(row).collect();
    Markup(format!(
        r#"<table class="bars"><thead class="visually-hidden"><tr><th scope="col">Column</th><th scope="col">Bar</th><th scope="col">Share</th></tr></thead><tbody>{rows}</tbody></table>"#
    ))
}

/// Draws small bars without axes, for a cell of a table. Each bar is a stack of values.
pub(in crate::pages) fn sparkline(stacks: &[Vec<u64>], classes: &[&str], label: &str) -> Markup {
    let most = stacks.iter().map(|stack| stack.iter().sum::<u64>()).max().unwrap_or(0).max(1) as f64;
    let (step, height) = (8.0, 32.0);
    let mut body = String::new();
    for (index, stack) in stacks.iter().enumerate() {
        let mut top = height;
        for (value, class) in stack.iter().zip(classes).filter(|(value, _)| **value > 0) {
            // A value that is not zero stays visible.
            let size = (*value as f64 / most * height).max(1.0);
            top -= size;
            // Writing to a string cannot fail.
            let _ = write!(
                body,
                r#"<rect class="{class}" x="{:.1}" y="{top:.1}" width="{}" height="{size:.1}"/>"#,
                index as f64 * step,
                step - 1.5
            );
        }
    }
    svg((stacks.len().max(1) as f64 * step, height), "spark", "img", label, &body)
}
