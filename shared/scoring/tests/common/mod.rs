//! Pipelines (trained models) that several tests share.

#![allow(dead_code, clippy::unwrap_used, clippy::indexing_slicing)]

mod any;

use evergreen_lifecycle::{Column, ColumnKind, DatePart, Family, Label, Signature};
use evergreen_scoring::{
    Aggregate, ArtifactMetadata, Curve, CurveStep, Encoding, Ensemble, Interval, LabelRule, Lineage, Link, Node,
    Pipeline, PipelineParts, Predictions, Predictor, Preprocessing, Scaler, Statistic, Tree, Weight,
};

#[allow(unused_imports, reason = "not every test needs both")]
pub use any::{pipelines, rows};

pub fn metadata() -> ArtifactMetadata {
    ArtifactMetadata::named("iris")
}

/// Returns artifact metadata that contains a lineage (how the model was trained).
pub fn traced() -> ArtifactMetadata {
    let parameters = [("max_depth", 2.into()), ("max_features", "sqrt".into()), ("n_estimators", 4.into())];
    let lineage = Lineage {
        code_version: "1.2.3".into(),
        dataset: "0123456789abcdef".repeat(4),
        seed: 42,
        family: Family::RandomForest,
        parameters: parameters.map(|(name, value): (&str, serde_json::Value)| (name.to_owned(), value)).into(),
        feedback: None,
    };
    ArtifactMetadata { lineage: Some(lineage), ..ArtifactMetadata::named("iris") }
}

pub fn column(name: &str, kind: ColumnKind, nullable: bool) -> Column {
    Column { name: name.to_owned(), kind, nullable }
}

pub fn category(categories: &[&str]) -> ColumnKind {
    with_rare(categories, &[])
}

pub fn with_rare(categories: &[&str], rare: &[&str]) -> ColumnKind {
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    ColumnKind::Category { categories: texts(categories), rare: texts(rare) }
}

pub fn split(feature: u32, threshold: f32, left: u32, right: u32) -> Node {
    Node::Split { feature, threshold, left, right }
}

pub fn leaf(weights: &[(u32, f32)]) -> Node {
    Node::Leaf(weights.iter().map(|&(output, weight)| Weight { output, weight }).collect())
}

pub fn value(fill: f32, indicator: bool) -> Encoding {
    Encoding::Value { fill, indicator }
}

pub fn trees(trees: Vec<Vec<Node>>, aggregate: Aggregate, base: Vec<f32>) -> Predictor {
    let trees = trees.into_iter().map(|nodes| Tree { nodes }).collect();
    Predictor::Trees(Ensemble { trees, aggregate, base })
}

/// Returns a small classifier for tests, with two columns, two labels and four trees.
pub fn small() -> Pipeline {
    // The trees: one split on each column, a tree of two splits, and a single leaf.
    let forest = vec![
        vec![split(0, 0.5, 1, 2), leaf(&[(0, 1.0)]), leaf(&[(1, 1.0)])],
        vec![split(1, -1.0, 1, 2), leaf(&[(1, 1.0)]), leaf(&[(0, 0.25), (1, 0.75)])],
        vec![split(0, 0.0, 1, 2), split(1, 1.0, 3, 4), leaf(&[(1, 1.0)]), leaf(&[(0, 1.0)]), leaf(&[(1, 1.0)])],
        vec![leaf(&[(0, 1.0)])],
    ];
    let scaler = Scaler { offset: vec![10.0, -1.0], scale: vec![0.5, 2.0] };
    let parts = PipelineParts {
        preprocessing: Preprocessing {
            encodings: vec![value(0.0, false); 2],
            statistics: Vec::new(),
            scaler: Some(scaler),
        },
        predictor: trees(forest, Aggregate::Average, vec![0.0; 2]),
        link: Link::Identity,
        calibration: None,
        rule: LabelRule::default(),
        interval: None,
    };
    let columns = vec![Column::number("column 0"), Column::number("column 1")];
    let labels = vec!["label 0".into(), "label 1".into()];
    Pipeline::new(Signature::classification(columns, labels).unwrap(), parts).unwrap()
}

/// Returns a calibrated classifier for tests: boosted trees with all kinds of columns.
pub fn mixed() -> Pipeline {
    // The table has category, number, boolean and date columns, and some of them allow missing values.
    let columns = vec![
        column("plan", category(&["basic", "pro"]), false),
        column("age", ColumnKind::Number, true),
        column("active", ColumnKind::Boolean, false),
        column("since", ColumnKind::moment(), true),
        column("country", category(&["de", "fr", "it"]), true),
    ];
    let encodings = vec![
        Encoding::OneHot { categories: 2, indicator: false },
        value(40.0, true),
        value(0.0, false),
        value(7000.5, false),
        Encoding::OneHot { categories: 3, indicator: true },
    ];
    // The features in order: age, active, since, is age missing, basic, pro, de, fr, it, is country missing.
    let boosted = vec![
        vec![split(0, 30.0, 1, 2), leaf(&[(0, -0.75)]), split(5, 0.5, 3, 4), leaf(&[(0, 0.125)]), leaf(&[(0, 1.5)])],
        vec![split(9, 0.5, 1, 2), split(7, 0.5, 3, 4), leaf(&[(0, 0.5)]), leaf(&[(0, -0.25)]), leaf(&[(0, 0.75)])],
        vec![split(2, 7000.0, 1, 2), leaf(&[(0, 0.25)]), split(3, 0.5, 3, 4), leaf(&[]), leaf(&[(0, -1.0)])],
    ];
    let parts = PipelineParts {
        preprocessing: Preprocessing { encodings, statistics: Vec::new(), scaler: None },
        predictor: trees(boosted, Aggregate::Sum, vec![-0.5]),
        link: Link::Logistic,
        calibration: Some(0.75),
        rule: LabelRule::default(),
        interval: None,
    };
    Pipeline::new(Signature::classification(columns, [false, true].map(Label::Boolean).into()).unwrap(), parts).unwrap()
}

/// Returns a regression model for tests: a forest with prediction intervals of constant width.
pub fn estimate() -> Pipeline {
    // The table has a number column and a category column, and both allow missing values.
    let columns =
        vec![column("rooms", ColumnKind::Number, true), column("district", category(&["east", "north"]), true)];
    let forest = vec![
        vec![split(0, 2.5, 1, 2), leaf(&[(0, 900.0)]), leaf(&[(0, 1600.0)])],
        vec![
            split(3, 0.5, 1, 2),
            split(0, 4.0, 3, 4),
            leaf(&[(0, 2000.0)]),
            leaf(&[(0, 1000.0)]),
            leaf(&[(0, 1500.5)]),
        ],
    ];
    let parts = PipelineParts {
        preprocessing: Preprocessing {
            encodings: vec![value(3.0, true), Encoding::OneHot { categories: 2, indicator: false }],
            statistics: Vec::new(),
            scaler: None,
        },
        predictor: trees(forest, Aggregate::Average, vec![0.0]),
        link: Link::Identity,
        calibration: None,
        rule: LabelRule::default(),
        interval: Some(250.0.into()),
    };
    Pipeline::new(Signature::regression(columns).unwrap(), parts).unwrap()
}

/// Returns a regression model for tests, with prediction intervals of variable width.
pub fn appraisal() -> Pipeline {
    // The model of `estimate()`. Intervals are wider for high prices and for difficult rows, and never below 0.
    let estimate = estimate();
    let unknown = vec![vec![split(1, 0.5, 1, 2), leaf(&[(0, -1.0)]), leaf(&[(0, 1.0)])]];
    let Predictor::Trees(difficulty) = trees(unknown, Aggregate::Sum, vec![1.0]) else { unreachable!() };
    let steps = vec![CurveStep { from: 1000.0, length: 500.0, rise: 200.0 }];
    let half = Curve { start: 100.0, steps };
    let interval = Interval { half, difficulty: Some(difficulty), low: Some(0.0), high: None };
    let parts = PipelineParts { interval: Some(interval), ..estimate.parts().clone() };
    Pipeline::new(estimate.signature().clone(), parts).unwrap()
}

/// Returns a classifier for tests with parts of a date, words of a text and target encodings.
pub fn derived() -> Pipeline {
    let words = ["late", "slow"].map(str::to_owned).to_vec();
    let columns = vec![
        column("at", ColumnKind::Timestamp { parts: vec![DatePart::Weekday, DatePart::Hour] }, true),
        column("zip", with_rare(&["10115", "20095"], &["01067", "80331"]), true),
        column("review", ColumnKind::Text { words }, false),
    ];
    let one_hot = Encoding::OneHot { categories: 2, indicator: false };
    let encodings =
        vec![value(9000.0, true), value(4.0, false), value(12.0, false), one_hot, value(0.0, false), value(0.0, false)];
    // Target encodings of the categories 10115 and 20095, an unknown text, the rare texts 01067 and 80331, and a
    // missing text.
    let statistic = |values: [f32; 6]| Statistic { slot: 3, values: values.to_vec() };
    let statistics = vec![statistic([0.5, 0.25, 0.4, 0.1, 0.9, 0.45]), statistic([-1.0, 2.0, 0.0, -2.5, 1.5, 0.125])];
    // The features in order: days, weekday, hour, late, slow, is at missing, 10115, 20095, the two target encodings.
    let boosted = vec![
        vec![split(1, 5.5, 1, 2), split(2, 8.5, 3, 4), leaf(&[(0, 1.5)]), leaf(&[(0, -0.5)]), leaf(&[(0, 0.25)])],
        vec![split(3, 0.5, 1, 2), leaf(&[(0, 0.75)]), split(4, 0.5, 3, 4), leaf(&[(0, -0.25)]), leaf(&[(0, -2.0)])],
        vec![split(8, 0.42, 1, 2), split(9, -2.0, 3, 4), leaf(&[(0, 1.0)]), leaf(&[(0, -3.0)]), leaf(&[(0, 0.5)])],
    ];
    let parts = PipelineParts {
        preprocessing: Preprocessing { encodings, statistics, scaler: None },
        predictor: trees(boosted, Aggregate::Sum, vec![0.25]),
        link: Link::Logistic,
        calibration: None,
        rule: LabelRule::default(),
        interval: None,
    };
    let labels = ["bad", "good"].map(Label::from).into();
    Pipeline::new(Signature::classification(columns, labels).unwrap(), parts).unwrap()
}

/// Returns the numbers in predictions: the probabilities of a classifier, or the predicted numbers of a regression
/// model.
pub fn numbers(batch: &Predictions) -> Vec<f32> {
    match batch {
        Predictions::Classes(batch) => batch.probabilities().to_vec(),
        Predictions::Numbers(batch) => batch.values().to_vec(),
    }
}

/// Returns whether all probabilities or predicted numbers are finite.
pub fn is_finite(batch: &Predictions) -> bool {
    numbers(batch).iter().all(|number| number.is_finite())
}
