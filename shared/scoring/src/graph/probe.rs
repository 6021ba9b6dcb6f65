//! Runs a graph for a few made-up rows at the import, to see what its outputs are and whether it answers.

use std::sync::Arc;

use evergreen_lifecycle::text::shortened;
use evergreen_lifecycle::{ColumnKind, Label, RowTexts, Signature, Task};

use super::answer::{AnswerPlan, distribution, label_places, probabilities};
use super::call::Budget;
use super::given::Given;
use super::inputs::{self, GraphInput, RawRows};
use super::operators::first_greatest;
use super::program::{GraphProgram, StepProblem};
use super::tensor::{Tensor, TensorValues};
use super::{MAX_STEPS, labels};
use crate::artifact::onnx::{GraphProto, NodeProto};
use crate::import::{ImportError, classes_of};

/// Number of made-up rows.
const ROWS: usize = 12;

/// Maximum number of words of one vocabulary that made-up texts use.
const MAX_WORDS: usize = 1000;

/// Maximum number of vocabularies that made-up texts use.
const MAX_VOCABULARIES: usize = 10;

/// Maximum difference between the answers to a row alone and among others, relative to its size if that is above 1.
const SAME: f64 = 1e-5;

/// Warning: the file answers only a label.
const NO_PROBABILITIES: &str = "the file has no probabilities: the predicted label gets 1, all others 0. For probabilities, \
    wrap the model in CalibratedClassifierCV and export it again";

/// Turns the problem of a step into the error of an import.
pub(super) fn refusal(found: StepProblem) -> ImportError {
    let StepProblem { operator, name, problem } = found;
    ImportError::Step { step: name, operator, problem: problem.0.into_owned() }
}

/// Finds out how the outputs of a graph become an answer. Also returns warnings for the user.
pub(super) fn answer(
    graph: &GraphProto,
    producer: &str,
    program: &GraphProgram,
    inputs: &[GraphInput],
    signature: &Signature,
) -> Result<(AnswerPlan, Vec<String>), ImportError> {
    let slots = signature.slots();
    let (rows, texts) = rows(signature, &words(graph));
    let run = |rows: &[f32]| {
        let rows = RawRows { values: rows, slots, texts: &texts };
        let inputs = inputs::tensors(inputs, rows).map_err(refusal)?;
        program.run(inputs, &mut Budget::new(MAX_STEPS.saturating_mul(rows.count() as u64))).map_err(refusal)
    };
    let (rows, outputs) = match run(&rows) {
        Ok(outputs) => (rows, outputs),
        // The columns may be codes, for which only small integers are allowed.
        Err(error) => {
            let small: Vec<f32> = rows.iter().map(|value| f32::from(u8::from(*value >= 5.0))).collect();
            let outputs = run(&small).map_err(|_| error)?;
            (small, outputs)
        }
    };
    let (plan, warnings) = plan(graph, program, &outputs, signature)?;
    for (place, row) in rows.chunks_exact(slots).enumerate().take(3) {
        if !is_same(&plan, &outputs, place, &run(row)?) {
            return Err(ImportError::OtherRows);
        }
    }
    missing(&rows, signature, run)?;
    match unguided(graph, signature) {
        Some(column) if producer == "skl2onnx" => Err(ImportError::Missing(column)),
        _ => Ok((plan, warnings)),
    }
}

/// Returns some words or letters that the file knows in whole texts.
fn words(graph: &GraphProto) -> Vec<Arc<str>> {
    let pool = |node: &NodeProto| match Given::of(node).first_list(&["pool_strings"]) {
        Ok(Some(TensorValues::Text(words))) => words,
        _ => Vec::new(),
    };
    let nodes = graph.node.iter().filter(|node| node.op_type == "TfIdfVectorizer").take(MAX_VOCABULARIES);
    nodes.flat_map(|node| pool(node).into_iter().take(MAX_WORDS)).collect()
}

/// Returns made-up rows: numbers of several sizes, and texts that the file knows. A whole text has some of `words`.
fn rows(signature: &Signature, words: &[Arc<str>]) -> (Vec<f32>, RowTexts) {
    let mut state = 1_u32;
    let mut next = || {
        // A linear congruential generator (Numerical Recipes) is random enough.
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 24) as f32
    };
    let (mut rows, mut texts) = (Vec::new(), RowTexts::none());
    for row in 0..ROWS {
        for column in signature.columns() {
            let (share, size) = (next(), libm::powf(10.0, (row % 3) as f32));
            match &column.kind {
                ColumnKind::Boolean => rows.push(f32::from(u8::from(share < 0.5))),
                ColumnKind::Category { categories, .. } => rows.push((share * categories.len() as f32).floor()),
                ColumnKind::WholeText => {
                    let mut word = || words.get((next() * words.len() as f32) as usize).map_or("word", |word| word);
                    rows.push(texts.push([word(), word(), "other", word()].join(" ")));
                }
                ColumnKind::Double => rows.extend([(share * size).round(), 0.0]),
                kind => rows.extend(std::iter::repeat_n(share * size, kind.slots())),
            }
        }
    }
    (rows, texts)
}

fn plan(
    graph: &GraphProto,
    program: &GraphProgram,
    outputs: &[Arc<Tensor>],
    signature: &Signature,
) -> Result<(AnswerPlan, Vec<String>), ImportError> {
    let is_label = |tensor: &Arc<Tensor>| {
        matches!(tensor.values, TensorValues::Text(_) | TensorValues::Whole(_)) && tensor.values.len() == ROWS
    };
    let is_real = |tensor: &Arc<Tensor>| matches!(tensor.values, TensorValues::Float(_) | TensorValues::Double(_));
    let label = outputs.iter().position(is_label);
    let real = outputs.iter().position(|it| is_real(it) && it.values.len() >= ROWS);
    match (signature.task(), label, real) {
        (Task::Regression, None, Some(place)) if outputs.get(place).is_some_and(|it| it.values.len() == ROWS) => {
            Ok((AnswerPlan::Number(place), Vec::new()))
        }
        (Task::Regression, Some(_), _) => Err(ImportError::Task { file: "classification", table: "regression" }),
        (Task::Classification, None, Some(place)) if outputs.get(place).is_some_and(|it| it.values.len() == ROWS) => {
            Err(ImportError::Task { file: "regression", table: "classification" })
        }
        (Task::Classification, label, real) if label.is_some() || real.is_some() => {
            classes(graph, program, outputs, signature, label, real)
        }
        _ => Err(ImportError::NoPrediction),
    }
}

fn classes(
    graph: &GraphProto,
    program: &GraphProgram,
    outputs: &[Arc<Tensor>],
    signature: &Signature,
    label: Option<usize>,
    real: Option<usize>,
) -> Result<(AnswerPlan, Vec<String>), ImportError> {
    let name = |place: Option<usize>| place.and_then(|place| program.outputs.get(place)).map(|(name, _)| name.as_str());
    let count = signature.labels().len();
    let mut warnings = Vec::new();
    let named = labels::of(graph, name(label), name(real));
    let is_assumed = named.is_none();
    let own = named.unwrap_or_else(|| {
        let mut sorted = signature.labels().to_vec();
        sorted.sort();
        let is_whole =
            label.and_then(|it| outputs.get(it)).is_some_and(|it| matches!(it.values, TensorValues::Whole(_)));
        if is_whole { (0..).take(count).map(Label::Integer).collect() } else { sorted }
    });
    let (classes, warning) = classes_of(&own, signature.labels())?;
    warnings.extend(warning);
    let labels: Vec<String> = own.iter().map(ToString::to_string).collect();
    if is_assumed {
        warnings
            .push(format!("the file does not name its labels; they are assumed in this order: {}", labels.join(", ")));
    }
    let is_distribution = real.and_then(|place| outputs.get(place)).is_some_and(|it| has_probabilities(it, count));
    let scores = real.filter(|_| is_distribution);
    if scores.is_none() {
        if is_argmax_of_margins(graph) {
            return Err(ImportError::Margins);
        }
        warnings.push(NO_PROBABILITIES.to_owned());
    }
    if let Some(tensor) = label.and_then(|place| outputs.get(place)) {
        let places = label_places(tensor, &labels).map_err(refusal)?;
        let shares = scores.and_then(|place| outputs.get(place)).and_then(|it| probabilities(it, count, ROWS).ok());
        let is_other = |(place, row): (&usize, &Vec<f64>)| first_greatest(row) != *place;
        // A model may answer another label than the most probable one, but not for most rows.
        if shares.is_some_and(|shares| places.iter().zip(&shares).filter(|pair| is_other(*pair)).count() * 2 > ROWS) {
            return Err(ImportError::LabelOrder);
        }
    }
    if label.is_none() && scores.is_none() {
        return Err(ImportError::NoPrediction);
    }
    Ok((AnswerPlan::Classes { label, scores, labels, classes }, warnings))
}

/// Returns whether the only model of a file is a classifier of trees that answers sums instead of probabilities.
fn is_argmax_of_margins(graph: &GraphProto) -> bool {
    graph.node.iter().any(|node| node.op_type == "TreeEnsembleClassifier")
        && graph.node.iter().all(|node| {
            matches!(node.op_type.as_str(), "TreeEnsembleClassifier" | "Identity" | "Cast" | "ZipMap" | "Reshape")
        })
}

/// Returns whether an output has probabilities in all rows that have finite numbers.
fn has_probabilities(output: &Tensor, labels: usize) -> bool {
    let Ok(numbers) = output.values.doubles() else { return false };
    let width = numbers.len() / ROWS;
    let mut rows = numbers.chunks(width.max(1)).filter(|row| row.iter().all(|share| share.is_finite()));
    rows.all(|row| match *row {
        [share] if labels == 2 => (0.0..=1.0).contains(&share),
        ref row => distribution(row.to_vec(), labels).is_some(),
    })
}

/// Returns whether a row gets the same answer alone and among others.
fn is_same(plan: &AnswerPlan, outputs: &[Arc<Tensor>], row: usize, alone: &[Arc<Tensor>]) -> bool {
    let place = match plan {
        AnswerPlan::Number(place) => Some(*place),
        AnswerPlan::Classes { scores, label, .. } => scores.or(*label),
    };
    let Some((all, own)) = place.and_then(|place| Some((outputs.get(place)?, alone.get(place)?))) else { return false };
    if let (TensorValues::Text(all), TensorValues::Text(own)) = (&all.values, &own.values) {
        return own.len() == 1 && all.get(row) == own.first();
    }
    let (Ok(all), Ok(own)) = (all.values.doubles(), own.values.doubles()) else { return false };
    let width = all.len() / ROWS;
    let same = |(a, b): (&f64, &f64)| (a.is_nan() && b.is_nan()) || a == b || (a - b).abs() <= SAME * a.abs().max(1.0);
    own.len() == width && all.iter().skip(row * width).take(width).zip(&own).all(same)
}

/// Returns a column of numbers with missing values, if the trees of the file send none of them to the true branch, and no
/// operator replaces them. skl2onnx writes such trees for forests, whatever the forest does with missing values.
fn unguided(graph: &GraphProto, signature: &Signature) -> Option<String> {
    let is_number = |kind: &ColumnKind| !matches!(kind, ColumnKind::Category { .. } | ColumnKind::WholeText);
    let column = signature.columns().iter().find(|column| column.nullable && is_number(&column.kind))?;
    let tracks = |node: &NodeProto| {
        let mut lists = node.attribute.iter().filter(|it| it.name == "nodes_missing_value_tracks_true");
        lists.any(|list| list.ints.iter().any(|&track| track != 0))
    };
    // Only these answer a missing value with an ordinary label or number.
    let answers =
        |operator: &str| operator.starts_with("TreeEnsemble") || matches!(operator, "ArgMax" | "ArgMin" | "TopK");
    let has_trees = graph.node.iter().any(|node| answers(&node.op_type));
    let handles = |operator: &str| matches!(operator, "Imputer" | "IsNaN" | "Where");
    let is_handled = graph.node.iter().any(|node| tracks(node) || handles(&node.op_type));
    (has_trees && !is_handled).then(|| shortened(&column.name, 80))
}

/// Checks that a missing value in each column that allows it gives an answer.
fn missing(
    rows: &[f32],
    signature: &Signature,
    run: impl Fn(&[f32]) -> Result<Vec<Arc<Tensor>>, ImportError>,
) -> Result<(), ImportError> {
    let mut start = 0;
    for column in signature.columns() {
        let slots = column.kind.slots();
        let range = start..start + slots;
        start += slots;
        if !column.nullable {
            continue;
        }
        let mut row: Vec<f32> = rows.iter().take(signature.slots()).copied().collect();
        row.get_mut(range).into_iter().for_each(|slots| slots.fill(f32::NAN));
        let outputs = run(&row).map_err(|_| ImportError::Missing(column.name.clone()))?;
        // A classifier without probabilities may answer a label although its scores are not numbers.
        let mut numbers = outputs.iter().filter_map(|tensor| tensor.values.doubles().ok()).flatten();
        if numbers.any(|number| number.is_nan()) {
            return Err(ImportError::Missing(shortened(&column.name, 80)));
        }
    }
    Ok(())
}
