//! Reads model artifacts of format 2 (ONNX files that this project wrote).
//!
//! The reader finds the operators with the model's numbers by name. From these numbers, it builds the graph that the
//! writer would write, and compares both graphs byte by byte. So no other check of the graph is necessary.

use std::collections::BTreeMap;

use evergreen_lifecycle::{Column, ColumnKind, Signature};
use prost::Message;

use super::super::attributes::Attributes;
use super::super::graph::{self, names};
use super::super::names::{CONSTANT, ENSEMBLE, IMPUTER, LINEAR, ONE_HOT, SCALER};
use super::super::onnx::{AttributeProto, GraphProto, NodeProto};
use super::{ArtifactError, ensemble};
use crate::pipeline::{
    Curve, CurveStep, Encoding, Ensemble, Hole, Interval, LabelRule, Linear, Link, Member, Pipeline, PipelineParts,
    Predictor, Preprocessing, Scaler, Statistic,
};

pub(super) fn read(signature: Signature, mut graph: GraphProto) -> Result<Pipeline, ArtifactError> {
    let mut taken = predictors(&mut graph);
    let blends = graph.node.iter().any(|node| node.name == names::member(0, names::WEIGHT));
    let predictor = if blends {
        Predictor::Blend(members(&graph, taken)?)
    } else {
        let single = if taken.is_empty() { None } else { Some(taken.remove(0)) };
        predictor(&graph, names::BASE, single.ok_or(ArtifactError::Missing("operator that predicts"))?)?
    };
    let parts = parts(&signature, &graph, predictor)?;
    let pipeline = Pipeline::new(signature, parts)?;
    check_rest(&graph, &graph::around(&pipeline, Vec::new()))?;
    Ok(pipeline)
}

/// Predictor that was read from an ONNX graph: whether it is a linear model (`false`: decision trees), and the
/// attributes of its operator.
type Taken = (bool, Vec<AttributeProto>);

/// Moves the attributes of all predictor operators (trees and linear models) out of the ONNX graph and returns them.
fn predictors(graph: &mut GraphProto) -> Vec<Taken> {
    let predicts = |node: &&mut NodeProto| {
        (node.op_type == ENSEMBLE || node.op_type == LINEAR) && node.name != names::DIFFICULTY_SUM
    };
    // The attributes are almost the whole file, so they are moved and not copied.
    let take = |node: &mut NodeProto| (node.op_type == LINEAR, std::mem::take(&mut node.attribute));
    graph.node.iter_mut().filter(predicts).map(take).collect()
}

/// Builds a predictor (trees or a linear model) from the attributes of its ONNX operator.
fn predictor(graph: &GraphProto, base: &str, (sums, attributes): Taken) -> Result<Predictor, ArtifactError> {
    if sums {
        return Ok(Predictor::Linear(linear(attributes)?));
    }
    let (trees, aggregate, outputs) = ensemble::read(attributes)?;
    // The graph's constant `base` has the numbers that are added to the outputs of the trees. Without this constant,
    // nothing is added.
    let base = Named::of(graph).numbers(base)?.unwrap_or_else(|| vec![0.0; outputs]);
    Ok(Predictor::Trees(Ensemble { trees, aggregate, base }))
}

/// Reads all predictors of a blend (a weighted mean of several predictors) from the ONNX graph.
fn members(graph: &GraphProto, taken: Vec<Taken>) -> Result<Vec<Member>, ArtifactError> {
    let operators = Named::of(graph);
    let read = |(number, taken): (usize, Taken)| {
        let name = |name| names::member(number, name);
        Ok(Member {
            scaler: operators.scaler(&name(names::SCALED))?,
            holes: operators.holes(number)?,
            predictor: predictor(graph, &name(names::BASE), taken)?,
            link: operators.member_link(number),
            weight: operators.required(&name(names::WEIGHT), "weight of a member")?,
        })
    };
    taken.into_iter().enumerate().map(read).collect()
}

fn linear(attributes: Vec<AttributeProto>) -> Result<Linear, ArtifactError> {
    let mut attributes = Attributes::new(LINEAR, attributes)?;
    let linear = Linear { weights: attributes.floats("coefficients")?, bias: attributes.floats("intercepts")? };
    attributes.expect_string("post_transform", "NONE")?;
    attributes.expect_int("targets", linear.bias.len() as i64)?;
    attributes.finish()?;
    Ok(linear)
}

fn parts(signature: &Signature, graph: &GraphProto, predictor: Predictor) -> Result<PipelineParts, ArtifactError> {
    let operators = Named::of(graph);
    let scaler = operators.scaler(names::SCALED)?;
    Ok(PipelineParts {
        preprocessing: Preprocessing {
            encodings: encodings(signature.columns(), &operators)?,
            statistics: statistics(signature.columns(), &operators)?,
            scaler,
        },
        predictor,
        link: operators.link(),
        calibration: operators.number(names::CALIBRATION)?,
        rule: LabelRule { floor: operators.number(names::FLOOR)?, weights: operators.numbers(names::LABEL_WEIGHTS)? },
        interval: interval(&operators)?,
    })
}

fn interval(operators: &Named<'_>) -> Result<Option<Interval>, ArtifactError> {
    let Some(start) = operators.number(names::HALF_INTERVAL)? else { return Ok(None) };
    let list = |name| Ok::<_, ArtifactError>(operators.numbers(name)?.unwrap_or_default());
    let (from, length, rise) = (list(names::STEPS_FROM)?, list(names::STEPS_LENGTH)?, list(names::STEPS_RISE)?);
    let steps = from.into_iter().zip(length).zip(rise).map(|((from, length), rise)| CurveStep { from, length, rise });
    let half = Curve { start, steps: steps.collect() };
    let (low, high) = (operators.single(names::LOWEST)?, operators.single(names::GREATEST)?);
    Ok(Some(Interval { half, difficulty: difficulty(operators)?, low, high }))
}

fn difficulty(operators: &Named<'_>) -> Result<Option<Ensemble>, ArtifactError> {
    let Some(node) = operators.0.get(names::DIFFICULTY_SUM) else { return Ok(None) };
    let (trees, aggregate, _) = ensemble::read(node.attribute.clone())?;
    let base = operators.numbers(names::DIFFICULTY_BASE)?.ok_or(ArtifactError::Missing(names::DIFFICULTY_BASE))?;
    Ok(Some(Ensemble { trees, aggregate, base }))
}

fn encodings(columns: &[Column], operators: &Named<'_>) -> Result<Vec<Encoding>, ArtifactError> {
    let fills = match operators.get(names::FILLED, IMPUTER)? {
        Some(mut found) => found.floats("imputed_value_floats")?,
        None => Vec::new(),
    };
    let with_indicator = match operators.get(names::WITH_INDICATOR, CONSTANT)? {
        Some(mut found) => found.ints("value_ints")?,
        None => Vec::new(),
    };
    let mut with_indicator = with_indicator.into_iter().peekable();
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
            encodings.push(Encoding::Value { fill, indicator: with_indicator.next_if_eq(&index).is_some() });
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

// The reader looks up operators that contain numbers of the model, or that show the link function (for example
// softmax).
/// Operators of an ONNX graph, by name.
struct Named<'a>(BTreeMap<&'a str, &'a NodeProto>);

impl<'a> Named<'a> {
    fn of(graph: &'a GraphProto) -> Self {
        Self(graph.node.iter().map(|node| (node.name.as_str(), node)).collect())
    }

    /// Returns the attributes of the ONNX operator with this name. `None` if the graph has no such operator.
    fn get(&self, name: &str, operator: &'static str) -> Result<Option<Attributes>, ArtifactError> {
        // `operator` is the operator's type, for error messages.
        self.0.get(name).map(|node| Attributes::new(operator, node.attribute.clone())).transpose()
    }

    /// Returns the list of numbers in the ONNX constant with this name. `None` if the graph has no such constant.
    fn numbers(&self, name: &str) -> Result<Option<Vec<f32>>, ArtifactError> {
        self.get(name, CONSTANT)?.map(|mut found| found.floats("value_floats")).transpose()
    }

    fn scaler(&self, name: &str) -> Result<Option<Scaler>, ArtifactError> {
        let Some(mut found) = self.get(name, SCALER)? else { return Ok(None) };
        Ok(Some(Scaler { offset: found.floats("offset")?, scale: found.floats("scale")? }))
    }

    /// Returns the first number in the ONNX constant with this name. If the constant is missing, the error message
    /// contains `what`.
    fn required(&self, name: &str, what: &'static str) -> Result<f32, ArtifactError> {
        let values = self.numbers(name)?.unwrap_or_default();
        values.first().copied().ok_or(ArtifactError::Missing(what))
    }

    /// Returns the number in an ONNX constant that is a list of one element. `None` if the graph has no such constant.
    fn number(&self, name: &'static str) -> Result<Option<f32>, ArtifactError> {
        let Some(values) = self.numbers(name)? else { return Ok(None) };
        values.first().map(|value| Some(*value)).ok_or(ArtifactError::Missing(name))
    }

    /// Returns the number in an ONNX constant that is a scalar. `None` if the graph has no such constant.
    fn single(&self, name: &str) -> Result<Option<f32>, ArtifactError> {
        self.get(name, CONSTANT)?.map(|mut found| found.float("value_float")).transpose()
    }

    fn link(&self) -> Link {
        self.link_of(str::to_owned)
    }

    /// Reads which features of a blend's member may be missing, from the ONNX graph.
    fn holes(&self, number: usize) -> Result<Vec<Hole>, ArtifactError> {
        let places = |name| -> Result<Vec<i64>, ArtifactError> {
            let found = self.get(&names::member(number, name), CONSTANT)?;
            found.map_or(Ok(Vec::new()), |mut found| found.ints("value_ints"))
        };
        let feature =
            |place: i64| u32::try_from(place).map_err(|_| ArtifactError::Missing("feature of a missing value"));
        // Each hole has the index of the value's feature and the index of its missing-value indicator.
        let all = places(names::HOLLOW)?.into_iter().zip(places(names::WITH_INDICATOR)?);
        all.map(|(value, missing)| Ok(Hole { value: feature(value)?, missing: feature(missing)? })).collect()
    }

    fn member_link(&self, number: usize) -> Link {
        self.link_of(|name| names::member(number, name))
    }

    /// Finds the link function of a predictor (for example softmax) from the operators of the ONNX graph.
    fn link_of(&self, name: impl Fn(&str) -> String) -> Link {
        // `name` returns the full name of an operator of this predictor.
        let has = |of: &str| self.0.contains_key(name(of).as_str());
        let is_softmax = |of: &str| self.0.get(name(of).as_str()).is_some_and(|node| node.op_type == "Softmax");
        if has(names::HALVES) {
            Link::Logistic
        } else if has(names::SURPRISE) {
            Link::OneVersusRest
        } else if [names::UNBOUNDED, names::PROBABILITIES].iter().any(|of| is_softmax(of)) {
            Link::Softmax
        } else {
            Link::Identity
        }
    }
}

/// Checks that the ONNX graph in the file equals the expected graph.
fn check_rest(found: &GraphProto, expected: &GraphProto) -> Result<(), ArtifactError> {
    // Compares the encoded bytes, because NaN does not equal itself as a number.
    if found.encode_to_vec() == expected.encode_to_vec() {
        return Ok(());
    }
    let differs = |(found, expected): (&NodeProto, &NodeProto)| found.encode_to_vec() != expected.encode_to_vec();
    let at = found.node.iter().zip(&expected.node).position(differs);
    let at = at.unwrap_or(found.node.len().min(expected.node.len()));
    let name = |graph: &GraphProto| graph.node.get(at).map(|node| format!("{} {}", node.op_type, node.name));
    Err(ArtifactError::Graph { found: name(found), expected: name(expected) })
}
