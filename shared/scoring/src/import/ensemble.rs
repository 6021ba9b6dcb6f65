//! Imports decision trees from ONNX files.
//!
//! An ONNX tree operator stores its nodes as parallel lists: entry `i` of every list belongs to node `i`. A file may
//! list the nodes in any order.

use super::constant::{ConstantTensor, Elements};
use super::error::{ImportError, short};
use super::keys::NodeKeys;
use crate::artifact::attributes::Attributes;
use crate::artifact::onnx::kind;
use crate::pipeline::{MAX_NODES, Node, Tree, Weight};

/// Attributes of ONNX tree operators that the import does not use: name and type.
const IGNORED: [(&str, i32); 3] = [
    ("nodes_missing_value_tracks_true", kind::INTS),
    ("nodes_hitrates", kind::FLOATS),
    ("nodes_hitrates_as_tensor", kind::TENSOR),
];

// `places` has one entry for each tree node, in the file's order: the index of its tree, and its index in that tree.
/// Decision trees that were read from an ONNX file. Also contains, for each node of the file, its tree and its position
/// in the tree.
struct Forest {
    trees: Vec<Tree>,
    places: Vec<(u32, u32)>,
    keys: NodeKeys,
}

/// Nodes of all decision trees in an ONNX file, as parallel lists: entry `i` of every list belongs to node `i`.
struct Nodes {
    keys: NodeKeys,
    features: Vec<i64>,
    thresholds: Vec<f64>,
    modes: Vec<Mode>,
    lefts: Vec<i64>,
    rights: Vec<i64>,
}

// A leaf compares nothing.
/// Comparison of a feature with the threshold in a tree node of an ONNX file: `<=`, `<`, `>=` or `>`.
#[derive(Clone, Copy, PartialEq)]
enum Mode {
    Leaf,
    AtMost,
    Below,
    AtLeast,
    Above,
}

/// Reads all decision trees from the attributes of an ONNX tree operator. If all leaf weights belong to one model
/// output, also returns the index of this output; otherwise `None`.
pub(super) fn read(
    operator: &str,
    attributes: &mut Attributes,
    weights: &str,
) -> Result<(Vec<Tree>, Option<i64>), ImportError> {
    // `weights` is the beginning of the attribute names for leaf weights: `class` for a classifier or `target` for
    // regression.
    let nodes = nodes(operator, attributes)?;
    let mut forest = grow(nodes).ok_or_else(|| {
        ImportError::usage(operator, "its nodes do not form trees; expected one parent for each node except a root")
    })?;
    if !forest.is_root_first() {
        return Err(ImportError::usage(
            operator,
            "a tree's root is not the first of its nodes in the lists, where runtimes start; expected the root first",
        ));
    }
    // The ignored attributes say to which child missing values go, and how often training reached a node. No missing
    // value reaches the trees here.
    for (ignored, kind) in IGNORED {
        attributes.optional(ignored, kind)?;
    }
    let output = weigh(operator, attributes, weights, &mut forest)?;
    Ok((forest.trees, output))
}

/// Reads a list of numbers from an attribute of an ONNX operator. Returns `None` if the attribute is missing.
pub(super) fn reals(operator: &str, attributes: &mut Attributes, name: &str) -> Result<Option<Vec<f64>>, ImportError> {
    // The numbers are in the attribute `name` (floats), or in `name` followed by `_as_tensor` (a tensor of float or
    // double).
    let tensor = attributes.optional(&format!("{name}_as_tensor"), kind::TENSOR)?;
    if let Some(bytes) = tensor.and_then(|attribute| attribute.t) {
        let constant = ConstantTensor::read(&bytes)?.1;
        return match constant.map(|constant| constant.numbers) {
            Ok(Elements::Real(list)) => Ok(Some(list)),
            _ => Err(ImportError::usage(
                operator,
                format!("{name}_as_tensor does not contain numbers; expected a tensor of float or double"),
            )),
        };
    }
    let floats = attributes.optional(name, kind::FLOATS)?;
    Ok(floats.map(|attribute| attribute.floats.into_iter().map(f64::from).collect()))
}

fn nodes(operator: &str, attributes: &mut Attributes) -> Result<Nodes, ImportError> {
    let trees = attributes.ints("nodes_treeids")?;
    if trees.len() > MAX_NODES {
        return Err(ImportError::usage(
            operator,
            format!("it has {} nodes; at most {MAX_NODES} are supported; train fewer or smaller trees", trees.len()),
        ));
    }
    let ids = attributes.ints("nodes_nodeids")?;
    let features = attributes.ints("nodes_featureids")?;
    let thresholds = reals(operator, attributes, "nodes_values")?.unwrap_or_default();
    let modes = attributes.strings("nodes_modes")?;
    let lefts = attributes.ints("nodes_truenodeids")?;
    let rights = attributes.ints("nodes_falsenodeids")?;
    let lengths = [ids.len(), features.len(), thresholds.len(), modes.len(), lefts.len(), rights.len()];
    same_length(operator, trees.len(), &lengths)?;
    let modes = modes.iter().map(|mode| read_mode(operator, mode)).collect::<Result<_, _>>()?;
    Ok(Nodes { keys: NodeKeys::new(trees, ids), features, thresholds, modes, lefts, rights })
}

fn read_mode(operator: &str, mode: &[u8]) -> Result<Mode, ImportError> {
    match mode {
        b"LEAF" => Ok(Mode::Leaf),
        b"BRANCH_LEQ" => Ok(Mode::AtMost),
        b"BRANCH_LT" => Ok(Mode::Below),
        b"BRANCH_GTE" => Ok(Mode::AtLeast),
        b"BRANCH_GT" => Ok(Mode::Above),
        other => {
            let name = short(&String::from_utf8_lossy(other));
            let known = "LEAF, BRANCH_LEQ, BRANCH_LT, BRANCH_GTE, BRANCH_GT";
            let problem = format!("{name} is not supported; supported are {known}");
            Err(ImportError::attribute(operator, "nodes_modes", problem))
        }
    }
}

fn same_length(operator: &str, expected: usize, lengths: &[usize]) -> Result<(), ImportError> {
    let same = lengths.iter().all(|length| *length == expected);
    if same {
        Ok(())
    } else {
        Err(ImportError::usage(
            operator,
            "its lists have different lengths; expected one entry for each node or weight",
        ))
    }
}

/// Builds decision trees from the nodes of an ONNX file. Returns `None` if the nodes do not form trees.
fn grow(nodes: Nodes) -> Option<Forest> {
    // In the trees, every parent is before its children. Nodes with a cycle, for example, do not form a tree.
    let count = nodes.keys.ids.len();
    let children = (0..).take(count).map(|position| nodes.children(position)).collect::<Option<Vec<_>>>()?;
    let mut has_parent = vec![false; count];
    for child in children.iter().flatten().flatten() {
        if std::mem::replace(has_parent.get_mut(*child as usize)?, true) {
            return None;
        }
    }
    let mut trees: Vec<Tree> = Vec::new();
    let mut places = vec![(0, 0); count];
    let mut placed = 0;
    for &root in nodes.keys.sorted.iter().filter(|&&position| has_parent.get(position as usize) == Some(&false)) {
        let grown = nodes.tree(root, &children, u32::try_from(trees.len()).ok()?, &mut places)?;
        placed += grown.nodes.len();
        trees.push(grown);
    }
    // Every node has at most one parent here. So a node that cannot be reached from a root is part of a cycle. If there
    // are more roots than tree numbers, some nodes of a tree are not connected with the others.
    let mut ids: Vec<_> = nodes.keys.sorted.iter().filter_map(|&p| nodes.keys.id(p)).map(|(tree, _)| tree).collect();
    ids.dedup();
    (placed == count && ids.len() == trees.len()).then_some(Forest { trees, places, keys: nodes.keys })
}

impl Nodes {
    /// Returns the positions of a tree node's two children in the ONNX file. `Some(None)`: the node is a leaf. `None`:
    /// the node is invalid.
    fn children(&self, position: u32) -> Option<Option<[u32; 2]>> {
        let at = position as usize;
        let (tree, _) = self.keys.id(position)?;
        let (left, right) = (*self.lefts.get(at)?, *self.rights.get(at)?);
        let find = |node| self.keys.find((tree, node));
        // Rows with a feature at or below the threshold go to the first child.
        Some(match self.modes.get(at)? {
            Mode::Leaf => None,
            Mode::AtMost | Mode::Below => Some([find(left)?, find(right)?]),
            Mode::AtLeast | Mode::Above => Some([find(right)?, find(left)?]),
        })
    }

    /// Builds one decision tree of an ONNX file, level by level, from the position of its root node. Returns `None` if
    /// a node is invalid.
    fn tree(&self, root: u32, children: &[Option<[u32; 2]>], tree: u32, places: &mut [(u32, u32)]) -> Option<Tree> {
        let mut order = vec![root];
        let mut nodes = Vec::new();
        while let Some(&position) = order.get(nodes.len()) {
            let at = position as usize;
            // The index of the node's tree, and the node's index in that tree.
            *places.get_mut(at)? = (tree, u32::try_from(nodes.len()).ok()?);
            nodes.push(match children.get(at)? {
                None => Node::Leaf(Vec::new()),
                Some(pair) => {
                    let left = u32::try_from(order.len()).ok()?;
                    order.extend(pair);
                    let feature = u32::try_from(*self.features.get(at)?).ok()?;
                    let below = matches!(self.modes.get(at)?, Mode::Below | Mode::AtLeast);
                    let threshold = at_most(*self.thresholds.get(at)?, below);
                    Node::Split { feature, threshold, left, right: left + 1 }
                }
            });
        }
        Some(Tree { nodes })
    }
}

/// Rounds the threshold of a tree node down to `f32`, so that every row still goes to the same child.
fn at_most(threshold: f64, below: bool) -> f32 {
    // The result is the greatest `f32` that is at most `threshold`, or less than `threshold` if `below` is true.
    // Features are `f32`, so no feature is between both thresholds.
    let nearest = threshold as f32;
    let too_great = if below { f64::from(nearest) >= threshold } else { f64::from(nearest) > threshold };
    let split = if too_great { nearest.next_down() } else { nearest };
    // With an infinite threshold, every finite feature is below the threshold.
    if split == f32::INFINITY { f32::MAX } else { split }
}

/// Reads the leaf weights of an ONNX tree operator into `forest`. If all weights belong to one model output, returns
/// the index of this output; otherwise `None`.
fn weigh(
    operator: &str,
    attributes: &mut Attributes,
    prefix: &str,
    forest: &mut Forest,
) -> Result<Option<i64>, ImportError> {
    let trees = attributes.ints(&format!("{prefix}_treeids"))?;
    let nodes = attributes.ints(&format!("{prefix}_nodeids"))?;
    let outputs = attributes.ints(&format!("{prefix}_ids"))?;
    let weights = reals(operator, attributes, &format!("{prefix}_weights"))?.unwrap_or_default();
    same_length(operator, trees.len(), &[nodes.len(), outputs.len(), weights.len()])?;
    let single = outputs.first().copied().filter(|first| outputs.iter().all(|output| output == first));
    for ((id, output), weight) in trees.into_iter().zip(nodes).zip(outputs).zip(weights) {
        let entry = u32::try_from(output).ok().map(|output| Weight { output, weight: weight as f32 });
        let leaf = entry.and_then(|entry| Some((forest.leaf(id)?, entry)));
        let (leaf, entry) = leaf.ok_or_else(|| {
            ImportError::usage(
                operator,
                "a weight belongs to no leaf; expected the tree and the node of a leaf, and an output",
            )
        })?;
        leaf.push(entry);
    }
    for node in forest.trees.iter_mut().flat_map(|tree| &mut tree.nodes) {
        if let Node::Leaf(weights) = node {
            merge(weights);
        }
    }
    Ok(single)
}

impl Forest {
    /// Returns whether the root of each tree is the first of the tree's nodes in the ONNX file.
    fn is_root_first(&self) -> bool {
        // ONNX runtimes start at the first node, so they would interpret another order differently.
        let mut visited = vec![false; self.trees.len()];
        self.places.iter().all(|&(tree, node)| {
            let is_visited = visited.get_mut(tree as usize).is_none_or(|visited| std::mem::replace(visited, true));
            is_visited || node == 0
        })
    }

    fn leaf(&mut self, id: (i64, i64)) -> Option<&mut Vec<Weight>> {
        let &(tree, node) = self.places.get(self.keys.find(id)? as usize)?;
        match self.trees.get_mut(tree as usize)?.nodes.get_mut(node as usize)? {
            Node::Leaf(weights) => Some(weights),
            Node::Split { .. } => None,
        }
    }
}

/// Normalises the weights of a tree leaf: sorts by output, adds up equal outputs, and removes zeros.
pub(super) fn merge(weights: &mut Vec<Weight>) {
    weights.sort_by_key(|entry| entry.output);
    weights.dedup_by(|later, kept| {
        let same = later.output == kept.output;
        if same {
            kept.weight += later.weight;
        }
        same
    });
    weights.retain(|entry| entry.weight != 0.0);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::attributes::{floats, ints, strings};
    use crate::artifact::onnx::AttributeProto;

    /// Returns the attributes of an ONNX tree operator with one split and two leaves, for tests.
    fn lists(mode: &str, left: i64, right: i64) -> Vec<AttributeProto> {
        vec![
            ints("nodes_treeids", vec![5; 3]),
            ints("nodes_nodeids", vec![7, 9, 8]),
            ints("nodes_featureids", vec![2, 0, 0]),
            floats("nodes_values", vec![1.0, 0.0, 0.0]),
            strings("nodes_modes", [mode, "LEAF", "LEAF"]),
            ints("nodes_truenodeids", vec![left, 0, 0]),
            ints("nodes_falsenodeids", vec![right, 0, 0]),
            ints("target_treeids", vec![5, 5]),
            ints("target_nodeids", vec![8, 9]),
            ints("target_ids", vec![0, 0]),
            floats("target_weights", vec![-1.0, 1.0]),
        ]
    }

    fn stump(mode: &str, left: i64, right: i64) -> Result<Vec<Tree>, ImportError> {
        grown(lists(mode, left, right))
    }

    fn grown(list: Vec<AttributeProto>) -> Result<Vec<Tree>, ImportError> {
        let mut attributes = Attributes::new("Op", list).unwrap();
        let trees = read("Op", &mut attributes, "target")?.0;
        attributes.finish().unwrap();
        Ok(trees)
    }

    fn answer(trees: &[Tree], x: f32) -> f32 {
        let [Tree { nodes }] = trees else { panic!("one tree") };
        let Node::Split { threshold, left, right, .. } = nodes[0] else { panic!("a split") };
        let Node::Leaf(weights) = &nodes[if x <= threshold { left } else { right } as usize] else { panic!("a leaf") };
        weights[0].weight
    }

    #[test]
    fn every_mode_sends_values_where_it_says() {
        // If a row fulfils the node's condition, it goes to node 8, whose weight is -1.
        for (mode, expected) in [
            ("BRANCH_LEQ", [-1.0, -1.0, 1.0]),
            ("BRANCH_LT", [-1.0, 1.0, 1.0]),
            ("BRANCH_GTE", [1.0, -1.0, -1.0]),
            ("BRANCH_GT", [1.0, 1.0, -1.0]),
        ] {
            let trees = stump(mode, 8, 9).unwrap();
            let found = [1.0_f32.next_down(), 1.0, 1.0_f32.next_up()].map(|x| answer(&trees, x));
            assert_eq!(found, expected, "{mode}");
        }
    }

    #[test]
    fn an_unknown_mode_is_named() {
        let error = stump("BRANCH_EQ", 8, 9).unwrap_err().to_string();
        assert!(error.starts_with("operator Op, attribute \"nodes_modes\": BRANCH_EQ is not supported"), "{error}");
    }

    #[test]
    fn a_tree_whose_root_is_not_first_is_refused() {
        let mut list = lists("BRANCH_LEQ", 8, 9);
        for attribute in list.iter_mut().filter(|attribute| attribute.name.starts_with("nodes_")) {
            attribute.ints.reverse();
            attribute.floats.reverse();
        }
        list[4] = strings("nodes_modes", ["LEAF", "LEAF", "BRANCH_LEQ"]);
        let error = grown(list).unwrap_err().to_string();
        assert!(error.contains("root is not the first"), "{error}");
    }

    #[test]
    fn cycles_unreachable_nodes_and_shared_children_are_refused() {
        for (left, right) in [(7, 8), (8, 8), (8, 3), (7, 7)] {
            assert!(stump("BRANCH_LEQ", left, right).is_err(), "{left} {right}");
        }
    }

    #[test]
    fn a_threshold_with_extra_digits_splits_features_the_same_way() {
        let (threshold, nearest) = (0.1_f64, 0.1_f64 as f32);
        assert!(f64::from(nearest) > threshold);
        assert_eq!(at_most(threshold, false), nearest.next_down());
        assert_eq!(at_most(f64::from(nearest), false), nearest);
        assert_eq!(at_most(f64::from(nearest), true), nearest.next_down());
        assert_eq!(at_most(1e300, false), f32::MAX);
    }
}
