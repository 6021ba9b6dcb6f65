//! Hand-made models for tests, with known predictions.

use std::sync::OnceLock;

use evergreen_lifecycle::drift::{BaselineCounts, Bins, CountShape, CountedColumn, ServedCounts};
use evergreen_lifecycle::{Column, ColumnKind, Label, Signature};
use evergreen_scoring::{
    Aggregate, ArtifactMetadata, BackgroundCounter, Encoding, Ensemble, LabelRule, Link, Model, Node, Pipeline,
    PipelineParts, Predictor, Preprocessing, Tree, Weight, decode, encode,
};

/// The Iris data set as CSV, with a header.
pub const IRIS: &str = include_str!("../../../../shared/table/data/iris.csv");

/// Returns the model file of a random forest that classifies Iris flowers well. Each `number` gives a different forest.
pub fn artifact(number: u32) -> &'static [u8] {
    static ARTIFACTS: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    let artifacts = ARTIFACTS.get_or_init(|| (1..=3).map(|seed| forest("iris", 20, seed)).collect());
    artifacts[number as usize - 1].as_slice()
}

/// Returns the model file of a random forest for Iris flowers, with the given model name and number of trees.
pub fn forest(name: &str, trees: u32, seed: u32) -> Vec<u8> {
    // Each tree splits by petal length and petal width, at slightly different thresholds.
    let tree = |index: u32| {
        let nudge = ((index * 7 + seed) % 10) as f32 / 100.0;
        Tree {
            nodes: vec![
                split(2, 2.4 + nudge, 1, 2),
                leaf(&[(0, 1.0)]),
                split(3, 1.7 - nudge, 3, 4),
                leaf(&[(1, 0.75), (2, 0.25)]),
                leaf(&[(2, 1.0)]),
            ],
        }
    };
    let columns = IRIS.lines().next().unwrap().split(',').take(4).map(Column::number).collect();
    let labels = ["setosa", "versicolor", "virginica"].map(Label::from).to_vec();
    let predictor = ensemble((0..trees).map(tree).collect(), Aggregate::Average, 3);
    let encodings = vec![value(0.0, false); 4];
    written(name, Signature::classification(columns, labels).unwrap(), parts(encodings, predictor, None))
}

/// Returns the model file of a classifier that predicts whether a subscriber leaves. It has one column of each kind.
pub fn subscribers() -> Vec<u8> {
    // The model answers yes for subscribers who complained, less surely if the age is missing, and no for all others.
    // It knows the countries `de` and `fr`, and `li` as a rare one. Values may be missing.
    let country = ColumnKind::Category { categories: vec!["de".into(), "fr".into()], rare: vec!["li".into()] };
    let columns = vec![
        column("age", ColumnKind::Number, true),
        column("complained", ColumnKind::Boolean, false),
        column("since", ColumnKind::moment(), false),
        column("country", country, true),
    ];
    let encodings = vec![
        value(40.0, true),
        value(0.0, false),
        value(0.0, false),
        Encoding::OneHot { categories: 2, indicator: false },
    ];
    // The features are age, complained, since, whether the age is missing, `de` and `fr`.
    let nodes = vec![
        split(1, 0.5, 1, 2),
        split(3, 0.5, 3, 4),
        leaf(&[(1, 1.0)]),
        leaf(&[(0, 1.0)]),
        leaf(&[(0, 0.25), (1, 0.75)]),
    ];
    let labels = [false, true].map(Label::Boolean).to_vec();
    let predictor = ensemble(vec![Tree { nodes }], Aggregate::Average, 2);
    written("iris", Signature::classification(columns, labels).unwrap(), parts(encodings, predictor, None))
}

/// Returns the model file of a regression model with one column. `interval` is the optional interval around each
/// prediction.
pub fn estimate(interval: Option<f32>) -> Vec<u8> {
    // The model predicts 1 for values up to a half, and 2.5 above.
    let nodes = vec![split(0, 0.5, 1, 2), leaf(&[(0, 1.0)]), leaf(&[(0, 2.5)])];
    let predictor = ensemble(vec![Tree { nodes }], Aggregate::Sum, 1);
    let signature = Signature::regression(vec![Column::number("x")]).unwrap();
    written("iris", signature, parts(vec![value(0.0, false)], predictor, interval))
}

/// Returns the cells of [`counted`]: x up to 0.5, above, missing.
pub fn shape() -> CountShape {
    let numbers = |name: &str, edge: f64| CountedColumn {
        name: name.into(),
        slots: 1,
        bins: Bins::Numbers { edges: vec![edge] },
    };
    CountShape { columns: vec![numbers("x", 0.5)], predictions: vec![numbers("prediction", 1.0)] }
}

/// Returns the model file of [`estimate`] with a baseline, so that served rows are counted. Each `number` gives a
/// different file.
pub fn counted(number: u64) -> Vec<u8> {
    let (shape, mut rows) = (shape(), ServedCounts::new(&shape()));
    (0..number).for_each(|_| shape.count(&mut rows, &[0.0], &[1.0]));
    let baseline = Some(BaselineCounts::new(shape, &rows, &rows).unwrap());
    let (pipeline, metadata) = decode(&estimate(None)).unwrap();
    encode(&pipeline, &ArtifactMetadata { baseline, ..metadata })
}

/// Returns a model file that can explain predictions: that of a model in `file`, with these raw rows as its training rows.
pub fn explaining(file: &[u8], rows: &[f32]) -> Vec<u8> {
    let (pipeline, metadata) = decode(file).unwrap();
    let model = Model::compile(&pipeline, metadata.clone());
    let mut counter = BackgroundCounter::new(&model);
    counter.add(rows).unwrap();
    let background = counter.finish();
    encode(&pipeline, &ArtifactMetadata { background, ..metadata })
}

fn written(name: &str, signature: Signature, parts: PipelineParts) -> Vec<u8> {
    encode(&Pipeline::new(signature, parts).unwrap(), &ArtifactMetadata::named(name))
}

fn parts(encodings: Vec<Encoding>, predictor: Predictor, interval: Option<f32>) -> PipelineParts {
    let preprocessing = Preprocessing { encodings, statistics: Vec::new(), scaler: None };
    let interval = interval.map(Into::into);
    PipelineParts {
        preprocessing,
        predictor,
        link: Link::Identity,
        calibration: None,
        rule: LabelRule::default(),
        interval,
    }
}

fn column(name: &str, kind: ColumnKind, nullable: bool) -> Column {
    Column { name: name.to_owned(), kind, nullable }
}

fn value(fill: f32, indicator: bool) -> Encoding {
    Encoding::Value { fill, indicator }
}

fn ensemble(trees: Vec<Tree>, aggregate: Aggregate, outputs: usize) -> Predictor {
    Predictor::Trees(Ensemble { trees, aggregate, base: vec![0.0; outputs] })
}

fn split(feature: u32, threshold: f32, left: u32, right: u32) -> Node {
    Node::Split { feature, threshold, left, right }
}

fn leaf(weights: &[(u32, f32)]) -> Node {
    Node::Leaf(weights.iter().map(|&(output, weight)| Weight { output, weight }).collect())
}
