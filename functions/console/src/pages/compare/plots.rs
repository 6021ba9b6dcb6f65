//! The curves of the compared versions, on top of each other. Each version has one colour in all plots.

use evergreen_lifecycle::{ClassCurve, ClassificationCurves, Curves, RegressionCurves};

use super::Compared;
use crate::pages::markup::Markup;
use crate::pages::plot::{self, Axis, Series, Shape};

/// Maximum number of labels whose curves are compared. Each label has plots of its own.
const MAX_LABELS: usize = 4;

/// A plot with its title and a sentence that says how to read it.
#[derive(Debug)]
pub(super) struct OverlaidPlot {
    pub(super) title: String,
    pub(super) plot: Markup,
    pub(super) caption: &'static str,
}

/// Returns the plots that at least one of the versions has a curve for.
pub(super) fn plots(compared: &[Compared]) -> Vec<OverlaidPlot> {
    let labelled = labels(compared).into_iter().flat_map(|label| {
        let title = |name: &str| if label.is_empty() { name.to_owned() } else { format!("{name}: {label}") };
        [
            overlay(title("ROC curve"), "Up and left is better. The diagonal is chance.", Shape::Diagonal, {
                (Axis::share("false positive rate"), Axis::share("true positive rate"), lines(compared, &label, roc))
            }),
            overlay(title("Precision and recall"), "Up and right is better.", Shape::Plain, {
                (Axis::share("recall"), Axis::share("precision"), lines(compared, &label, precision_recall))
            }),
        ]
    });
    labelled.chain([calibration(compared), residuals(compared), truth(compared)]).flatten().collect()
}

fn overlay(
    title: String,
    caption: &'static str,
    shape: Shape,
    (x, y, series): (Axis, Axis, Vec<Series>),
) -> Option<OverlaidPlot> {
    if series.iter().all(|line| line.points.is_empty()) {
        return None;
    }
    let plot = plot::curves(&series, x, y, shape, &format!("{title} of the compared versions"));
    Some(OverlaidPlot { title, plot, caption })
}

fn roc(curves: &ClassificationCurves) -> &[ClassCurve] {
    &curves.roc
}

fn precision_recall(curves: &ClassificationCurves) -> &[ClassCurve] {
    &curves.precision_recall
}

/// Returns the labels that have curves, first to last. One empty label if each version has a single curve.
fn labels(compared: &[Compared]) -> Vec<String> {
    let mut labels: Vec<String> = Vec::new();
    for curve in compared.iter().filter_map(classification).flat_map(|curves| &curves.roc) {
        let label = curve.label.to_string();
        if !labels.contains(&label) {
            labels.push(label);
        }
    }
    if labels.len() == 1 {
        return vec![String::new()];
    }
    labels.truncate(MAX_LABELS);
    labels
}

/// Returns a line for each version: its curve of this label. A version without the curve has a line without points, so
/// that the versions after it keep their colours.
fn lines(compared: &[Compared], label: &str, of: fn(&ClassificationCurves) -> &[ClassCurve]) -> Vec<Series> {
    let line = |one: &Compared| {
        let curves = classification(one).map(of).unwrap_or_default();
        let curve = curves.iter().find(|curve| label.is_empty() || curve.label.to_string() == label);
        curve.map(|curve| curve.points.iter().map(|[x, y]| (*x, *y)).collect()).unwrap_or_default()
    };
    compared.iter().map(|one| series(one, line(one), false)).collect()
}

fn calibration(compared: &[Compared]) -> Option<OverlaidPlot> {
    let line = |one: &Compared| {
        let bins = classification(one).map(|curves| curves.calibration.as_slice()).unwrap_or_default();
        bins.iter().map(|bin| (bin.mean_probability, bin.observed)).collect()
    };
    let lines = compared.iter().map(|one| series(one, line(one), true)).collect();
    let caption = "On the diagonal, a probability of 80 % is right in 80 % of the rows.";
    let axes = (Axis::share("predicted probability"), Axis::share("observed share"), lines);
    overlay("Calibration".to_owned(), caption, Shape::Diagonal, axes)
}

/// Draws the histograms of the residuals as lines, because bars on top of each other hide each other.
fn residuals(compared: &[Compared]) -> Option<OverlaidPlot> {
    let line = |one: &Compared| -> Vec<(f64, f64)> {
        let bins = regression(one).map(|curves| curves.residuals.as_slice()).unwrap_or_default();
        let rows = bins.iter().map(|bin| bin.rows).sum::<usize>().max(1) as f64;
        bins.iter().map(|bin| (f64::midpoint(bin.from, bin.to), bin.rows as f64 / rows)).collect()
    };
    let lines: Vec<Series> = compared.iter().map(|one| series(one, line(one), false)).collect();
    let x = covering(&lines, "true number minus prediction", |(x, _)| x, None);
    let y = covering(&lines, "share of the rows", |(_, y)| y, Some(0.0));
    let caption = "A narrow hill around 0 is better.";
    overlay("Residuals".to_owned(), caption, Shape::Plain, (x, y, lines))
}

fn truth(compared: &[Compared]) -> Option<OverlaidPlot> {
    let line = |one: &Compared| {
        let parts = regression(one).map(|curves| curves.predicted_against_true.as_slice()).unwrap_or_default();
        parts.iter().map(|part| (part.mean_prediction, part.mean_truth)).collect()
    };
    let lines: Vec<Series> = compared.iter().map(|one| series(one, line(one), true)).collect();
    let both = || lines.iter().flat_map(|line| line.points.iter().flat_map(|(x, y)| [*x, *y]));
    let axes = (Axis::covering(both(), 5, "predicted"), Axis::covering(both(), 5, "true"));
    let caption = "Each dot is a tenth of the rows. On the diagonal, the predictions are right in the mean.";
    overlay("Predicted and true".to_owned(), caption, Shape::Diagonal, (axes.0, axes.1, lines))
}

fn covering(lines: &[Series], title: &str, of: fn((f64, f64)) -> f64, also: Option<f64>) -> Axis {
    let values = lines.iter().flat_map(|line| line.points.iter().map(|point| of(*point)));
    Axis::covering(values.chain(also), 5, title)
}

fn series(one: &Compared, points: Vec<(f64, f64)>, has_dots: bool) -> Series {
    Series { name: format!("version {}", one.version.number), points, has_dots }
}

fn classification(one: &Compared) -> Option<&ClassificationCurves> {
    match one.manifest.as_ref()?.curves.as_ref()? {
        Curves::Classification(curves) => Some(curves),
        Curves::Regression(_) => None,
    }
}

fn regression(one: &Compared) -> Option<&RegressionCurves> {
    match one.manifest.as_ref()?.curves.as_ref()? {
        Curves::Regression(curves) => Some(curves),
        Curves::Classification(_) => None,
    }
}
