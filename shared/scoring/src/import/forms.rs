//! Operators that keep, split or contain values.

use std::rc::Rc;

use super::constant::{ConstantTensor, Elements};
use super::error::{ImportError, numbers};
use super::features;
use super::value::{FeatureList, GraphValue};
use crate::artifact::onnx::{AttributeProto, element};

pub(super) fn is_deep(value: &GraphValue) -> bool {
    matches!(value, GraphValue::Features(features) if features.deep)
}

pub(super) fn flat(operator: &str, features: &Rc<FeatureList>) -> Result<Rc<FeatureList>, ImportError> {
    if features.deep {
        return Err(ImportError::usage(operator, "of a tensor of three dimensions"));
    }
    Ok(Rc::clone(features))
}

pub(super) fn whole<'a>(operator: &str, constant: &'a ConstantTensor) -> Result<&'a [i64], ImportError> {
    constant.whole().ok_or_else(|| ImportError::usage(operator, "its indices or sizes are not whole numbers"))
}

/// Returns the axis of an operator, or the default.
pub(super) fn axis(
    operator: &str,
    list: Vec<AttributeProto>,
    default: Option<i64>,
) -> Result<Option<i64>, ImportError> {
    let axis = list.into_iter().find(|attribute| attribute.name == "axis").and_then(|attribute| attribute.i);
    match axis.or(default) {
        None => Err(ImportError::attribute(operator, "axis", "missing")),
        axis => Ok(axis),
    }
}

/// Applies a `Cast`. The new type must not change the meaning of a value.
pub(super) fn cast(list: Vec<AttributeProto>, value: &GraphValue) -> Result<GraphValue, ImportError> {
    const OPERATOR: &str = "Cast";
    let to = list.into_iter().find(|attribute| attribute.name == "to").and_then(|attribute| attribute.i);
    let to = to.and_then(|to| i32::try_from(to).ok());
    let harmless = match value {
        GraphValue::Features(_) | GraphValue::Outputs(..) | GraphValue::Constant(_) => {
            matches!(to, Some(element::FLOAT | element::DOUBLE))
        }
        GraphValue::Texts(_) => to == Some(element::STRING),
        GraphValue::Unread(_) => false,
        GraphValue::Label => matches!(to, Some(element::INT64 | element::INT32 | element::STRING)),
    };
    if harmless {
        return Ok(value.clone());
    }
    Err(ImportError::attribute(OPERATOR, "to", "known are features to float or double, texts and labels to themselves"))
}

pub(super) fn constant(list: Vec<AttributeProto>) -> Result<GraphValue, ImportError> {
    const OPERATOR: &str = "Constant";
    let attribute = list.into_iter().next().unwrap_or_default();
    let scalar = |numbers| ConstantTensor { dims: Vec::new(), numbers };
    let found = match (attribute.name.as_str(), attribute.t, attribute.i, attribute.f) {
        ("value", Some(bytes), ..) => {
            return match ConstantTensor::read(&bytes)?.1 {
                Ok(constant) => Ok(GraphValue::Constant(Rc::new(constant))),
                Err(problem) => Err(ImportError::usage(OPERATOR, problem)),
            };
        }
        ("value_int", _, Some(number), _) => scalar(Elements::Whole(vec![number])),
        ("value_ints", ..) => ConstantTensor::list(Elements::Whole(attribute.ints)),
        ("value_float", _, _, Some(number)) => scalar(Elements::Real(vec![number.into()])),
        ("value_floats", ..) => {
            ConstantTensor::list(Elements::Real(attribute.floats.into_iter().map(f64::from).collect()))
        }
        _ => return Err(ImportError::usage(OPERATOR, "it holds no numbers that are known")),
    };
    Ok(GraphValue::Constant(Rc::new(found)))
}

/// Splits columns into parts with the given sizes, or into equal parts.
pub(super) fn split(
    list: Vec<AttributeProto>,
    value: &GraphValue,
    sizes: &[GraphValue],
    outputs: usize,
) -> Result<Vec<GraphValue>, ImportError> {
    const OPERATOR: &str = "Split";
    let given = list.iter().find(|attribute| attribute.name == "split").map(|attribute| attribute.ints.clone());
    let counted = list.iter().find(|attribute| attribute.name == "num_outputs").and_then(|attribute| attribute.i);
    features::check_axis(OPERATOR, axis(OPERATOR, list, Some(0))?, is_deep(value))?;
    let width = value.width();
    if counted.is_some_and(|count| usize::try_from(count) != Ok(outputs)) {
        return Err(ImportError::attribute(
            OPERATOR,
            "num_outputs",
            format!("another number than its {outputs} outputs"),
        ));
    }
    let sizes = match (sizes, given) {
        ([GraphValue::Constant(sizes)], _) => whole(OPERATOR, sizes)?.to_vec(),
        (_, Some(sizes)) => sizes,
        _ => equal(width, outputs, counted.is_some())
            .ok_or_else(|| ImportError::usage(OPERATOR, format!("{width} columns in {outputs} equal parts")))?,
    };
    let mut parts = Vec::new();
    let mut start = 0_i64;
    for size in sizes {
        let end = start.checked_add(size).filter(|&end| size > 0 && usize::try_from(end).is_ok_and(|end| end <= width));
        let end = end.ok_or_else(|| ImportError::usage(OPERATOR, "parts of other columns than there are"))?;
        parts.push(features::pick(OPERATOR, value, &(start..end).collect::<Vec<_>>())?);
        start = end;
    }
    Ok(parts)
}

/// Returns the sizes of equal parts. With `counted`, the file gives the number of parts, and the last may be smaller.
/// Otherwise all must have the same size.
fn equal(width: usize, parts: usize, counted: bool) -> Option<Vec<i64>> {
    if parts == 0 || parts > width || !(counted || width.is_multiple_of(parts)) {
        return None;
    }
    let size = width.div_ceil(parts);
    let last = width.checked_sub(size * (parts - 1)).filter(|&last| last > 0)?;
    Some(std::iter::repeat_n(size as i64, parts - 1).chain([last as i64]).collect())
}

pub(super) fn reshape(value: &GraphValue, shape: &[i64], is_number: bool) -> Result<GraphValue, ImportError> {
    match value {
        GraphValue::Features(features) => features::flatten("Reshape", features, shape),
        // One number or label per row is valid in both shapes. With several outputs, the new shape would no longer have
        // one row per row.
        GraphValue::Outputs(..) if is_number && matches!(shape, [-1] | [-1, 1]) => Ok(value.clone()),
        GraphValue::Label if matches!(shape, [-1] | [-1, 1]) => Ok(value.clone()),
        _ => Err(ImportError::usage("Reshape", format!("to {} is not known", numbers(shape)))),
    }
}
