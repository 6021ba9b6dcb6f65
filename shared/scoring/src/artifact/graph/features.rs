//! Builds the ONNX operators that compute the features from the graph's inputs, in the order of
//! [`crate::Preprocessing`].

use evergreen_lifecycle::{ColumnKind, Signature};

use super::super::attributes::{float, floats, int, ints, strings};
use super::super::names::{IMPUTER, LABEL_ENCODER, ML_DOMAIN, ONE_HOT, SCALER};
use super::super::onnx::element;
use super::Operators;
use super::names::{
    CATEGORIES, COLUMN, FEATURES, FILLED, INDICATORS, MISSING, MISSING_AS_NUMBER, NUMBERS, SCALED, WITH_INDICATOR,
    category, category_index, code, codes, one_hot, statistic, statistic_values,
};
use crate::pipeline::{Encoding, Preprocessing};

/// Appends the ONNX operators that compute a model's features. Returns the name of the value with all features.
pub(super) fn add(operators: &mut Operators, signature: &Signature, preprocessing: &Preprocessing) -> String {
    let mut blocks = Vec::new();
    add_numbers(operators, preprocessing, &mut blocks);
    add_categories(operators, signature, preprocessing, &mut blocks);
    debug_assert!(!blocks.is_empty(), "a pipeline has at least one feature");
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
    let (mut fills, mut with_indicator) = (Vec::new(), Vec::new());
    for encoding in &preprocessing.encodings {
        if let Encoding::Value { fill, indicator } = *encoding {
            with_indicator.extend(indicator.then_some(fills.len() as i64));
            fills.push(fill);
        }
    }
    if !fills.is_empty() {
        let attributes = vec![floats("imputed_value_floats", fills), float("replaced_value_float", f32::NAN)];
        operators.add((ML_DOMAIN, IMPUTER), &[NUMBERS], FILLED, attributes);
        blocks.push(FILLED.to_owned());
    }
    if !with_indicator.is_empty() {
        operators.core("IsNaN", &[NUMBERS], MISSING, Vec::new());
        operators.core("Cast", &[MISSING], MISSING_AS_NUMBER, vec![int("to", element::FLOAT.into())]);
        operators.indices(WITH_INDICATOR, with_indicator);
        operators.core("Gather", &[MISSING_AS_NUMBER, WITH_INDICATOR], INDICATORS, vec![int("axis", 1)]);
        blocks.push(INDICATORS.to_owned());
    }
}

/// Category column of a model: its known texts and how the texts become features.
struct Category<'a> {
    /// Index of the column among the model's category columns.
    index: usize,
    categories: &'a [String],
    rare: &'a [String],
    indicator: bool,
    statistics: Vec<&'a [f32]>,
}

fn categories<'a>(signature: &'a Signature, preprocessing: &'a Preprocessing) -> Vec<Category<'a>> {
    let (mut found, mut slot) = (Vec::new(), 0);
    // The target encodings (`statistics`) are in the order of their columns.
    let mut statistics = preprocessing.statistics.iter().peekable();
    for column in signature.columns() {
        if let (ColumnKind::Category { categories, rare }, Some(Encoding::OneHot { indicator, .. })) =
            (&column.kind, preprocessing.encodings.get(slot))
        {
            let mut own = Vec::new();
            while let Some(statistic) = statistics.next_if(|statistic| statistic.slot as usize == slot) {
                own.push(statistic.values.as_slice());
            }
            found.push(Category { index: found.len(), categories, rare, indicator: *indicator, statistics: own });
        }
        slot += column.kind.slots();
    }
    found
}

fn add_categories(
    operators: &mut Operators,
    signature: &Signature,
    preprocessing: &Preprocessing,
    blocks: &mut Vec<String>,
) {
    let columns = categories(signature, preprocessing);
    for column in &columns {
        // In ONNX, the empty text means a missing value.
        let missing = column.indicator.then_some("");
        let texts: Vec<_> = column.categories.iter().map(String::as_str).chain(missing).collect();
        if !texts.is_empty() || !column.statistics.is_empty() {
            add_texts(operators, column.index);
        }
        if !texts.is_empty() {
            blocks.push(add_one_hot(operators, column.index, texts));
        }
    }
    let with_statistics = || columns.iter().filter(|column| !column.statistics.is_empty());
    if with_statistics().next().is_some() {
        operators.indices(COLUMN, vec![-1, 1]);
    }
    for column in with_statistics() {
        add_code(operators, column);
        let statistics = column.statistics.iter().enumerate();
        blocks.extend(statistics.map(|(number, values)| add_statistic(operators, column.index, number, values)));
    }
}

/// Appends the ONNX operators that select one category column from the graph's input.
fn add_texts(operators: &mut Operators, column: usize) {
    let index = category_index(column);
    operators.index(&index, column as i64);
    operators.core("Gather", &[CATEGORIES, &index], &category(column), vec![int("axis", 1)]);
}

fn add_one_hot(operators: &mut Operators, column: usize, texts: Vec<&str>) -> String {
    let features = one_hot(column);
    let attributes = vec![strings("cats_strings", texts), int("zeros", 1)];
    operators.add((ML_DOMAIN, ONE_HOT), &[&category(column)], &features, attributes);
    features
}

/// Appends the ONNX operators that map the texts of a category column to integer codes.
fn add_code(operators: &mut Operators, column: &Category<'_>) {
    // The codes are the same as those of `ColumnKind::code`. The last code is for a missing text.
    let unknown = column.categories.len() as i64;
    let last = unknown + 1 + column.rare.len() as i64;
    let texts = column.categories.iter().chain(column.rare).map(String::as_str).chain([""]);
    let values = (0..unknown).chain(unknown + 1..=last).collect();
    let attributes = vec![int("default_int64", unknown), strings("keys_strings", texts), ints("values_int64s", values)];
    let list = codes(column.index);
    operators.add((ML_DOMAIN, LABEL_ENCODER), &[&category(column.index)], &list, attributes);
    operators.core("Reshape", &[&list, COLUMN], &code(column.index), Vec::new());
}

fn add_statistic(operators: &mut Operators, column: usize, number: usize, values: &[f32]) -> String {
    let (numbers, feature) = (statistic_values(column, number), statistic(column, number));
    operators.numbers(&numbers, values.to_vec());
    operators.core("Gather", &[&numbers, &code(column)], &feature, vec![int("axis", 0)]);
    feature
}
