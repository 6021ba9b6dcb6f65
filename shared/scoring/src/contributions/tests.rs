//! Compares explanations with the definition of Shapley values, over all subsets of features.

use evergreen_lifecycle::{Column, ColumnKind, Label, Signature};
use proptest::prelude::*;

use super::*;
use crate::pipeline::{
    Aggregate, Encoding, Ensemble, LabelRule, Linear, Link, Member, Node, Pipeline, PipelineParts, Predictor,
    Preprocessing, Scaler, Statistic, Tree, Weight,
};
use crate::{ArtifactMetadata, Model, Predictions};

/// Number of columns of the tests' tables: numbers that may be missing, and a category at the end.
const COLUMNS: usize = 4;

fn columns() -> Vec<Column> {
    let category = ColumnKind::Category { categories: vec!["a".into(), "b".into()], rare: Vec::new() };
    let numbers = (1..COLUMNS).map(|n| Column { name: format!("x{n}"), kind: ColumnKind::Number, nullable: true });
    numbers.chain([Column { name: "kind".into(), kind: category, nullable: true }]).collect()
}

fn preprocessing() -> Preprocessing {
    let mut encodings = vec![Encoding::Value { fill: 0.25, indicator: true }; COLUMNS - 1];
    encodings.push(Encoding::OneHot { categories: 2, indicator: true });
    let statistic = Statistic { slot: COLUMNS as u32 - 1, values: vec![0.1, -0.4, 0.3, 0.7] };
    Preprocessing { encodings, statistics: vec![statistic], scaler: None }
}

const FEATURES: usize = 2 * (COLUMNS - 1) + 3 + 1;

/// Random rows of the table.
fn rows() -> impl Strategy<Value = Vec<f32>> {
    let number = prop_oneof![4 => -1.0_f32..1.0, 1 => Just(f32::NAN)];
    let text = prop::sample::select(vec![0.0, 1.0, 2.0, f32::NAN]);
    let row = (prop::collection::vec(number, COLUMNS - 1), text).prop_map(|(mut row, text)| {
        row.push(text);
        row
    });
    prop::collection::vec(row, 20).prop_map(|rows| rows.concat())
}

/// A random tree. Each leaf has a weight for each output.
fn tree(outputs: u32) -> impl Strategy<Value = Tree> {
    let split = (0..FEATURES as u32, -0.8_f32..0.8);
    (prop::collection::vec((split, any::<prop::sample::Index>()), 0..9), prop::collection::vec(-2.0_f32..2.0, 40))
        .prop_map(move |(splits, weights)| {
            let mut weights = weights.into_iter().cycle();
            let mut leaf = || {
                let all = (0..outputs).map(|output| Weight { output, weight: weights.next().unwrap() }).collect();
                Node::Leaf(all)
            };
            let mut nodes = vec![leaf()];
            for ((feature, threshold), place) in splits {
                let leaves: Vec<usize> = (0..nodes.len()).filter(|n| matches!(nodes[*n], Node::Leaf(_))).collect();
                let at = leaves[place.index(leaves.len())];
                let left = nodes.len() as u32;
                nodes[at] = Node::Split { feature, threshold, left, right: left + 1 };
                nodes.extend([leaf(), leaf()]);
            }
            Tree { nodes }
        })
}

fn ensemble(outputs: u32) -> impl Strategy<Value = Ensemble> {
    (prop::collection::vec(tree(outputs), 1..4), any::<bool>()).prop_map(move |(trees, sums)| {
        let aggregate = if sums { Aggregate::Sum } else { Aggregate::Average };
        Ensemble { trees, aggregate, base: vec![0.5; outputs as usize] }
    })
}

fn signature(labels: usize) -> Signature {
    match labels {
        0 => Signature::regression(columns()).unwrap(),
        _ => Signature::classification(columns(), (0..labels as i64).map(Label::Integer).collect()).unwrap(),
    }
}

fn model(labels: usize, predictor: Predictor, link: Link, scaler: Option<Scaler>) -> Model {
    let preprocessing = Preprocessing { scaler, ..preprocessing() };
    let calibration = (labels > 0).then_some(0.75);
    let parts =
        PipelineParts { preprocessing, predictor, link, calibration, rule: LabelRule::default(), interval: None };
    Model::compile(&Pipeline::new(signature(labels), parts).unwrap(), ArtifactMetadata::named("test"))
}

/// Returns the model with the background that these rows give.
fn known(model: Model, rows: &[f32]) -> Model {
    let mut counter = BackgroundCounter::new(&model);
    // The parts have sizes that no group of walks has.
    for part in rows.chunks(7 * COLUMNS) {
        let mut other = BackgroundCounter::new(&model);
        other.add(part).unwrap();
        counter.merge(&other);
    }
    let background = counter.finish().unwrap();
    model.with_background(background)
}

/// Returns the expected output of a tree, if only the features in `set` are known: the definition of the path-dependent
/// game, with covers counted by hand.
fn expected(tree: &Tree, node: usize, rows: &[Vec<f32>], row: &[f32], set: u32, output: u32) -> f64 {
    match &tree.nodes[node] {
        Node::Leaf(weights) => {
            weights.iter().find(|entry| entry.output == output).map_or(0.0, |entry| f64::from(entry.weight))
        }
        &Node::Split { feature, threshold, left, right } => {
            let goes_right = |row: &[f32]| row[feature as usize] > threshold;
            let (at_right, at_left): (Vec<_>, Vec<_>) = rows.iter().cloned().partition(|row| goes_right(row));
            if set >> feature & 1 == 1 {
                let (child, rows) = if goes_right(row) { (right, &at_right) } else { (left, &at_left) };
                return expected(tree, child as usize, rows, row, set, output);
            }
            let share = if rows.is_empty() { 0.5 } else { at_left.len() as f64 / rows.len() as f64 };
            share * expected(tree, left as usize, &at_left, row, set, output)
                + (1.0 - share) * expected(tree, right as usize, &at_right, row, set, output)
        }
    }
}

/// Returns the Shapley value of each feature by its definition, and the value without any feature.
fn shapley(ensemble: &Ensemble, rows: &[Vec<f32>], row: &[f32], output: u32) -> (Vec<f64>, f64) {
    let count = row.len();
    let divisor = if ensemble.aggregate == Aggregate::Average { ensemble.trees.len() as f64 } else { 1.0 };
    let values: Vec<f64> = (0..1_u32 << count)
        .map(|set| ensemble.trees.iter().map(|tree| expected(tree, 0, rows, row, set, output)).sum::<f64>() / divisor)
        .collect();
    let factorial = |n: usize| (1..=n).map(|n| n as f64).product::<f64>();
    let of = |feature: usize| -> f64 {
        let without = (0..1_usize << count).filter(|set| set >> feature & 1 == 0);
        without
            .map(|set| {
                let size = (set as u32).count_ones() as usize;
                let weight = factorial(size) * factorial(count - size - 1) / factorial(count);
                weight * (values[set | 1 << feature] - values[set])
            })
            .sum()
    };
    ((0..count).map(of).collect(), values[0] + f64::from(ensemble.base[output as usize]))
}

fn explained(model: &Model, rows: &[f32]) -> (Explanations, Predictions) {
    let predictions = model.predict(rows).unwrap();
    let labels = predictions.classes().map_or(&[][..], |batch| batch.classes());
    (model.explain(rows, labels).unwrap(), predictions)
}

fn features(rows: &[f32]) -> Vec<Vec<f32>> {
    let of = |row: &[f32]| {
        let mut features = Vec::new();
        preprocessing().apply(row, &mut features);
        features
    };
    rows.chunks(COLUMNS).map(of).collect()
}

fn sum(explanation: &Explanation) -> f64 {
    explanation.base + explanation.contributions.iter().sum::<f64>()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn contributions_of_trees_are_the_shapley_values(ensemble in ensemble(1), rows in rows()) {
        let (all, origins) = (features(&rows), preprocessing().origins());
        let model = known(model(0, Predictor::Trees(ensemble.clone()), Link::Identity, None), &rows[..15 * COLUMNS]);
        let (found, predicted) = explained(&model, &rows);
        prop_assert_eq!(found.explained, Explained::Number);
        for (number, row) in found.rows.iter().enumerate().skip(12) {
            let (values, base) = shapley(&ensemble, &all[..15], &all[number], 0);
            let mut by_column = vec![0.0; COLUMNS];
            values.iter().zip(&origins).for_each(|(value, slot)| by_column[*slot] += value);
            prop_assert!((row.base - base).abs() < 1e-9, "base {} {}", row.base, base);
            for (found, expected) in row.contributions.iter().zip(&by_column) {
                prop_assert!((found - expected).abs() < 1e-9, "{:?} {:?}", row.contributions, by_column);
            }
            let value = f64::from(predicted.numbers().unwrap().values()[number]);
            prop_assert!((sum(row) - value).abs() < 1e-4, "{} {}", sum(row), value);
        }
    }

    #[test]
    fn contributions_add_up_to_calibrated_log_odds(ensemble in ensemble(1), rows in rows()) {
        let model = known(model(2, Predictor::Trees(ensemble), Link::Logistic, None), &rows);
        let (found, predicted) = explained(&model, &rows);
        prop_assert_eq!(found.explained, Explained::LogOdds);
        for (row, predicted) in found.rows.iter().zip(predicted.classes().unwrap().iter()) {
            let probability = 1.0 / (1.0 + (-sum(row)).exp());
            prop_assert!((probability - f64::from(predicted.probabilities[1])).abs() < 1e-5);
            prop_assert_eq!(row.label, Some(1));
        }
    }

    #[test]
    fn the_only_member_of_a_blend_is_explained_by_its_log_odds(ensemble in ensemble(1), rows in rows()) {
        let holes = preprocessing().holes();
        let predictor = Predictor::Trees(ensemble);
        let only = Member { scaler: None, holes, predictor, link: Link::Logistic, weight: 1.0 };
        let model = known(model(2, Predictor::Blend(vec![only]), Link::Identity, None), &rows);
        let (found, predicted) = explained(&model, &rows);
        prop_assert_eq!(found.explained, Explained::LogOdds);
        for (row, predicted) in found.rows.iter().zip(predicted.classes().unwrap().iter()) {
            let probability = 1.0 / (1.0 + (-sum(row)).exp());
            prop_assert!((probability - f64::from(predicted.probabilities[1])).abs() < 1e-5);
        }
    }

    #[test]
    fn many_labels_explain_the_score_of_the_predicted_one(ensemble in ensemble(5), rows in rows()) {
        let model = known(model(5, Predictor::Trees(ensemble.clone()), Link::Softmax, None), &rows);
        let (found, predicted) = explained(&model, &rows);
        prop_assert_eq!(found.explained, Explained::Score);
        let (all, classes) = (features(&rows), predicted.classes().unwrap());
        for (number, row) in found.rows.iter().enumerate() {
            prop_assert_eq!(row.label, Some(classes.classes()[number]));
            let output = row.label.unwrap() as u32;
            let value = |tree: &Tree| expected(tree, 0, &all, &all[number], u32::MAX, output);
            let divisor = if ensemble.aggregate == Aggregate::Average { ensemble.trees.len() as f64 } else { 1.0 };
            let score = 0.75 * (ensemble.trees.iter().map(value).sum::<f64>() / divisor + 0.5);
            prop_assert!((sum(row) - score).abs() < 1e-5, "{} {}", sum(row), score);
        }
    }

    #[test]
    fn contributions_to_a_linear_model_are_its_terms(weights in prop::collection::vec(-2.0_f32..2.0, FEATURES), rows in rows()) {
        let scaler = Scaler { offset: vec![0.5; FEATURES], scale: vec![1.5; FEATURES] };
        let linear = Linear { weights: weights.clone(), bias: vec![0.25] };
        let model = known(model(0, Predictor::Linear(linear), Link::Identity, Some(scaler)), &rows);
        let (found, predicted) = explained(&model, &rows);
        let all = features(&rows);
        for (number, row) in found.rows.iter().enumerate() {
            let value = f64::from(predicted.numbers().unwrap().values()[number]);
            prop_assert!((sum(row) - value).abs() < 1e-4);
            // The first column has the features 0 and 3.
            let term = |feature: usize| {
                let mean = all.iter().map(|row| f64::from(row[feature])).sum::<f64>() / all.len() as f64;
                1.5 * f64::from(weights[feature]) * (f64::from(all[number][feature]) - mean)
            };
            prop_assert!((row.contributions[0] - term(0) - term(COLUMNS - 1)).abs() < 1e-5);
        }
    }

    #[test]
    fn contributions_to_a_blend_add_up_to_its_probability(
        first in ensemble(1),
        second in ensemble(2),
        weights in prop::collection::vec(-2.0_f32..2.0, 2 * FEATURES),
        rows in rows(),
        weight in 0.1_f32..0.8,
    ) {
        let holes = preprocessing().holes();
        let member = |predictor, link, weight, holes| Member { scaler: None, holes, predictor, link, weight };
        let members = vec![
            member(Predictor::Trees(first), Link::Logistic, weight, holes[..1].to_vec()),
            member(Predictor::Trees(second), Link::OneVersusRest, 0.9 - weight, Vec::new()),
            member(Predictor::Linear(Linear { weights, bias: vec![0.0; 2] }), Link::Softmax, 0.1, Vec::new()),
        ];
        let blend = model(2, Predictor::Blend(members), Link::Identity, None);
        let blend = known(blend, &rows);
        let (found, predicted) = explained(&blend, &rows);
        prop_assert_eq!(found.explained, Explained::Probability);
        for (row, predicted) in found.rows.iter().zip(predicted.classes().unwrap().iter()) {
            // The calibration is 0.75.
            let share = sum(row).clamp(0.0, 1.0);
            let (no, yes) = ((1.0 - share).powf(0.75), share.powf(0.75));
            prop_assert!((yes / (no + yes) - f64::from(predicted.probabilities[1])).abs() < 1e-4);
        }
    }
}

#[test]
fn a_model_without_background_says_what_to_do() {
    let tree = Tree { nodes: vec![Node::Leaf(vec![Weight { output: 0, weight: 1.0 }])] };
    let ensemble = Ensemble { trees: vec![tree], aggregate: Aggregate::Sum, base: vec![0.0] };
    let model = model(0, Predictor::Trees(ensemble), Link::Identity, None);
    let error = model.explain(&[0.0; COLUMNS], &[]).unwrap_err();
    assert!(error.to_string().ends_with("train again with this release"), "{error}");
}

#[test]
fn a_chain_without_end_is_not_walked() {
    let mut nodes = Vec::new();
    for n in 0..MAX_EXPLAINED_DEPTH as u32 + 1 {
        nodes.push(Node::Split { feature: n % 3, threshold: n as f32, left: 2 * n + 1, right: 2 * n + 2 });
        nodes.push(Node::Leaf(Vec::new()));
    }
    nodes.push(Node::Leaf(Vec::new()));
    let ensemble = Ensemble { trees: vec![Tree { nodes }], aggregate: Aggregate::Sum, base: vec![0.0] };
    let model = known(model(0, Predictor::Trees(ensemble), Link::Identity, None), &[0.5; COLUMNS]);
    assert_eq!(model.explain(&[0.0; COLUMNS], &[]).unwrap_err(), ExplainError::TooDeep);
}
