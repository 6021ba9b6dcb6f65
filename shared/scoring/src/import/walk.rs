//! Walks from the graph's inputs to its outputs, operator by operator.

use std::collections::HashMap;
use std::rc::Rc;

use evergreen_lifecycle::Signature;

use super::constant::ConstantTensor;
use super::error::{ImportError, short};
use super::forms::{axis, flat, is_deep, whole};
use super::value::{FeatureList, FoundModel, GraphValue, PostTransform};
use super::{features, forms, inputs, linear, trees};
use crate::artifact::attributes::Attributes;
use crate::artifact::onnx::{AttributeProto, GraphProto, NodeProto};
use crate::pipeline::{Linear, MAX_FEATURES, Predictor};

/// Supported operators. The documentation of `import` says what is supported of each.
pub(super) const KNOWN: [&str; 25] = [
    "Add",
    "ArrayFeatureExtractor",
    "Cast",
    "Concat",
    "Constant",
    "Div",
    "FeatureVectorizer",
    "Flatten",
    "Gather",
    "Identity",
    "Imputer",
    "LinearClassifier",
    "LinearRegressor",
    "MatMul",
    "Mul",
    "Normalizer",
    "OneHotEncoder",
    "Reshape",
    "Scaler",
    "Softmax",
    "Split",
    "Sub",
    "TreeEnsembleClassifier",
    "TreeEnsembleRegressor",
    "ZipMap",
];

/// Maximum number of features that all operators of a graph may take in total: a hundred times the maximum of a
/// pipeline.
const MAX_FEATURES_TAKEN: usize = 1_000_000;

/// Maximum number of features that all operators of a graph may return in total. They are kept until the end.
const MAX_FEATURES_GIVEN: usize = 250_000;

/// Domains of the supported operators.
const DOMAINS: [&str; 3] = ["", "ai.onnx", "ai.onnx.ml"];

struct Walk {
    values: HashMap<String, GraphValue>,
    scored: Option<FoundModel>,
    /// How often an operator changed the model's outputs. Only the last change is the model's answer.
    changes: u32,
    to_take: usize,
    to_give: usize,
}

/// Finds the model in the graph and its features.
pub(super) fn walk(graph: GraphProto, table: &Signature) -> Result<FoundModel, ImportError> {
    if let Some(node) = graph.node.iter().find(|node| !KNOWN.contains(&node.op_type.as_str())) {
        return Err(ImportError::Operator { operator: short(&node.op_type) });
    }
    if let Some(node) = graph.node.iter().find(|node| !DOMAINS.contains(&node.domain.as_str())) {
        let problem = format!("is of the domain {:?}, which is not known", short(&node.domain));
        return Err(ImportError::usage(&node.op_type, problem));
    }
    let mut values = HashMap::new();
    let mut held = Vec::new();
    for bytes in &graph.initializer {
        let (name, constant) = ConstantTensor::read(bytes)?;
        let value = match constant {
            Ok(constant) => GraphValue::Constant(Rc::new(constant)),
            Err(problem) => GraphValue::Unread(problem),
        };
        values.insert(name.clone(), value);
        held.push(name);
    }
    held.sort_unstable();
    let bound = inputs::bind(graph.input, table, |name| held.binary_search_by(|held| held.as_str().cmp(name)).is_ok())?;
    values.extend(bound);
    let mut walk = Walk { values, scored: None, changes: 0, to_take: MAX_FEATURES_TAKEN, to_give: MAX_FEATURES_GIVEN };
    for node in graph.node {
        walk.step(node)?;
    }
    let given: Vec<_> = graph.output.into_iter().map(|output| output.name).collect();
    walk.finish(&given)
}

impl Walk {
    fn finish(mut self, outputs: &[String]) -> Result<FoundModel, ImportError> {
        let scored = self.scored.take().ok_or(ImportError::NoPrediction)?;
        let mut stage = None;
        for name in outputs {
            match self.values.get(name) {
                Some(GraphValue::Outputs(found, change)) if *change == self.changes => stage = Some(*found),
                Some(GraphValue::Outputs(..)) => return Err(ImportError::Early(short(name))),
                Some(GraphValue::Label) => {}
                _ => return Err(ImportError::Output(short(name))),
            }
        }
        Ok(FoundModel { stage: stage.ok_or(ImportError::NoPrediction)?, ..scored })
    }

    fn step(&mut self, node: NodeProto) -> Result<(), ImportError> {
        let operator = &node.op_type;
        let found = node.input.iter().map(|name| self.input(operator, name)).collect::<Result<Vec<_>, _>>()?;
        // Check this before processing the inputs: a short name in a file may stand for many features.
        let width: usize = found.iter().map(GraphValue::width).sum();
        let too_many = || ImportError::usage(operator, "it and the operators before it take or give too many features");
        self.to_take = self.to_take.checked_sub(width).ok_or_else(too_many)?;
        if width > MAX_FEATURES {
            return Err(ImportError::usage(
                operator,
                format!("takes {width} features, at most {MAX_FEATURES} are read"),
            ));
        }
        let results = self.apply(operator, node.attribute, &found, node.output.len())?;
        let width: usize = results.iter().map(GraphValue::width).sum();
        self.to_give = self.to_give.checked_sub(width).ok_or_else(too_many)?;
        self.values.extend(node.output.into_iter().zip(results));
        Ok(())
    }

    /// Returns the value of an operator's input.
    fn input(&self, operator: &str, name: &str) -> Result<GraphValue, ImportError> {
        let problem = match self.values.get(name) {
            Some(GraphValue::Outputs(_, change)) if *change != self.changes => {
                "is of the model's outputs before another operator changed them"
            }
            Some(GraphValue::Unread(problem)) => problem,
            Some(value) => return Ok(value.clone()),
            None => "is not known",
        };
        Err(ImportError::usage(operator, format!("its input {:?} {problem}", short(name))))
    }

    fn apply(
        &mut self,
        operator: &str,
        list: Vec<AttributeProto>,
        inputs: &[GraphValue],
        outputs: usize,
    ) -> Result<Vec<GraphValue>, ImportError> {
        let value = match (operator, inputs) {
            ("Identity", [value]) => value.clone(),
            ("Cast", [value]) => forms::cast(list, value)?,
            ("Constant", []) => forms::constant(list)?,
            ("Concat", inputs) => features::concat(operator, axis(operator, list, None)?, inputs)?,
            ("FeatureVectorizer", inputs) => features::vectorise(list, inputs)?,
            ("ArrayFeatureExtractor", [value, GraphValue::Constant(indices)]) => {
                features::pick(operator, value, whole(operator, indices)?)?
            }
            ("Gather", [value, GraphValue::Constant(indices)]) => {
                features::check_axis(operator, axis(operator, list, Some(0))?, is_deep(value))?;
                features::pick(operator, value, whole(operator, indices)?)?
            }
            ("Split", [value, sizes @ ..]) => return forms::split(list, value, sizes, outputs),
            ("Imputer", [GraphValue::Features(input)]) => features::impute(list, input)?,
            ("Scaler", [GraphValue::Features(input)]) => features::scale(list, input)?,
            ("OneHotEncoder", [GraphValue::Texts(columns)]) => features::one_hot(list, columns)?,
            ("Reshape", [value, GraphValue::Constant(shape)]) => {
                forms::reshape(value, whole(operator, shape)?, !self.has_labels())?
            }
            ("Flatten", [GraphValue::Features(input)]) => match axis(operator, list, Some(1))? {
                Some(1) => FeatureList::flat(input.list.clone()),
                _ => return Err(ImportError::attribute(operator, "axis", "only 1 is known")),
            },
            ("Add", [GraphValue::Outputs(PostTransform::Raw, _), GraphValue::Constant(bias)]) => self.add_bias(bias)?,
            ("Add" | "Mul" | "Sub" | "Div", [GraphValue::Features(input), GraphValue::Constant(number)])
            | ("Add" | "Mul", [GraphValue::Constant(number), GraphValue::Features(input)]) => {
                features::arithmetic(operator, input, number)?
            }
            ("MatMul", [GraphValue::Features(input), GraphValue::Constant(weights)]) => {
                self.multiply(input, weights)?
            }
            ("LinearRegressor", [GraphValue::Features(input)]) => {
                let scored = linear::regressor(list, flat(operator, input)?)?;
                self.found(scored)?
            }
            ("LinearClassifier", [GraphValue::Features(input)]) => {
                return self.found_classifier(linear::classifier(list, flat(operator, input)?)?);
            }
            (trees::NUMBERS, [GraphValue::Features(input)]) => {
                let scored = trees::numbers(list, flat(operator, input)?)?;
                self.found(scored)?
            }
            (trees::CLASSES, [GraphValue::Features(input)]) => {
                return self.found_classifier(trees::classes(list, flat(operator, input)?)?);
            }
            ("Softmax", [GraphValue::Outputs(PostTransform::Raw, _)]) if self.outputs() > 1 => {
                features::check_axis(operator, axis(operator, list, Some(-1))?, false)?;
                self.changed(PostTransform::Softmax)
            }
            ("Normalizer", [GraphValue::Outputs(stage, _)]) if self.has_labels() => self.normalise(list, *stage)?,
            ("ZipMap", [value @ GraphValue::Outputs(..)]) => {
                self.check_labels(list)?;
                value.clone()
            }
            _ => return Err(ImportError::usage(operator, "is known, but not with inputs like these")),
        };
        Ok(vec![value])
    }

    fn found(&mut self, scored: FoundModel) -> Result<GraphValue, ImportError> {
        let stage = scored.stage;
        match self.scored.replace(scored) {
            None => Ok(self.changed(stage)),
            Some(first) => Err(ImportError::usage(first.operator, "is not the only model of the file; one is known")),
        }
    }

    fn found_classifier(&mut self, scored: FoundModel) -> Result<Vec<GraphValue>, ImportError> {
        Ok(vec![GraphValue::Label, self.found(scored)?])
    }

    /// Returns changed outputs of the model. Earlier ones are then no longer its answer.
    fn changed(&mut self, stage: PostTransform) -> GraphValue {
        self.changes += 1;
        GraphValue::Outputs(stage, self.changes)
    }

    fn has_labels(&self) -> bool {
        self.scored.as_ref().is_some_and(|scored| !scored.labels.is_empty())
    }

    fn outputs(&self) -> usize {
        match self.scored.as_ref().map(|scored| &scored.predictor) {
            Some(Predictor::Trees(ensemble)) => ensemble.base.len(),
            Some(Predictor::Linear(linear)) => linear.bias.len(),
            Some(Predictor::Blend(_)) | None => 0,
        }
    }

    /// Reads a linear model that is a matrix product.
    fn multiply(&mut self, input: &Rc<FeatureList>, weights: &ConstantTensor) -> Result<GraphValue, ImportError> {
        const OPERATOR: &str = "MatMul";
        let features = flat(OPERATOR, input)?;
        if weights.dims != [features.list.len(), 1] && weights.dims != [features.list.len()] {
            return Err(ImportError::usage(OPERATOR, "of features and a matrix that does not give one number"));
        }
        let weights = weights.real().into_iter().map(|weight| weight as f32).collect();
        let predictor = Predictor::Linear(Linear { weights, bias: vec![0.0] });
        self.found(FoundModel {
            operator: OPERATOR,
            features,
            predictor,
            labels: Vec::new(),
            stage: PostTransform::Raw,
        })
    }

    fn add_bias(&mut self, constant: &ConstantTensor) -> Result<GraphValue, ImportError> {
        if self.has_labels() {
            return Err(ImportError::usage("Add", "to the outputs of a classifier, whose label is of those before"));
        }
        let bias = match self.scored.as_mut().map(|scored| &mut scored.predictor) {
            Some(Predictor::Linear(linear)) => &mut linear.bias,
            Some(Predictor::Trees(ensemble)) => &mut ensemble.base,
            Some(Predictor::Blend(_)) | None => return Err(ImportError::NoPrediction),
        };
        let added = constant.real();
        if added.len() != bias.len() && added.len() != 1 {
            return Err(ImportError::usage("Add", "another number of constants than the model has outputs"));
        }
        bias.iter_mut().zip(added.iter().cycle()).for_each(|(bias, added)| *bias = (f64::from(*bias) + added) as f32);
        Ok(self.changed(PostTransform::Raw))
    }

    /// Applies a `Normalizer`, which makes probabilities sum to 1.
    fn normalise(&mut self, list: Vec<AttributeProto>, stage: PostTransform) -> Result<GraphValue, ImportError> {
        let norm = list.into_iter().find(|attribute| attribute.name == "norm").and_then(|attribute| attribute.s);
        if norm.as_deref() != Some(b"L1") {
            return Err(ImportError::attribute("Normalizer", "norm", "only L1, of probabilities, is known"));
        }
        Ok(self.changed(if stage == PostTransform::Logistic { PostTransform::OneVersusRest } else { stage }))
    }

    /// Checks that `ZipMap` uses the model's labels.
    fn check_labels(&self, list: Vec<AttributeProto>) -> Result<(), ImportError> {
        let mut attributes = Attributes::new("ZipMap", list)?;
        let labels = linear::labels("ZipMap", &mut attributes, &["classlabels_int64s"])?;
        attributes.finish()?;
        let same = self.scored.as_ref().is_some_and(|scored| scored.labels == labels);
        if same { Ok(()) } else { Err(ImportError::usage("ZipMap", "its labels are not the model's")) }
    }
}
