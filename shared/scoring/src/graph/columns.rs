//! Follows the columns of a table through the first operators of a graph: which texts the file knows of each column.

use std::collections::{BTreeSet, HashMap, HashSet};

use prost::Message;

use super::given::Given;
use super::tensor::{Tensor, TensorValues};
use crate::artifact::onnx::{GraphProto, NodeProto, TensorProto};
use crate::import::MAX_TEXTS;
use crate::import::inputs::InputColumns;

/// Maximum number of columns that are followed, summed over all operators. Protects against malicious files.
const MAX_FOLLOWED: usize = 1_000_000;

/// What a file knows of the texts of one column.
#[derive(Debug, Clone, Default)]
pub(crate) struct KnownTexts {
    pub(crate) texts: BTreeSet<String>,
    /// Whether an encoder of the file refuses unknown texts.
    pub(crate) is_strict: bool,
    /// Whether the file reads the texts themselves, for example their words.
    pub(crate) is_whole: bool,
}

/// Returns the texts that the file knows of each column.
pub(super) fn known_texts(graph: &GraphProto, inputs: &[InputColumns]) -> HashMap<usize, KnownTexts> {
    let mut constants: HashMap<String, Tensor> = HashMap::new();
    for bytes in &graph.initializer {
        if let Ok(tensor) = TensorProto::decode(bytes.as_slice()) {
            constants.extend(Tensor::of(&tensor).ok().map(|found| (tensor.name, found)));
        }
    }
    let mut columns: HashMap<String, Vec<usize>> =
        inputs.iter().map(|input| (input.name.clone(), input.columns.clone())).collect();
    let mut found: HashMap<usize, KnownTexts> = HashMap::new();
    let mut left = MAX_FOLLOWED;
    for node in &graph.node {
        if follow(node, &mut constants, &mut columns, &mut found, &mut left).is_none() {
            break;
        }
    }
    found
}

fn follow(
    node: &NodeProto,
    constants: &mut HashMap<String, Tensor>,
    columns: &mut HashMap<String, Vec<usize>>,
    found: &mut HashMap<usize, KnownTexts>,
    left: &mut usize,
) -> Option<()> {
    if node.op_type == "Constant" {
        constants.extend(constant(node).and_then(|tensor| Some((node.output.first()?.clone(), tensor))));
        return Some(());
    }
    let mut of: Vec<usize> = node.input.iter().filter_map(|name| columns.get(name)).flatten().copied().collect();
    if of.is_empty() {
        return Some(());
    }
    // Only these operators put columns beside each other.
    if !matches!(node.op_type.as_str(), "Concat" | "FeatureVectorizer") {
        let mut seen = HashSet::new();
        of.retain(|column| seen.insert(*column));
    }
    let of_size = of.len();
    // These operators read a text. Others only compare it.
    if matches!(node.op_type.as_str(), "StringNormalizer" | "Tokenizer" | "TfIdfVectorizer") {
        of.iter().for_each(|column| found.entry(*column).or_default().is_whole = true);
    }
    let mut learn = |values: &TensorValues, is_strict: bool| {
        let TensorValues::Text(texts) = values else { return };
        for column in &of {
            let known = found.entry(*column).or_default();
            // One text more than is allowed is enough to refuse the file.
            let room = (MAX_TEXTS + 1).saturating_sub(known.texts.len());
            known.texts.extend(texts.iter().take(room.max(1)).map(|text| text.to_string()));
            known.is_strict |= is_strict;
        }
    };
    let indices = || {
        let list = constants.get(node.input.get(1)?)?.whole().ok()?;
        let place = |&index: &i64| if index < 0 { index.checked_add(of.len() as i64) } else { Some(index) };
        list.iter().map(|index| of.get(usize::try_from(place(index)?).ok()?).copied()).collect::<Option<Vec<_>>>()
    };
    let outputs: Vec<Vec<usize>> = match node.op_type.as_str() {
        "OneHotEncoder" => {
            let mut given = Given::of(node);
            let is_strict = given.int("zeros") == Some(0);
            given.first_list(&["cats_strings"]).ok().flatten().iter().for_each(|texts| learn(texts, is_strict));
            return Some(());
        }
        "TfIdfVectorizer" => return Some(()),
        "LabelEncoder" | "CategoryMapper" => {
            let names = ["keys_tensor", "keys_strings", "classes_strings", "cats_strings"];
            Given::of(node).first_list(&names).ok().flatten().iter().for_each(|texts| learn(texts, false));
            return Some(());
        }
        "Equal" => {
            node.input.iter().filter_map(|name| constants.get(name)).for_each(|it| learn(&it.values, false));
            return Some(());
        }
        "ArrayFeatureExtractor" | "Gather" => vec![indices().unwrap_or(of)],
        "Split" => {
            let parts = Given::of(node).ints("split");
            let parts = parts.or_else(|| Some(constants.get(node.input.get(1)?)?.whole().ok()?.to_vec()));
            match parts {
                Some(parts) => split(&of, &parts),
                None => of.chunks(of.len().div_ceil(node.output.len().max(1)).max(1)).map(<[usize]>::to_vec).collect(),
            }
        }
        _ => node.output.iter().map(|_| of.clone()).collect(),
    };
    *left = left.checked_sub(outputs.iter().map(Vec::len).sum::<usize>() + of_size)?;
    columns.extend(node.output.iter().cloned().zip(outputs));
    Some(())
}

fn split(columns: &[usize], parts: &[i64]) -> Vec<Vec<usize>> {
    let mut rest = columns.iter().copied();
    parts.iter().map(|&part| rest.by_ref().take(usize::try_from(part).unwrap_or_default()).collect()).collect()
}

/// Returns the value of a `Constant` operator.
fn constant(node: &NodeProto) -> Option<Tensor> {
    let mut given = Given::of(node);
    if let Some(tensor) = given.tensor("value").ok().flatten() {
        return Some(tensor);
    }
    let list = given.first_list(&["value_ints", "value_strings"]).ok().flatten();
    list.or_else(|| given.text("value_string").map(|text| TensorValues::Text(vec![text]))).map(Tensor::list)
}
