//! Plots of several lines, such as ROC curves.

use super::chart::{Axis, Chart};
use crate::pages::markup::{Markup, escaped};

/// The shape of a plot of shares: which reference line it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::pages) enum Shape {
    /// A diagonal: chance in a ROC curve, perfection in a calibration curve.
    Diagonal,
    /// No reference line.
    Plain,
}

/// A line with its name.
#[derive(Debug, Clone)]
pub(in crate::pages) struct Series {
    pub(in crate::pages) name: String,
    pub(in crate::pages) points: Vec<(f64, f64)>,
    /// Whether each point is drawn as a dot too.
    pub(in crate::pages) has_dots: bool,
}

/// Number of colours for lines. Further lines begin again with the first colour, and are dashed.
const COLOURS: usize = 8;

/// Draws lines over two axes, with a legend if there are several.
pub(in crate::pages) fn curves(series: &[Series], x: Axis, y: Axis, shape: Shape, label: &str) -> Markup {
    let names = (x.title.clone(), y.title.clone());
    let ends = [(x.from, y.from), (x.to, y.to)];
    let mut chart = Chart::new((380.0, 300.0), x, y);
    if shape == Shape::Diagonal {
        chart.path(ends, "reference");
    }
    for (index, line) in series.iter().enumerate() {
        let dashed = if index >= COLOURS { " dashed" } else { "" };
        let class = format!("curve c{}{dashed}", index % COLOURS);
        chart.path(line.points.iter().copied(), &class);
        for point in line.points.iter().filter(|_| line.has_dots) {
            let title = format!("{}: {} {:.3}, {} {:.3}", line.name, names.0, point.0, names.1, point.1);
            chart.dot(*point, 3.5, &format!("dot c{}", index % COLOURS), &title);
        }
    }
    let Markup(svg) = chart.finish(label);
    Markup(format!("{svg}{}", legend(series)))
}

fn legend(series: &[Series]) -> String {
    if series.len() < 2 {
        return String::new();
    }
    let entry = |(index, line): (usize, &Series)| {
        let dashed = if index >= COLOURS { " dashed" } else { "" };
        let key = format!(
            r#"<svg class="key" viewBox="0 0 18 4" aria-hidden="true"><line class="curve c{}{dashed}" x1="0" y1="2" x2="18" y2="2"/></svg>"#,
            index % COLOURS
        );
        format!("<li>{key}{}</li>", escaped(&line.name))
    };
    format!(r#"<ul class="legend">{}</ul>"#, series.iter().enumerate().map(entry).collect::<String>())
}
