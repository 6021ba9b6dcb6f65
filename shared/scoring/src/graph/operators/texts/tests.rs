//! Compares the operators with the answers of ONNX Runtime, which `infra/onnx/texts.py` records.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;

use super::super::super::call::{Budget, Inputs};
use super::super::super::given::Given;
use super::super::super::problem::Outcome;
use super::super::super::tensor::{Tensor, TensorValues};
use super::super::find;
use super::Case;
use crate::artifact::onnx::AttributeProto;

/// A case: an operator, its input, and what ONNX Runtime answers. Without an answer, it refuses the operator.
#[derive(Deserialize)]
struct Recorded {
    operator: String,
    rows: Vec<String>,
    shape: Vec<usize>,
    attributes: BTreeMap<String, Value>,
    answer: Option<Vec<Value>>,
    answer_shape: Option<Vec<usize>>,
}

fn attribute(name: &str, value: &Value) -> AttributeProto {
    let mut attribute = AttributeProto { name: name.to_owned(), ..AttributeProto::default() };
    match value {
        Value::String(text) => attribute.s = Some(text.clone().into_bytes()),
        Value::Number(number) => attribute.i = number.as_i64(),
        Value::Array(list) if list.iter().all(Value::is_string) => {
            attribute.strings = list.iter().filter_map(Value::as_str).collect();
        }
        Value::Array(list) if list.iter().all(Value::is_i64) => {
            attribute.ints = list.iter().filter_map(Value::as_i64).collect();
        }
        other => {
            attribute.floats = other.as_array().unwrap().iter().map(|number| number.as_f64().unwrap() as f32).collect();
        }
    }
    attribute
}

fn run(case: &Recorded) -> Outcome<Tensor> {
    let attributes = case.attributes.iter().map(|(name, value)| attribute(name, value)).collect();
    let mut given = Given::new(attributes, 20, 1);
    let run = (find(&case.operator).unwrap().read)(&mut given)?;
    given.finish()?;
    let rows = case.rows.iter().map(|row| row.as_str().into()).collect();
    let input = Tensor::new(case.shape.clone(), TensorValues::Text(rows))?;
    run(&Inputs(&[Some(Arc::new(input))]), &mut Budget::new(10_000_000)).map(|mut outputs| outputs.remove(0))
}

fn values(tensor: &Tensor) -> Vec<Value> {
    match &tensor.values {
        TensorValues::Text(list) => list.iter().map(|text| Value::from(&**text)).collect(),
        other => other.doubles().unwrap().into_iter().map(Value::from).collect(),
    }
}

#[test]
fn operators_answer_as_onnx_runtime_does() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/artifacts/texts.json");
    let cases: Vec<Recorded> = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    assert!(cases.len() > 300, "{}", cases.len());
    for case in &cases {
        let name = format!("{} {:?} of {:?}", case.operator, case.attributes, case.rows);
        match (run(case), &case.answer) {
            (Err(_), None) => {}
            (Err(error), Some(_)) => panic!("{name}: {error:?}"),
            (Ok(found), None) => panic!("{name}: ONNX Runtime refuses it; {found:?}"),
            (Ok(found), Some(expected)) => {
                assert_eq!(&values(&found), expected, "{name}");
                assert_eq!(Some(&found.shape), case.answer_shape.as_ref(), "{name}");
            }
        }
    }
}

#[test]
fn one_letter_becomes_one_letter() {
    assert_eq!(&*Case::Lower.of_text("ẞ İ ŉ Σς ǅ ÄB"), "ß i ŉ σς ǆ äb");
    assert_eq!(&*Case::Upper.of_text("ß İ ŉ ﬁ Σς ǅ ᾀ ῳ"), "ß İ ŉ ﬁ ΣΣ Ǆ ᾈ ῼ");
}
