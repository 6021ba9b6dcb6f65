//! Prediction intervals of a regression model.

use super::Ensemble;

// Half the width depends on the predicted number (for example, wider for higher prices). It is multiplied by the row's
// difficulty, which depends on the features.
/// Prediction intervals of a regression model. The width of an interval depends on the predicted number and on the
/// features.
#[derive(Debug, Clone, PartialEq)]
pub struct Interval {
    /// Half the width of a prediction interval, as a function of the predicted number, for a row of average difficulty.
    pub half: Curve,
    // The trees take the same features as the predictor.
    /// Decision trees that predict how difficult a row is: the natural logarithm of a factor for the interval's width.
    /// `None`: the factor is 1.
    pub difficulty: Option<Ensemble>,
    /// Lower limit for both ends of every prediction interval, in the target's unit. `None`: no limit.
    pub low: Option<f32>,
    /// Upper limit for both ends of every prediction interval, in the target's unit. `None`: no limit.
    pub high: Option<f32>,
}

// The curve is constant before the first step and after the last.
/// Piecewise linear function of one number, for example the width of prediction intervals by predicted number.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    /// Value of the curve before the first step; at least 0.
    pub start: f32,
    /// Sections in which the curve rises or falls in a straight line, sorted by `from`.
    pub steps: Vec<CurveStep>,
}

/// One section of a piecewise linear curve, in which the curve rises or falls in a straight line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CurveStep {
    /// The x at which the section of the curve begins.
    pub from: f32,
    /// Length of the section along x; above 0.
    pub length: f32,
    /// Change of the curve's value from the beginning to the end of the section. Negative if the curve falls.
    pub rise: f32,
}

impl From<f32> for Interval {
    /// Creates prediction intervals with the half width `half` for every row.
    fn from(half: f32) -> Self {
        Self { half: Curve { start: half, steps: Vec::new() }, difficulty: None, low: None, high: None }
    }
}

impl Curve {
    /// Returns the value of the piecewise linear curve at `x`. Never negative.
    pub fn at(&self, x: f32) -> f32 {
        let risen: f32 =
            self.steps.iter().map(|step| step.rise * ((x - step.from) / step.length).clamp(0.0, 1.0)).sum();
        (risen + self.start).max(0.0)
    }

    /// Returns the values of the piecewise linear curve at the start and after each step.
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
