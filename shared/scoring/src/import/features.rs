//! Operators on features and texts. They do not process rows: a feature only describes how a number is computed.

use std::rc::Rc;

use super::constant::ConstantTensor;
use super::error::{ImportError, numbers};
use super::value::{Feature, FeatureList, FeatureSource, GraphValue};
use crate::artifact::attributes::Attributes;
use crate::artifact::onnx::{AttributeProto, TextList, kind};
use crate::pipeline::MAX_FEATURES;

/// Maximum number of texts of a column.
pub(super) const MAX_TEXTS: usize = 1000;

/// Maximum size of a text in bytes; the same as for categories of models that are trained here.
const MAX_TEXT: usize = 200;

/// Applies an `Imputer`, which fills missing values.
pub(super) fn impute(list: Vec<AttributeProto>, features: &FeatureList) -> Result<GraphValue, ImportError> {
    const OPERATOR: &str = "Imputer";
    let mut attributes = Attributes::new(OPERATOR, list)?;
    let fills = attributes.floats("imputed_value_floats")?;
    let replaced = attributes.optional("replaced_value_float", kind::FLOAT)?.and_then(|found| found.f);
    attributes.optional("replaced_value_int64", kind::INT)?;
    attributes.finish()?;
    if !replaced.is_some_and(f32::is_nan) {
        return Err(ImportError::attribute(
            OPERATOR,
            "replaced_value_float",
            "only missing values (NaN) can be filled",
        ));
    }
    each(OPERATOR, features, &fills, |mut feature, &fill| {
        // A second fill would find nothing missing. One-hot features are never missing.
        if feature.fill.is_none() && matches!(feature.source, FeatureSource::Value(_)) {
            let raw = if feature.is_plain() { fill } else { (f64::from(fill) / feature.scale + feature.offset) as f32 };
            // Scaling a fill back rounds it.
            feature.exact &= feature.is_plain();
            feature.fill = Some(raw);
        }
        feature
    })
}

/// Applies a `Scaler`, which subtracts and multiplies.
pub(super) fn scale(list: Vec<AttributeProto>, features: &FeatureList) -> Result<GraphValue, ImportError> {
    const OPERATOR: &str = "Scaler";
    let mut attributes = Attributes::new(OPERATOR, list)?;
    let offsets = attributes.floats("offset")?;
    let scales = attributes.floats("scale")?;
    attributes.finish()?;
    let shifted = each(OPERATOR, features, &offsets, |feature, &offset| shift(feature, offset.into()))?;
    let GraphValue::Features(shifted) = shifted else { return Ok(shifted) };
    let plain: Vec<bool> = features.list.iter().map(|feature| feature.is_plain() && feature.exact).collect();
    let scaled = each(OPERATOR, &shifted, &scales, |feature, &scale| stretch(feature, scale.into()))?;
    let GraphValue::Features(scaled) = scaled else { return Ok(scaled) };
    let exact = |(feature, plain): (&Feature, bool)| Feature { exact: plain, ..feature.clone() };
    Ok(FeatureList::flat(scaled.list.iter().zip(plain).map(exact).collect()))
}

fn shift(feature: Feature, offset: f64) -> Feature {
    let exact = feature.exact && offset == 0.0;
    Feature { offset: feature.offset + offset / feature.scale, exact, ..feature }
}

fn stretch(feature: Feature, scale: f64) -> Feature {
    let exact = feature.exact && (feature.is_plain() || scale == 1.0);
    Feature { scale: feature.scale * scale, exact, ..feature }
}

/// Applies `Add`, `Sub`, `Mul` or `Div` with a constant to features.
pub(super) fn arithmetic(
    operator: &str,
    features: &FeatureList,
    constant: &ConstantTensor,
) -> Result<GraphValue, ImportError> {
    if constant.dims.iter().rev().skip(1).any(|&dim| dim != 1) {
        return Err(ImportError::usage(operator, "of features and a constant that is no list"));
    }
    each(operator, features, &constant.real(), |feature, &number| match operator {
        "Add" => shift(feature, -number),
        "Sub" => shift(feature, number),
        "Mul" => stretch(feature, number),
        _ => {
            let exact = feature.exact && number == 1.0;
            Feature { exact, ..stretch(feature, 1.0 / number) }
        }
    })
}

/// Applies one number to all features, or one number to each.
fn each<T>(
    operator: &str,
    features: &FeatureList,
    numbers: &[T],
    apply: impl Fn(Feature, &T) -> Feature,
) -> Result<GraphValue, ImportError> {
    let (count, width) = (numbers.len(), features.list.len());
    if features.deep || (count != 1 && count != width) {
        let problem = format!("{count} numbers for {width} features, or for a tensor of three dimensions");
        return Err(ImportError::usage(operator, problem));
    }
    let numbers = numbers.iter().cycle();
    Ok(FeatureList::flat(features.list.iter().cloned().zip(numbers).map(|(f, number)| apply(f, number)).collect()))
}

pub(super) fn one_hot(list: Vec<AttributeProto>, columns: &[usize]) -> Result<GraphValue, ImportError> {
    const OPERATOR: &str = "OneHotEncoder";
    let mut attributes = Attributes::new(OPERATOR, list)?;
    let texts = attributes.strings("cats_strings")?;
    check_texts(OPERATOR, &texts)?;
    let lenient = attributes.optional("zeros", kind::INT)?.and_then(|found| found.i) != Some(0);
    attributes.finish()?;
    let &[column] = columns else {
        return Err(ImportError::usage(OPERATOR, format!("of {} columns at once, one is known", columns.len())));
    };
    let feature = |text: &[u8]| {
        let text = Rc::from(String::from_utf8_lossy(text));
        Feature::new(FeatureSource::Text { column, text, lenient })
    };
    let list = texts.iter().map(feature).collect();
    Ok(GraphValue::Features(Rc::new(FeatureList { list, deep: true })))
}

/// Checks the number and length of the texts, because all of them become part of the signature.
fn check_texts(operator: &str, texts: &TextList) -> Result<(), ImportError> {
    let error = |problem| Err(ImportError::attribute(operator, "cats_strings", problem));
    if texts.len() > MAX_TEXTS {
        return error(format!("{} texts, at most {MAX_TEXTS} of a column are read", texts.len()));
    }
    match texts.iter().map(<[u8]>::len).find(|&length| length > MAX_TEXT) {
        Some(length) => error(format!("a text of {length} bytes, at most {MAX_TEXT} are read")),
        None => Ok(()),
    }
}

/// Joins features. If the file gives widths, they must be the real ones; other widths would cut or fill up.
pub(super) fn vectorise(list: Vec<AttributeProto>, inputs: &[GraphValue]) -> Result<GraphValue, ImportError> {
    const OPERATOR: &str = "FeatureVectorizer";
    let mut attributes = Attributes::new(OPERATOR, list)?;
    let given = attributes.optional("inputdimensions", kind::INTS)?.map(|found| found.ints);
    attributes.finish()?;
    let same =
        |given: Vec<i64>| given.into_iter().map(usize::try_from).eq(inputs.iter().map(|input| Ok(input.width())));
    if given.is_some_and(|given| !same(given)) {
        return Err(ImportError::attribute(OPERATOR, "inputdimensions", "not the widths of its inputs"));
    }
    concat(OPERATOR, None, inputs)
}

/// Joins values. `axis` is `None` for an operator without this attribute.
pub(super) fn concat(operator: &str, axis: Option<i64>, inputs: &[GraphValue]) -> Result<GraphValue, ImportError> {
    let mixed = || ImportError::usage(operator, "of values that do not go together");
    if inputs.iter().all(|input| matches!(input, GraphValue::Texts(_))) {
        let columns = inputs.iter().flat_map(|input| match input {
            GraphValue::Texts(columns) => columns.to_vec(),
            _ => Vec::new(),
        });
        check_axis(operator, axis, false)?;
        return Ok(GraphValue::Texts(Rc::new(columns.collect())));
    }
    let mut list = Vec::new();
    let mut deep = None;
    for input in inputs {
        let GraphValue::Features(features) = input else { return Err(mixed()) };
        if deep.is_some_and(|deep| deep != features.deep) {
            return Err(mixed());
        }
        deep = Some(features.deep);
        list.extend(features.list.iter().cloned());
    }
    let deep = deep.ok_or_else(mixed)?;
    check_axis(operator, axis, deep)?;
    Ok(GraphValue::Features(Rc::new(FeatureList { list, deep })))
}

/// Checks that the axis is the last one, which contains the features.
pub(super) fn check_axis(operator: &str, axis: Option<i64>, deep: bool) -> Result<(), ImportError> {
    match (axis, deep) {
        (None | Some(-1), _) | (Some(1), false) | (Some(2), true) => Ok(()),
        (Some(axis), _) => Err(ImportError::attribute(operator, "axis", format!("{axis}, only the last is known"))),
    }
}

/// Selects columns by index. A negative index counts from the end.
pub(super) fn pick(operator: &str, value: &GraphValue, indices: &[i64]) -> Result<GraphValue, ImportError> {
    let outside = || ImportError::usage(operator, "picks a column that is not there");
    if indices.len() > MAX_FEATURES {
        return Err(ImportError::usage(operator, format!("picks more than {MAX_FEATURES} columns")));
    }
    match value {
        GraphValue::Features(features) => {
            let list = picked(&features.list, indices).ok_or_else(outside)?;
            Ok(GraphValue::Features(Rc::new(FeatureList { list, deep: features.deep })))
        }
        GraphValue::Texts(columns) => Ok(GraphValue::Texts(Rc::new(picked(columns, indices).ok_or_else(outside)?))),
        _ => Err(ImportError::usage(operator, "picks from what are no columns")),
    }
}

fn picked<T: Clone>(list: &[T], indices: &[i64]) -> Option<Vec<T>> {
    let length = i64::try_from(list.len()).ok()?;
    let pick = |&index: &i64| {
        let index = if index < 0 { index.checked_add(length)? } else { index };
        list.get(usize::try_from(index).ok()?).cloned()
    };
    indices.iter().map(pick).collect()
}

/// Returns features as rows of all features. Any other new shape is an error.
pub(super) fn flatten(operator: &str, features: &FeatureList, shape: &[i64]) -> Result<GraphValue, ImportError> {
    let width = i64::try_from(features.list.len()).unwrap_or(i64::MAX);
    let rows = |dim: i64| dim == -1 || dim == 0;
    match *shape {
        [first, second] if rows(first) && (second == width || (second == -1 && first == 0)) => {
            Ok(FeatureList::flat(features.list.clone()))
        }
        _ => {
            Err(ImportError::usage(operator, format!("to {}, known are rows of all {width} features", numbers(shape))))
        }
    }
}
