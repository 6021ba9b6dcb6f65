//! Prediction intervals of a regression model.

use super::Ensemble;

/// From a row's prediction and features to the interval around the prediction. Half its width is a function of the prediction,
/// times a function of the features that tells how hard the row is.
#[derive(Debug, Clone, PartialEq)]
pub struct Interval {
    /// Half the width, of a row that is as hard as usual.
    pub half: Curve,
    /// One output: the logarithm of how hard a row is, from the features that the predictor takes. Without it all rows are
    /// equally hard.
    pub difficulty: Option<Ensemble>,
    /// The least number that an end may be, in the target's unit.
    pub low: Option<f32>,
    /// The greatest number that an end may be, in the target's unit.
    pub high: Option<f32>,
}

/// A continuous function of straight lines, level before the first and behind the last.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    /// The value before the first step, from 0 up.
    pub start: f32,
    /// The steps, ascending.
    pub steps: Vec<Step>,
}

/// A part of a curve that rises or falls.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// Where it begins.
    pub from: f32,
    /// How long it is, above 0.
    pub length: f32,
    /// How much the value grows on the way; it may be negative.
    pub rise: f32,
}

impl From<f32> for Interval {
    /// Half the same width for every row.
    fn from(half: f32) -> Self {
        Self { half: Curve { start: half, steps: Vec::new() }, difficulty: None, low: None, high: None }
    }
}

impl Curve {
    /// The value at `x`, from 0 up.
    pub fn at(&self, x: f32) -> f32 {
        let risen: f32 =
            self.steps.iter().map(|step| step.rise * ((x - step.from) / step.length).clamp(0.0, 1.0)).sum();
        (risen + self.start).max(0.0)
    }

    /// The values at the start and after each step, in double precision.
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
    fn a_curve_is_level_outside_of_its_steps() {
        let steps = vec![Step { from: 0.0, length: 2.0, rise: 4.0 }, Step { from: 10.0, length: 1.0, rise: -3.0 }];
        let curve = Curve { start: 1.0, steps };
        assert_eq!([-9.0, 0.0, 1.0, 5.0, 10.5, 1e30].map(|x| curve.at(x)), [1.0, 1.0, 3.0, 5.0, 3.5, 2.0]);
        assert_eq!(curve.values().collect::<Vec<_>>(), [1.0, 5.0, 2.0]);
        assert_eq!(Interval::from(2.5).half.at(7.0), 2.5);
    }
}
