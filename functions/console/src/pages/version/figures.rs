//! The plots of a model card that come from the manifest.

use evergreen_lifecycle::Manifest;

use crate::pages::evidence::{Evidence, StoredCurve, StoredCurves};
use crate::pages::markup::Markup;
use crate::pages::plot::{self, Axis, Series, Shape};

/// Number of columns whose importance is shown.
const MOST_IMPORTANCES: usize = 20;

/// A plot with its title and a sentence that says how to read it.
#[derive(Debug)]
pub(super) struct Figure {
    pub(super) title: &'static str,
    pub(super) plot: Markup,
    pub(super) caption: &'static str,
}

/// Returns the plots of the curves. Empty if the manifest has none.
pub(super) fn figures(evidence: &Evidence) -> Vec<Figure> {
    let Some(curves) = &evidence.curves else { return Vec::new() };
    [roc(curves), precision_recall(curves), calibration(curves), residuals(curves)].into_iter().flatten().collect()
}

fn roc(curves: &StoredCurves) -> Option<Figure> {
    let (x, y) = (Axis::share("false positive rate"), Axis::share("true positive rate"));
    let plot = lines(&curves.roc, x, y, Shape::Diagonal, "ROC curve: true positive rate over false positive rate")?;
    Some(Figure { title: "ROC curve", plot, caption: "Up and left is better. The diagonal is chance." })
}

fn precision_recall(curves: &StoredCurves) -> Option<Figure> {
    let (x, y) = (Axis::share("recall"), Axis::share("precision"));
    let plot = lines(&curves.precision_recall, x, y, Shape::Plain, "Precision over recall")?;
    Some(Figure { title: "Precision and recall", plot, caption: "Up and right is better." })
}

fn lines(curves: &[StoredCurve], x: Axis, y: Axis, shape: Shape, label: &str) -> Option<Markup> {
    let series: Vec<Series> = curves.iter().map(series).collect();
    (!series.is_empty()).then(|| plot::curves(&series, x, y, shape, label))
}

fn series(curve: &StoredCurve) -> Series {
    let points = curve.points.iter().map(|[x, y]| (*x, *y)).collect();
    Series { name: curve.label.to_string(), points, has_dots: false }
}

fn calibration(curves: &StoredCurves) -> Option<Figure> {
    let filled = curves.calibration.iter().filter(|bin| bin.rows > 0);
    let points: Vec<_> = filled.map(|bin| (bin.mean_probability, bin.observed)).collect();
    if points.is_empty() {
        return None;
    }
    let series = [Series { name: "calibration".to_owned(), points, has_dots: true }];
    let (x, y) = (Axis::share("predicted probability"), Axis::share("observed share"));
    let label = "Calibration: observed share over predicted probability";
    let plot = plot::curves(&series, x, y, Shape::Diagonal, label);
    Some(Figure { title: "Calibration", plot, caption: "On the diagonal, a probability of 80 % is right in 80 % of the rows." })
}

fn residuals(curves: &StoredCurves) -> Option<Figure> {
    let bins: Vec<_> = curves.residuals.iter().map(|bin| (bin.from, bin.to, bin.rows)).collect();
    if bins.is_empty() {
        return None;
    }
    let plot = plot::columns(&bins, "true value minus prediction", "Histogram of the residuals on the hold-out");
    Some(Figure { title: "Residuals", plot, caption: "A narrow hill around 0 is better." })
}

/// Returns the bars of the most important columns. `None` if no column helps, or none is known to.
pub(super) fn importances(manifest: &Manifest) -> Option<Markup> {
    let mut values: Vec<(String, f64)> = manifest.feature_importances.clone().into_iter().collect();
    values.retain(|(_, value)| *value > 0.0);
    values.sort_by(|a, b| b.1.total_cmp(&a.1));
    values.truncate(MOST_IMPORTANCES);
    (!values.is_empty()).then(|| plot::importances(&values))
}
