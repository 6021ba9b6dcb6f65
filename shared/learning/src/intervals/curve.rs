//! Width of prediction intervals as a curve: computes half the width for each predicted number.

use evergreen_scoring::{Curve, CurveStep};

use crate::evaluate::INTERVAL_LEVEL;

// There are at most two ranges for each fifth of the predictions.
/// Maximum number of ranges into which predictions are divided. Each range has its own width of prediction intervals.
const MAX_PARTS: usize = 10;

// From fewer rows, a 90 % quantile would be a matter of chance.
/// Minimum number of rows in a range of predictions that has its own width of prediction intervals.
const ROWS: usize = 50;

// With less distance, the curve would follow rounding errors.
/// Minimum distance between the middles of two ranges of predictions, as a share of the range of all predictions.
const MIN_GAP: f32 = 1e-3;

// The minimum keeps rounded sums above 0.
/// Minimum width of a prediction interval, as a share of the model's widest interval.
const MIN_SHARE: f64 = 1e-3;

// The curve goes through the half width at each knot (the median prediction of each range). The corrections make the
// curve between the knots right too.
/// Number of rounds in which interval widths are corrected, so that nine in ten intervals contain the true value.
const CORRECTIONS: usize = 6;

// Each range is one knot of the curve that gives the width of prediction intervals.
/// A range of predictions, with the width of the prediction intervals in this range.
struct CurvePart {
    /// The median of the predictions in this range.
    knot: f32,
    /// Half the width of the prediction interval at the median prediction of this range.
    half: f64,
    rows: Vec<(f32, f64)>,
}

/// Returns a curve: for each prediction of a regression model, half the width of its prediction interval.
pub(super) fn curve(values: &[f32], errors: &[f64]) -> Curve {
    // `values` are predictions, `errors` their absolute errors. In each range of predictions, the share
    // `INTERVAL_LEVEL` of the rows has its true value in the interval. If there are too few rows for this level, the
    // half width is the largest error.
    let mut rows: Vec<(f32, f64)> = values.iter().copied().zip(errors.iter().copied()).collect();
    rows.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let mut parts = parts(&rows);
    for _ in 0..CORRECTIONS {
        let curve = through(&parts);
        for part in &mut parts {
            let shares =
                part.rows.iter().map(|(value, error)| error / f64::from(curve.at(*value)).max(f64::MIN_POSITIVE));
            part.half *= level(shares.collect());
        }
    }
    through(&parts)
}

/// Splits rows into ranges of predictions, each with about equally many rows. A row is a prediction and its absolute
/// error.
fn parts(rows: &[(f32, f64)]) -> Vec<CurvePart> {
    // Equal predictions stay in one range.
    let count = (rows.len() / ROWS).clamp(1, MAX_PARTS);
    let value = |at: usize| rows.get(at).map(|row| row.0);
    let range = match (rows.first(), rows.last()) {
        (Some(first), Some(last)) => last.0 - first.0,
        _ => 0.0,
    };
    let mut parts: Vec<CurvePart> = Vec::new();
    let mut start = 0;
    for part in 1..=count {
        let ideal = rows.len() * part / count;
        let end =
            (ideal.max(start)..rows.len()).find(|at| *at == 0 || value(*at) != value(at - 1)).unwrap_or(rows.len());
        let members = rows.get(start..end).unwrap_or_default();
        start = end;
        let Some(middle) = members.get(members.len() / 2) else { continue };
        let half = level(members.iter().map(|row| row.1).collect());
        match parts.last_mut() {
            Some(last) if members.len() < ROWS / 2 || middle.0 - last.knot <= range * MIN_GAP => {
                last.rows.extend_from_slice(members);
                last.half = level(last.rows.iter().map(|row| row.1).collect());
            }
            _ => parts.push(CurvePart { knot: middle.0, half, rows: members.to_vec() }),
        }
    }
    parts
}

/// Connects ranges of predictions to a curve: for each prediction, half the width of its prediction interval.
fn through(parts: &[CurvePart]) -> Curve {
    let greatest = parts.iter().map(|part| part.half).fold(0.0, f64::max);
    let half = |part: &CurvePart| above(part.half.max(MIN_SHARE * greatest));
    let step = |pair: &[CurvePart]| match pair {
        [a, b] => Some(CurveStep { from: a.knot, length: b.knot - a.knot, rise: half(b) - half(a) }),
        _ => None,
    };
    Curve { start: parts.first().map_or(0.0, half), steps: parts.windows(2).filter_map(step).collect() }
}

/// Returns a quantile of the numbers, for example the 90 % quantile. [`INTERVAL_LEVEL`] says which one.
fn level(mut numbers: Vec<f64>) -> f64 {
    // It is the smallest of the numbers that is at least as large as this share of the numbers. If there are too few
    // numbers, it is the largest. If there are none, it is 0.
    numbers.sort_by(f64::total_cmp);
    let rank = ((numbers.len() + 1) as f64 * INTERVAL_LEVEL).ceil() as usize;
    rank.min(numbers.len()).checked_sub(1).and_then(|at| numbers.get(at)).copied().unwrap_or_default()
}

/// Converts a number to a 32-bit float, rounded up. Returns 0 if the number is outside the range of 32-bit floats.
fn above(number: f64) -> f32 {
    let rounded = number as f32;
    match f64::from(rounded) < number {
        true if rounded.next_up().is_finite() => rounded.next_up(),
        _ if rounded.is_finite() => rounded,
        _ => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_hold_nine_in_ten() {
        let values: Vec<f32> = (1..=19).map(|n| n as f32).collect();
        let errors: Vec<f64> = (1..=19).map(f64::from).collect();
        assert_eq!(curve(&values, &errors), Curve { start: 18.0, steps: vec![] });
        assert_eq!(curve(&[1.0, 2.0], &[1.0, 2.0]).start, 2.0);
        assert_eq!(curve(&[], &[]), Curve { start: 0.0, steps: vec![] });
    }

    /// Returns test data: predictions with absolute errors that grow with the square of the prediction.
    fn growing(rows: usize) -> (Vec<f32>, Vec<f64>) {
        let values: Vec<f32> = (0..rows).map(|row| row as f32 / rows as f32).collect();
        let error = |(row, value): (usize, &f32)| f64::from(*value).powi(2) * (row * 37 % 101) as f64 / 10.0;
        let errors = values.iter().enumerate().map(error).collect();
        (values, errors)
    }

    #[test]
    fn intervals_cover_each_fifth_of_the_predictions_equally() {
        let (values, errors) = growing(1000);
        let curve = curve(&values, &errors);
        for fifth in 0..5 {
            let held = (fifth * 200..(fifth + 1) * 200).filter(|row| errors[*row] <= f64::from(curve.at(values[*row])));
            assert!((175..=190).contains(&held.count()), "fifth {fifth}: {curve:?}");
        }
    }

    #[test]
    fn equal_predictions_are_not_separated() {
        let values: Vec<f32> = (0..600).map(|row| [1.0, 1.0, 1.0, 5.0, 5.0, 5.0 + 1e-4][row % 6]).collect();
        let errors: Vec<f64> = values.iter().map(|value| if *value < 2.0 { 0.0 } else { 3.0 }).collect();
        let curve = curve(&values, &errors);
        assert_eq!(curve.steps.len(), 1, "{curve:?}");
        assert!(curve.at(1.0) > 0.0 && curve.at(1.0) < 0.01, "{curve:?}");
        assert!((curve.at(5.0) - 3.0).abs() < 1e-3, "{curve:?}");
    }
}
