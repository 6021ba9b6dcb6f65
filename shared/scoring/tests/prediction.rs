//! What a loaded model answers.

#![allow(clippy::unwrap_used)]

mod common;

use common::{metadata, pipelines, small};
use evergreen_scoring::{Model, Node, Pipeline, ShapeError, encode};
use proptest::prelude::*;

/// The definition, without any cleverness.
fn probabilities(pipeline: &Pipeline, row: &[f32]) -> Vec<f32> {
    let mut scaled = row.to_vec();
    pipeline.scaler().apply(row, &mut scaled);
    let mut sums = vec![0.0_f32; pipeline.signature().labels().len()];
    for tree in &pipeline.forest().trees {
        let mut at = 0;
        while let Node::Split { column, threshold, left, right } = tree.nodes[at] {
            at = if scaled[column as usize] <= threshold { left } else { right } as usize;
        }
        let Node::Leaf(weights) = &tree.nodes[at] else { unreachable!() };
        weights.iter().for_each(|entry| sums[entry.class as usize] += entry.weight);
    }
    sums.iter().map(|sum| sum / pipeline.forest().trees.len() as f32).collect()
}

#[test]
fn probabilities_are_the_mean_of_the_leaves() {
    let model = Model::compile(&small(), metadata());
    // Scaled: (0, 0): left, right, left-left, leaf.
    let batch = model.predict(&[10.0, -1.0]).unwrap();
    assert_eq!(batch.probabilities(), [0.8125, 0.1875]);
    assert_eq!(batch.classes(), [0]);
}

#[test]
fn a_value_on_the_threshold_goes_left() {
    let model = Model::compile(&small(), metadata());
    let above = 11.0_f32.next_up();
    // The stump on column 0 splits the scaled value at 0.5, the raw one at 11.
    let batch = model.predict(&[11.0, 0.5, above, 0.5]).unwrap();
    assert_eq!(batch.probabilities()[0] - batch.probabilities()[2], 0.25);
}

#[test]
fn a_batch_is_answered_in_order_and_an_empty_one_with_nothing() {
    let model = Model::compile(&small(), metadata());
    let classes = |rows: &[f32]| model.predict(rows).unwrap().classes().to_vec();
    assert_eq!(classes(&[10.0, -1.0, 20.0, 5.0, 10.0, -1.0]), [0, 1, 0]);
    assert_eq!(classes(&[]), [0; 0]);
}

#[test]
fn half_a_row_is_refused() {
    let model = Model::compile(&small(), metadata());
    assert_eq!(model.predict(&[1.0, 2.0, 3.0]), Err(ShapeError { values: 3, columns: 2 }));
}

#[test]
fn numbers_that_are_none_do_not_panic() {
    let model = Model::compile(&small(), metadata());
    for odd in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::MAX, f32::MIN] {
        assert_eq!(model.predict(&[odd, odd, 0.0, odd]).unwrap().len(), 2);
    }
}

proptest! {
    #[test]
    fn the_compiled_forest_answers_as_defined(
        pipeline in pipelines(),
        rows in prop::collection::vec(prop::array::uniform3(-5.0..5.0_f32), 1..20),
    ) {
        let model = Model::load(&encode(&pipeline, &metadata())).unwrap();
        let batch = model.predict(rows.as_flattened()).unwrap();
        for (row, answer) in rows.iter().zip(batch.iter()) {
            prop_assert_eq!(answer.probabilities, probabilities(&pipeline, row));
            prop_assert!((answer.probabilities.iter().sum::<f32>() - 1.0).abs() < 1e-6);
            let best = answer.probabilities[answer.class];
            prop_assert!(answer.probabilities.iter().enumerate().all(|(class, p)| best > *p || (best == *p && class >= answer.class)));
        }
    }
}
