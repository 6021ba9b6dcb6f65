//! Imports ONNX operators that are linear models.

use evergreen_lifecycle::{Label, MAX_LABELS};

use super::constant::ConstantTensor;
use super::error::{ImportError, short};
use super::forms::flat;
use super::operators::{Operator, OperatorCall};
use super::value::{FoundModel, GraphValue, PostTransform};
use super::walk::GraphWalk;
use crate::artifact::attributes::Attributes;
use crate::artifact::onnx::kind;
use crate::pipeline::{Linear, Predictor};

pub(super) const LINEAR_CLASSIFIER: Operator = Operator {
    name: "LinearClassifier",
    supported: "features; `post_transform` SOFTMAX, or LOGISTIC of two classes or followed by `Normalizer` L1",
    apply: classifier,
};
pub(super) const LINEAR_REGRESSOR: Operator =
    Operator { name: "LinearRegressor", supported: "features; one target", apply: regressor };
pub(super) const MAT_MUL: Operator = Operator {
    name: "MatMul",
    supported: "features and a constant with one column: a linear regression model",
    apply: multiply,
};

fn classifier(walk: &mut GraphWalk, call: OperatorCall) -> Result<Vec<GraphValue>, ImportError> {
    let operator = call.name();
    let (features, mut attributes) = call.rows()?;
    let weights = attributes.floats("coefficients")?;
    let bias = attributes.optional("intercepts", kind::FLOATS)?.map(|found| found.floats);
    let labels = labels(operator, &mut attributes, &["classlabels_ints", "classlabels_int64s"])?;
    let transform = post_transform(operator, &mut attributes)?;
    // The attribute `multi_class` says how the model was trained; it does not affect predictions.
    attributes.optional("multi_class", kind::INT)?;
    attributes.finish()?;
    let bias = bias.unwrap_or_else(|| vec![0.0; labels.len()]);
    let predictor = Predictor::Linear(Linear { weights, bias });
    walk.found_classifier(FoundModel { operator, features, predictor, labels, transform })
}

fn regressor(walk: &mut GraphWalk, call: OperatorCall) -> Result<Vec<GraphValue>, ImportError> {
    let operator = call.name();
    let (features, mut attributes) = call.rows()?;
    let weights = attributes.floats("coefficients")?;
    let bias = attributes.optional("intercepts", kind::FLOATS)?.map(|found| found.floats);
    one_target(operator, "targets", &mut attributes)?;
    no_transform(operator, &mut attributes)?;
    attributes.finish()?;
    let predictor = Predictor::Linear(Linear { weights, bias: bias.unwrap_or_else(|| vec![0.0]) });
    Ok(vec![walk.found(FoundModel::regression(operator, features, predictor))?])
}

/// Imports the ONNX operator `MatMul` of features and a constant matrix as a linear regression model.
fn multiply(walk: &mut GraphWalk, call: OperatorCall) -> Result<Vec<GraphValue>, ImportError> {
    let [GraphValue::Features(features), GraphValue::Constant(weights)] = call.inputs else {
        return Err(call.unsupported());
    };
    let features = flat(call.name(), features)?;
    let width = features.list.len();
    if weights.dims != [width, 1] && weights.dims != [width] {
        let shape = weights.shape();
        return Err(
            call.error(format!("its matrix has the shape {shape}; expected [{width}, 1], for one predicted number"))
        );
    }
    let weights = weights.real().into_iter().map(|weight| weight as f32).collect();
    let predictor = Predictor::Linear(Linear { weights, bias: vec![0.0] });
    Ok(vec![walk.found(FoundModel::regression(call.name(), features, predictor))?])
}

/// Imports the ONNX operator `Add`, which adds a constant to the outputs of a regression model.
pub(super) fn add_bias(walk: &mut GraphWalk, constant: &ConstantTensor) -> Result<GraphValue, ImportError> {
    const OPERATOR: &str = "Add";
    // It is an error if the model is a classifier.
    if walk.has_labels() {
        let problem = "it changes the outputs of a classifier after these have decided the label; expected no constant";
        return Err(ImportError::usage(OPERATOR, problem));
    }
    let bias = match walk.predictor() {
        Some(Predictor::Linear(linear)) => &mut linear.bias,
        Some(Predictor::Trees(ensemble)) => &mut ensemble.base,
        Some(Predictor::Blend(_) | Predictor::Graph(_)) | None => return Err(ImportError::NoPrediction),
    };
    let added = constant.real();
    if added.len() != bias.len() && added.len() != 1 {
        let (found, expected) = (added.len(), bias.len());
        let problem =
            format!("it adds {found} numbers to {expected} outputs; expected one number, or one for each output");
        return Err(ImportError::usage(OPERATOR, problem));
    }
    bias.iter_mut().zip(added.iter().cycle()).for_each(|(bias, added)| *bias = (f64::from(*bias) + added) as f32);
    Ok(walk.changed(PostTransform::None))
}

/// Reads the class labels of an ONNX classifier from the operator's attributes.
pub(super) fn labels(operator: &str, attributes: &mut Attributes, numbers: &[&str]) -> Result<Vec<Label>, ImportError> {
    // The labels are texts, or integers in one of the attributes that `numbers` lists.
    let mut labels = Vec::new();
    let check = |count: usize| match count {
        0..=MAX_LABELS => Ok(()),
        _ => Err(ImportError::usage(operator, format!("it has {count} labels; at most {MAX_LABELS} are supported"))),
    };
    if let Some(found) = attributes.optional("classlabels_strings", kind::STRINGS)? {
        check(found.strings.len())?;
        labels.extend(found.strings.iter().map(|text| Label::Text(String::from_utf8_lossy(text).into_owned())));
    }
    for name in numbers {
        if let Some(found) = attributes.optional(name, kind::INTS)? {
            check(found.ints.len())?;
            labels.extend(found.ints.into_iter().map(Label::Integer));
        }
    }
    if labels.len() < 2 {
        return Err(ImportError::usage(operator, format!("it has {} labels; expected at least 2", labels.len())));
    }
    Ok(labels)
}

/// Reads which function (for example softmax) an ONNX classifier applies to its outputs.
pub(super) fn post_transform(operator: &str, attributes: &mut Attributes) -> Result<PostTransform, ImportError> {
    // Without the attribute `post_transform`, no function is applied.
    match transform(attributes)?.as_slice() {
        b"NONE" => Ok(PostTransform::None),
        b"LOGISTIC" => Ok(PostTransform::Logistic),
        b"SOFTMAX" => Ok(PostTransform::Softmax),
        other => Err(unknown_transform(operator, other, "NONE, LOGISTIC, SOFTMAX")),
    }
}

/// Checks that an ONNX regression operator applies no function (for example softmax) to its output.
pub(super) fn no_transform(operator: &str, attributes: &mut Attributes) -> Result<(), ImportError> {
    match transform(attributes)?.as_slice() {
        b"NONE" => Ok(()),
        other => Err(unknown_transform(operator, other, "NONE")),
    }
}

/// Checks that an ONNX regression operator predicts exactly one number per row.
pub(super) fn one_target(
    operator: &str,
    attribute: &'static str,
    attributes: &mut Attributes,
) -> Result<(), ImportError> {
    // `attribute` is the name of the attribute with the number of targets. Without the attribute, there is one target.
    match attributes.optional(attribute, kind::INT)?.and_then(|found| found.i) {
        None | Some(1) => Ok(()),
        Some(other) => Err(ImportError::attribute(
            operator,
            attribute,
            format!("it is {other}; expected 1, a single predicted number"),
        )),
    }
}

fn transform(attributes: &mut Attributes) -> Result<Vec<u8>, ImportError> {
    let found = attributes.optional("post_transform", kind::STRING)?;
    Ok(found.and_then(|found| found.s).unwrap_or_else(|| b"NONE".to_vec()))
}

fn unknown_transform(operator: &str, found: &[u8], known: &str) -> ImportError {
    let found = short(&String::from_utf8_lossy(found));
    ImportError::attribute(operator, "post_transform", format!("{found} is not supported; supported are {known}"))
}
