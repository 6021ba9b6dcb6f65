//! Imports ONNX operators that pass on, reshape or split values, or contain constants.

use std::rc::Rc;

use super::constant::{ConstantTensor, Elements};
use super::error::{ImportError, numbers};
use super::features;
use super::operators::{Operator, OperatorCall};
use super::value::{FeatureList, GraphValue};
use super::walk::GraphWalk;
use crate::artifact::onnx::element;

pub(super) const IDENTITY: Operator = Operator { name: "Identity", supported: "any value", apply: identity };
pub(super) const CAST: Operator = Operator {
    name: "Cast",
    supported: "numbers to float or double; texts to string; labels to int64, int32 or string",
    apply: cast,
};
pub(super) const CONSTANT: Operator =
    Operator { name: "Constant", supported: "numbers (float, double, int32, int64)", apply: constant };
pub(super) const RESHAPE: Operator = Operator {
    name: "Reshape",
    supported: "features to rows of all features; the label, or the only output of a regression model, to `[-1]` or \
                `[-1, 1]`",
    apply: reshape,
};
pub(super) const FLATTEN: Operator = Operator { name: "Flatten", supported: "features, with `axis` 1", apply: flatten };
pub(super) const SPLIT: Operator = Operator { name: "Split", supported: "features or texts of columns", apply: split };

pub(super) fn is_deep(value: &GraphValue) -> bool {
    matches!(value, GraphValue::Features(features) if features.deep)
}

/// Returns the features unchanged if their tensor has two dimensions, otherwise an error that names the operator.
pub(super) fn flat(operator: &str, features: &Rc<FeatureList>) -> Result<Rc<FeatureList>, ImportError> {
    if features.deep { Err(three_dimensions(operator)) } else { Ok(Rc::clone(features)) }
}

/// Returns the error that an ONNX operator does not support features with three dimensions.
pub(super) fn three_dimensions(operator: &str) -> ImportError {
    ImportError::usage(operator, "its input has three dimensions; expected rows of features ([N, features])")
}

pub(super) fn whole<'a>(operator: &str, constant: &'a ConstantTensor) -> Result<&'a [i64], ImportError> {
    let problem = "its indices or sizes are not integers; expected a constant of int64 or int32";
    constant.whole().ok_or_else(|| ImportError::usage(operator, problem))
}

fn identity(_: &mut GraphWalk, call: OperatorCall) -> Result<Vec<GraphValue>, ImportError> {
    match call.inputs {
        [value] => Ok(vec![value.clone()]),
        _ => Err(call.unsupported()),
    }
}

/// Imports the ONNX operator `Cast`, which converts a value to another type.
fn cast(_: &mut GraphWalk, mut call: OperatorCall) -> Result<Vec<GraphValue>, ImportError> {
    // The new type must not change the meaning of the value.
    let [value] = call.inputs else { return Err(call.unsupported()) };
    let to = call.take("to").and_then(|attribute| attribute.i);
    let element = to.and_then(|to| i32::try_from(to).ok());
    let harmless = match value {
        GraphValue::Features(_) | GraphValue::Outputs(..) | GraphValue::Constant(_) => {
            matches!(element, Some(element::FLOAT | element::DOUBLE))
        }
        GraphValue::Texts(_) => element == Some(element::STRING),
        GraphValue::Unread(_) => false,
        GraphValue::Label => matches!(element, Some(element::INT64 | element::INT32 | element::STRING)),
    };
    if harmless {
        return Ok(vec![value.clone()]);
    }
    let found = to.map_or("it is missing".to_owned(), |to| format!("it is type {to}"));
    let problem = format!("{found} for {}; supported: {}", value.kind(), call.operator.supported);
    Err(call.invalid("to", problem))
}

fn constant(_: &mut GraphWalk, mut call: OperatorCall) -> Result<Vec<GraphValue>, ImportError> {
    if !call.inputs.is_empty() {
        return Err(call.unsupported());
    }
    let attribute = std::mem::take(&mut call.attributes).into_iter().next();
    let attribute = attribute.ok_or_else(|| call.error("it has no value; expected one attribute with numbers"))?;
    let scalar = |numbers| ConstantTensor { dims: Vec::new(), numbers };
    let found = match (attribute.name.as_str(), attribute.t, attribute.i, attribute.f) {
        ("value", Some(bytes), ..) => {
            ConstantTensor::read(&bytes)?.1.map_err(|problem| call.error(format!("it {problem}")))?
        }
        ("value_int", _, Some(number), _) => scalar(Elements::Whole(vec![number])),
        ("value_ints", ..) => ConstantTensor::list(Elements::Whole(attribute.ints)),
        ("value_float", _, _, Some(number)) => scalar(Elements::Real(vec![number.into()])),
        ("value_floats", ..) => {
            ConstantTensor::list(Elements::Real(attribute.floats.into_iter().map(f64::from).collect()))
        }
        _ => {
            let expected = "expected value, value_int, value_ints, value_float or value_floats";
            return Err(call.error(format!("it does not contain numbers; {expected}")));
        }
    };
    Ok(vec![GraphValue::Constant(Rc::new(found))])
}

/// Imports the ONNX operator `Split`, which splits columns into groups with the given sizes, or into equal groups.
fn split(_: &mut GraphWalk, mut call: OperatorCall) -> Result<Vec<GraphValue>, ImportError> {
    let [value, sizes @ ..] = call.inputs else { return Err(call.unsupported()) };
    let given = call.take("split").map(|attribute| attribute.ints);
    let counted = call.take("num_outputs").and_then(|attribute| attribute.i);
    features::check_axis(call.name(), Some(call.take_axis(Some(0))?), is_deep(value))?;
    let (width, outputs) = (value.width(), call.outputs);
    if let Some(count) = counted.filter(|&count| usize::try_from(count) != Ok(outputs)) {
        let problem = format!("it is {count}; expected {outputs}, the number of outputs");
        return Err(call.invalid("num_outputs", problem));
    }
    let sizes = match (sizes, given) {
        ([GraphValue::Constant(sizes)], _) => whole(call.name(), sizes)?.to_vec(),
        (_, Some(sizes)) => sizes,
        _ => equal(width, outputs, counted.is_some()).ok_or_else(|| {
            call.error(format!("it cannot split {width} columns into {outputs} equal parts; expected their sizes"))
        })?,
    };
    let mut parts = Vec::new();
    let mut start = 0_i64;
    for size in sizes {
        let end = start.checked_add(size).filter(|&end| size > 0 && usize::try_from(end).is_ok_and(|end| end <= width));
        let end = end.ok_or_else(|| {
            call.error(format!("its parts do not match its {width} columns; expected positive sizes with this sum"))
        })?;
        parts.push(features::select(call.name(), value, &(start..end).collect::<Vec<_>>())?);
        start = end;
    }
    Ok(parts)
}

/// Returns the sizes for splitting `width` columns into `parts` groups of equal size. `None` if that is impossible.
fn equal(width: usize, parts: usize, counted: bool) -> Option<Vec<i64>> {
    // If `counted` is true, the file gives the number of groups, and the last group may be smaller.
    if parts == 0 || parts > width || !(counted || width.is_multiple_of(parts)) {
        return None;
    }
    let size = width.div_ceil(parts);
    let last = width.checked_sub(size * (parts - 1)).filter(|&last| last > 0)?;
    Some(std::iter::repeat_n(size as i64, parts - 1).chain([last as i64]).collect())
}

fn reshape(walk: &mut GraphWalk, call: OperatorCall) -> Result<Vec<GraphValue>, ImportError> {
    let [value, GraphValue::Constant(shape)] = call.inputs else { return Err(call.unsupported()) };
    let shape = whole(call.name(), shape)?;
    match value {
        GraphValue::Features(features) => Ok(vec![to_rows(&call, features, shape)?]),
        // One number or label per row is valid in both shapes. With several outputs, the new shape would no longer have
        // one line per row of the table.
        GraphValue::Outputs(..) if !walk.has_labels() && matches!(shape, [-1] | [-1, 1]) => Ok(vec![value.clone()]),
        GraphValue::Label if matches!(shape, [-1] | [-1, 1]) => Ok(vec![value.clone()]),
        _ => {
            let (shape, kind) = (numbers(shape), value.kind());
            Err(call.error(format!("its new shape for {kind} is {shape}; supported: {}", call.operator.supported)))
        }
    }
}

/// Imports the ONNX operator `Reshape` for features. The new shape must have one line for each row of the table.
fn to_rows(call: &OperatorCall, features: &FeatureList, shape: &[i64]) -> Result<GraphValue, ImportError> {
    let width = features.list.len() as i64;
    let rows = |dim: i64| dim == -1 || dim == 0;
    match *shape {
        [first, second] if rows(first) && (second == width || (second == -1 && first == 0)) => {
            Ok(FeatureList::flat(features.list.clone()))
        }
        _ => {
            let shape = numbers(shape);
            Err(call.error(format!("its new shape is {shape}; expected [-1, {width}], rows of all {width} features")))
        }
    }
}

fn flatten(_: &mut GraphWalk, mut call: OperatorCall) -> Result<Vec<GraphValue>, ImportError> {
    let [GraphValue::Features(features)] = call.inputs else { return Err(call.unsupported()) };
    match call.take_axis(Some(1))? {
        1 => Ok(vec![FeatureList::flat(features.list.clone())]),
        other => Err(call.invalid("axis", format!("it is {other}; expected 1"))),
    }
}
