//! Checks the prediction intervals of a regression model: their ends must be finite and in ascending order.

use evergreen_lifecycle::Task;

use super::super::{Curve, CurveStep, Interval};
use super::{MAX_OUTPUT, PipelineError, ensemble_bound};

/// Maximum absolute value of the natural logarithm of a row's difficulty (a factor for the width of its prediction
/// interval).
const MAX_DIFFICULTY: f32 = 40.0;

// Each step costs a little time for every row.
/// Maximum number of steps of the curve that gives the width of prediction intervals.
const MAX_STEPS: usize = 100;

pub(super) fn check(task: Task, interval: Option<&Interval>, features: usize) -> Result<(), PipelineError> {
    let Some(interval) = interval else { return Ok(()) };
    let half = widest(&interval.half).ok_or(PipelineError::Interval(interval.half.start))?;
    if task == Task::Classification {
        return Err(PipelineError::Interval(interval.half.start));
    }
    let hardest = match &interval.difficulty {
        Some(ensemble) => ensemble_bound(ensemble, features, 1, false)?,
        None => 0.0,
    };
    if hardest > MAX_DIFFICULTY || half * libm::exp(f64::from(hardest)) > f64::from(MAX_OUTPUT) {
        return Err(PipelineError::Difficulty(hardest));
    }
    let is_end = |end: &f32| end.abs() <= MAX_OUTPUT;
    let (low, high) = (interval.low, interval.high);
    let ordered = low.zip(high).is_none_or(|(low, high)| low <= high);
    match low.into_iter().chain(high).all(|end| is_end(&end)) && ordered {
        true => Ok(()),
        false => Err(PipelineError::Ends { low, high }),
    }
}

/// Returns the greatest half width of prediction intervals on the curve. `None` if the curve is invalid.
fn widest(curve: &Curve) -> Option<f64> {
    // Steps must be ascending and finite. Values below 0 are invalid, except for rounding errors.
    let is_valid = |step: &CurveStep| {
        step.from.abs() <= MAX_OUTPUT && step.length > 0.0 && step.length <= MAX_OUTPUT && step.rise.abs() <= MAX_OUTPUT
    };
    let ascending = curve.steps.windows(2).all(|pair| matches!(pair, [a, b] if a.from < b.from));
    let greatest = curve.values().fold(0.0, f64::max);
    let positive = curve.start >= 0.0 && curve.values().all(|value| value >= -1e-6 * greatest);
    let valid = ascending && curve.steps.len() <= MAX_STEPS && curve.steps.iter().all(is_valid);
    (valid && positive && greatest <= f64::from(MAX_OUTPUT)).then_some(greatest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::{Aggregate, Ensemble, Node, Tree, Weight};

    fn is_valid(interval: &Interval) -> bool {
        check(Task::Regression, Some(interval), 1).is_ok()
    }

    fn harder(by: f32) -> Ensemble {
        let trees = vec![Tree { nodes: vec![Node::Leaf(vec![Weight { output: 0, weight: by }])] }];
        Ensemble { trees, aggregate: Aggregate::Sum, base: vec![0.0] }
    }

    #[test]
    fn a_width_is_from_0_up_wherever_the_prediction_is() {
        let with = |steps: &[CurveStep]| {
            let half = Curve { start: 1.0, steps: steps.to_vec() };
            is_valid(&Interval { half, ..Interval::from(0.0) })
        };
        let step = |from, length, rise| CurveStep { from, length, rise };
        assert!(with(&[step(0.0, 1.0, 2.0), step(1.0, 1.0, -3.0)]));
        for steps in [
            [step(0.0, 1.0, 2.0), step(1.0, 1.0, -4.0)],
            [step(1.0, 1.0, 2.0), step(0.0, 1.0, 2.0)],
            [step(0.0, 0.0, 2.0), step(1.0, 1.0, 2.0)],
            [step(0.0, 1.0, f32::NAN), step(1.0, 1.0, 2.0)],
            [step(0.0, 1.0, 1e37), step(1.0, 1.0, 1e37)],
        ] {
            assert!(!with(&steps), "{steps:?}");
        }
    }

    #[test]
    fn every_interval_is_finite() {
        let with = |half: f32, by| is_valid(&Interval { difficulty: Some(harder(by)), ..Interval::from(half) });
        assert!(with(1.0, -3.0));
        assert!(!with(1.0, 41.0));
        assert!(!with(1e37, 1.0));
    }

    #[test]
    fn limits_are_in_order() {
        let with = |low, high| is_valid(&Interval { low, high, ..Interval::from(1.0) });
        assert!(with(Some(0.0), None) && with(Some(0.0), Some(0.0)));
        assert!(!with(Some(1.0), Some(0.0)) && !with(Some(f32::NAN), None) && !with(None, Some(f32::INFINITY)));
    }
}
