//! Comparisons, truth values, choices, and changes of type.

use std::sync::Arc;

use super::super::broadcast::{Stretched, common_shape, indices, stretched};
use super::super::call::{Budget, Inputs, RunOperator};
use super::super::given::Given;
use super::super::problem::{Outcome, StepFault};
use super::super::tensor::{Tensor, TensorValues};
use super::GraphOperator;
use super::arithmetic::{mismatch, zip};
use crate::artifact::onnx::element;

pub(super) const OPERATORS: &[GraphOperator] = &[
    GraphOperator { name: "Equal", read: |_| Ok(Box::new(equal)) },
    GraphOperator { name: "Greater", read: |_| compared(|a, b| a > b, |a, b| a > b) },
    GraphOperator { name: "GreaterOrEqual", read: |_| compared(|a, b| a >= b, |a, b| a >= b) },
    GraphOperator { name: "Less", read: |_| compared(|a, b| a < b, |a, b| a < b) },
    GraphOperator { name: "LessOrEqual", read: |_| compared(|a, b| a <= b, |a, b| a <= b) },
    GraphOperator { name: "And", read: |_| truths(|a, b| a && b) },
    GraphOperator { name: "Or", read: |_| truths(|a, b| a || b) },
    GraphOperator { name: "Xor", read: |_| truths(|a, b| a != b) },
    GraphOperator { name: "Not", read: |_| Ok(Box::new(not)) },
    GraphOperator { name: "IsNaN", read: |_| tested(f64::is_nan) },
    GraphOperator { name: "IsInf", read: infinite },
    GraphOperator { name: "Where", read: |_| Ok(Box::new(choose)) },
    GraphOperator { name: "Cast", read: cast },
    GraphOperator {
        name: "CastLike",
        read: |given| {
            given.ignore(&["saturate"]);
            Ok(Box::new(|inputs, budget| {
                let input = inputs.get(0)?;
                budget.spend(&[input.values.len()])?;
                Ok(vec![input.with(converted(&input.values, kind_of(&inputs.get(1)?.values))?)?])
            }))
        },
    },
];

fn equal(inputs: &Inputs<'_>, budget: &mut Budget) -> Outcome<Vec<Tensor>> {
    let (a, b) = (inputs.get(0)?, inputs.get(1)?);
    let Stretched { shape, left, right } = stretched(a, b, budget)?;
    let results = match (&a.values, &b.values) {
        (TensorValues::Float(a), TensorValues::Float(b)) => zip(a, &left, b, &right, |a, b| a == b),
        (TensorValues::Double(a), TensorValues::Double(b)) => zip(a, &left, b, &right, |a, b| a == b),
        (TensorValues::Whole(a), TensorValues::Whole(b)) => zip(a, &left, b, &right, |a, b| a == b),
        (TensorValues::Truth(a), TensorValues::Truth(b)) => zip(a, &left, b, &right, |a, b| a == b),
        (TensorValues::Text(a), TensorValues::Text(b)) => zip(a, &left, b, &right, |a, b| a == b),
        (a, b) => return Err(mismatch(a, b)),
    };
    Ok(vec![Tensor::new(shape, TensorValues::Truth(results))?])
}

/// Returns an operator that compares two numbers.
fn compared(real: fn(f64, f64) -> bool, whole: fn(i64, i64) -> bool) -> Outcome<RunOperator> {
    Ok(Box::new(move |inputs, budget| {
        let (a, b) = (inputs.get(0)?, inputs.get(1)?);
        let Stretched { shape, left, right } = stretched(a, b, budget)?;
        let results = match (&a.values, &b.values) {
            (TensorValues::Whole(a), TensorValues::Whole(b)) => zip(a, &left, b, &right, whole),
            (a, b) => zip(&a.doubles()?, &left, &b.doubles()?, &right, real),
        };
        Ok(vec![Tensor::new(shape, TensorValues::Truth(results))?])
    }))
}

fn truths(function: fn(bool, bool) -> bool) -> Outcome<RunOperator> {
    Ok(Box::new(move |inputs, budget| {
        let (a, b) = (inputs.get(0)?, inputs.get(1)?);
        let Stretched { shape, left, right } = stretched(a, b, budget)?;
        let results = zip(a.truths()?, &left, b.truths()?, &right, function);
        Ok(vec![Tensor::new(shape, TensorValues::Truth(results))?])
    }))
}

fn not(inputs: &Inputs<'_>, budget: &mut Budget) -> Outcome<Vec<Tensor>> {
    let input = inputs.get(0)?;
    budget.spend(&[input.values.len()])?;
    Ok(vec![input.with(TensorValues::Truth(input.truths()?.iter().map(|truth| !truth).collect()))?])
}

/// Returns an operator that answers a question about each number.
fn tested(test: impl Fn(f64) -> bool + Send + Sync + 'static) -> Outcome<RunOperator> {
    Ok(Box::new(move |inputs, budget| {
        let input = inputs.get(0)?;
        budget.spend(&[input.values.len()])?;
        Ok(vec![input.with(TensorValues::Truth(input.values.doubles()?.into_iter().map(&test).collect()))?])
    }))
}

fn infinite(given: &mut Given) -> Outcome<RunOperator> {
    let negative = given.int("detect_negative") != Some(0);
    let positive = given.int("detect_positive") != Some(0);
    tested(move |x| (positive && x == f64::INFINITY) || (negative && x == f64::NEG_INFINITY))
}

/// Takes each element of the second input where the first one is true, otherwise of the third.
fn choose(inputs: &Inputs<'_>, budget: &mut Budget) -> Outcome<Vec<Tensor>> {
    let (condition, yes, no) = (inputs.get(0)?, inputs.get(1)?, inputs.get(2)?);
    let shape = common_shape(&common_shape(&condition.shape, &yes.shape)?, &no.shape)?;
    budget.spend(&shape)?;
    let at = |tensor: &Tensor| indices(&tensor.shape, &shape);
    let truths = TensorValues::Truth(condition.truths()?.to_vec()).pick(at(condition).into_iter())?;
    let TensorValues::Truth(truths) = truths else { return Err(StepFault::new("its condition is not bool")) };
    let (yes_values, no_values) = (yes.values.pick(at(yes).into_iter())?, no.values.pick(at(no).into_iter())?);
    let all = joined(vec![yes_values, no_values])?;
    let half = truths.len();
    let values = all.pick(truths.iter().enumerate().map(|(place, &truth)| if truth { place } else { half + place }))?;
    Ok(vec![Tensor::new(shape, values)?])
}

/// Joins lists of one type.
pub(in crate::graph) fn joined(lists: Vec<TensorValues>) -> Outcome<TensorValues> {
    let mut lists = lists.into_iter();
    let mut all = lists.next().ok_or_else(|| StepFault::new("it has no input"))?;
    for next in lists {
        match (&mut all, next) {
            (TensorValues::Float(all), TensorValues::Float(next)) => all.extend(next),
            (TensorValues::Double(all), TensorValues::Double(next)) => all.extend(next),
            (TensorValues::Whole(all), TensorValues::Whole(next)) => all.extend(next),
            (TensorValues::Truth(all), TensorValues::Truth(next)) => all.extend(next),
            (TensorValues::Text(all), TensorValues::Text(next)) => all.extend(next),
            (all, next) => return Err(mismatch(all, &next)),
        }
    }
    Ok(all)
}

fn cast(given: &mut Given) -> Outcome<RunOperator> {
    given.ignore(&["saturate", "round_mode"]);
    let kind = given.int("to").unwrap_or_default();
    let kind = i32::try_from(kind).unwrap_or_default();
    if !matches!(
        kind,
        element::FLOAT | element::DOUBLE | element::INT64 | element::INT32 | element::BOOL | element::STRING
    ) {
        return Err(StepFault::new("it casts to a type other than float, double, int64, int32, bool or string"));
    }
    Ok(Box::new(move |inputs, budget| {
        let input = inputs.get(0)?;
        budget.spend(&[input.values.len()])?;
        Ok(vec![input.with(converted(&input.values, kind)?)?])
    }))
}

fn kind_of(values: &TensorValues) -> i32 {
    match values {
        TensorValues::Float(_) => element::FLOAT,
        TensorValues::Double(_) => element::DOUBLE,
        TensorValues::Whole(_) => element::INT64,
        TensorValues::Truth(_) => element::BOOL,
        TensorValues::Text(_) => element::STRING,
    }
}

/// Converts values to another type.
fn converted(values: &TensorValues, kind: i32) -> Outcome<TensorValues> {
    if let TensorValues::Text(texts) = values {
        return from_texts(texts, kind);
    }
    Ok(match (kind, values) {
        (element::FLOAT, TensorValues::Double(list)) => {
            TensorValues::Float(list.iter().map(|&number| number as f32).collect())
        }
        (element::FLOAT, TensorValues::Whole(list)) => {
            TensorValues::Float(list.iter().map(|&number| number as f32).collect())
        }
        (element::FLOAT, TensorValues::Float(_)) | (element::INT64 | element::INT32, TensorValues::Whole(_)) => {
            values.clone()
        }
        (element::FLOAT, _) => TensorValues::Float(values.doubles()?.into_iter().map(|number| number as f32).collect()),
        (element::DOUBLE, _) => TensorValues::Double(values.doubles()?),
        (element::INT64 | element::INT32, _) => TensorValues::Whole(values.doubles()?.into_iter().map(whole).collect()),
        (element::BOOL, _) => TensorValues::Truth(values.doubles()?.into_iter().map(|number| number != 0.0).collect()),
        _ => TensorValues::Text(to_texts(values)?),
    })
}

fn to_texts(values: &TensorValues) -> Outcome<Vec<Arc<str>>> {
    Ok(match values {
        TensorValues::Whole(list) => list.iter().map(|number| number.to_string().into()).collect(),
        TensorValues::Truth(list) => list.iter().map(|truth| if *truth { "1" } else { "0" }.into()).collect(),
        other => other.doubles()?.into_iter().map(|number| written(number).into()).collect(),
    })
}

/// Converts a number to an integer, as processors do: what does not fit becomes the least integer.
pub(super) fn whole(number: f64) -> i64 {
    if number.is_nan() || number.abs() >= 9.3e18 { i64::MIN } else { number as i64 }
}

/// Writes a number with eight digits, as ONNX Runtime does (`%.8g` of the language C).
fn written(number: f64) -> String {
    if !number.is_finite() {
        let name = if number.is_nan() { "NaN" } else { "INF" };
        return if number == f64::NEG_INFINITY { format!("-{name}") } else { name.to_owned() };
    }
    let trimmed = |text: &str| match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text.to_owned(),
    };
    let scientific = format!("{number:.7e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    match exponent.parse::<i32>().unwrap_or_default() {
        exponent @ -4..8 => trimmed(&format!("{number:.*}", (7 - exponent).unsigned_abs() as usize)),
        exponent => format!("{}e{}{:02}", trimmed(digits), if exponent < 0 { '-' } else { '+' }, exponent.abs()),
    }
}

fn from_texts(texts: &[Arc<str>], kind: i32) -> Outcome<TensorValues> {
    let number =
        |text: &Arc<str>| text.trim().parse::<f64>().map_err(|_| StepFault::new("it casts a text to a number"));
    let numbers = || texts.iter().map(number).collect::<Outcome<Vec<_>>>();
    Ok(match kind {
        element::STRING => TensorValues::Text(texts.to_vec()),
        element::FLOAT => TensorValues::Float(numbers()?.into_iter().map(|number| number as f32).collect()),
        element::DOUBLE => TensorValues::Double(numbers()?),
        element::BOOL => return Err(StepFault::new("it casts texts to bool")),
        _ => TensorValues::Whole(numbers()?.into_iter().map(|number| number as i64).collect()),
    })
}
