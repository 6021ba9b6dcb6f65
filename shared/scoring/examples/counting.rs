//! Measures what counting adds to a prediction: `cargo run --release -p evergreen-scoring --example counting`. Prints
//! the time of a row of 30 columns with and without it, in turns.

#![allow(clippy::print_stdout, clippy::unwrap_used)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use evergreen_lifecycle::drift::{Bins, CountShape, CountedCategory, CountedColumn, ServedCounts};
use evergreen_lifecycle::{Column, Signature};
use evergreen_scoring::{
    Aggregate, ArtifactMetadata, Encoding, Ensemble, LabelRule, Link, Model, Node, Pipeline, PipelineParts, Predictor,
    Preprocessing, Tree, Weight, count_rows,
};

const COLUMNS: usize = 30;
const ROUNDS: usize = 2000;

fn main() {
    let (model, shape) = (model(), shape());
    for rows in [1, 100] {
        let raw: Vec<f32> = (0..rows * COLUMNS).map(|place| (place * 37 % 101) as f32 / 10.0).collect();
        let mut counts = ServedCounts::new(&shape);
        let (mut without, mut with) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            let started = Instant::now();
            let predictions = black_box(model.predict(black_box(&raw)).unwrap());
            without.push(started.elapsed());
            count_rows(&shape, black_box(&raw), &predictions, &mut counts);
            with.push(started.elapsed());
        }
        let nanos = |times: &mut Vec<Duration>| {
            times.sort_unstable();
            times.get(times.len() / 2).map_or(0.0, |median| median.as_nanos() as f64 / rows as f64)
        };
        let (without, with) = (nanos(&mut without), nanos(&mut with));
        println!(
            "{rows} rows: {without:.0} ns a row, {with:.0} with counting, {:.0} more ({:.2} times)",
            with - without,
            with / without
        );
        black_box(counts.rows());
    }
}

/// Returns cells of ten numbers for two thirds of the columns, and of thirty categories for the others.
fn shape() -> CountShape {
    let numbers = || Bins::Numbers { edges: (1..10).map(f64::from).collect() };
    let categories = || {
        let all = (0..40).map(|code| (CountedCategory { code, name: code.to_string() }, u64::from(100 - code)));
        Bins::of_categories(all, 40)
    };
    let column = |place: usize| CountedColumn {
        name: place.to_string(),
        slots: 1,
        bins: if place.is_multiple_of(3) { categories() } else { numbers() },
    };
    let prediction = CountedColumn { name: "prediction".to_owned(), slots: 1, bins: numbers() };
    CountShape { columns: (0..COLUMNS).map(column).collect(), predictions: vec![prediction] }
}

/// Returns a model of 100 trees of depth 4.
fn model() -> Model {
    let node = |place: u32, tree: u32| match place {
        0..15 => Node::Split {
            feature: (place * 7 + tree) % COLUMNS as u32,
            threshold: ((place + tree) % 10) as f32,
            left: 2 * place + 1,
            right: 2 * place + 2,
        },
        _ => Node::Leaf(vec![Weight { output: 0, weight: place as f32 }]),
    };
    let trees = (0..100).map(|tree| Tree { nodes: (0..31).map(|place| node(place, tree)).collect() }).collect();
    let parts = PipelineParts {
        preprocessing: Preprocessing {
            encodings: vec![Encoding::Value { fill: 0.0, indicator: false }; COLUMNS],
            statistics: Vec::new(),
            scaler: None,
        },
        predictor: Predictor::Trees(Ensemble { trees, aggregate: Aggregate::Sum, base: vec![0.0] }),
        link: Link::Identity,
        calibration: None,
        rule: LabelRule::default(),
        interval: None,
    };
    let columns = (0..COLUMNS).map(|place| Column::number(place.to_string())).collect();
    let pipeline = Pipeline::new(Signature::regression(columns).unwrap(), parts).unwrap();
    Model::compile(&pipeline, ArtifactMetadata::named("bench"))
}
