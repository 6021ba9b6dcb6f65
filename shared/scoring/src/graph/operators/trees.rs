//! Ensembles of decision trees.

use super::super::call::{Budget, RunOperator};
use super::super::given::Given;
use super::super::problem::{Outcome, StepFault};
use super::super::tensor::{Tensor, TensorValues, elements};
use super::GraphOperator;
use super::scores::{ClassLabels, ScoreTransform, first_greatest};
use crate::artifact::onnx::TextList;
use crate::import::NodeKeys;
use crate::pipeline::{MAX_FEATURES, MAX_NODES};

pub(super) const OPERATORS: &[GraphOperator] = &[
    GraphOperator { name: "TreeEnsembleClassifier", read: classifier },
    GraphOperator { name: "TreeEnsembleRegressor", read: regressor },
];

/// How a node of a tree compares a feature with its value. A row goes to the true branch if the comparison holds.
#[derive(Debug, Clone, Copy)]
enum Mode {
    AtMost,
    Below,
    AtLeast,
    Above,
    Equal,
    Unequal,
}

#[derive(Debug, Clone, Copy)]
enum Node {
    Branch {
        feature: u32,
        mode: Mode,
        value: f64,
        yes: u32,
        no: u32,
        missing_is_yes: bool,
    },
    /// The range of its weights in the list of all weights.
    Leaf {
        start: u32,
        end: u32,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Aggregate {
    Sum,
    Average,
    Min,
    Max,
}

/// Trees with their weights. In the list of nodes, children come after their parent.
struct Forest {
    nodes: Vec<Node>,
    roots: Vec<u32>,
    weights: Vec<(u32, f64)>,
    features: usize,
    aggregate: Aggregate,
    base: Vec<f64>,
    outputs: usize,
    /// Number of steps for a row: the longest path and the most weights of a leaf, of each tree.
    steps: usize,
}

/// The lists of a tree operator that describe its nodes.
struct NodeLists {
    keys: NodeKeys,
    features: Vec<i64>,
    values: Vec<f64>,
    modes: Vec<Option<Mode>>,
    yes: Vec<i64>,
    no: Vec<i64>,
    missing: Vec<i64>,
}

impl NodeLists {
    fn read(given: &mut Given) -> Outcome<Self> {
        given.ignore(&["nodes_hitrates", "nodes_hitrates_as_tensor"]);
        let trees = given.ints("nodes_treeids").unwrap_or_default();
        let ids = given.ints("nodes_nodeids").unwrap_or_default();
        let count = trees.len();
        if count > MAX_NODES || count == 0 {
            return Err(StepFault::new(format!("it has {count} nodes; expected 1 to {MAX_NODES}")));
        }
        let is_complete = ids.len() == count;
        let lists = Self {
            keys: NodeKeys::new(trees, ids),
            features: given.ints("nodes_featureids").unwrap_or_default(),
            values: given.numbers("nodes_values")?,
            modes: modes(&given.text_list("nodes_modes"))?,
            yes: given.ints("nodes_truenodeids").unwrap_or_default(),
            no: given.ints("nodes_falsenodeids").unwrap_or_default(),
            missing: given.ints("nodes_missing_value_tracks_true").unwrap_or_default(),
        };
        let lengths = [lists.features.len(), lists.values.len(), lists.modes.len(), lists.yes.len(), lists.no.len()];
        if !is_complete || lengths.iter().any(|&length| length != count) {
            return Err(StepFault::new("the lists of its nodes are not equally long; export the model again"));
        }
        if lists.keys.has_twice() {
            return Err(StepFault::new("two of its nodes have the same number; export the model again"));
        }
        Ok(lists)
    }
}

/// Reads the modes of nodes. `None`: the node is a leaf.
fn modes(list: &TextList) -> Outcome<Vec<Option<Mode>>> {
    let mode = |text: &[u8]| {
        Ok(match text {
            b"LEAF" => None,
            b"BRANCH_LEQ" => Some(Mode::AtMost),
            b"BRANCH_LT" => Some(Mode::Below),
            b"BRANCH_GTE" => Some(Mode::AtLeast),
            b"BRANCH_GT" => Some(Mode::Above),
            b"BRANCH_EQ" => Some(Mode::Equal),
            b"BRANCH_NEQ" => Some(Mode::Unequal),
            _ => return Err(StepFault::new("a node has an unknown mode; export the model again")),
        })
    };
    list.iter().map(mode).collect()
}

/// The weights of all leaves, each with its output, sorted by the numbers of tree and node.
struct LeafWeights(Vec<((i64, i64), (u32, f64))>);

impl LeafWeights {
    /// Returns the weights of one leaf, in the order of the file.
    fn of(&self, leaf: (i64, i64)) -> impl Iterator<Item = (u32, f64)> {
        let start = self.0.partition_point(|(key, _)| *key < leaf);
        self.0.iter().skip(start).take_while(move |(key, _)| *key == leaf).map(|(_, weight)| *weight)
    }
}

/// Reads the weights of the leaves.
fn leaf_weights(given: &mut Given, prefix: &str, outputs: usize) -> Outcome<LeafWeights> {
    let list = |given: &mut Given, name: &str| given.ints(&format!("{prefix}_{name}")).unwrap_or_default();
    let (trees, nodes, ids) = (list(given, "treeids"), list(given, "nodeids"), list(given, "ids"));
    let weights = given.numbers(&format!("{prefix}_weights"))?;
    if [nodes.len(), ids.len(), weights.len()].iter().any(|&length| length != trees.len()) {
        return Err(StepFault::new("the lists of its leaves are not equally long; export the model again"));
    }
    let entries = trees.into_iter().zip(nodes).zip(ids.into_iter().zip(weights));
    let entry = |(leaf, (id, weight)): ((i64, i64), (i64, f64))| {
        let id = u32::try_from(id).ok().filter(|&id| (id as usize) < outputs);
        let id = id.ok_or_else(|| StepFault::new("a leaf has a weight for an output that does not exist"))?;
        Ok((leaf, (id, weight)))
    };
    let mut found = entries.map(entry).collect::<Outcome<Vec<_>>>()?;
    // A stable sort: the weights of a leaf stay in the order of the file.
    found.sort_by_key(|(leaf, _)| *leaf);
    Ok(LeafWeights(found))
}

impl Forest {
    fn read(given: &mut Given, prefix: &str, outputs: usize) -> Outcome<Self> {
        let lists = NodeLists::read(given)?;
        let leaves = leaf_weights(given, prefix, outputs)?;
        let aggregate = match given.text("aggregate_function").as_deref() {
            None | Some("SUM") => Aggregate::Sum,
            Some("AVERAGE") => Aggregate::Average,
            Some("MIN") => Aggregate::Min,
            Some("MAX") => Aggregate::Max,
            Some(_) => return Err(StepFault::new("its aggregate_function is unknown")),
        };
        let base = given.numbers("base_values")?;
        let mut forest = Self {
            nodes: Vec::new(),
            roots: Vec::new(),
            weights: Vec::new(),
            features: 0,
            aggregate,
            base,
            outputs,
            steps: 0,
        };
        let mut is_used = vec![false; lists.keys.ids.len()];
        let mut last = None;
        for (place, &(tree, _)) in lists.keys.ids.iter().enumerate() {
            // The first node of a tree in the list is its root.
            if last.replace(tree) != Some(tree) && !is_used.get(place).copied().unwrap_or_default() {
                forest.add_tree(&lists, &leaves, &mut is_used, place)?;
            }
        }
        if is_used.iter().any(|used| !used) {
            return Err(StepFault::new("a node belongs to no tree: the first node of a tree must be its root"));
        }
        Ok(forest)
    }

    /// Adds the tree whose root has the index `root` in the lists. A node that two others lead to is an error, so that no
    /// walk through a tree is endless.
    fn add_tree(&mut self, lists: &NodeLists, leaves: &LeafWeights, is_used: &mut [bool], root: usize) -> Outcome<()> {
        self.roots.push(self.nodes.len() as u32);
        let mut open = vec![(root, 1_usize)];
        let (mut deepest, mut most) = (0, 0);
        self.nodes.push(Node::Leaf { start: 0, end: 0 });
        let mut slots = vec![self.nodes.len() - 1];
        while let (Some((place, depth)), Some(slot)) = (open.pop(), slots.pop()) {
            deepest = deepest.max(depth);
            let used = is_used.get_mut(place).ok_or_else(|| StepFault::new("a node does not exist"))?;
            if std::mem::replace(used, true) {
                return Err(StepFault::new("two nodes of a tree lead to the same node"));
            }
            let key = lists.keys.ids.get(place).copied().unwrap_or_default();
            let number = |list: &[i64]| list.get(place).copied().unwrap_or_default();
            let node = match lists.modes.get(place).copied().flatten() {
                None => {
                    let start = self.weights.len() as u32;
                    self.weights.extend(leaves.of(key));
                    most = most.max(self.weights.len() - start as usize);
                    Node::Leaf { start, end: self.weights.len() as u32 }
                }
                Some(mode) => {
                    let child = |id| lists.keys.find((key.0, id)).map(|place| place as usize);
                    let missing =
                        || StepFault::new("a node leads to a node that does not exist; export the model again");
                    let yes = child(number(&lists.yes)).ok_or_else(missing)?;
                    let no = child(number(&lists.no)).ok_or_else(missing)?;
                    let feature = u32::try_from(number(&lists.features));
                    let feature = feature.map_err(|_| StepFault::new("a node has a negative feature"))?;
                    self.features = self.features.max(feature as usize + 1);
                    let first = self.nodes.len();
                    self.nodes.extend([Node::Leaf { start: 0, end: 0 }; 2]);
                    open.extend([(no, depth + 1), (yes, depth + 1)]);
                    slots.extend([first + 1, first]);
                    let value = lists.values.get(place).copied().unwrap_or_default();
                    let missing_is_yes = number(&lists.missing) != 0;
                    let (yes, no) = (first as u32, first as u32 + 1);
                    Node::Branch { feature, mode, value, yes, no, missing_is_yes }
                }
            };
            self.nodes.get_mut(slot).into_iter().for_each(|found| *found = node);
        }
        self.steps = self.steps.saturating_add(deepest + most);
        Ok(())
    }

    fn leaf(&self, root: u32, row: &[f64]) -> &[(u32, f64)] {
        let mut at = root;
        while let Some(Node::Branch { feature, mode, value, yes, no, missing_is_yes }) = self.nodes.get(at as usize) {
            let x = row.get(*feature as usize).copied().unwrap_or(f64::NAN);
            let goes_to_yes = if x.is_nan() {
                *missing_is_yes || matches!(mode, Mode::Unequal)
            } else {
                match mode {
                    Mode::AtMost => x <= *value,
                    Mode::Below => x < *value,
                    Mode::AtLeast => x >= *value,
                    Mode::Above => x > *value,
                    Mode::Equal => x == *value,
                    Mode::Unequal => x != *value,
                }
            };
            at = if goes_to_yes { *yes } else { *no };
        }
        match self.nodes.get(at as usize) {
            Some(Node::Leaf { start, end }) => self.weights.get(*start as usize..*end as usize).unwrap_or_default(),
            _ => &[],
        }
    }

    /// Returns the sum of the trees for each output of a row. `None`: no leaf has a weight for the output.
    fn scores(&self, row: &[f64]) -> Vec<Option<f64>> {
        let mut scores: Vec<Option<f64>> = vec![None; self.outputs];
        for &root in &self.roots {
            for &(output, weight) in self.leaf(root, row) {
                if let Some(score) = scores.get_mut(output as usize) {
                    *score = Some(match (self.aggregate, *score) {
                        (_, None) => weight,
                        (Aggregate::Sum | Aggregate::Average, Some(score)) => score + weight,
                        (Aggregate::Min, Some(score)) => score.min(weight),
                        (Aggregate::Max, Some(score)) => score.max(weight),
                    });
                }
            }
        }
        if self.aggregate == Aggregate::Average {
            let trees = self.roots.len() as f64;
            scores.iter_mut().flatten().for_each(|score| *score /= trees);
        }
        scores
    }

    /// Returns the numbers of the input and the length of a row. Too few columns are an error.
    fn numbers(&self, input: &Tensor, budget: &mut Budget) -> Outcome<(Vec<f64>, usize)> {
        let (rows, width) = input.rows_and_columns();
        if width < self.features || width == 0 {
            let problem = format!(
                "its trees use {} features, its input has {width}; export the model with all columns that it was trained on",
                self.features
            );
            return Err(StepFault::new(problem));
        }
        elements(&[rows, self.outputs])?;
        budget.spend(&[rows, self.steps.max(self.outputs).max(1)])?;
        Ok((input.values.doubles()?, width))
    }
}

fn regressor(given: &mut Given) -> Outcome<RunOperator> {
    let transform = ScoreTransform::read(given)?;
    let outputs = given.int("n_targets").and_then(|count| usize::try_from(count).ok()).unwrap_or(1).max(1);
    if outputs > MAX_FEATURES {
        return Err(StepFault::new(format!("it has {outputs} targets; expected 1; export a model of one target")));
    }
    let forest = Forest::read(given, "target", outputs)?;
    Ok(Box::new(move |inputs, budget| {
        let (values, width) = forest.numbers(inputs.get(0)?, budget)?;
        let mut numbers = Vec::with_capacity(values.len() / width * outputs);
        for row in values.chunks_exact(width) {
            let scores = forest.scores(row).into_iter().enumerate();
            let base = |output: usize| forest.base.get(output).copied().unwrap_or_default();
            let mut scores: Vec<f64> = scores.map(|(output, score)| score.unwrap_or_default() + base(output)).collect();
            transform.apply(&mut scores);
            numbers.extend(scores.into_iter().map(|score| score as f32));
        }
        Ok(vec![Tensor::new(vec![numbers.len() / outputs, outputs], TensorValues::Float(numbers))?])
    }))
}

fn classifier(given: &mut Given) -> Outcome<RunOperator> {
    let labels = ClassLabels::read(given)?;
    let transform = ScoreTransform::read(given)?;
    let forest = Forest::read(given, "class", labels.len())?;
    // If all weights belong to one of two labels, there is one score: that of the second label.
    let first = forest.weights.first().map_or(0, |(output, _)| *output);
    let is_single = labels.len() == 2 && forest.weights.iter().all(|(output, _)| *output == first);
    let is_positive = forest.weights.iter().all(|(_, weight)| *weight >= 0.0);
    Ok(Box::new(move |inputs, budget| {
        let (values, width) = forest.numbers(inputs.get(0)?, budget)?;
        let (mut classes, mut all) = (Vec::new(), Vec::new());
        for row in values.chunks_exact(width) {
            let scores = forest.scores(row);
            let base = |output: usize| forest.base.get(output).copied().unwrap_or_default();
            let mut scores = if is_single {
                let base = if forest.base.len() == 1 { base(0) } else { base(1) };
                let score = scores.iter().flatten().sum::<f64>() + base;
                // Positive weights are shares. Other weights are scores whose sign decides.
                if transform == ScoreTransform::None && is_positive {
                    vec![1.0 - score, score]
                } else {
                    vec![-score, score]
                }
            } else {
                scores.iter().enumerate().map(|(output, score)| score.unwrap_or_default() + base(output)).collect()
            };
            classes.push(first_greatest(&scores));
            transform.apply(&mut scores);
            all.extend(scores);
        }
        labels.answer(classes, all)
    }))
}
