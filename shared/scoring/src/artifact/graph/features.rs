//! From the inputs to the features, in the order of [`crate::Preprocessing`].

use evergreen_lifecycle::{ColumnKind, Signature};

use super::super::attributes::{float, floats, int, strings};
use super::super::names::{IMPUTER, ML_DOMAIN, ONE_HOT, SCALER};
use super::super::onnx::element;
use super::Operators;
use super::names::{
    CATEGORIES, FEATURES, FILLED, INDICATORS, MISSING, MISSING_AS_NUMBER, NUMBERS, SCALED, TOLD_APART, category,
    category_index, one_hot,
};
use crate::pipeline::{Encoding, Preprocessing};

/// Appends the operators and returns the name of what they give.
pub(super) fn add(operators: &mut Operators, signature: &Signature, preprocessing: &Preprocessing) -> String {
    let mut blocks = Vec::new();
    add_numbers(operators, preprocessing, &mut blocks);
    add_categories(operators, signature, preprocessing, &mut blocks);
    let mut features = blocks.first().cloned().unwrap_or_default();
    if blocks.len() > 1 {
        let blocks: Vec<_> = blocks.iter().map(String::as_str).collect();
        operators.core("Concat", &blocks, FEATURES, vec![int("axis", 1)]);
        features = FEATURES.to_owned();
    }
    if let Some(scaler) = &preprocessing.scaler {
        let attributes = vec![floats("offset", scaler.offset.clone()), floats("scale", scaler.scale.clone())];
        operators.add((ML_DOMAIN, SCALER), &[&features], SCALED, attributes);
        features = SCALED.to_owned();
    }
    features
}

fn add_numbers(operators: &mut Operators, preprocessing: &Preprocessing, blocks: &mut Vec<String>) {
    let (mut fills, mut told_apart) = (Vec::new(), Vec::new());
    for encoding in &preprocessing.encodings {
        if let Encoding::Value { fill, indicator } = *encoding {
            told_apart.extend(indicator.then_some(fills.len() as i64));
            fills.push(fill);
        }
    }
    if !fills.is_empty() {
        let attributes = vec![floats("imputed_value_floats", fills), float("replaced_value_float", f32::NAN)];
        operators.add((ML_DOMAIN, IMPUTER), &[NUMBERS], FILLED, attributes);
        blocks.push(FILLED.to_owned());
    }
    if !told_apart.is_empty() {
        operators.core("IsNaN", &[NUMBERS], MISSING, Vec::new());
        operators.core("Cast", &[MISSING], MISSING_AS_NUMBER, vec![int("to", element::FLOAT.into())]);
        operators.indices(TOLD_APART, told_apart);
        operators.core("Gather", &[MISSING_AS_NUMBER, TOLD_APART], INDICATORS, vec![int("axis", 1)]);
        blocks.push(INDICATORS.to_owned());
    }
}

fn add_categories(
    operators: &mut Operators,
    signature: &Signature,
    preprocessing: &Preprocessing,
    blocks: &mut Vec<String>,
) {
    let texts = signature.columns().iter().filter_map(|column| match &column.kind {
        ColumnKind::Category { categories, .. } => Some(categories),
        _ => None,
    });
    let told_apart = preprocessing.encodings.iter().filter_map(|encoding| match encoding {
        Encoding::OneHot { indicator, .. } => Some(*indicator),
        Encoding::Value { .. } => None,
    });
    for (column, (texts, indicator)) in texts.zip(told_apart).enumerate() {
        // The empty text is a missing value.
        let texts: Vec<_> = texts.iter().map(String::as_str).chain(indicator.then_some("")).collect();
        if !texts.is_empty() {
            blocks.push(add_category(operators, column, texts));
        }
    }
}

fn add_category(operators: &mut Operators, column: usize, texts: Vec<&str>) -> String {
    let (index, values, features) = (category_index(column), category(column), one_hot(column));
    operators.index(&index, column as i64);
    operators.core("Gather", &[CATEGORIES, &index], &values, vec![int("axis", 1)]);
    let attributes = vec![strings("cats_strings", texts), int("zeros", 1)];
    operators.add((ML_DOMAIN, ONE_HOT), &[&values], &features, attributes);
    features
}
