//! Builds the ONNX operators of a blend: the weighted mean of several predictors' predictions.
//!
//! The operators of each member (predictor) have their own names.

use evergreen_lifecycle::Task;

use super::super::attributes::{floats, int};
use super::super::names::{ML_DOMAIN, SCALER};
use super::super::onnx::AttributeProto;
use super::names::{
    ABOVE, BASE, BELOW, FAR, FARTHEST, FEATURES, HALVES, HOLLOW, HOLLOW_VALUES, LOG_PROBABILITIES, MISSING, NEGATED,
    OUTPUTS, PROBABILITIES, SCALED, SCORES, SHARE, SURPRISE, VOTES, WEIGHT, WITH_INDICATOR, member,
};
use super::{Operators, predictor};
use crate::pipeline::{BEYOND, Hole, Link, Member};

pub(super) fn add(
    operators: &mut Operators,
    task: Task,
    members: &[Member],
    features: &str,
    outputs: &str,
    attributes: Vec<Vec<AttributeProto>>,
) {
    let mut attributes = attributes.into_iter();
    let mut shares = Vec::with_capacity(members.len());
    for (number, content) in members.iter().enumerate() {
        let name = |name| member(number, name);
        let features = scaled(operators, content, features, &name(SCALED));
        let features = inputs(operators, number, &content.holes, features);
        let (votes, base, own) = (name(VOTES), name(BASE), name(OUTPUTS));
        predictor::one(operators, &content.predictor, &features, [&votes, &base, &own], attributes.next());
        let answer = if task == Task::Regression { own } else { answered(operators, number, content.link, own) };
        let (weight, share) = (name(WEIGHT), name(SHARE));
        operators.numbers(&weight, vec![content.weight]);
        operators.core("Mul", &[&answer, &weight], &share, Vec::new());
        shares.push(share);
    }
    let shares: Vec<&str> = shares.iter().map(String::as_str).collect();
    operators.core("Sum", &shares, outputs, Vec::new());
}

fn scaled(operators: &mut Operators, member: &Member, features: &str, name: &str) -> String {
    let Some(scaler) = &member.scaler else { return features.to_owned() };
    let attributes = vec![floats("offset", scaler.offset.clone()), floats("scale", scaler.scale.clone())];
    operators.add((ML_DOMAIN, SCALER), &[features], name, attributes);
    name.to_owned()
}

/// Appends ONNX operators that add two input columns for each feature that may be missing. Returns the name of the ONNX
/// value with all input columns.
fn inputs(operators: &mut Operators, number: usize, holes: &[Hole], features: String) -> String {
    // A missing value is below all others in the first column and above them in the second.
    if holes.is_empty() {
        return features;
    }
    let name = |name| member(number, name);
    let (places, values) = (name(HOLLOW), name(HOLLOW_VALUES));
    operators.indices(&places, holes.iter().map(|hole| hole.value.into()).collect());
    operators.core("Gather", &[&features, &places], &values, vec![int("axis", 1)]);
    let (places, missing) = (name(WITH_INDICATOR), name(MISSING));
    operators.indices(&places, holes.iter().map(|hole| hole.missing.into()).collect());
    operators.core("Gather", &[&features, &places], &missing, vec![int("axis", 1)]);
    let (far, beyond, below, above, inputs) = (name(FAR), name(FARTHEST), name(BELOW), name(ABOVE), name(FEATURES));
    operators.numbers(&beyond, vec![BEYOND]);
    operators.core("Mul", &[&missing, &beyond], &far, Vec::new());
    operators.core("Sub", &[&values, &far], &below, Vec::new());
    operators.core("Add", &[&values, &far], &above, Vec::new());
    operators.core("Concat", &[&features, &below, &above], &inputs, vec![int("axis", 1)]);
    inputs
}

/// Appends the ONNX operators that turn one predictor's outputs into class probabilities. Returns the name of the ONNX
/// value with the probabilities.
fn answered(operators: &mut Operators, number: usize, link: Link, outputs: String) -> String {
    let name = |name| member(number, name);
    let scores = match link {
        Link::Identity => return outputs,
        Link::Softmax => outputs,
        Link::Logistic => {
            let (halves, scores) = (name(HALVES), name(SCORES));
            operators.numbers(&halves, vec![-0.5, 0.5]);
            operators.core("Mul", &[&outputs, &halves], &scores, Vec::new());
            scores
        }
        Link::OneVersusRest => {
            let (negated, surprise, logarithms) = (name(NEGATED), name(SURPRISE), name(LOG_PROBABILITIES));
            operators.core("Neg", &[&outputs], &negated, Vec::new());
            operators.core("Softplus", &[&negated], &surprise, Vec::new());
            operators.core("Neg", &[&surprise], &logarithms, Vec::new());
            logarithms
        }
    };
    let probabilities = name(PROBABILITIES);
    operators.core("Softmax", &[&scores], &probabilities, vec![int("axis", 1)]);
    probabilities
}
