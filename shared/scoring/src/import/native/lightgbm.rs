//! Reads the model files of LightGBM: a text with a section for each tree.
//!
//! Its form is that of `GBDT::SaveModelToString` and `Tree::ToString` in LightGBM's sources.

use std::collections::HashMap;

use evergreen_lifecycle::text::shortened;

use super::{NativeFault, NativeLink, NativeTrees, written};

/// Bits of a branch's `decision_type`.
const IS_CATEGORY: i64 = 1;
const DEFAULT_IS_LEFT: i64 = 2;

/// Kinds of missing values, in bits 2 and 3 of a branch's `decision_type`.
const ZERO_IS_MISSING: i64 = 1;
const NAN_IS_MISSING: i64 = 2;

/// The lines of a section, `name=value`.
struct Section<'a>(HashMap<&'a str, &'a str>);

impl<'a> Section<'a> {
    fn read(lines: &[&'a str]) -> Self {
        Self(lines.iter().map(|line| line.split_once('=').unwrap_or((line, ""))).collect())
    }

    fn get(&self, name: &str) -> Result<&'a str, NativeFault> {
        self.0.get(name).copied().ok_or_else(|| format!("it has no {name}; save the model again"))
    }

    fn whole(&self, name: &str) -> Result<usize, NativeFault> {
        self.get(name)?.parse().map_err(|_| format!("its {name} is not a number; save the model again"))
    }

    fn list<T: std::str::FromStr>(&self, name: &str) -> Result<Vec<T>, NativeFault> {
        let words = self.get(name)?.split_whitespace();
        words
            .map(|word| word.parse().map_err(|_| format!("its {name} is not a list of numbers; save the model again")))
            .collect()
    }
}

/// Reads a model file of LightGBM, and writes it as an ONNX file.
pub(super) fn read(bytes: &[u8]) -> Result<Vec<u8>, NativeFault> {
    let text = std::str::from_utf8(bytes).map_err(|_| "it is not UTF-8; save the model again".to_owned())?;
    let (text, _) = text.split_once("end of trees").ok_or("it ends too early; copy the file again")?;
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let mut sections = lines.split(|line| line.starts_with("Tree="));
    let head = Section::read(sections.next().unwrap_or_default());
    let (link, scale) = link(head.get("objective").unwrap_or("none"))?;
    let outputs = if link == NativeLink::Softmax { head.whole("num_class")? } else { 1 };
    if head.whole("num_tree_per_iteration")? != outputs {
        return Err("it has another number of trees in a round than outputs; save the model again".to_owned());
    }
    let columns = head.get("feature_names")?.split_whitespace().map(str::to_owned).collect();
    let mut trees =
        NativeTrees { columns, width: head.whole("max_feature_idx")?.saturating_add(1), ..NativeTrees::default() };
    // LightGBM's own names of columns say only their places.
    if trees.columns.first().is_some_and(|name| name == "Column_0") {
        trees.columns.clear();
    }
    let sections: Vec<_> = sections.map(Section::read).collect();
    if outputs == 0 || outputs > sections.len().max(1) {
        return Err(format!("it has {outputs} labels but {} trees; save the model again", sections.len()));
    }
    let rounds = sections.len() / outputs;
    let is_average = head.0.contains_key("average_output");
    let scale = if is_average { scale / rounds.max(1) as f64 } else { scale };
    for (number, section) in sections.iter().enumerate() {
        add(&mut trees, section, number as i64, (number % outputs) as i64, scale)?;
    }
    trees.base = vec![0.0; outputs];
    let version = head.get("version").unwrap_or_default().to_owned();
    Ok(written(trees, link, "BRANCH_LEQ", ("LightGBM", version)))
}

/// Returns the link of an objective, and the factor of the sums before it.
fn link(objective: &str) -> Result<(NativeLink, f64), NativeFault> {
    let (name, parameters) = objective.split_once(' ').unwrap_or((objective, ""));
    let sigmoid =
        parameters.split_whitespace().find_map(|it| it.strip_prefix("sigmoid:")).and_then(|it| it.parse().ok());
    match name {
        "binary" => Ok((NativeLink::Binary, sigmoid.unwrap_or(1.0))),
        "multiclass" => Ok((NativeLink::Softmax, 1.0)),
        _ if parameters.split_whitespace().any(|it| it == "sqrt") => {
            Err("it predicts roots (reg_sqrt); train it without reg_sqrt".to_owned())
        }
        "regression" | "regression_l1" | "huber" | "fair" | "quantile" | "mape" => Ok((NativeLink::Number, 1.0)),
        "poisson" | "gamma" | "tweedie" => Ok((NativeLink::Exponential, 1.0)),
        "cross_entropy" => Ok((NativeLink::Share, 1.0)),
        other => Err(format!(
            "its objective {:?} is not supported; expected one for labels or numbers, such as binary, multiclass or \
             regression",
            shortened(other, 40)
        )),
    }
}

fn add(
    trees: &mut NativeTrees,
    section: &Section<'_>,
    number: i64,
    output: i64,
    scale: f64,
) -> Result<(), NativeFault> {
    if section.get("is_linear").is_ok_and(|linear| linear != "0") {
        return Err("it has linear models in its leaves; train it with linear_tree=False".to_owned());
    }
    let weights: Vec<f64> = section.list("leaf_value")?;
    let leaves = section.whole("num_leaves")?;
    if weights.len() != leaves || leaves == 0 {
        return Err(format!("the lists of its tree {number} are not equally long; save the model again"));
    }
    let branches = leaves - 1;
    if branches > 0 {
        let (features, thresholds) = (section.list::<i64>("split_feature")?, section.list::<f64>("threshold")?);
        let kinds = section.list::<i64>("decision_type")?;
        let (left, right) = (section.list::<i64>("left_child")?, section.list::<i64>("right_child")?);
        let lengths = [features.len(), thresholds.len(), kinds.len(), left.len(), right.len()];
        if lengths.iter().any(|&length| length != branches) {
            return Err(format!("the lists of its tree {number} are not equally long; save the model again"));
        }
        // A negative child is a leaf. The leaves get the numbers behind the branches.
        let id = |child: i64| if child < 0 { (branches as i64).saturating_add(!child) } else { child };
        let nodes = features.iter().zip(&thresholds).zip(&kinds).zip(left.iter().zip(&right));
        for (place, (((&feature, &threshold), &kind), (&left, &right))) in nodes.enumerate() {
            let missing_is_yes = missing_is_left(kind, threshold)?;
            trees.nodes.branch((number, place as i64), feature, threshold, [id(left), id(right)], missing_is_yes);
        }
    }
    for (leaf, weight) in weights.iter().enumerate() {
        trees.nodes.leaf((number, (branches + leaf) as i64), output, (weight * scale) as f32);
    }
    Ok(())
}

fn missing_is_left(kind: i64, threshold: f64) -> Result<bool, NativeFault> {
    if kind & IS_CATEGORY != 0 {
        return Err(
            "it has branches of categories; expected numbers; encode the categories before the model".to_owned()
        );
    }
    match (kind >> 2) & 3 {
        ZERO_IS_MISSING => Err("it treats 0 as missing; train it with zero_as_missing=False".to_owned()),
        NAN_IS_MISSING => Ok(kind & DEFAULT_IS_LEFT != 0),
        // Without missing values in the training rows, LightGBM reads a missing value as 0.
        _ => Ok(0.0 <= threshold),
    }
}
