//! Generators of random test data for property tests: small pipelines (trained models), and rows for them.

use evergreen_lifecycle::{Column, ColumnKind, DatePart, Signature};
use evergreen_scoring::{
    Aggregate, Curve, CurveStep, Encoding, Ensemble, Hole, Interval, LabelRule, Linear, Link, Member, Node, Pipeline,
    PipelineParts, Predictor, Preprocessing, Scaler, Statistic, Tree,
};
use proptest::prelude::*;
use proptest::sample::Index;

use super::{column, leaf, split, value, with_rare};

const TEXTS: [&str; 5] = ["a", "b c", "d\"e", "é", "日本"];

/// Source of random numbers for generated test data. Repeats a random list without end.
struct Numbers<'a>(std::iter::Cycle<std::slice::Iter<'a, f32>>);

impl Numbers<'_> {
    /// Returns the next random number, from -1 to 1.
    fn next(&mut self) -> f32 {
        *self.0.next().unwrap()
    }

    fn take(&mut self, count: usize, scale: f32) -> Vec<f32> {
        (0..count).map(|_| self.next() * scale).collect()
    }
}

/// Random column for tests: the column, the encodings of its values, and the number of its target encodings.
type Encoded = (Column, Vec<Encoding>, usize);

fn columns() -> impl Strategy<Value = Vec<Encoded>> {
    let kind = (0..5_u8, 0..=TEXTS.len(), any::<bool>(), any::<bool>(), -3.0..3.0_f32, 0..3_usize);
    let column = kind.prop_map(|(kind, texts, nullable, indicator, fill, statistics)| {
        let indicator = nullable && indicator;
        let one_hot = Encoding::OneHot { categories: texts as u32, indicator };
        let (kind, first, statistics) = match kind {
            0 => (ColumnKind::Number, value(fill, indicator), 0),
            1 => (ColumnKind::Boolean, value(fill, indicator), 0),
            2 => (ColumnKind::Timestamp { parts: DatePart::ALL[..texts].to_vec() }, value(fill, indicator), 0),
            3 => (
                ColumnKind::Text { words: TEXTS[..texts].iter().map(|text| (*text).to_owned()).collect() },
                value(fill, indicator),
                0,
            ),
            _ => (with_rare(&TEXTS[..texts], &TEXTS[texts..]), one_hot, statistics),
        };
        let mut encodings = vec![value(fill, false); kind.slots()];
        encodings.iter_mut().take(1).for_each(|encoding| *encoding = first);
        (column("", kind, nullable), encodings, statistics)
    });
    let named = |(index, (mut column, encodings, statistics)): (usize, Encoded)| {
        column.name = format!("column {index}");
        (column, encodings, statistics)
    };
    let columns = prop::collection::vec(column, 1..7);
    columns
        .prop_map(move |columns| columns.into_iter().enumerate().map(named).collect::<Vec<_>>())
        .prop_filter("there is a feature", |columns| preprocessing(columns, || 0.0).features() > 0)
}

/// Returns the preprocessing for random columns. `number` returns the next number for the target encodings.
fn preprocessing(columns: &[Encoded], mut number: impl FnMut() -> f32) -> Preprocessing {
    let (mut encodings, mut statistics) = (Vec::new(), Vec::new());
    for (column, own, count) in columns {
        if let ColumnKind::Category { categories, rare } = &column.kind {
            let codes = categories.len() + rare.len() + 2;
            let slot = encodings.len() as u32;
            statistics.extend((0..*count).map(|_| Statistic { slot, values: (0..codes).map(|_| number()).collect() }));
        }
        encodings.extend(own);
    }
    Preprocessing { encodings, statistics, scaler: None }
}

/// Builds a random decision tree for tests by splitting leaves one after the other.
fn tree(splits: &[(Index, Index, f32)], features: usize, mut weights: impl FnMut() -> Node) -> Tree {
    // Each entry of `splits` selects the leaf, the feature and the threshold. `weights` returns the leaves of the
    // finished tree.
    let mut nodes = vec![None];
    for (which, feature, threshold) in splits {
        let leaves: Vec<_> = (0..nodes.len()).filter(|&n| nodes[n].is_none()).collect();
        let left = nodes.len() as u32;
        let feature = feature.index(features) as u32;
        nodes[leaves[which.index(leaves.len())]] = Some(split(feature, *threshold, left, left + 1));
        nodes.extend([None, None]);
    }
    Tree { nodes: nodes.into_iter().map(|node| node.unwrap_or_else(&mut weights)).collect() }
}

/// Returns a random leaf whose weights are a probability distribution over the classes.
fn vote(classes: usize, numbers: &mut Numbers<'_>) -> Node {
    let class = ((numbers.next() + 1.0) * 4.0) as usize % (classes + 1);
    let share = 0.25 + 0.125 * numbers.next();
    match class {
        shared if shared == classes => leaf(&[(0, share), (classes as u32 - 1, 1.0 - share)]),
        class => leaf(&[(class as u32, 1.0)]),
    }
}

/// Returns a random leaf with no weight, one weight, or one weight for each output.
fn weights(outputs: usize, numbers: &mut Numbers<'_>) -> Node {
    match ((numbers.next() + 1.0) * 4.0) as u32 {
        0 => leaf(&[]),
        1 => leaf(&(0..outputs as u32).map(|output| (output, numbers.next())).collect::<Vec<_>>()),
        any => leaf(&[(any % outputs as u32, numbers.next() * 2.0)]),
    }
}

#[derive(Debug, Clone, Copy)]
struct Kind {
    classes: usize,
    link: Link,
    linear: bool,
    aggregate: Aggregate,
}

fn kinds() -> impl Strategy<Value = Kind> {
    let links = prop::sample::select(vec![Link::Identity, Link::Logistic, Link::OneVersusRest, Link::Softmax]);
    let aggregates = prop::sample::select(vec![Aggregate::Average, Aggregate::Sum]);
    (links, any::<bool>(), 0..4_usize, aggregates).prop_map(|(link, linear, classes, aggregate)| match link {
        Link::Identity if classes == 0 => Kind { classes, link, linear, aggregate },
        Link::Identity => Kind { classes: classes + 1, link, linear: false, aggregate: Aggregate::Average },
        Link::Logistic => Kind { classes: 2, link, linear, aggregate },
        _ => Kind { classes: classes + 2, link, linear, aggregate },
    })
}

/// Returns a random blend (weighted mean) of two predictors of different kinds.
fn blend(kind: Kind, (features, holes): (usize, &[Hole]), shapes: &[Shape], numbers: &mut Numbers<'_>) -> Predictor {
    let (classes, aggregate) = (kind.classes, kind.aggregate);
    let second = match classes {
        0 => Kind { linear: !kind.linear, ..kind },
        2 => Kind { link: Link::Logistic, linear: true, classes, aggregate },
        _ => Kind { link: Link::Softmax, linear: false, classes, aggregate },
    };
    let offset = numbers.take(features, 3.0);
    let scaler = Scaler { scale: offset.iter().map(|offset| 1.0 / (1.0 + offset.abs())).collect(), offset };
    let mut member = |kind: Kind, scaler, holes: &[Hole], weight| {
        let predictor = predictor(kind, features + 2 * holes.len(), shapes, numbers);
        // Linear members of a blend have no holes: a weighted sum with ±1e38 for each missing value is meaningless.
        Member { scaler, holes: holes.to_vec(), predictor, link: kind.link, weight }
    };
    let split_holes = if kind.linear { &[] } else { holes };
    Predictor::Blend(vec![member(kind, None, split_holes, 0.625), member(second, Some(scaler), &[], 0.375)])
}

type Shape = Vec<(Index, Index, f32)>;

fn predictor(kind: Kind, features: usize, shapes: &[Shape], numbers: &mut Numbers<'_>) -> Predictor {
    let outputs = if kind.link == Link::Logistic { 1 } else { kind.classes.max(1) };
    if kind.linear {
        let weights = numbers.take(outputs * features, 2.0);
        return Predictor::Linear(Linear { weights, bias: numbers.take(outputs, 1.0) });
    }
    let votes = kind.link == Link::Identity && kind.classes > 0;
    let base = if votes { vec![0.0; outputs] } else { numbers.take(outputs, 1.0) };
    let leaf = |numbers: &mut Numbers<'_>| if votes { vote(outputs, numbers) } else { weights(outputs, numbers) };
    let trees = shapes.iter().map(|shape| tree(shape, features, || leaf(numbers))).collect();
    Predictor::Trees(Ensemble { trees, aggregate: kind.aggregate, base })
}

/// Returns a random prediction interval for tests.
fn interval(half: f32, features: usize, shapes: &[Shape], numbers: &mut Numbers<'_>) -> Interval {
    // If `half` is below 1, all rows have the same width. Otherwise the width depends on the predicted number, and for
    // some values of `half` also on the features.
    if half < 1.0 {
        return half.into();
    }
    let mut steps = Vec::new();
    for from in [-2.0, 0.0, 1.5] {
        steps.push(CurveStep { from, length: 1.0 + numbers.next().abs(), rise: numbers.next().abs() });
    }
    let trees = shapes.iter().take(3).map(|shape| tree(shape, features, || leaf(&[(0, numbers.next())]))).collect();
    let difficulty = (half < 2.5).then_some(Ensemble { trees, aggregate: Aggregate::Sum, base: vec![0.5] });
    let limit = |from: f32| (half > 1.5).then_some(from);
    Interval { half: Curve { start: half, steps }, difficulty, low: limit(-1.0), high: limit(half) }
}

/// Generates random small pipelines (trained models) with 1–6 columns, for regression or up to 5 classes.
pub fn pipelines() -> impl Strategy<Value = Pipeline> {
    let split = (any::<Index>(), any::<Index>(), -2.0..2.0_f32);
    let shapes = prop::collection::vec(prop::collection::vec(split, 0..12), 1..20);
    let rule = (prop::option::of(1e-6..0.1_f32), any::<bool>());
    let options = (any::<bool>(), any::<bool>(), prop::option::of(0.1..3.0_f32), prop::option::of(0.0..3.0_f32), rule);
    let numbers = prop::collection::vec(-1.0..1.0_f32, 31);
    (columns(), kinds(), shapes, options, numbers).prop_map(|(columns, kind, shapes, options, numbers)| {
        let mut numbers = Numbers(numbers.iter().cycle());
        let mut preprocessing = preprocessing(&columns, || numbers.next());
        let columns = columns.into_iter().map(|(column, _, _)| column).collect();
        let features = preprocessing.features();
        if options.0 {
            let offset = numbers.take(features, 3.0);
            let scale = offset.iter().map(|offset| 1.0 / (1.0 + offset.abs())).collect();
            preprocessing.scaler = Some(Scaler { offset, scale });
        }
        let labels = (0..kind.classes).map(|n| format!("label {n}").as_str().into()).collect();
        let (signature, calibration, interval) = match kind.classes {
            0 => (
                Signature::regression(columns),
                None,
                options.3.map(|half| interval(half, features, &shapes, &mut numbers)),
            ),
            _ => (Signature::classification(columns, labels), options.2, None),
        };
        let rule = match kind.classes {
            0 => LabelRule::default(),
            classes => {
                let weights = options.4.1.then(|| numbers.take(classes, 1.0).iter().map(|n| 1.5 + n).collect());
                LabelRule { floor: options.4.0, weights }
            }
        };
        // Holes (features that may be missing) are not allowed here: after a scaler, ±1e38 is not certain to be beyond
        // all other values.
        let holes = if options.0 { Vec::new() } else { preprocessing.holes() };
        let (predictor, link) = match options.1 {
            true => (blend(kind, (features, &holes), &shapes, &mut numbers), Link::Identity),
            false => (predictor(kind, features, &shapes, &mut numbers), kind.link),
        };
        let parts = PipelineParts { preprocessing, predictor, link, calibration, rule, interval };
        Pipeline::new(signature.unwrap(), parts).unwrap()
    })
}

/// Returns a random raw row for a model with this signature. Texts are known, rare, unknown or missing.
fn raw(signature: &Signature, random: &[(f32, u8)]) -> Vec<f32> {
    let columns = signature.columns().iter().zip(random.iter().cycle());
    columns
        .flat_map(|(column, &(number, choice))| {
            let value = match &column.kind {
                _ if column.nullable && choice % 3 == 0 => f32::NAN,
                ColumnKind::Number | ColumnKind::Double | ColumnKind::WholeText => number,
                ColumnKind::Boolean | ColumnKind::Text { .. } => f32::from(choice % 2),
                ColumnKind::Timestamp { .. } => (number * 1000.0).round() / 100.0,
                ColumnKind::Category { categories, rare } => {
                    (usize::from(choice) % (categories.len() + 1 + rare.len())) as f32
                }
            };
            vec![value; column.kind.slots()]
        })
        .collect()
}

/// Generates a random pipeline (trained model), and 1–19 random raw rows for it as one list of numbers.
pub fn rows() -> impl Strategy<Value = (Pipeline, Vec<f32>)> {
    let random = prop::collection::vec((-5.0..5.0_f32, any::<u8>()), 7);
    (pipelines(), prop::collection::vec(random, 1..20)).prop_map(|(pipeline, random)| {
        let rows = random.iter().flat_map(|random| raw(pipeline.signature(), random)).collect();
        (pipeline, rows)
    })
}
