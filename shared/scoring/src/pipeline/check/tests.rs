use evergreen_lifecycle::Column;

use super::super::{Encoding, Hole, Interval, Member, Node, Preprocessing, Tree, Weight};
use super::*;

fn classifier(classes: usize) -> Signature {
    let labels = (0..classes).map(|n| n.to_string().as_str().into()).collect();
    Signature::classification(vec![Column::number("column")], labels).unwrap()
}

fn regression() -> Signature {
    Signature::regression(vec![Column::number("column")]).unwrap()
}

fn single_leaf(weight: f32) -> Tree {
    Tree { nodes: vec![Node::Leaf(vec![Weight { output: 0, weight }])] }
}

fn forest(aggregate: Aggregate, base: Vec<f32>) -> Predictor {
    Predictor::Trees(Ensemble { trees: vec![single_leaf(1.0)], aggregate, base })
}

fn weighted(outputs: usize) -> Predictor {
    Predictor::Linear(Linear { weights: vec![1.0; outputs], bias: vec![0.0; outputs] })
}

fn parts(predictor: Predictor, link: Link) -> PipelineParts {
    let encodings = vec![Encoding::Value { fill: 0.0, indicator: false }];
    let preprocessing = Preprocessing { encodings, statistics: Vec::new(), scaler: None };
    PipelineParts { preprocessing, predictor, link, calibration: None, rule: LabelRule::default(), interval: None }
}

#[test]
fn valid_parts_of_every_kind_make_a_pipeline() {
    let mean = |outputs| forest(Aggregate::Average, vec![0.0; outputs]);
    assert_eq!(all(&classifier(3), &parts(mean(3), Link::Identity)), Ok(()));
    assert_eq!(all(&classifier(2), &parts(forest(Aggregate::Sum, vec![0.5]), Link::Logistic)), Ok(()));
    assert_eq!(all(&classifier(3), &parts(forest(Aggregate::Sum, vec![0.5; 3]), Link::OneVersusRest)), Ok(()));
    assert_eq!(all(&classifier(3), &parts(weighted(3), Link::Softmax)), Ok(()));
    assert_eq!(all(&regression(), &parts(weighted(1), Link::Identity)), Ok(()));
    assert_eq!(all(&regression(), &parts(forest(Aggregate::Sum, vec![7.0]), Link::Identity)), Ok(()));
}

#[test]
fn predictors_of_different_kinds_are_averaged_by_weights_that_sum_to_one() {
    let member = |predictor, link, weight| Member { scaler: None, holes: Vec::new(), predictor, link, weight };
    let mean = || member(forest(Aggregate::Average, vec![0.0; 2]), Link::Identity, 0.75);
    let sum = |weight| member(weighted(1), Link::Logistic, weight);
    let checked = |members: Vec<Member>, link| all(&classifier(2), &parts(Predictor::Blend(members), link));
    assert_eq!(checked(vec![mean(), sum(0.25)], Link::Identity), Ok(()));
    assert!(matches!(checked(vec![mean(), sum(0.25)], Link::Softmax), Err(PipelineError::Link { .. })));
    for weight in [0.5, 0.0, f32::NAN] {
        let refused = checked(vec![mean(), sum(weight)], Link::Identity);
        assert!(matches!(refused, Err(PipelineError::Members { members: 2, .. })), "{refused:?}");
    }
    assert!(matches!(checked(vec![], Link::Identity), Err(PipelineError::Members { .. })));
    let nested = member(Predictor::Blend(vec![mean()]), Link::Identity, 1.0);
    assert_eq!(checked(vec![nested], Link::Identity), Err(PipelineError::NestedBlend));
    let mut hollow = sum(1.0);
    hollow.holes = vec![Hole { value: 0, missing: 1 }];
    assert_eq!(checked(vec![hollow], Link::Identity), Err(PipelineError::Holes(1)));
    let softmax = member(weighted(3), Link::Softmax, 1.0);
    assert!(checked(vec![softmax], Link::Identity).is_err(), "an output too many");
}

#[test]
fn a_link_fits_the_task_the_labels_and_the_predictor() {
    let refused = |signature: &Signature, predictor, link| all(signature, &parts(predictor, link)).unwrap_err();
    let sum = || forest(Aggregate::Sum, vec![0.0; 2]);
    assert_eq!(refused(&classifier(3), weighted(1), Link::Logistic), PipelineError::Logistic(3));
    for (signature, predictor, link) in [
        (classifier(2), weighted(2), Link::Identity),
        (classifier(2), sum(), Link::Identity),
        (regression(), weighted(1), Link::Logistic),
    ] {
        let error = refused(&signature, predictor, link);
        assert_eq!(error, PipelineError::Link { link, task: signature.task() });
    }
}

#[test]
fn there_is_a_constant_and_a_weight_for_each_output() {
    let softmax = |predictor| all(&classifier(3), &parts(predictor, Link::Softmax));
    let two = Err(PipelineError::Constants { found: 2, expected: 3 });
    assert_eq!(softmax(weighted(2)), two);
    assert_eq!(softmax(forest(Aggregate::Sum, vec![0.0; 2])), two);
    let weights = |weights: &[f32]| Predictor::Linear(Linear { weights: weights.to_vec(), bias: vec![0.0; 3] });
    assert_eq!(softmax(weights(&[1.0; 4])), Err(PipelineError::Weights { found: 4, expected: 3 }));
    let infinite = [1.0, f32::INFINITY, 1.0];
    assert_eq!(softmax(weights(&infinite)), Err(PipelineError::Constant(f32::INFINITY)));
}

#[test]
fn the_mean_of_distributions_is_unbiased() {
    let error = all(&classifier(2), &parts(forest(Aggregate::Average, vec![0.0, 0.1]), Link::Identity));
    assert_eq!(error, Err(PipelineError::Constant(0.1)));
}

#[test]
fn outputs_cannot_overflow() {
    let trees = vec![single_leaf(6e36), single_leaf(-6e36)];
    let ensemble = Ensemble { trees, aggregate: Aggregate::Sum, base: vec![0.0] };
    let error = all(&regression(), &parts(Predictor::Trees(ensemble), Link::Identity));
    assert_eq!(error, Err(PipelineError::Overflow));
}

#[test]
fn only_classification_is_calibrated_and_by_a_number_above_0() {
    let calibrated = |signature: &Signature, link, power| {
        let outputs = signature.labels().len().max(1);
        all(signature, &PipelineParts { calibration: Some(power), ..parts(weighted(outputs), link) }).is_ok()
    };
    assert!(calibrated(&classifier(2), Link::Softmax, 0.5));
    for power in [0.0, -1.0, f32::NAN, f32::INFINITY] {
        assert!(!calibrated(&classifier(2), Link::Softmax, power), "{power}");
    }
    assert!(!calibrated(&regression(), Link::Identity, 0.5));
}

#[test]
fn only_regression_has_intervals_and_they_are_not_negative() {
    let surrounded = |signature: &Signature, link, half| {
        let outputs = signature.labels().len().max(1);
        all(signature, &PipelineParts { interval: Some(Interval::from(half)), ..parts(weighted(outputs), link) })
            .is_ok()
    };
    assert!(surrounded(&regression(), Link::Identity, 0.0));
    assert!(surrounded(&regression(), Link::Identity, 2.5));
    for half in [-1.0, f32::NAN, f32::INFINITY] {
        assert!(!surrounded(&regression(), Link::Identity, half), "{half}");
    }
    assert!(!surrounded(&classifier(2), Link::Softmax, 0.5));
}

#[test]
fn labels_are_limited() {
    let many = classifier(MAX_LABELS + 1);
    let error = all(&many, &parts(weighted(MAX_LABELS + 1), Link::Softmax));
    assert_eq!(error, Err(PipelineError::TooManyLabels(MAX_LABELS + 1)));
}
