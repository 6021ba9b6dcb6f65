//! Tests the predictions of a loaded model.

#![allow(clippy::indexing_slicing, clippy::unwrap_used)]

mod common;

use common::{appraisal, estimate, metadata, mixed, pipelines, rows, small};
use evergreen_lifecycle::Task;
use evergreen_scoring::{
    Aggregate, Hole, Link, Member, Model, Node, Pipeline, PredictError, Predictions, Predictor, encode,
};
use proptest::prelude::*;

/// Reference implementation for tests: computes a predictor's outputs for one raw row without optimisations.
fn outputs(pipeline: &Pipeline, row: &[f32]) -> Vec<f64> {
    let mut features = Vec::new();
    pipeline.parts().preprocessing.apply(row, &mut features);
    outputs_of(&pipeline.parts().predictor, &features, pipeline.signature().task())
}

/// Appends two numbers to the features for each feature that may be missing.
fn append_ends(features: &mut Vec<f32>, holes: &[Hole]) {
    // First come the numbers in which a missing value is -1e38, then those in which a missing value is 1e38.
    for end in [-1e38, 1e38] {
        let ends = |hole: &Hole| {
            let missing = features[hole.missing as usize] == 1.0;
            if missing { end } else { features[hole.value as usize] }
        };
        let ends: Vec<f32> = holes.iter().map(ends).collect();
        features.extend(ends);
    }
}

fn outputs_of(predictor: &Predictor, features: &[f32], task: Task) -> Vec<f64> {
    match predictor {
        Predictor::Graph(_) => unreachable!("no strategy makes one"),
        Predictor::Blend(members) => {
            let mut sums = Vec::new();
            for member in members {
                let mut features = features.to_vec();
                member.scaler.iter().for_each(|scaler| scaler.apply(&mut features));
                append_ends(&mut features, &member.holes);
                let outputs = outputs_of(&member.predictor, &features, task);
                let answer = if task == Task::Regression { outputs } else { answer(member.link, outputs) };
                sums.resize(answer.len(), 0.0);
                sums.iter_mut().zip(answer).for_each(|(sum, answer)| *sum += f64::from(member.weight) * answer);
            }
            sums
        }
        Predictor::Linear(linear) => {
            let products = |weights: &[f32]| -> f64 {
                weights.iter().zip(features).map(|(weight, x)| f64::from(*weight) * f64::from(*x)).sum()
            };
            let sums = linear.weights.chunks(features.len()).map(products);
            sums.zip(&linear.bias).map(|(sum, bias)| sum + f64::from(*bias)).collect()
        }
        Predictor::Trees(ensemble) => {
            let mut sums = vec![0.0; ensemble.base.len()];
            for tree in &ensemble.trees {
                let mut at = 0;
                while let Node::Split { feature, threshold, left, right } = tree.nodes[at] {
                    at = if features[feature as usize] <= threshold { left } else { right } as usize;
                }
                let Node::Leaf(weights) = &tree.nodes[at] else { unreachable!() };
                weights.iter().for_each(|entry| sums[entry.output as usize] += f64::from(entry.weight));
            }
            if ensemble.aggregate == Aggregate::Average {
                sums.iter_mut().for_each(|sum| *sum /= ensemble.trees.len() as f64);
            }
            sums.iter().zip(&ensemble.base).map(|(sum, base)| sum + f64::from(*base)).collect()
        }
    }
}

/// Turns the outputs of a predictor into class probabilities. `link` is the link function, for example softmax.
fn answer(link: Link, outputs: Vec<f64>) -> Vec<f64> {
    let sigmoid = |odds: &f64| 1.0 / (1.0 + (-odds).exp());
    let highest = outputs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let weights: Vec<f64> = match link {
        Link::Identity => outputs,
        Link::Logistic => vec![sigmoid(&-outputs[0]), sigmoid(&outputs[0])],
        Link::OneVersusRest => outputs.iter().map(sigmoid).collect(),
        Link::Softmax => outputs.iter().map(|output| (output - highest).exp()).collect(),
    };
    parts_of_sum(weights)
}

fn parts_of_sum(weights: Vec<f64>) -> Vec<f64> {
    let sum: f64 = weights.iter().sum();
    weights.iter().map(|weight| weight / sum).collect()
}

/// Reference implementation for tests: computes the class probabilities without the minimum probability.
fn probabilities(pipeline: &Pipeline, row: &[f32]) -> Vec<f64> {
    let shares = answer(pipeline.parts().link, outputs(pipeline, row));
    let power = pipeline.parts().calibration.map_or(1.0, f64::from);
    parts_of_sum(shares.iter().map(|p| p.powf(power)).collect())
}

/// Returns how much a predicted probability for this row may differ from the reference.
fn tolerance(pipeline: &Pipeline, row: &[f32]) -> f64 {
    // Great outputs of the predictor lose more precision in `f32`, and calibration multiplies the error.
    let mut features = Vec::new();
    pipeline.parts().preprocessing.apply(row, &mut features);
    let of_member = |member: &Member| {
        let mut features = features.clone();
        member.scaler.iter().for_each(|scaler| scaler.apply(&mut features));
        append_ends(&mut features, &member.holes);
        outputs_of(&member.predictor, &features, pipeline.signature().task())
    };
    let all = match &pipeline.parts().predictor {
        Predictor::Blend(members) => members.iter().flat_map(of_member).collect(),
        _ => outputs(pipeline, row),
    };
    let greatest = all.iter().fold(1.0_f64, |greatest, output| greatest.max(output.abs()));
    let power = pipeline.parts().calibration.map_or(1.0, f64::from).max(1.0);
    1e-6 + f64::from(f32::EPSILON) * greatest * power
}

fn classes(model: &Model, rows: &[f32]) -> Vec<usize> {
    model.predict(rows).unwrap().classes().unwrap().classes().to_vec()
}

fn shares(model: &Model, rows: &[f32]) -> Vec<f32> {
    model.predict(rows).unwrap().classes().unwrap().probabilities().to_vec()
}

#[test]
fn probabilities_are_the_mean_of_the_leaves() {
    let model = Model::compile(&small(), metadata());
    // The scaled row is (0, 0). The row takes these ways in the four trees: left; right; left and left again; and the
    // only leaf.
    assert_eq!(shares(&model, &[10.0, -1.0]), [0.8125, 0.1875]);
    assert_eq!(classes(&model, &[10.0, -1.0]), [0]);
}

#[test]
fn a_value_on_the_threshold_goes_left() {
    let model = Model::compile(&small(), metadata());
    let above = 11.0_f32.next_up();
    // The tree on column 0 splits the scaled value at 0.5, which is the raw value 11.
    let shares = shares(&model, &[11.0, 0.5, above, 0.5]);
    assert_eq!(shares[0] - shares[2], 0.25);
}

#[test]
fn a_batch_is_answered_in_order_and_an_empty_one_with_nothing() {
    let model = Model::compile(&small(), metadata());
    assert_eq!(classes(&model, &[10.0, -1.0, 20.0, 5.0, 10.0, -1.0]), [0, 1, 0]);
    assert_eq!(classes(&model, &[]), [0; 0]);
}

#[test]
fn missing_values_and_unknown_categories_have_answers_of_their_own() {
    let model = Model::compile(&mixed(), metadata());
    let odds = |row: &[f32]| {
        let shares = shares(&model, row);
        ((shares[1] / shares[0]).ln() / 0.75 * 1000.0).round() / 1000.0
    };
    // A row of known values (plan pro, age 50, active, since 6500, country fr): the log-odds are 1.5 + 0.75 + 0.25 -
    // 0.5.
    assert_eq!(odds(&[1.0, 50.0, 1.0, 6500.0, 1.0]), 2.0);
    // A row with an unknown plan and all other values missing that may be missing (age is filled with 40, since with
    // 7000.5; age and country have indicators): the log-odds are 0.125 + 0.5 - 1 - 0.5.
    assert_eq!(odds(&[2.0, f32::NAN, 1.0, f32::NAN, f32::NAN]), -0.875);
}

#[test]
fn a_regression_forest_answers_the_mean_of_its_leaves_with_an_interval() {
    let model = Model::compile(&estimate(), metadata());
    let batch = model.predict(&[2.0, 0.0, f32::NAN, 1.0]).unwrap();
    let batch = batch.numbers().unwrap();
    assert_eq!(batch.values(), [950.0, 1800.0]);
    assert_eq!(batch.intervals().unwrap(), [(700.0, 1200.0), (1550.0, 2050.0)]);
}

#[test]
fn an_interval_grows_with_the_difficulty_of_its_row_and_ends_at_the_bounds_of_the_target() {
    let model = Model::compile(&appraisal(), metadata());
    // Half the width of the interval grows from 100 at the prediction 1,000 to 300 at 1,500. A row without rooms has
    // the difficulty e², a factor for the width.
    let batch = model.predict(&[2.0, 0.0, 5.0, 0.0, f32::NAN, 1.0]).unwrap();
    let batch = batch.numbers().unwrap();
    assert_eq!(batch.values(), [950.0, 1550.25, 1800.0]);
    let ends = batch.intervals().unwrap();
    assert_eq!(ends[..2], [(850.0, 1050.0), (1250.25, 1850.25)]);
    let half = 300.0 * 2.0_f32.exp();
    assert!((ends[2].1 - (1800.0 + half)).abs() < 1e-2 && ends[2].0 == 0.0, "{ends:?}");
}

#[test]
fn an_incomplete_row_is_refused() {
    let model = Model::compile(&small(), metadata());
    assert_eq!(model.predict(&[1.0, 2.0, 3.0]), Err(PredictError::Shape { values: 3, slots: 2 }));
}

proptest! {
    #[test]
    fn values_that_are_not_numbers_do_not_panic(
        pipeline in pipelines(),
        odd in prop::sample::select(vec![f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::MAX, f32::MIN, -1.0]),
    ) {
        let model = Model::compile(&pipeline, metadata());
        let batch = model.predict(&vec![odd; 2 * pipeline.signature().slots()]).unwrap();
        prop_assert_eq!(batch.len(), 2);
        if odd.is_finite() {
            prop_assert!(common::is_finite(&batch), "{:?}", batch);
        }
    }

    #[test]
    fn a_model_answers_as_its_definition_says((pipeline, rows) in rows()) {
        let model = Model::load(&encode(&pipeline, &metadata())).unwrap();
        let batch = model.predict(&rows).unwrap();
        let slots = pipeline.signature().slots();
        prop_assert_eq!(batch.len(), rows.len() / slots);
        let rows = rows.chunks(slots);
        match &batch {
            Predictions::Classes(batch) => {
                for (row, answer) in rows.zip(batch.iter()) {
                    let rule = &pipeline.parts().rule;
                    let floor = f64::from(rule.floor.unwrap_or_default());
                    let bounded = |share: f64| share * (1.0 - floor * answer.probabilities.len() as f64) + floor;
                    let expected: Vec<f64> = probabilities(&pipeline, row).into_iter().map(bounded).collect();
                    let tolerance = tolerance(&pipeline, row);
                    prop_assert_eq!(answer.probabilities.len(), expected.len());
                    for (found, expected) in answer.probabilities.iter().zip(&expected) {
                        prop_assert!((f64::from(*found) - expected).abs() < tolerance, "{} instead of {}", found, expected);
                    }
                    prop_assert!((answer.probabilities.iter().sum::<f32>() - 1.0).abs() < 1e-6);
                    let weight = |class: usize| rule.weights.as_ref().map_or(1.0, |weights| weights[class]);
                    let counted = |class: usize| answer.probabilities[class] * weight(class);
                    prop_assert!((0..expected.len()).all(|class| counted(class) <= counted(answer.class)));
                }
            }
            Predictions::Numbers(batch) => {
                let intervals = batch.intervals().unwrap_or_default();
                let expected_ends = usize::from(pipeline.parts().interval.is_some()) * batch.len();
                prop_assert_eq!(intervals.len(), expected_ends);
                prop_assert!(intervals.iter().all(|(lower, upper)| lower <= upper));
                for (row, found) in rows.zip(batch.values()) {
                    let expected = outputs(&pipeline, row)[0];
                    let difference = (f64::from(*found) - expected).abs() / expected.abs().max(1.0);
                    prop_assert!(difference < 1e-5, "{} instead of {}", found, expected);
                }
            }
        }
    }

    #[test]
    fn a_batch_gets_the_same_answers_as_its_rows((pipeline, rows) in rows()) {
        let model = Model::compile(&pipeline, metadata());
        let slots = pipeline.signature().slots();
        let is_regression = pipeline.signature().task() == Task::Regression;
        prop_assert_eq!(is_regression, model.predict(&rows).unwrap().numbers().is_some());
        let answers = |row| common::numbers(&model.predict(row).unwrap());
        let single: Vec<f32> = rows.chunks(slots).flat_map(answers).collect();
        prop_assert_eq!(common::numbers(&model.predict(&rows).unwrap()), single);
    }
}
