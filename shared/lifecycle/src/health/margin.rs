//! Health metric `ModelAccuracyMargin`: by how much the champion's quality exceeds the required minimum.

use super::{Metric, MetricValues};
use crate::champion::Pointer;
use crate::{Decision, Evaluation, Rescored, Run};

/// Computes by how much the champion's quality exceeds the required minimum. Below 0, the champion is not good enough.
///
/// With a `threshold`, the result is the champion's accuracy or R² minus the threshold. Without a threshold, the unit
/// is standard errors. `recent` holds the newest runs in any order.
pub fn accuracy_margin(pointer: &Pointer, recent: &[Run], threshold: Option<f64>) -> MetricValues {
    let mut figures = MetricValues::default();
    let margin = match threshold {
        Some(threshold) => pointer.headline().map(|headline| headline - threshold),
        None => relative(pointer, recent),
    };
    figures.expect(Metric::ModelAccuracyMargin, margin);
    figures
}

fn relative(pointer: &Pointer, recent: &[Run]) -> Option<f64> {
    // The margin is the lower of two numbers, both in standard errors. The first says by how much the champion beats a
    // constant baseline beyond chance. The second compares the champion's loss on the newest run's hold-out with its
    // loss on its own hold-out.
    let decision = pointer.decision();
    let over_constant = decision.as_ref().and_then(|decision| decision.constant).map(|constant| constant.margin);
    // The record of a champion of an earlier software version may lack both numbers. Then the margin is the champion's
    // accuracy minus the share of the most frequent class, or its R².
    let margin = over_constant.or_else(|| pointer.evaluation().as_ref().map(over_the_most_frequent));
    let since = decision.and_then(|decision| since_its_training(pointer, &decision, recent));
    margin.map(|margin| since.map_or(margin, |since| since.min(margin)))
}

// `None` if one of the two losses is unknown.
/// Compares the champion's loss on the newest run's hold-out rows with the loss on its own hold-out rows, in standard
/// errors. Below 0, the champion has become worse by more than chance.
fn since_its_training(pointer: &Pointer, decision: &Decision, recent: &[Run]) -> Option<f64> {
    let asked = recent.iter().filter(|run| run.trigger.is_training() && run.rescored.is_some());
    let newest = asked.max_by_key(|run| run.version())?;
    let of_it = |found: &Rescored| found.version == pointer.number && found.metric == decision.metric;
    Some(newest.rescored.filter(of_it)?.loss.margin_after(&decision.loss?))
}

/// Returns the model's accuracy minus the accuracy of always answering the most frequent class. For regression,
/// returns R².
fn over_the_most_frequent(evaluation: &Evaluation) -> f64 {
    // This difference may be chance.
    match evaluation {
        Evaluation::Classification(figures) => {
            let most = figures.per_class.iter().map(|class| class.support).max().unwrap_or_default();
            figures.accuracy - most as f64 / figures.rows.max(1) as f64
        }
        Evaluation::Regression(figures) => figures.r2,
    }
}
