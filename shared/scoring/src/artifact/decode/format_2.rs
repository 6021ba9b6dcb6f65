//! Format 2. The numbers are taken from the operators that hold them, by name; then the graph must be, byte for byte, the
//! one that is written around a pipeline of these numbers, so that nothing else of it needs to be read.

use std::collections::BTreeMap;

use evergreen_lifecycle::{Column, ColumnKind, Signature};
use prost::Message;

use super::super::attributes::Attributes;
use super::super::graph::{self, names};
use super::super::names::{CONSTANT, ENSEMBLE, IMPUTER, LINEAR, ONE_HOT, SCALER};
use super::super::onnx::{AttributeProto, GraphProto, NodeProto};
use super::{ArtifactError, ensemble};
use crate::pipeline::{Encoding, Ensemble, Linear, Link, Parts, Pipeline, Predictor, Preprocessing, Scaler, Statistic};

pub(super) fn read(signature: Signature, mut graph: GraphProto) -> Result<Pipeline, ArtifactError> {
    let predictor = predictor(&mut graph)?;
    let parts = parts(&signature, &graph, predictor)?;
    let pipeline = Pipeline::new(signature, parts)?;
    check_rest(&graph, &graph::around(&pipeline, Vec::new()))?;
    Ok(pipeline)
}

/// Takes the attributes, nearly all of the file, out of the operator that predicts.
fn predictor(graph: &mut GraphProto) -> Result<Predictor, ArtifactError> {
    let predicts = |node: &&mut NodeProto| node.op_type == ENSEMBLE || node.op_type == LINEAR;
    let node = graph.node.iter_mut().find(predicts).ok_or(ArtifactError::Missing("operator that predicts"))?;
    let attributes = std::mem::take(&mut node.attribute);
    if node.op_type == LINEAR {
        return Ok(Predictor::Linear(linear(attributes)?));
    }
    let (trees, aggregate, outputs) = ensemble::read(attributes)?;
    let base = Named::of(graph).numbers(names::BASE)?.unwrap_or_else(|| vec![0.0; outputs]);
    Ok(Predictor::Trees(Ensemble { trees, aggregate, base }))
}

fn linear(attributes: Vec<AttributeProto>) -> Result<Linear, ArtifactError> {
    let mut attributes = Attributes::new(LINEAR, attributes)?;
    let linear = Linear { weights: attributes.floats("coefficients")?, bias: attributes.floats("intercepts")? };
    attributes.expect_string("post_transform", "NONE")?;
    attributes.expect_int("targets", linear.bias.len() as i64)?;
    attributes.finish()?;
    Ok(linear)
}

fn parts(signature: &Signature, graph: &GraphProto, predictor: Predictor) -> Result<Parts, ArtifactError> {
    let operators = Named::of(graph);
    let scaler = match operators.get(names::SCALED, SCALER)? {
        Some(mut found) => Some(Scaler { offset: found.floats("offset")?, scale: found.floats("scale")? }),
        None => None,
    };
    Ok(Parts {
        preprocessing: Preprocessing {
            encodings: encodings(signature.columns(), &operators)?,
            statistics: statistics(signature.columns(), &operators)?,
            scaler,
        },
        predictor,
        link: operators.link(),
        calibration: operators.number(names::CALIBRATION)?,
        interval: operators.number(names::HALF_INTERVAL)?,
    })
}

fn encodings(columns: &[Column], operators: &Named<'_>) -> Result<Vec<Encoding>, ArtifactError> {
    let fills = match operators.get(names::FILLED, IMPUTER)? {
        Some(mut found) => found.floats("imputed_value_floats")?,
        None => Vec::new(),
    };
    let told_apart = match operators.get(names::TOLD_APART, CONSTANT)? {
        Some(mut found) => found.ints("value_ints")?,
        None => Vec::new(),
    };
    let mut told_apart = told_apart.into_iter().peekable();
    let mut values = fills.into_iter().zip(0..);
    let mut category = 0;
    let mut encodings = Vec::new();
    for column in columns {
        if let ColumnKind::Category { categories, .. } = &column.kind {
            encodings.push(one_hot(operators, category, categories.len())?);
            category += 1;
            continue;
        }
        for _ in 0..column.kind.slots() {
            let (fill, index) = values.next().ok_or(ArtifactError::Missing("fill of a column"))?;
            encodings.push(Encoding::Value { fill, indicator: told_apart.next_if_eq(&index).is_some() });
        }
    }
    Ok(encodings)
}

fn statistics(columns: &[Column], operators: &Named<'_>) -> Result<Vec<Statistic>, ArtifactError> {
    let (mut statistics, mut slot, mut category) = (Vec::new(), 0, 0);
    for column in columns {
        if matches!(column.kind, ColumnKind::Category { .. }) {
            let mut number = 0;
            while let Some(values) = operators.numbers(&names::statistic_values(category, number))? {
                statistics.push(Statistic { slot, values });
                number += 1;
            }
            category += 1;
        }
        slot += u32::try_from(column.kind.slots()).map_err(|_| ArtifactError::Columns)?;
    }
    Ok(statistics)
}

fn one_hot(operators: &Named<'_>, column: usize, categories: usize) -> Result<Encoding, ArtifactError> {
    let texts = match operators.get(&names::one_hot(column), ONE_HOT)? {
        Some(mut found) => found.strings("cats_strings")?.len(),
        None => 0,
    };
    let count = u32::try_from(categories).map_err(|_| ArtifactError::Columns)?;
    Ok(Encoding::OneHot { categories: count, indicator: texts > categories })
}

/// The operators that hold numbers or tell the link, by name.
struct Named<'a>(BTreeMap<&'a str, &'a NodeProto>);

impl<'a> Named<'a> {
    fn of(graph: &'a GraphProto) -> Self {
        Self(graph.node.iter().map(|node| (node.name.as_str(), node)).collect())
    }

    /// The attributes of the operator of this name, if there is one.
    fn get(&self, name: &str, operator: &'static str) -> Result<Option<Attributes>, ArtifactError> {
        self.0.get(name).map(|node| Attributes::new(operator, node.attribute.clone())).transpose()
    }

    /// The numbers of a constant.
    fn numbers(&self, name: &str) -> Result<Option<Vec<f32>>, ArtifactError> {
        self.get(name, CONSTANT)?.map(|mut found| found.floats("value_floats")).transpose()
    }

    /// The lone number of a constant.
    fn number(&self, name: &'static str) -> Result<Option<f32>, ArtifactError> {
        let Some(values) = self.numbers(name)? else { return Ok(None) };
        values.first().map(|value| Some(*value)).ok_or(ArtifactError::Missing(name))
    }

    fn link(&self) -> Link {
        let has = |name| self.0.contains_key(name);
        if has(names::HALVES) {
            Link::Logistic
        } else if has(names::SURPRISE) {
            Link::OneVersusRest
        } else if self.0.get(names::PROBABILITIES).is_some_and(|node| node.op_type == "Softmax") {
            Link::Softmax
        } else {
            Link::Identity
        }
    }
}

/// Compares what is encoded, in which a not-a-number is equal to itself.
fn check_rest(found: &GraphProto, expected: &GraphProto) -> Result<(), ArtifactError> {
    if found.encode_to_vec() == expected.encode_to_vec() {
        return Ok(());
    }
    let differs = |(found, expected): (&NodeProto, &NodeProto)| found.encode_to_vec() != expected.encode_to_vec();
    let at = found.node.iter().zip(&expected.node).position(differs);
    let at = at.unwrap_or(found.node.len().min(expected.node.len()));
    let name = |graph: &GraphProto| graph.node.get(at).map(|node| format!("{} {}", node.op_type, node.name));
    Err(ArtifactError::Graph { found: name(found), expected: name(expected) })
}
