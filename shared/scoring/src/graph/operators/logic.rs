//! Comparisons, truth values, choices, and changes of type.

use std::sync::Arc;

use super::super::broadcast::{common_shape, indices};
use super::super::call::{Budget, Inputs, Run};
use super::super::given::Given;
use super::super::problem::{Outcome, Problem};
use super::super::tensor::{Tensor, Values};
use super::Operator;
use super::arithmetic::{mismatch, zip};
use crate::artifact::onnx::element;

pub(super) const OPERATORS: &[Operator] = &[
    Operator { name: "Equal", read: |_| Ok(Box::new(equal)) },
    Operator { name: "Greater", read: |_| compared(|a, b| a > b, |a, b| a > b) },
    Operator { name: "GreaterOrEqual", read: |_| compared(|a, b| a >= b, |a, b| a >= b) },
    Operator { name: "Less", read: |_| compared(|a, b| a < b, |a, b| a < b) },
    Operator { name: "LessOrEqual", read: |_| compared(|a, b| a <= b, |a, b| a <= b) },
    Operator { name: "And", read: |_| truths(|a, b| a && b) },
    Operator { name: "Or", read: |_| truths(|a, b| a || b) },
    Operator { name: "Xor", read: |_| truths(|a, b| a != b) },
    Operator { name: "Not", read: |_| Ok(Box::new(not)) },
    Operator { name: "IsNaN", read: |_| tested(f64::is_nan) },
    Operator { name: "IsInf", read: infinite },
    Operator { name: "Where", read: |_| Ok(Box::new(choose)) },
    Operator { name: "Cast", read: cast },
    Operator {
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
    let shape = common_shape(&a.shape, &b.shape)?;
    budget.spend(&shape)?;
    let (left, right) = (indices(&a.shape, &shape), indices(&b.shape, &shape));
    let results = match (&a.values, &b.values) {
        (Values::Float(a), Values::Float(b)) => zip(a, &left, b, &right, |a, b| a == b),
        (Values::Double(a), Values::Double(b)) => zip(a, &left, b, &right, |a, b| a == b),
        (Values::Whole(a), Values::Whole(b)) => zip(a, &left, b, &right, |a, b| a == b),
        (Values::Truth(a), Values::Truth(b)) => zip(a, &left, b, &right, |a, b| a == b),
        (Values::Text(a), Values::Text(b)) => zip(a, &left, b, &right, |a, b| a == b),
        (a, b) => return Err(mismatch(a, b)),
    };
    Ok(vec![Tensor::new(shape, Values::Truth(results))?])
}

/// Returns an operator that compares two numbers.
fn compared(real: fn(f64, f64) -> bool, whole: fn(i64, i64) -> bool) -> Outcome<Run> {
    Ok(Box::new(move |inputs, budget| {
        let (a, b) = (inputs.get(0)?, inputs.get(1)?);
        let shape = common_shape(&a.shape, &b.shape)?;
        budget.spend(&shape)?;
        let (left, right) = (indices(&a.shape, &shape), indices(&b.shape, &shape));
        let results = match (&a.values, &b.values) {
            (Values::Whole(a), Values::Whole(b)) => zip(a, &left, b, &right, whole),
            (a, b) => zip(&a.doubles()?, &left, &b.doubles()?, &right, real),
        };
        Ok(vec![Tensor::new(shape, Values::Truth(results))?])
    }))
}

fn truths(function: fn(bool, bool) -> bool) -> Outcome<Run> {
    Ok(Box::new(move |inputs, budget| {
        let (a, b) = (inputs.get(0)?, inputs.get(1)?);
        let shape = common_shape(&a.shape, &b.shape)?;
        budget.spend(&shape)?;
        let (left, right) = (indices(&a.shape, &shape), indices(&b.shape, &shape));
        let results = zip(a.truths()?, &left, b.truths()?, &right, function);
        Ok(vec![Tensor::new(shape, Values::Truth(results))?])
    }))
}

fn not(inputs: &Inputs<'_>, budget: &mut Budget) -> Outcome<Vec<Tensor>> {
    let input = inputs.get(0)?;
    budget.spend(&[input.values.len()])?;
    Ok(vec![input.with(Values::Truth(input.truths()?.iter().map(|truth| !truth).collect()))?])
}

/// Returns an operator that answers a question about each number.
fn tested(test: impl Fn(f64) -> bool + Send + Sync + 'static) -> Outcome<Run> {
    Ok(Box::new(move |inputs, budget| {
        let input = inputs.get(0)?;
        budget.spend(&[input.values.len()])?;
        Ok(vec![input.with(Values::Truth(input.values.doubles()?.into_iter().map(&test).collect()))?])
    }))
}

fn infinite(given: &mut Given) -> Outcome<Run> {
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
    let truths = Values::Truth(condition.truths()?.to_vec()).pick(at(condition).into_iter())?;
    let Values::Truth(truths) = truths else { return Err(Problem::new("its condition is not bool")) };
    let (yes_values, no_values) = (yes.values.pick(at(yes).into_iter())?, no.values.pick(at(no).into_iter())?);
    let all = joined(vec![yes_values, no_values])?;
    let half = truths.len();
    let values = all.pick(truths.iter().enumerate().map(|(place, &truth)| if truth { place } else { half + place }))?;
    Ok(vec![Tensor::new(shape, values)?])
}

/// Joins lists of one type.
pub(in crate::graph) fn joined(lists: Vec<Values>) -> Outcome<Values> {
    let mut lists = lists.into_iter();
    let mut all = lists.next().ok_or_else(|| Problem::new("it has no input"))?;
    for next in lists {
        match (&mut all, next) {
            (Values::Float(all), Values::Float(next)) => all.extend(next),
            (Values::Double(all), Values::Double(next)) => all.extend(next),
            (Values::Whole(all), Values::Whole(next)) => all.extend(next),
            (Values::Truth(all), Values::Truth(next)) => all.extend(next),
            (Values::Text(all), Values::Text(next)) => all.extend(next),
            (all, next) => return Err(mismatch(all, &next)),
        }
    }
    Ok(all)
}

fn cast(given: &mut Given) -> Outcome<Run> {
    given.ignore(&["saturate", "round_mode"]);
    let kind = given.int("to").unwrap_or_default();
    let kind = i32::try_from(kind).unwrap_or_default();
    if !matches!(
        kind,
        element::FLOAT | element::DOUBLE | element::INT64 | element::INT32 | element::BOOL | element::STRING
    ) {
        return Err(Problem::new("it casts to a type other than float, double, int64, int32, bool or string"));
    }
    Ok(Box::new(move |inputs, budget| {
        let input = inputs.get(0)?;
        budget.spend(&[input.values.len()])?;
        Ok(vec![input.with(converted(&input.values, kind)?)?])
    }))
}

fn kind_of(values: &Values) -> i32 {
    match values {
        Values::Float(_) => element::FLOAT,
        Values::Double(_) => element::DOUBLE,
        Values::Whole(_) => element::INT64,
        Values::Truth(_) => element::BOOL,
        Values::Text(_) => element::STRING,
    }
}

/// Converts values to another type.
fn converted(values: &Values, kind: i32) -> Outcome<Values> {
    if let Values::Text(texts) = values {
        return from_texts(texts, kind);
    }
    Ok(match (kind, values) {
        (element::FLOAT, Values::Double(list)) => Values::Float(list.iter().map(|&number| number as f32).collect()),
        (element::FLOAT, Values::Whole(list)) => Values::Float(list.iter().map(|&number| number as f32).collect()),
        (element::FLOAT, Values::Float(_)) | (element::INT64 | element::INT32, Values::Whole(_)) => values.clone(),
        (element::FLOAT, _) => Values::Float(values.doubles()?.into_iter().map(|number| number as f32).collect()),
        (element::DOUBLE, _) => Values::Double(values.doubles()?),
        (element::INT64 | element::INT32, _) => Values::Whole(values.doubles()?.into_iter().map(whole).collect()),
        (element::BOOL, _) => Values::Truth(values.doubles()?.into_iter().map(|number| number != 0.0).collect()),
        _ => Values::Text(to_texts(values)?),
    })
}

fn to_texts(values: &Values) -> Outcome<Vec<Arc<str>>> {
    Ok(match values {
        Values::Whole(list) => list.iter().map(|number| number.to_string().into()).collect(),
        Values::Truth(list) => list.iter().map(|truth| if *truth { "1" } else { "0" }.into()).collect(),
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

fn from_texts(texts: &[Arc<str>], kind: i32) -> Outcome<Values> {
    let number = |text: &Arc<str>| text.trim().parse::<f64>().map_err(|_| Problem::new("it casts a text to a number"));
    let numbers = || texts.iter().map(number).collect::<Outcome<Vec<_>>>();
    Ok(match kind {
        element::STRING => Values::Text(texts.to_vec()),
        element::FLOAT => Values::Float(numbers()?.into_iter().map(|number| number as f32).collect()),
        element::DOUBLE => Values::Double(numbers()?),
        element::BOOL => return Err(Problem::new("it casts texts to bool")),
        _ => Values::Whole(numbers()?.into_iter().map(|number| number as i64).collect()),
    })
}
