//! The plots of a model card that come from the manifest.

use std::collections::BTreeMap;

use evergreen_lifecycle::{ClassCurve, ClassificationCurves, Curves, Manifest, RegressionCurves};

use crate::pages::markup::Markup;
use crate::pages::plot::{self, Axis, Series, Shape};

/// Number of columns whose importance is shown.
const MOST_IMPORTANCES: usize = 20;

/// A plot with its title and a sentence that says how to read it.
#[derive(Debug)]
pub(super) struct TitledPlot {
    pub(super) title: &'static str,
    pub(super) plot: Markup,
    pub(super) caption: String,
}

/// Returns the plots of the curves. Empty if the manifest has none.
pub(super) fn plots(manifest: &Manifest) -> Vec<TitledPlot> {
    match &manifest.curves {
        None => Vec::new(),
        Some(Curves::Classification(curves)) => {
            [roc(curves), precision_recall(curves), calibration(curves)].into_iter().flatten().collect()
        }
        Some(Curves::Regression(curves)) => [residuals(curves), truth(curves)].into_iter().flatten().collect(),
    }
}

fn roc(curves: &ClassificationCurves) -> Option<TitledPlot> {
    let (x, y) = (Axis::share("false positive rate"), Axis::share("true positive rate"));
    let plot = lines(&curves.roc, x, y, Shape::Diagonal, "ROC curve: true positive rate over false positive rate")?;
    let caption = with_left_out("Up and left is better. The diagonal is chance.", curves.left_out);
    Some(TitledPlot { title: "ROC curve", plot, caption })
}

fn precision_recall(curves: &ClassificationCurves) -> Option<TitledPlot> {
    let (x, y) = (Axis::share("recall"), Axis::share("precision"));
    let plot = lines(&curves.precision_recall, x, y, Shape::Plain, "Precision over recall")?;
    let caption = with_left_out("Up and right is better.", curves.left_out);
    Some(TitledPlot { title: "Precision and recall", plot, caption })
}

fn with_left_out(caption: &str, left_out: usize) -> String {
    match left_out {
        0 => caption.to_owned(),
        count => format!("{caption} {count} labels with few rows have no curve."),
    }
}

fn lines(curves: &[ClassCurve], x: Axis, y: Axis, shape: Shape, label: &str) -> Option<Markup> {
    let series: Vec<Series> = curves.iter().map(series).collect();
    (!series.is_empty()).then(|| plot::curves(&series, x, y, shape, label))
}

fn series(curve: &ClassCurve) -> Series {
    let points = curve.points.iter().map(|[x, y]| (*x, *y)).collect();
    Series { name: curve.label.to_string(), points, has_dots: false }
}

fn calibration(curves: &ClassificationCurves) -> Option<TitledPlot> {
    let points: Vec<_> = curves.calibration.iter().map(|bin| (bin.mean_probability, bin.observed)).collect();
    let (x, y) = (Axis::share("predicted probability"), Axis::share("observed share"));
    let label = "Calibration: observed share over predicted probability";
    let plot = dotted("calibration", points, (x, y), label)?;
    let caption = "On the diagonal, a probability of 80 % is right in 80 % of the rows.".to_owned();
    Some(TitledPlot { title: "Calibration", plot, caption })
}

fn residuals(curves: &RegressionCurves) -> Option<TitledPlot> {
    if curves.residuals.is_empty() {
        return None;
    }
    let label = "Histogram of the residuals on the hold-out";
    let plot = plot::columns(&curves.residuals, "true number minus prediction", label);
    Some(TitledPlot { title: "Residuals", plot, caption: "A narrow hill around 0 is better.".to_owned() })
}

fn truth(curves: &RegressionCurves) -> Option<TitledPlot> {
    let points: Vec<_> =
        curves.predicted_against_true.iter().map(|part| (part.mean_prediction, part.mean_truth)).collect();
    let both = || points.iter().flat_map(|(x, y)| [*x, *y]);
    let axes = (Axis::covering(both(), 5, "predicted"), Axis::covering(both(), 5, "true"));
    let plot = dotted("tenths of the rows", points.clone(), axes, "Mean true number over mean predicted number")?;
    let caption = "Each dot is a tenth of the rows. On the diagonal, the predictions are right in the mean.".to_owned();
    Some(TitledPlot { title: "Predicted and true", plot, caption })
}

fn dotted(name: &str, points: Vec<(f64, f64)>, (x, y): (Axis, Axis), label: &str) -> Option<Markup> {
    if points.is_empty() {
        return None;
    }
    let series = [Series { name: name.to_owned(), points, has_dots: true }];
    Some(plot::curves(&series, x, y, Shape::Diagonal, label))
}

/// Returns the bars of the most important columns. `None` if no column helps, or none is known to.
pub(super) fn importances(manifest: &Manifest) -> Option<Markup> {
    most(&manifest.feature_importances, 1.0)
}

/// Returns the bars of the columns that contribute most to predictions, as shares of all contributions. `None` if they are
/// not known.
pub(super) fn contributions(manifest: &Manifest) -> Option<Markup> {
    most(&manifest.contributions, manifest.contributions.values().sum())
}

/// Returns bars of the greatest values, as shares of `all`.
fn most(values: &BTreeMap<String, f64>, all: f64) -> Option<Markup> {
    let mut values: Vec<(String, f64)> = values.iter().map(|(name, value)| (name.clone(), value / all)).collect();
    values.retain(|(_, value)| *value > 0.0);
    values.sort_by(|a, b| b.1.total_cmp(&a.1));
    values.truncate(MOST_IMPORTANCES);
    (!values.is_empty()).then(|| plot::importances(&values))
}
