//! Calculations on each element: sums, products, powers, exponential functions, rounding.

use super::super::broadcast::{Stretched, stretched};
use super::super::call::{Budget, Inputs, RunOperator};
use super::super::given::Given;
use super::super::problem::{Outcome, StepFault};
use super::super::tensor::{Tensor, TensorValues};
use super::GraphOperator;

pub(super) const OPERATORS: &[GraphOperator] = &[
    GraphOperator { name: "Add", read: |_| folded(|a, b| a + b, |a, b| a + b, |a, b| Some(a.wrapping_add(b))) },
    GraphOperator { name: "Sum", read: |_| folded(|a, b| a + b, |a, b| a + b, |a, b| Some(a.wrapping_add(b))) },
    GraphOperator { name: "Sub", read: |_| folded(|a, b| a - b, |a, b| a - b, |a, b| Some(a.wrapping_sub(b))) },
    GraphOperator { name: "Mul", read: |_| folded(|a, b| a * b, |a, b| a * b, |a, b| Some(a.wrapping_mul(b))) },
    GraphOperator { name: "Div", read: |_| folded(|a, b| a / b, |a, b| a / b, i64::checked_div) },
    GraphOperator { name: "Max", read: |_| folded(nan_or(f32::max), nan_or(f64::max), |a, b| Some(a.max(b))) },
    GraphOperator { name: "Min", read: |_| folded(nan_or(f32::min), nan_or(f64::min), |a, b| Some(a.min(b))) },
    GraphOperator { name: "Mod", read: modulo },
    GraphOperator { name: "Pow", read: |_| Ok(Box::new(power)) },
    GraphOperator { name: "Abs", read: |_| each(f64::abs, Some(i64::wrapping_abs)) },
    GraphOperator { name: "Neg", read: |_| each(|x| -x, Some(i64::wrapping_neg)) },
    GraphOperator { name: "Sign", read: |_| each(sign, Some(i64::signum)) },
    GraphOperator { name: "Ceil", read: |_| each(libm::ceil, None) },
    GraphOperator { name: "Floor", read: |_| each(libm::floor, None) },
    GraphOperator { name: "Round", read: |_| each(libm::rint, None) },
    GraphOperator { name: "Exp", read: |_| each(libm::exp, None) },
    GraphOperator { name: "Log", read: |_| each(libm::log, None) },
    GraphOperator { name: "Sqrt", read: |_| each(libm::sqrt, None) },
    GraphOperator { name: "Reciprocal", read: |_| each(|x| 1.0 / x, None) },
    GraphOperator { name: "Relu", read: |_| each(|x| if x < 0.0 { 0.0 } else { x }, None) },
    GraphOperator { name: "Sigmoid", read: |_| each(sigmoid, None) },
    GraphOperator { name: "Tanh", read: |_| each(libm::tanh, None) },
    GraphOperator { name: "Erf", read: |_| each(libm::erf, None) },
    GraphOperator { name: "Sin", read: |_| each(libm::sin, None) },
    GraphOperator { name: "Cos", read: |_| each(libm::cos, None) },
    GraphOperator { name: "Softplus", read: |_| each(|x| x.max(0.0) + libm::log1p(libm::exp(-x.abs())), None) },
    GraphOperator { name: "Clip", read: clip },
];

/// The logistic function.
pub(super) fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + libm::exp(-x))
}

fn sign(x: f64) -> f64 {
    if x == 0.0 || x.is_nan() { x } else { libm::copysign(1.0, x) }
}

/// Changes a function of two numbers: the result is NaN if one of them is, as ONNX demands of `Max` and `Min`.
fn nan_or<T: PartialOrd + Copy + 'static>(
    function: fn(T, T) -> T,
) -> impl Fn(T, T) -> T + Copy + Send + Sync + 'static {
    // Only NaN differs from itself.
    #[expect(clippy::eq_op, reason = "only NaN differs from itself")]
    move |a, b| {
        if a != a {
            a
        } else if b != b {
            b
        } else {
            function(a, b)
        }
    }
}

/// Returns an operator that changes each number. Integers stay integers if there is a function for them.
fn each(real: fn(f64) -> f64, whole: Option<fn(i64) -> i64>) -> Outcome<RunOperator> {
    Ok(Box::new(move |inputs, budget| {
        let input = inputs.get(0)?;
        budget.spend(&[input.values.len()])?;
        let values = match (&input.values, whole) {
            (TensorValues::Whole(list), Some(whole)) => {
                TensorValues::Whole(list.iter().map(|&number| whole(number)).collect())
            }
            (values @ (TensorValues::Float(_) | TensorValues::Double(_)), _) => {
                values.like(values.doubles()?.into_iter().map(real).collect())
            }
            (other, _) => return Err(StepFault::new(format!("its input is {}; expected float", other.type_name()))),
        };
        Ok(vec![input.with(values)?])
    }))
}

/// Returns an operator that combines its inputs from left to right.
fn folded(
    float: impl Fn(f32, f32) -> f32 + Copy + Send + Sync + 'static,
    double: impl Fn(f64, f64) -> f64 + Copy + Send + Sync + 'static,
    whole: fn(i64, i64) -> Option<i64>,
) -> Outcome<RunOperator> {
    Ok(Box::new(move |inputs, budget| {
        let all = inputs.all()?;
        let (first, rest) = all.split_first().ok_or_else(|| StepFault::new("it has no input"))?;
        let mut result = (*first).clone();
        for next in rest {
            result = pair(&result, next, budget, (&float, &double, &whole))?;
        }
        Ok(vec![result])
    }))
}

/// Functions of two numbers, for each type of numbers.
type Functions<'a> = (&'a dyn Fn(f32, f32) -> f32, &'a dyn Fn(f64, f64) -> f64, &'a dyn Fn(i64, i64) -> Option<i64>);

fn pair(a: &Tensor, b: &Tensor, budget: &mut Budget, (float, double, whole): Functions<'_>) -> Outcome<Tensor> {
    let Stretched { shape, left, right } = stretched(a, b, budget)?;
    let values = match (&a.values, &b.values) {
        (TensorValues::Float(a), TensorValues::Float(b)) => TensorValues::Float(zip(a, &left, b, &right, float)),
        (TensorValues::Double(a), TensorValues::Double(b)) => TensorValues::Double(zip(a, &left, b, &right, double)),
        (TensorValues::Whole(a), TensorValues::Whole(b)) => {
            let results: Option<Vec<i64>> = zip(a, &left, b, &right, whole).into_iter().collect();
            TensorValues::Whole(results.ok_or_else(|| StepFault::new("it divides an integer by 0"))?)
        }
        (a, b) => return Err(mismatch(a, b)),
    };
    Tensor::new(shape, values)
}

pub(super) fn mismatch(a: &TensorValues, b: &TensorValues) -> StepFault {
    StepFault::new(format!("its inputs are {} and {}; expected numbers of one type", a.type_name(), b.type_name()))
}

/// Applies a function to the elements of both lists at these indices.
pub(super) fn zip<A: Clone, B: Clone, C>(
    a: &[A],
    left: &[usize],
    b: &[B],
    right: &[usize],
    function: impl Fn(A, B) -> C,
) -> Vec<C> {
    let pairs =
        left.iter().zip(right).filter_map(|(&left, &right)| Some((a.get(left)?.clone(), b.get(right)?.clone())));
    pairs.map(|(a, b)| function(a, b)).collect()
}

/// Reads `Mod`. Without `fmod`, the result has the sign of the divisor.
fn modulo(given: &mut Given) -> Outcome<RunOperator> {
    let is_truncated = given.int("fmod") == Some(1);
    let real = move |a: f64, b: f64| {
        let rest = libm::fmod(a, b);
        if is_truncated || rest == 0.0 || (rest < 0.0) == (b < 0.0) { rest } else { rest + b }
    };
    let whole: fn(i64, i64) -> Option<i64> = if is_truncated {
        i64::checked_rem
    } else {
        |a, b| {
            let rest = a.checked_rem(b)?;
            Some(if rest == 0 || (rest < 0) == (b < 0) { rest } else { rest + b })
        }
    };
    folded(move |a, b| real(a.into(), b.into()) as f32, real, whole)
}

/// Raises to a power. The type of the result is that of the base.
fn power(inputs: &Inputs<'_>, budget: &mut Budget) -> Outcome<Vec<Tensor>> {
    let (base, exponent) = (inputs.get(0)?, inputs.get(1)?);
    let Stretched { shape, left, right } = stretched(base, exponent, budget)?;
    let results = zip(&base.values.doubles()?, &left, &exponent.values.doubles()?, &right, libm::pow);
    let values = base.values.like(results);
    Ok(vec![Tensor::new(shape, values)?])
}

/// Reads `Clip`: the limits are attributes in old versions, and inputs in later ones.
fn clip(given: &mut Given) -> Outcome<RunOperator> {
    let (least, most) = (given.float("min"), given.float("max"));
    Ok(Box::new(move |inputs, budget| {
        let input = inputs.get(0)?;
        budget.spend(&[input.values.len()])?;
        let limit = |index: usize, fixed: Option<f32>| -> Outcome<Option<f64>> {
            match inputs.optional(index) {
                Some(tensor) => Ok(tensor.values.doubles()?.first().copied()),
                None => Ok(fixed.map(f64::from)),
            }
        };
        let (least, most) = (limit(1, least)?, limit(2, most)?);
        let into_limits = |x: f64| {
            let x = least.filter(|least| x < *least).unwrap_or(x);
            most.filter(|most| x > *most).unwrap_or(x)
        };
        let clipped = input.values.doubles()?.into_iter().map(into_limits);
        let values = input.values.like(clipped.collect());
        Ok(vec![input.with(values)?])
    }))
}
