//! Operators that prepare columns: encoders of categories, fills, scalers.

use std::collections::HashMap;
use std::sync::Arc;

use super::super::call::{Budget, Inputs, RunOperator};
use super::super::given::Given;
use super::super::problem::{Outcome, StepFault};
use super::super::tensor::{Tensor, TensorValues, elements};
use super::GraphOperator;
use super::logic::whole;
use super::shapes::same;

pub(super) const OPERATORS: &[GraphOperator] = &[
    GraphOperator { name: "Binarizer", read: binarizer },
    GraphOperator { name: "CategoryMapper", read: mapper },
    GraphOperator { name: "Imputer", read: imputer },
    GraphOperator { name: "LabelEncoder", read: label_encoder },
    GraphOperator { name: "Normalizer", read: normalizer },
    GraphOperator { name: "OneHotEncoder", read: one_hot },
    GraphOperator { name: "Scaler", read: scaler },
    GraphOperator {
        name: "ZipMap",
        read: |given| {
            given.ignore(&["classlabels_int64s", "classlabels_strings"]);
            Ok(Box::new(same))
        },
    },
];

/// A value by which an encoder finds what to answer. Numbers are compared by their bits, NaN with NaN.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum ValueKey {
    Whole(i64),
    Real(u64),
    Text(Arc<str>),
}

pub(super) fn keys(values: &TensorValues) -> Vec<ValueKey> {
    let real =
        |number: f64| ValueKey::Real(if number.is_nan() { f64::NAN.to_bits() } else { (number + 0.0).to_bits() });
    match values {
        TensorValues::Whole(list) => list.iter().map(|&number| ValueKey::Whole(number)).collect(),
        TensorValues::Text(list) => list.iter().map(|text| ValueKey::Text(Arc::clone(text))).collect(),
        TensorValues::Float(list) => list.iter().map(|&number| real(number.into())).collect(),
        TensorValues::Double(list) => list.iter().map(|&number| real(number)).collect(),
        TensorValues::Truth(list) => list.iter().map(|&truth| ValueKey::Whole(truth.into())).collect(),
    }
}

/// Reads `LabelEncoder`: replaces each key by the value beside it, and others by a default.
fn label_encoder(given: &mut Given) -> Outcome<RunOperator> {
    let found = given.first_list(&["keys_tensor", "keys_strings", "keys_int64s", "keys_floats"])?;
    let values = given.first_list(&["values_tensor", "values_strings", "values_int64s", "values_floats"])?;
    let tensor = given.tensor("default_tensor")?.map(|tensor| tensor.values);
    let text = given.text("default_string");
    let (whole, float) = (given.int("default_int64"), given.float("default_float"));
    let (found, values) = match (found, values, given.texts("classes_strings")?) {
        (Some(found), Some(values), _) => (found, values),
        (_, _, Some(classes)) => return Ok(numbered_labels(classes, text, whole)),
        _ => return Err(StepFault::new("it has no keys or no values")),
    };
    let default = match (&values, tensor) {
        (_, Some(tensor)) => tensor,
        (TensorValues::Text(_), None) => TensorValues::Text(vec![text.unwrap_or_else(|| "_Unused".into())]),
        (TensorValues::Whole(_), None) => TensorValues::Whole(vec![whole.unwrap_or(-1)]),
        (values, None) => values.like(vec![float.unwrap_or(-0.0).into()]),
    };
    if values.len() != found.len() || default.len() != 1 {
        return Err(StepFault::new("its keys, values and default do not fit each other"));
    }
    let count = values.len();
    let all = super::logic::joined(vec![values, default])?;
    // Of equal keys, the first one counts.
    let mut places: HashMap<ValueKey, usize> = HashMap::new();
    for (key, place) in keys(&found).into_iter().zip(0..count) {
        places.entry(key).or_insert(place);
    }
    let has_texts = matches!(found, TensorValues::Text(_));
    Ok(Box::new(move |inputs, budget| {
        let input = inputs.get(0)?;
        budget.spend(&[input.values.len()])?;
        if has_texts != matches!(input.values, TensorValues::Text(_)) {
            return Err(StepFault::new("its input and its keys have different types; export the encoder again"));
        }
        let chosen = keys(&input.values).into_iter().map(|key| places.get(&key).copied().unwrap_or(count));
        Ok(vec![input.with(all.pick(chosen)?)?])
    }))
}

/// Returns the first version of `LabelEncoder`: it has a list of labels, and turns them into their places or places into
/// labels.
fn numbered_labels(labels: Vec<Arc<str>>, text: Option<Arc<str>>, whole: Option<i64>) -> RunOperator {
    let (text, whole) = (text.unwrap_or_else(|| "_Unused".into()), whole.unwrap_or(-1));
    let mut places: HashMap<Arc<str>, i64> = HashMap::new();
    for (label, place) in labels.iter().zip(0..) {
        places.entry(Arc::clone(label)).or_insert(place);
    }
    Box::new(move |inputs, budget| {
        let input = inputs.get(0)?;
        budget.spend(&[input.values.len()])?;
        let values = match &input.values {
            TensorValues::Text(list) => {
                TensorValues::Whole(list.iter().map(|label| places.get(label).copied().unwrap_or(whole)).collect())
            }
            TensorValues::Whole(list) => {
                let label = |place: &i64| usize::try_from(*place).ok().and_then(|place| labels.get(place));
                TensorValues::Text(list.iter().map(|place| Arc::clone(label(place).unwrap_or(&text))).collect())
            }
            other => {
                return Err(StepFault::new(format!("its input is {}; expected string or int64", other.type_name())));
            }
        };
        Ok(vec![input.with(values)?])
    })
}

/// Reads `CategoryMapper`: turns texts into their numbers, or numbers into their texts.
fn mapper(given: &mut Given) -> Outcome<RunOperator> {
    let missing = || StepFault::new("it has no categories");
    let texts = given.texts("cats_strings")?.ok_or_else(missing)?;
    let numbers = given.ints("cats_int64s").ok_or_else(missing)?;
    let text = given.text("default_string").unwrap_or_else(|| "_Unused".into());
    let number = given.int("default_int64").unwrap_or(-1);
    Ok(Box::new(move |inputs, budget| {
        let input = inputs.get(0)?;
        budget.spend(&[input.values.len(), texts.len()])?;
        let pairs = || texts.iter().zip(&numbers);
        let values = match &input.values {
            TensorValues::Text(list) => {
                let of = |wanted: &Arc<str>| pairs().find(|(text, _)| *text == wanted).map_or(number, |(_, &it)| it);
                TensorValues::Whole(list.iter().map(of).collect())
            }
            other => {
                let of = |wanted: f64| {
                    let found = pairs().find(|(_, number)| **number as f64 == wanted);
                    Arc::clone(found.map_or(&text, |(text, _)| text))
                };
                TensorValues::Text(other.doubles()?.into_iter().map(of).collect())
            }
        };
        Ok(vec![input.with(values)?])
    }))
}

/// Reads `OneHotEncoder`: each value becomes a list of 0 and one 1. An unknown value becomes zeros: a row must get an
/// answer, and Evergreen warns about values that the file does not know.
fn one_hot(given: &mut Given) -> Outcome<RunOperator> {
    let categories = given.first_list(&["cats_strings", "cats_int64s"])?;
    let categories = categories.ok_or_else(|| StepFault::new("it has no categories"))?;
    given.ignore(&["zeros"]);
    let width = categories.len();
    let places: HashMap<ValueKey, usize> = keys(&categories).into_iter().zip(0..width).collect();
    let is_text = matches!(categories, TensorValues::Text(_));
    Ok(Box::new(move |inputs, budget| {
        let input = inputs.get(0)?;
        let whole = match &input.values {
            TensorValues::Text(_) if is_text => input.values.clone(),
            TensorValues::Text(_) => return Err(StepFault::new("its input has texts, its categories are numbers")),
            _ if is_text => return Err(StepFault::new("its input has numbers, its categories are texts")),
            other => TensorValues::Whole(other.doubles()?.into_iter().map(whole).collect()),
        };
        let mut shape = input.shape.clone();
        shape.push(width);
        let count = elements(&shape)?;
        budget.spend(&[count])?;
        let mut numbers = vec![0.0; count];
        for (row, key) in numbers.chunks_exact_mut(width.max(1)).zip(keys(&whole)) {
            let place = places.get(&key).copied();
            place.and_then(|place| row.get_mut(place)).into_iter().for_each(|slot| *slot = 1.0);
        }
        Ok(vec![Tensor::new(shape, TensorValues::Float(numbers))?])
    }))
}

fn binarizer(given: &mut Given) -> Outcome<RunOperator> {
    let threshold = f64::from(given.float("threshold").unwrap_or_default());
    Ok(Box::new(move |inputs, budget| by_column(inputs, budget, |_, x| if x > threshold { 1.0 } else { 0.0 })))
}

/// Changes each number by its column.
fn by_column(inputs: &Inputs<'_>, budget: &mut Budget, function: impl Fn(usize, f64) -> f64) -> Outcome<Vec<Tensor>> {
    let input = inputs.get(0)?;
    budget.spend(&[input.values.len()])?;
    let width = input.rows_and_columns().1.max(1);
    let numbers = input.values.doubles()?.into_iter().enumerate().map(|(place, x)| function(place % width, x));
    let values = match &input.values {
        TensorValues::Whole(_) => TensorValues::Float(numbers.map(|x| x as f32).collect()),
        values => values.like(numbers.collect()),
    };
    Ok(vec![input.with(values)?])
}

/// Returns the number of a column in a list that has one number for each column, or one for all.
fn of_column<T: Copy>(list: &[T], column: usize) -> Option<T> {
    if list.len() == 1 { list.first().copied() } else { list.get(column).copied() }
}

fn scaler(given: &mut Given) -> Outcome<RunOperator> {
    let offset = given.floats("offset").unwrap_or_else(|| vec![0.0]);
    let scale = given.floats("scale").unwrap_or_else(|| vec![1.0]);
    Ok(Box::new(move |inputs, budget| {
        let width = inputs.get(0)?.rows_and_columns().1;
        if [&offset, &scale].iter().any(|list| list.len() != 1 && list.len() != width) {
            return Err(StepFault::new(format!("its lists do not fit the {width} columns of its input")));
        }
        let is_double = matches!(inputs.get(0)?.values, TensorValues::Double(_));
        by_column(inputs, budget, |column, x| {
            let (offset, scale) = (of_column(&offset, column), of_column(&scale, column));
            let (offset, scale) = (offset.unwrap_or_default(), scale.unwrap_or(1.0));
            if is_double {
                (x - f64::from(offset)) * f64::from(scale)
            } else {
                // Rounds as ONNX Runtime does: after each operation.
                ((x as f32 - offset) * scale).into()
            }
        })
    }))
}

/// Reads `Imputer`, which replaces one value, mostly NaN, by a constant for each column.
fn imputer(given: &mut Given) -> Outcome<RunOperator> {
    let fills = given.first_list(&["imputed_value_floats", "imputed_value_int64s"])?;
    let fills = fills.ok_or_else(|| StepFault::new("it has no values"))?.doubles()?;
    let replaced = given.float("replaced_value_float").map(f64::from);
    let replaced_whole = given.int("replaced_value_int64").map(|number| number as f64);
    Ok(Box::new(move |inputs, budget| {
        let is_whole = matches!(inputs.get(0)?.values, TensorValues::Whole(_));
        let wanted = if is_whole { replaced_whole } else { replaced }.unwrap_or_default();
        let width = inputs.get(0)?.rows_and_columns().1;
        if fills.len() != 1 && fills.len() != width {
            return Err(StepFault::new(format!("its values do not fit the {width} columns of its input")));
        }
        let filled = by_column(inputs, budget, |column, x| {
            let is_replaced = x == wanted || (x.is_nan() && wanted.is_nan());
            if is_replaced { of_column(&fills, column).unwrap_or(x) } else { x }
        })?;
        if !is_whole {
            return Ok(filled);
        }
        let whole = |tensor: Tensor| {
            let numbers = tensor.values.doubles()?.into_iter().map(|x| x as i64).collect();
            tensor.with(TensorValues::Whole(numbers))
        };
        filled.into_iter().map(whole).collect()
    }))
}

fn normalizer(given: &mut Given) -> Outcome<RunOperator> {
    let norm = given.text("norm").unwrap_or_else(|| "MAX".into());
    let size: fn(&[f64]) -> f64 = match &*norm {
        // As in ONNX. scikit-learn divides by the greatest absolute value.
        "MAX" => |row| row.iter().fold(f64::NEG_INFINITY, |most: f64, x| most.max(*x)),
        "L1" => |row| row.iter().map(|x| x.abs()).sum(),
        "L2" => |row| libm::sqrt(row.iter().map(|x| x * x).sum()),
        _ => return Err(StepFault::new("its norm is unknown; expected MAX, L1 or L2")),
    };
    Ok(Box::new(move |inputs, budget| {
        let input = inputs.get(0)?;
        budget.spend(&[input.values.len()])?;
        let width = input.rows_and_columns().1.max(1);
        let mut numbers = input.values.doubles()?;
        for row in numbers.chunks_mut(width) {
            let size = size(row);
            if size != 0.0 {
                row.iter_mut().for_each(|x| *x /= size);
            }
        }
        Ok(vec![input.with(TensorValues::Float(numbers.into_iter().map(|x| x as f32).collect()))?])
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::attributes::strings;

    #[test]
    fn the_first_label_encoder_works_in_both_directions() {
        let run = label_encoder(&mut Given::new(vec![strings("classes_strings", ["no", "yes"])], 1, 1)).unwrap();
        let of = |values| {
            let inputs = [Some(Arc::new(Tensor::list(values)))];
            run(&Inputs(&inputs), &mut Budget::new(100)).unwrap().remove(0).values
        };
        let texts = |list: &[&str]| TensorValues::Text(list.iter().map(|text| Arc::from(*text)).collect());
        assert_eq!(of(texts(&["yes", "no", "?"])), TensorValues::Whole(vec![1, 0, -1]));
        assert_eq!(of(TensorValues::Whole(vec![1, 0, 7, -1])), texts(&["yes", "no", "_Unused", "_Unused"]));
    }
}
