//! Calibration: corrects a classifier's probabilities so that they match how often it is right, measured on its
//! out-of-fold predictions.

use evergreen_table::Target;

use evergreen_scoring::{LabelRule, to_power};

use crate::evaluate::{Answers, log_loss};

/// Minimum relative decrease of the log loss for which a classifier's probabilities are calibrated.
const WORTHWHILE: f64 = 0.01;

// The smallest power is 1 divided by this number.
/// Calibration raises a classifier's probabilities to a power. This is the largest power that calibration tries.
const MAX_POWER: f64 = 8.0;

// Each step leaves 62 % of the search interval.
/// Number of steps of the golden-section search for the best power of the calibration.
const STEPS: usize = 30;

// `None` for regression, or if calibration hardly lowers the log loss. The artifact stores the power, see
// `evergreen_scoring::PipelineParts::calibration`.
/// Finds the best power for calibration: a classifier's probabilities are raised to this power. `None`: no calibration.
pub(super) fn power(target: &Target, answers: &Answers, rule: &LabelRule) -> Option<f32> {
    let (Target::Classes { labels, classes: truth }, Answers::Classes { probabilities, .. }) = (target, answers) else {
        return None;
    };
    let truth: Vec<usize> = truth.iter().map(|class| *class as usize).collect();
    let floor = rule.floor.unwrap_or_default();
    // The probabilities are limited as `rule` says.
    let kept = 1.0 - floor * labels.len() as f32;
    let loss = |log_power: f64| {
        let mut raised = raised(probabilities, labels.len(), libm::exp(log_power));
        raised.iter_mut().for_each(|probability| *probability = *probability * kept + floor);
        log_loss(&truth, &raised, labels.len())
    };
    // The log loss is a convex function of the power, so it has a single minimum, also over the power's logarithm. So
    // golden-section search finds the minimum.
    let golden = (5.0_f64.sqrt() - 1.0) / 2.0;
    let (mut low, mut high) = (-libm::log(MAX_POWER), libm::log(MAX_POWER));
    let (mut a, mut b) = (high - golden * (high - low), low + golden * (high - low));
    let (mut loss_a, mut loss_b) = (loss(a), loss(b));
    for _ in 0..STEPS {
        if loss_a < loss_b {
            (high, b, loss_b) = (b, a, loss_a);
            a = high - golden * (high - low);
            loss_a = loss(a);
        } else {
            (low, a, loss_a) = (a, b, loss_b);
            b = low + golden * (high - low);
            loss_b = loss(b);
        }
    }
    let best = f64::midpoint(low, high);
    (loss(best) < loss(0.0) * (1.0 - WORTHWHILE)).then(|| libm::exp(best) as f32)
}

/// Returns calibrated predictions: each probability is raised to `power`. `None` leaves the predictions unchanged.
pub(super) fn calibrated(answers: &Answers, power: Option<f32>) -> Answers {
    match (answers, power) {
        (Answers::Classes { classes, probabilities }, Some(power)) => {
            let labels = probabilities.len().checked_div(classes.len()).unwrap_or_default().max(1);
            Answers::Classes {
                classes: classes.clone(),
                probabilities: raised(probabilities, labels, f64::from(power)),
            }
        }
        _ => answers.clone(),
    }
}

/// Raises each row's probabilities to a power and divides them by their sum. A row has one probability for each class.
fn raised(probabilities: &[f32], classes: usize, power: f64) -> Vec<f32> {
    // The model artifact calibrates in the same way.
    let mut raised = Vec::with_capacity(probabilities.len());
    for row in probabilities.chunks_exact(classes) {
        let highest = row.iter().fold(0.0_f32, |highest, p| highest.max(*p));
        let weights = row.iter().map(|p| to_power(p / highest, power as f32));
        let sum: f32 = weights.clone().sum();
        raised.extend(weights.map(|weight| weight / sum));
    }
    raised
}

#[cfg(test)]
mod tests {
    use super::*;

    fn classes(probabilities: Vec<f32>, classes: Vec<u32>) -> (Target, Answers) {
        let answers = Answers::Classes { classes: vec![0; classes.len()], probabilities };
        (Target::Classes { labels: vec!["a".into(), "b".into()], classes }, answers)
    }

    #[test]
    fn an_overconfident_model_is_calibrated() {
        // The model predicts 0.99 and is right in 8 of 10 rows. The power that turns 0.99 into 0.8 is ln 4 / ln 99.
        let (target, answers) = classes([0.99, 0.01].repeat(10), vec![0, 0, 0, 0, 0, 0, 0, 0, 1, 1]);
        let power = power(&target, &answers, &LabelRule::default()).unwrap();
        assert!((f64::from(power) - 4.0_f64.ln() / 99.0_f64.ln()).abs() < 1e-3, "{power}");
    }

    #[test]
    fn a_calibrated_model_is_not_changed() {
        let (target, answers) = classes([0.8, 0.2].repeat(10), vec![0, 0, 0, 0, 0, 0, 0, 0, 1, 1]);
        assert_eq!(power(&target, &answers, &LabelRule::default()), None);
    }
}
