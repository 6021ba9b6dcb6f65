//! Imports ONNX operators that compute features (the inputs of a model) or texts.
//!
//! The import processes no rows: it only records how each feature is computed from a column of the table.

use std::rc::Rc;

use super::error::{ImportError, numbers};
use super::forms::{is_deep, whole};
use super::operators::{Operator, OperatorCall};
use super::texts::trimmed;
use super::value::{Feature, FeatureList, FeatureSource, GraphValue, PostTransform};
use super::walk::GraphWalk;
use super::{forms, linear};
use crate::artifact::onnx::{TextList, kind};
use crate::pipeline::MAX_FEATURES;

/// Limit of the ONNX import: maximum number of different texts in one category column.
pub(crate) const MAX_TEXTS: usize = 1000;

// Categories of models that are trained here have the same maximum.
/// Limit of the ONNX import: maximum size of a category text in bytes.
pub(super) const MAX_TEXT: usize = 200;

const JOINED: &str = "features or texts of columns";
const SELECTED: &str = "columns by constant indices";
const CALCULATED: &str = "features and a constant; before trees, with a warning if the scaling rounds differently \
                          here; `Add` also the outputs of a regression model and a constant";

pub(super) const ADD: Operator = Operator { name: "Add", supported: CALCULATED, apply: arithmetic };
pub(super) const SUB: Operator = Operator { name: "Sub", supported: CALCULATED, apply: arithmetic };
pub(super) const MUL: Operator = Operator { name: "Mul", supported: CALCULATED, apply: arithmetic };
pub(super) const DIV: Operator = Operator { name: "Div", supported: CALCULATED, apply: arithmetic };
pub(super) const CONCAT: Operator = Operator { name: "Concat", supported: JOINED, apply: concat };
pub(super) const FEATURE_VECTORIZER: Operator =
    Operator { name: "FeatureVectorizer", supported: JOINED, apply: vectorize };
pub(super) const GATHER: Operator = Operator { name: "Gather", supported: SELECTED, apply: gather };
pub(super) const ARRAY_FEATURE_EXTRACTOR: Operator =
    Operator { name: "ArrayFeatureExtractor", supported: SELECTED, apply: extract };
pub(super) const IMPUTER: Operator =
    Operator { name: "Imputer", supported: "features that are numbers, in which it replaces NaN", apply: impute };
pub(super) const SCALER: Operator = Operator {
    name: "Scaler",
    supported: "features; before trees, with a warning if the scaling rounds differently here",
    apply: scale,
};
pub(super) const ONE_HOT_ENCODER: Operator =
    Operator { name: "OneHotEncoder", supported: "one column of texts", apply: one_hot };

/// Imports the ONNX operator `Imputer`, which replaces missing values (NaN) with constants.
fn impute(_: &mut GraphWalk, call: OperatorCall) -> Result<Vec<GraphValue>, ImportError> {
    let operator = call.name();
    let (features, mut attributes) = call.features()?;
    let fills = attributes.floats("imputed_value_floats")?;
    let replaced = attributes.optional("replaced_value_float", kind::FLOAT)?.and_then(|found| found.f);
    attributes.optional("replaced_value_int64", kind::INT)?;
    attributes.finish()?;
    if !replaced.is_some_and(f32::is_nan) {
        let found = replaced.map_or("it is missing".to_owned(), |value| format!("it is {value}"));
        let problem = format!("{found}; expected NaN; use SimpleImputer(missing_values=numpy.nan)");
        return Err(ImportError::attribute(operator, "replaced_value_float", problem));
    }
    let filled = each(operator, &features, &fills, |mut feature, &fill| {
        // A feature that already has a fill (a constant for missing values) has no missing values. One-hot features are
        // never missing.
        if feature.fill.is_none() && matches!(feature.source, FeatureSource::Value(_)) {
            let raw = if feature.is_plain() { fill } else { (f64::from(fill) / feature.scale + feature.offset) as f32 };
            // The fill must be stored in the unit before the scaling. If the feature is already scaled, this conversion
            // rounds.
            feature.exact &= feature.is_plain();
            feature.fill = Some(raw);
        }
        feature
    })?;
    Ok(vec![FeatureList::flat(filled)])
}

/// Imports the ONNX operator `Scaler`, which computes `(x - offset) * scale` for each feature.
fn scale(_: &mut GraphWalk, call: OperatorCall) -> Result<Vec<GraphValue>, ImportError> {
    let operator = call.name();
    let (features, mut attributes) = call.features()?;
    let offsets = attributes.floats("offset")?;
    let scales = attributes.floats("scale")?;
    attributes.finish()?;
    let shifted = each(operator, &features, &offsets, |feature, &offset| shift(feature, offset.into()))?;
    let plain: Vec<bool> = features.list.iter().map(|feature| feature.is_plain() && feature.exact).collect();
    let shifted = FeatureList { list: shifted, deep: false };
    let scaled = each(operator, &shifted, &scales, |feature, &scale| stretch(feature, scale.into()))?;
    let exact = |(feature, plain): (Feature, bool)| Feature { exact: plain, ..feature };
    Ok(vec![FeatureList::flat(scaled.into_iter().zip(plain).map(exact).collect())])
}

fn shift(feature: Feature, offset: f64) -> Feature {
    let exact = feature.exact && offset == 0.0;
    Feature { offset: feature.offset + offset / feature.scale, exact, ..feature }
}

fn stretch(feature: Feature, scale: f64) -> Feature {
    let exact = feature.exact && (feature.is_plain() || scale == 1.0);
    Feature { scale: feature.scale * scale, exact, ..feature }
}

/// Imports the ONNX operators `Add`, `Sub`, `Mul` and `Div` with a constant.
fn arithmetic(walk: &mut GraphWalk, call: OperatorCall) -> Result<Vec<GraphValue>, ImportError> {
    // All are supported for features, and `Add` also for the model's outputs.
    let (features, constant) = match (call.name(), call.inputs) {
        ("Add", [GraphValue::Outputs(PostTransform::None, _), GraphValue::Constant(bias)]) => {
            return Ok(vec![linear::add_bias(walk, bias)?]);
        }
        (_, [GraphValue::Features(features), GraphValue::Constant(constant)])
        | ("Add" | "Mul", [GraphValue::Constant(constant), GraphValue::Features(features)]) => (features, constant),
        _ => return Err(call.unsupported()),
    };
    if constant.dims.iter().rev().skip(1).any(|&dim| dim != 1) {
        let problem =
            format!("its constant has the shape {}; expected one number, or one for each feature", constant.shape());
        return Err(call.error(problem));
    }
    let calculated = each(call.name(), features, &constant.real(), |feature, &number| match call.name() {
        "Add" => shift(feature, -number),
        "Sub" => shift(feature, number),
        "Mul" => stretch(feature, number),
        _ => {
            let exact = feature.exact && number == 1.0;
            Feature { exact, ..stretch(feature, 1.0 / number) }
        }
    })?;
    Ok(vec![FeatureList::flat(calculated)])
}

/// Changes each feature with `apply` and the number at the same position in `numbers`. If `numbers` has one number, it
/// is used for all features.
fn each<T>(
    operator: &str,
    features: &FeatureList,
    numbers: &[T],
    apply: impl Fn(Feature, &T) -> Feature,
) -> Result<Vec<Feature>, ImportError> {
    let (count, width) = (numbers.len(), features.list.len());
    if features.deep {
        return Err(forms::three_dimensions(operator));
    }
    if count != 1 && count != width {
        let problem = format!("it has {count} numbers for {width} features; expected 1 or {width} numbers");
        return Err(ImportError::usage(operator, problem));
    }
    let numbers = numbers.iter().cycle();
    Ok(features.list.iter().cloned().zip(numbers).map(|(f, number)| apply(f, number)).collect())
}

fn one_hot(_: &mut GraphWalk, call: OperatorCall) -> Result<Vec<GraphValue>, ImportError> {
    let operator = call.name();
    let [GraphValue::Texts(columns)] = call.inputs else { return Err(call.unsupported()) };
    let mut attributes = call.attributes()?;
    let texts = attributes.strings("cats_strings")?;
    check_texts(operator, &texts)?;
    let lenient = attributes.optional("zeros", kind::INT)?.and_then(|found| found.i) != Some(0);
    attributes.finish()?;
    let &[column] = columns.as_slice() else {
        let problem = format!("it encodes {} columns together; expected one encoder for each column", columns.len());
        return Err(ImportError::usage(operator, problem));
    };
    let texts: Vec<String> = texts.iter().map(|text| String::from_utf8_lossy(text).into_owned()).collect();
    let own = trimmed(texts.iter().map(String::as_str));
    let feature = |text: &String| {
        // The table has its texts without blanks around them.
        let is_own = own.get(text.trim()) == Some(text);
        let text = Rc::from(if is_own { text.trim() } else { text.as_str() });
        Feature::new(FeatureSource::Text { column, text, lenient })
    };
    let list = texts.iter().map(feature).collect();
    Ok(vec![GraphValue::Features(Rc::new(FeatureList { list, deep: true }))])
}

/// Checks the number and the length of the category texts that an encoder in the ONNX file knows.
fn check_texts(operator: &str, texts: &TextList) -> Result<(), ImportError> {
    // All texts become part of the model's signature (columns and labels), so their size must be limited.
    let error = |problem| Err(ImportError::attribute(operator, "cats_strings", problem));
    if texts.len() > MAX_TEXTS {
        return error(format!("it has {}", too_many_texts(texts.len())));
    }
    match texts.iter().map(<[u8]>::len).find(|&length| length > MAX_TEXT) {
        Some(length) => error(too_long_text(length)),
        None => Ok(()),
    }
}

/// Returns an error message: a category text has `length` bytes, which is too many.
pub(super) fn too_long_text(length: usize) -> String {
    format!("a text has {length} bytes; at most {MAX_TEXT} are supported; shorten the texts and train the model again")
}

/// Returns the end of an error message: the column has `count` category texts, which is too many.
pub(super) fn too_many_texts(count: usize) -> String {
    format!(
        "{count} texts; at most {MAX_TEXTS} for a column are supported; train the model with fewer, for example with \
         OneHotEncoder(max_categories=…)"
    )
}

/// Imports the ONNX operator `FeatureVectorizer`, which joins the features of its inputs to one list.
fn vectorize(_: &mut GraphWalk, call: OperatorCall) -> Result<Vec<GraphValue>, ImportError> {
    let (operator, inputs) = (call.name(), call.inputs);
    let mut attributes = call.attributes()?;
    let given = attributes.optional("inputdimensions", kind::INTS)?.map(|found| found.ints);
    attributes.finish()?;
    let widths: Vec<_> = inputs.iter().map(|input| input.width() as i64).collect();
    match given {
        // With wrong numbers, ONNX would cut or fill up the inputs.
        Some(given) if given != widths => {
            let problem = format!("it is {}; expected the widths of the inputs, {}", numbers(&given), numbers(&widths));
            Err(ImportError::attribute(operator, "inputdimensions", problem))
        }
        _ => Ok(vec![join(operator, None, inputs)?]),
    }
}

fn concat(_: &mut GraphWalk, mut call: OperatorCall) -> Result<Vec<GraphValue>, ImportError> {
    let axis = call.take_axis(None)?;
    Ok(vec![join(call.name(), Some(axis), call.inputs)?])
}

/// Joins the columns of several inputs of an ONNX operator. The inputs must be all features or all texts.
fn join(operator: &str, axis: Option<i64>, inputs: &[GraphValue]) -> Result<GraphValue, ImportError> {
    // `axis` is `None` if the operator does not have this attribute.
    let mixed = || {
        let kinds: Vec<_> = inputs.iter().map(GraphValue::kind).collect();
        let problem = format!(
            "its inputs ({}) cannot be joined; expected only features or only texts, with equally many dimensions",
            super::error::list(&kinds)
        );
        ImportError::usage(operator, problem)
    };
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

/// Checks that the `axis` of an ONNX operator is the last dimension of the operator's input, which contains the
/// features.
pub(super) fn check_axis(operator: &str, axis: Option<i64>, deep: bool) -> Result<(), ImportError> {
    // `axis` is the number of the dimension; `None` if the operator does not have this attribute. `deep` is true if the
    // input has three dimensions.
    match (axis, deep) {
        (None | Some(-1), _) | (Some(1), false) | (Some(2), true) => Ok(()),
        (Some(axis), _) => {
            let problem = format!("it is {axis}; expected -1, the last axis, which contains the features");
            Err(ImportError::attribute(operator, "axis", problem))
        }
    }
}

fn extract(_: &mut GraphWalk, call: OperatorCall) -> Result<Vec<GraphValue>, ImportError> {
    let [value, GraphValue::Constant(indices)] = call.inputs else { return Err(call.unsupported()) };
    Ok(vec![select(call.name(), value, whole(call.name(), indices)?)?])
}

fn gather(_: &mut GraphWalk, mut call: OperatorCall) -> Result<Vec<GraphValue>, ImportError> {
    let [value, GraphValue::Constant(indices)] = call.inputs else { return Err(call.unsupported()) };
    check_axis(call.name(), Some(call.take_axis(Some(0))?), is_deep(value))?;
    Ok(vec![select(call.name(), value, whole(call.name(), indices)?)?])
}

/// Selects features or texts from `value` by column index. A negative index counts from the end: -1 is the last column.
pub(super) fn select(operator: &str, value: &GraphValue, indices: &[i64]) -> Result<GraphValue, ImportError> {
    let outside = || {
        let problem = format!("it selects a column that does not exist; its input has {} columns", value.width());
        ImportError::usage(operator, problem)
    };
    if indices.len() > MAX_FEATURES {
        let problem = format!("it selects {} columns; at most {MAX_FEATURES} are supported", indices.len());
        return Err(ImportError::usage(operator, problem));
    }
    match value {
        GraphValue::Features(features) => {
            let list = selected(&features.list, indices).ok_or_else(outside)?;
            Ok(GraphValue::Features(Rc::new(FeatureList { list, deep: features.deep })))
        }
        GraphValue::Texts(columns) => Ok(GraphValue::Texts(Rc::new(selected(columns, indices).ok_or_else(outside)?))),
        other => {
            let problem = format!("it selects columns of {}; expected features or texts", other.kind());
            Err(ImportError::usage(operator, problem))
        }
    }
}

fn selected<T: Clone>(list: &[T], indices: &[i64]) -> Option<Vec<T>> {
    let length = i64::try_from(list.len()).ok()?;
    let entry = |&index: &i64| {
        let index = if index < 0 { index.checked_add(length)? } else { index };
        list.get(usize::try_from(index).ok()?).cloned()
    };
    indices.iter().map(entry).collect()
}
