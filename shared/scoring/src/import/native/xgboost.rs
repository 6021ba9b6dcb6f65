//! Reads the model files of XGBoost: JSON and UBJSON.
//!
//! Their form is <https://xgboost.readthedocs.io/en/stable/tutorials/saving_model.html>.

use evergreen_lifecycle::text::shortened;
use serde::Deserialize;

use super::{NativeFault, NativeLink, NativeTrees, ubjson, written};

#[derive(Deserialize)]
struct File {
    learner: Learner,
    #[serde(default)]
    version: Vec<u32>,
}

#[derive(Deserialize)]
struct Learner {
    #[serde(default)]
    feature_names: Vec<String>,
    gradient_booster: Booster,
    learner_model_param: LearnerParameters,
    objective: Objective,
    #[serde(default)]
    attributes: LearnerAttributes,
}

#[derive(Deserialize, Default)]
struct LearnerAttributes {
    /// The round that was best when early stopping ended the training. scikit-learn's `predict` uses no later one.
    best_iteration: Option<String>,
}

#[derive(Deserialize)]
struct LearnerParameters {
    base_score: String,
    num_class: String,
    num_feature: String,
}

#[derive(Deserialize)]
struct Objective {
    name: String,
}

#[derive(Deserialize)]
struct Booster {
    name: String,
    model: Option<BoosterModel>,
    /// The trees of a booster with dropout.
    gbtree: Option<DroppedTrees>,
    /// The weight of each tree of a booster with dropout.
    #[serde(default)]
    weight_drop: Vec<f32>,
}

#[derive(Deserialize)]
struct DroppedTrees {
    model: BoosterModel,
}

#[derive(Deserialize)]
struct BoosterModel {
    /// For each tree, the output to which it belongs.
    tree_info: Vec<i64>,
    trees: Vec<XgboostTree>,
    /// For each round, the index of its first tree; then the number of trees.
    #[serde(default)]
    iteration_indptr: Vec<usize>,
}

#[derive(Deserialize)]
struct XgboostTree {
    left_children: Vec<i64>,
    right_children: Vec<i64>,
    split_indices: Vec<i64>,
    split_conditions: Vec<f32>,
    /// 0: a branch compares numbers. 1: categories.
    #[serde(default)]
    split_type: Vec<u8>,
    default_left: Vec<Flag>,
    #[serde(default)]
    tree_param: TreeParameters,
}

#[derive(Deserialize, Default)]
struct TreeParameters {
    /// Number of values of a leaf. More than 1: the tree answers several targets.
    #[serde(default)]
    size_leaf_vector: String,
}

/// A truth value. Some versions write it as a number.
#[derive(Deserialize, Clone, Copy)]
#[serde(untagged)]
enum Flag {
    Number(u8),
    Truth(bool),
}

impl Flag {
    fn is_set(self) -> bool {
        match self {
            Self::Number(number) => number != 0,
            Self::Truth(truth) => truth,
        }
    }
}

/// Reads a model file of XGBoost, and writes it as an ONNX file.
pub(super) fn read(bytes: &[u8], is_json: bool) -> Result<Vec<u8>, NativeFault> {
    let unreadable = |error: serde_json::Error| format!("its JSON cannot be read: {error}; save the model again");
    let file: File = if is_json {
        serde_json::from_slice(bytes).map_err(unreadable)?
    } else {
        serde_json::from_value(ubjson::read(bytes)?).map_err(unreadable)?
    };
    let Learner { feature_names, gradient_booster, learner_model_param: parameters, objective, attributes } =
        file.learner;
    let link = link(&objective.name)?;
    let whole = |text: &str, what| {
        text.parse::<usize>().map_err(|_| format!("its {what} is not a number; save the model again"))
    };
    let outputs = match link {
        NativeLink::Softmax => whole(&parameters.num_class, "num_class")?,
        _ => 1,
    };
    let Booster { name, model, gbtree, weight_drop } = gradient_booster;
    let model = model.or(gbtree.map(|trees| trees.model)).filter(|_| name == "gbtree" || name == "dart");
    let model = model.ok_or_else(|| {
        format!("its booster is {:?}; expected gbtree or dart; train it with booster=\"gbtree\"", shortened(&name, 40))
    })?;
    let width = whole(&parameters.num_feature, "num_feature")?;
    let mut trees = NativeTrees { columns: feature_names, width, ..NativeTrees::default() };
    if model.tree_info.len() != model.trees.len() || (!weight_drop.is_empty() && weight_drop.len() != model.trees.len())
    {
        return Err("its lists of trees are not equally long; save the model again".to_owned());
    }
    if outputs == 0 || outputs > model.trees.len().max(1) {
        return Err(format!("it has {outputs} labels but {} trees; save the model again", model.trees.len()));
    }
    let used = match attributes.best_iteration.map(|best| whole(&best, "best_iteration")).transpose()? {
        None => model.trees.len(),
        Some(best) => model.iteration_indptr.get(best.saturating_add(1)).copied().ok_or_else(|| {
            format!("training stopped early at round {best}; save model.get_booster()[:{}]", best.saturating_add(1))
        })?,
    };
    for (number, (tree, output)) in model.trees.iter().zip(&model.tree_info).enumerate().take(used) {
        let weight = weight_drop.get(number).copied().unwrap_or(1.0);
        add(&mut trees, number as i64, tree, *output, weight)?;
    }
    trees.base = base(&parameters.base_score, link, outputs)?;
    let version: Vec<String> = file.version.iter().map(u32::to_string).collect();
    Ok(written(trees, link, "BRANCH_LT", ("XGBoost", version.join("."))))
}

fn link(objective: &str) -> Result<NativeLink, NativeFault> {
    match objective {
        "binary:logistic" => Ok(NativeLink::Binary),
        "multi:softprob" => Ok(NativeLink::Softmax),
        "reg:squarederror"
        | "reg:squaredlogerror"
        | "reg:absoluteerror"
        | "reg:pseudohubererror"
        | "reg:quantileerror" => Ok(NativeLink::Number),
        "reg:logistic" => Ok(NativeLink::Share),
        "count:poisson" | "reg:gamma" | "reg:tweedie" => Ok(NativeLink::Exponential),
        "multi:softmax" => Err("its objective is multi:softmax; train it with objective=\"multi:softprob\"".to_owned()),
        other => Err(format!(
            "its objective {:?} is not supported; expected one for labels or numbers, such as binary:logistic, \
             multi:softprob or reg:squarederror",
            shortened(other, 40)
        )),
    }
}

fn add(trees: &mut NativeTrees, number: i64, tree: &XgboostTree, output: i64, weight: f32) -> Result<(), NativeFault> {
    let XgboostTree {
        left_children, right_children, split_indices, split_conditions, split_type, default_left, ..
    } = tree;
    if !matches!(tree.tree_param.size_leaf_vector.as_str(), "" | "0" | "1") {
        return Err("its trees answer several targets; train it with multi_strategy=\"one_output_per_tree\"".to_owned());
    }
    let count = left_children.len();
    let lengths = [right_children.len(), split_indices.len(), split_conditions.len(), default_left.len()];
    if count == 0 || lengths.iter().any(|&length| length != count) {
        return Err(format!("the lists of its tree {number} are not equally long; save the model again"));
    }
    // Nodes that were pruned stay in the lists, but no node leads to them.
    let mut open = vec![0_usize];
    let mut seen = vec![false; count];
    while let Some(id) = open.pop() {
        let is_new = seen.get_mut(id).map(|seen| !std::mem::replace(seen, true));
        if is_new != Some(true) {
            return Err(format!("a node of its tree {number} is missing or has two parents; save the model again"));
        }
        let at = |list: &[i64]| list.get(id).copied().unwrap_or_default();
        let (left, right) = (at(left_children), at(right_children));
        let value = split_conditions.get(id).copied().unwrap_or_default();
        let key = (number, id as i64);
        if left < 0 {
            trees.nodes.leaf(key, output, value * weight);
        } else if split_type.get(id).is_some_and(|&kind| kind != 0) {
            return Err(
                "it has branches of categories; expected numbers; encode the categories before the model".to_owned()
            );
        } else {
            let missing_is_left = default_left.get(id).is_some_and(|flag| flag.is_set());
            trees.nodes.branch(key, at(split_indices), value.into(), [left, right], missing_is_left);
            let child = |id: i64| usize::try_from(id).unwrap_or(usize::MAX);
            open.extend([child(right), child(left)]);
        }
    }
    Ok(())
}

/// Returns the constants of the outputs, as sums before the link. A file has them as predictions.
fn base(text: &str, link: NativeLink, outputs: usize) -> Result<Vec<f32>, NativeFault> {
    let parts = text.trim_matches(['[', ']']).split(',');
    let numbers = parts.map(|part| part.trim().parse::<f64>()).collect::<Result<Vec<_>, _>>();
    let numbers = numbers.map_err(|_| "its base_score is not a number; save the model again".to_owned())?;
    let sum = |prediction: f64| match link {
        NativeLink::Binary | NativeLink::Share => -libm::log(1.0 / prediction - 1.0),
        NativeLink::Exponential => libm::log(prediction),
        NativeLink::Number | NativeLink::Softmax => prediction,
    };
    match numbers.as_slice() {
        [one] => Ok(vec![sum(*one) as f32; outputs]),
        all if all.len() == outputs => Ok(all.iter().map(|number| sum(*number) as f32).collect()),
        all => Err(format!("its base_score has {} numbers; expected 1 or {outputs}", all.len())),
    }
}
