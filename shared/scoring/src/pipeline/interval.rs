//! Prediction intervals of a regression model.

use super::Ensemble;

/// The prediction intervals of a regression model. Half the width of an interval is a function of the prediction,
/// multiplied by the difficulty of the row. The difficulty is a function of the features.
#[derive(Debug, Clone, PartialEq)]
pub struct Interval {
    /// Half the width of the interval for a row of average difficulty, as a function of the prediction.
    pub half: Curve,
    /// Decision trees with one output: the logarithm of a row's difficulty. They take the same features as the
    /// predictor. With `None`, all rows are equally difficult.
    pub difficulty: Option<Ensemble>,
    /// Minimum of both ends of a prediction interval, in the target's unit; `None` if there is no minimum.
    pub low: Option<f32>,
    /// Maximum of both ends of a prediction interval, in the target's unit; `None` if there is no maximum.
    pub high: Option<f32>,
}

/// A continuous function made of straight lines. It is constant before the first step and after the last.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    /// Value of the curve before the first step; at least 0.
    pub start: f32,
    /// The steps in which the curve rises or falls, in ascending order of `from`.
    pub steps: Vec<CurveStep>,
}

/// A range of x in which the value of a curve rises or falls.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CurveStep {
    /// The x at which the step begins.
    pub from: f32,
    /// Length of the step's range of x; above 0.
    pub length: f32,
    /// How much the curve's value changes over the step; negative if it falls.
    pub rise: f32,
}

impl From<f32> for Interval {
    /// Creates prediction intervals with the same half width for every row.
    fn from(half: f32) -> Self {
        Self { half: Curve { start: half, steps: Vec::new() }, difficulty: None, low: None, high: None }
    }
}

impl Curve {
    /// Returns the curve's value at `x`; at least 0.
    pub fn at(&self, x: f32) -> f32 {
        let risen: f32 =
            self.steps.iter().map(|step| step.rise * ((x - step.from) / step.length).clamp(0.0, 1.0)).sum();
        (risen + self.start).max(0.0)
    }

    /// Returns the curve's values at the start and after each step, in double precision.
    pub(crate) fn values(&self) -> impl Iterator<Item = f64> {
        let mut value = f64::from(self.start);
        let after = self.steps.iter().map(move |step| {
            value += f64::from(step.rise);
            value
        });
        std::iter::once(f64::from(self.start)).chain(after)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_is_constant_outside_its_steps() {
        let steps =
            vec![CurveStep { from: 0.0, length: 2.0, rise: 4.0 }, CurveStep { from: 10.0, length: 1.0, rise: -3.0 }];
        let curve = Curve { start: 1.0, steps };
        assert_eq!([-9.0, 0.0, 1.0, 5.0, 10.5, 1e30].map(|x| curve.at(x)), [1.0, 1.0, 3.0, 5.0, 3.5, 2.0]);
        assert_eq!(curve.values().collect::<Vec<_>>(), [1.0, 5.0, 2.0]);
        assert_eq!(Interval::from(2.5).half.at(7.0), 2.5);
    }
}
