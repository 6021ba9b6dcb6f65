//! Linear models.

use std::rc::Rc;

use evergreen_lifecycle::{Label, MAX_LABELS};

use super::error::ImportError;
use super::value::{FeatureList, FoundModel, PostTransform};
use crate::artifact::attributes::Attributes;
use crate::artifact::onnx::{AttributeProto, kind};
use crate::pipeline::{Linear, Predictor};

const CLASSIFIER: &str = "LinearClassifier";
const REGRESSOR: &str = "LinearRegressor";

pub(super) fn classifier(list: Vec<AttributeProto>, features: Rc<FeatureList>) -> Result<FoundModel, ImportError> {
    let mut attributes = Attributes::new(CLASSIFIER, list)?;
    let weights = attributes.floats("coefficients")?;
    let bias = attributes.optional("intercepts", kind::FLOATS)?.map(|found| found.floats);
    let labels = labels(CLASSIFIER, &mut attributes, &["classlabels_ints", "classlabels_int64s"])?;
    let stage = stage(CLASSIFIER, &mut attributes)?;
    // The attribute says how the model was trained; it does not affect predictions.
    attributes.optional("multi_class", kind::INT)?;
    attributes.finish()?;
    let bias = bias.unwrap_or_else(|| vec![0.0; labels.len()]);
    Ok(FoundModel {
        operator: CLASSIFIER,
        features,
        predictor: Predictor::Linear(Linear { weights, bias }),
        labels,
        stage,
    })
}

pub(super) fn regressor(list: Vec<AttributeProto>, features: Rc<FeatureList>) -> Result<FoundModel, ImportError> {
    let mut attributes = Attributes::new(REGRESSOR, list)?;
    let weights = attributes.floats("coefficients")?;
    let bias = attributes.optional("intercepts", kind::FLOATS)?.map(|found| found.floats);
    one_target(REGRESSOR, "targets", &mut attributes)?;
    no_transform(REGRESSOR, &mut attributes)?;
    attributes.finish()?;
    let predictor = Predictor::Linear(Linear { weights, bias: bias.unwrap_or_else(|| vec![0.0]) });
    Ok(FoundModel { operator: REGRESSOR, features, predictor, labels: Vec::new(), stage: PostTransform::Raw })
}

/// Reads the labels of a classifier: texts, or numbers from an attribute with one of these names.
pub(super) fn labels(operator: &str, attributes: &mut Attributes, numbers: &[&str]) -> Result<Vec<Label>, ImportError> {
    let mut labels = Vec::new();
    let check = |count: usize| match count {
        0..=MAX_LABELS => Ok(()),
        _ => Err(ImportError::usage(operator, format!("it has {count} labels, at most {MAX_LABELS} are allowed"))),
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
        return Err(ImportError::usage(operator, format!("it has {} labels, at least 2 are needed", labels.len())));
    }
    Ok(labels)
}

/// Reads how a classifier transforms its outputs.
pub(super) fn stage(operator: &str, attributes: &mut Attributes) -> Result<PostTransform, ImportError> {
    match transform(attributes)?.as_slice() {
        b"NONE" => Ok(PostTransform::Raw),
        b"LOGISTIC" => Ok(PostTransform::Logistic),
        b"SOFTMAX" => Ok(PostTransform::Softmax),
        other => Err(unknown_transform(operator, other, "NONE, LOGISTIC, SOFTMAX")),
    }
}

/// Checks that a regression model does not transform its sum.
pub(super) fn no_transform(operator: &str, attributes: &mut Attributes) -> Result<(), ImportError> {
    match transform(attributes)?.as_slice() {
        b"NONE" => Ok(()),
        other => Err(unknown_transform(operator, other, "NONE")),
    }
}

/// Checks that a regression model has exactly one target.
pub(super) fn one_target(
    operator: &str,
    attribute: &'static str,
    attributes: &mut Attributes,
) -> Result<(), ImportError> {
    match attributes.optional(attribute, kind::INT)?.and_then(|found| found.i) {
        None | Some(1) => Ok(()),
        Some(other) => Err(ImportError::attribute(operator, attribute, format!("{other} numbers, one is known"))),
    }
}

fn transform(attributes: &mut Attributes) -> Result<Vec<u8>, ImportError> {
    let found = attributes.optional("post_transform", kind::STRING)?;
    Ok(found.and_then(|found| found.s).unwrap_or_else(|| b"NONE".to_vec()))
}

fn unknown_transform(operator: &str, found: &[u8], known: &str) -> ImportError {
    let found: String = String::from_utf8_lossy(found).chars().take(40).collect();
    ImportError::attribute(operator, "post_transform", format!("{found} is not known; known are {known}"))
}
