//! Gauss–Legendre quadrature on the interval from 0 to 1, which integrates polynomials exactly.

/// Points and weights of a quadrature with `Q` points: it is exact for polynomials up to degree 2 `Q` - 1.
#[derive(Debug, Clone)]
pub(super) struct Rule<const Q: usize> {
    /// The points, between 0 and 1.
    pub(super) at: [f64; Q],
    /// For each point, 1 divided by its distance from 1.
    pub(super) inverse_rest: [f64; Q],
    /// The weights of the points. Their sum is 1.
    pub(super) weights: [f64; Q],
}

/// Number of steps of Newton's method. From the approximation below, five are enough for all digits.
const STEPS: usize = 8;

impl<const Q: usize> Rule<Q> {
    pub(super) fn new() -> Self {
        let mut rule = Self { at: [0.5; Q], inverse_rest: [2.0; Q], weights: [1.0; Q] };
        let places = rule.at.iter_mut().zip(&mut rule.inverse_rest).zip(&mut rule.weights);
        for (n, ((at, inverse_rest), weight)) in places.enumerate() {
            // The classical approximation of the roots of the Legendre polynomial on the interval from -1 to 1.
            let mut x = libm::cos(std::f64::consts::PI * (n as f64 + 0.75) / (Q as f64 + 0.5));
            for _ in 0..STEPS {
                let (value, slope) = legendre(Q, x);
                x -= value / slope;
            }
            let (_, slope) = legendre(Q, x);
            *at = 0.5 * (1.0 + x);
            *inverse_rest = 2.0 / (1.0 - x);
            *weight = 1.0 / ((1.0 - x * x) * slope * slope);
        }
        rule
    }
}

/// Returns the value and the slope of the Legendre polynomial of this degree at `x`, which is not -1 or 1.
fn legendre(degree: usize, x: f64) -> (f64, f64) {
    let (mut before, mut value) = (1.0, x);
    for n in 2..=degree {
        let n = n as f64;
        (before, value) = (value, ((2.0 * n - 1.0) * x * value - (n - 1.0) * before) / n);
    }
    (value, degree as f64 * (x * value - before) / (x * x - 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn largest_error<const Q: usize>() -> f64 {
        let rule = Rule::<Q>::new();
        let error = |power: usize| {
            let powers = rule.at.iter().map(|at| at.powi(power as i32));
            let sum: f64 = powers.zip(&rule.weights).map(|(value, weight)| value * weight).sum();
            (sum - 1.0 / (power as f64 + 1.0)).abs()
        };
        (0..2 * Q).map(error).fold(0.0, f64::max)
    }

    #[test]
    fn powers_up_to_the_degree_are_integrated_exactly() {
        let errors = [largest_error::<2>(), largest_error::<5>(), largest_error::<16>(), largest_error::<64>()];
        assert!(errors.iter().all(|error| *error < 1e-14), "{errors:?}");
    }
}
