//! From the graph's inputs to its outputs, operator by operator.

use std::collections::HashMap;
use std::rc::Rc;

use evergreen_lifecycle::Signature;

use super::constant::{Constant, Numbers};
use super::error::ImportError;
use super::value::{Features, Scored, Stage, Value};
use super::{features, inputs, linear, trees};
use crate::artifact::attributes::Attributes;
use crate::artifact::onnx::{AttributeProto, GraphProto, NodeProto, element};
use crate::pipeline::{Linear, Predictor};

/// Operators that are known, as far as the module says.
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

/// Features that all operators of a graph may take together: a hundred times as many as a pipeline has at most.
const MAX_FEATURES_TAKEN: usize = 1_000_000;

struct Walk {
    values: HashMap<String, Value>,
    scored: Option<Scored>,
    features_left: usize,
}

/// Finds the model of the graph and what goes into it.
pub(super) fn walk(graph: GraphProto, table: &Signature) -> Result<Scored, ImportError> {
    if let Some(node) = graph.node.iter().find(|node| !KNOWN.contains(&node.op_type.as_str())) {
        return Err(ImportError::Operator { operator: node.op_type.chars().take(80).collect() });
    }
    let mut values = HashMap::new();
    let mut held = Vec::new();
    for bytes in &graph.initializer {
        let (name, constant) = Constant::read(bytes)?;
        values.extend(constant.map(|constant| (name.clone(), Value::Constant(Rc::new(constant)))));
        held.push(name);
    }
    held.sort_unstable();
    let bound = inputs::bind(graph.input, table, |name| held.binary_search_by(|held| held.as_str().cmp(name)).is_ok())?;
    values.extend(bound);
    let mut walk = Walk { values, scored: None, features_left: MAX_FEATURES_TAKEN };
    for node in graph.node {
        walk.step(node)?;
    }
    let given: Vec<_> = graph.output.into_iter().map(|output| output.name).collect();
    walk.finish(&given)
}

impl Walk {
    fn finish(mut self, outputs: &[String]) -> Result<Scored, ImportError> {
        let scored = self.scored.take().ok_or(ImportError::NoPrediction)?;
        let mut stage = None;
        for name in outputs {
            match self.values.get(name) {
                Some(Value::Outputs(found)) => stage = Some(*found),
                Some(Value::Label) => {}
                _ => return Err(ImportError::Output(name.clone())),
            }
        }
        Ok(Scored { stage: stage.ok_or(ImportError::NoPrediction)?, ..scored })
    }

    fn step(&mut self, node: NodeProto) -> Result<(), ImportError> {
        let mut found = Vec::new();
        for name in &node.input {
            let value = self.values.get(name).cloned().ok_or_else(|| {
                let name: String = name.chars().take(80).collect();
                ImportError::usage(&node.op_type, format!("its input {name:?} is not known"))
            })?;
            found.push(value);
        }
        // Before anything is made of them: a name takes a few bytes in a file, what it stands for may be wide.
        let width: usize = found.iter().map(Value::width).sum();
        self.features_left = self.features_left.checked_sub(width).ok_or_else(|| {
            ImportError::usage(&node.op_type, "the operators before it take more features than are read")
        })?;
        let results = self.apply(&node.op_type, node.attribute, &found, node.output.len())?;
        self.values.extend(node.output.into_iter().zip(results));
        Ok(())
    }

    fn apply(
        &mut self,
        operator: &str,
        list: Vec<AttributeProto>,
        inputs: &[Value],
        outputs: usize,
    ) -> Result<Vec<Value>, ImportError> {
        let value = match (operator, inputs) {
            ("Identity", [value]) => value.clone(),
            ("Cast", [value]) => cast(list, value)?,
            ("Constant", []) => constant(list)?,
            ("Concat", inputs) => features::concat(operator, axis(operator, list, None)?, inputs)?,
            ("FeatureVectorizer", inputs) => features::concat(operator, None, inputs)?,
            ("ArrayFeatureExtractor", [value, Value::Constant(indices)]) => {
                features::pick(operator, value, whole(operator, indices)?)?
            }
            ("Gather", [value, Value::Constant(indices)]) => {
                features::check_axis(operator, axis(operator, list, Some(0))?, is_deep(value))?;
                features::pick(operator, value, whole(operator, indices)?)?
            }
            ("Split", [value, sizes @ ..]) => return split(list, value, sizes, outputs),
            ("Imputer", [Value::Features(input)]) => features::impute(list, input)?,
            ("Scaler", [Value::Features(input)]) => features::scale(list, input)?,
            ("OneHotEncoder", [Value::Texts(columns)]) => features::one_hot(list, columns)?,
            ("Reshape", [value, Value::Constant(shape)]) => reshape(value, whole(operator, shape)?)?,
            ("Flatten", [Value::Features(input)]) => match axis(operator, list, Some(1))? {
                Some(1) => Features::flat(input.list.clone()),
                _ => return Err(ImportError::attribute(operator, "axis", "only 1 is known")),
            },
            ("Add", [Value::Outputs(Stage::Raw), Value::Constant(bias)]) => self.add_bias(bias)?,
            ("Add" | "Mul" | "Sub" | "Div", [Value::Features(input), Value::Constant(number)])
            | ("Add" | "Mul", [Value::Constant(number), Value::Features(input)]) => {
                features::arithmetic(operator, input, number)?
            }
            ("MatMul", [Value::Features(input), Value::Constant(weights)]) => self.multiply(input, weights)?,
            ("LinearRegressor", [Value::Features(input)]) => {
                let scored = linear::regressor(list, flat(operator, input)?)?;
                self.found(scored)?
            }
            ("LinearClassifier", [Value::Features(input)]) => {
                return self.found_classifier(linear::classifier(list, flat(operator, input)?)?);
            }
            (trees::NUMBERS, [Value::Features(input)]) => {
                let scored = trees::numbers(list, flat(operator, input)?)?;
                self.found(scored)?
            }
            (trees::CLASSES, [Value::Features(input)]) => {
                return self.found_classifier(trees::classes(list, flat(operator, input)?)?);
            }
            ("Softmax", [Value::Outputs(Stage::Raw)]) if self.outputs() > 1 => Value::Outputs(Stage::Softmax),
            ("Normalizer", [Value::Outputs(stage)]) => normalise(list, *stage)?,
            ("ZipMap", [Value::Outputs(stage)]) => {
                self.check_labels(list)?;
                Value::Outputs(*stage)
            }
            _ => return Err(ImportError::usage(operator, "is known, but not with inputs like these")),
        };
        Ok(vec![value])
    }

    fn found(&mut self, scored: Scored) -> Result<Value, ImportError> {
        let stage = scored.stage;
        match self.scored.replace(scored) {
            None => Ok(Value::Outputs(stage)),
            Some(first) => Err(ImportError::usage(first.operator, "is not the only model of the file; one is known")),
        }
    }

    fn found_classifier(&mut self, scored: Scored) -> Result<Vec<Value>, ImportError> {
        Ok(vec![Value::Label, self.found(scored)?])
    }

    /// Number of outputs of the model.
    fn outputs(&self) -> usize {
        match self.scored.as_ref().map(|scored| &scored.predictor) {
            Some(Predictor::Trees(ensemble)) => ensemble.base.len(),
            Some(Predictor::Linear(linear)) => linear.bias.len(),
            None => 0,
        }
    }

    /// A linear model as a product of matrices.
    fn multiply(&mut self, input: &Rc<Features>, weights: &Constant) -> Result<Value, ImportError> {
        const OPERATOR: &str = "MatMul";
        let features = flat(OPERATOR, input)?;
        if weights.dims != [features.list.len(), 1] && weights.dims != [features.list.len()] {
            return Err(ImportError::usage(OPERATOR, "of features and a matrix that does not give one number"));
        }
        let weights = weights.real().into_iter().map(|weight| weight as f32).collect();
        let predictor = Predictor::Linear(Linear { weights, bias: vec![0.0] });
        self.found(Scored { operator: OPERATOR, features, predictor, labels: Vec::new(), stage: Stage::Raw })
    }

    fn add_bias(&mut self, constant: &Constant) -> Result<Value, ImportError> {
        let bias = match self.scored.as_mut().map(|scored| &mut scored.predictor) {
            Some(Predictor::Linear(linear)) => &mut linear.bias,
            Some(Predictor::Trees(ensemble)) => &mut ensemble.base,
            None => return Err(ImportError::NoPrediction),
        };
        let added = constant.real();
        if added.len() != bias.len() && added.len() != 1 {
            return Err(ImportError::usage("Add", "another number of constants than the model has outputs"));
        }
        bias.iter_mut().zip(added.iter().cycle()).for_each(|(bias, added)| *bias = (f64::from(*bias) + added) as f32);
        Ok(Value::Outputs(Stage::Raw))
    }

    /// What names the probabilities must name them as the model does.
    fn check_labels(&self, list: Vec<AttributeProto>) -> Result<(), ImportError> {
        let mut attributes = Attributes::new("ZipMap", list)?;
        let labels = linear::labels("ZipMap", &mut attributes, &["classlabels_int64s"])?;
        attributes.finish()?;
        let same = self.scored.as_ref().is_some_and(|scored| scored.labels == labels);
        if same { Ok(()) } else { Err(ImportError::usage("ZipMap", "its labels are not the model's")) }
    }
}

fn is_deep(value: &Value) -> bool {
    matches!(value, Value::Features(features) if features.deep)
}

fn flat(operator: &str, features: &Rc<Features>) -> Result<Rc<Features>, ImportError> {
    if features.deep {
        return Err(ImportError::usage(operator, "of a tensor of three dimensions"));
    }
    Ok(Rc::clone(features))
}

fn whole<'a>(operator: &str, constant: &'a Constant) -> Result<&'a [i64], ImportError> {
    constant.whole().ok_or_else(|| ImportError::usage(operator, "its indices or sizes are not whole numbers"))
}

/// The axis, or what it is where none is given.
fn axis(operator: &str, list: Vec<AttributeProto>, default: Option<i64>) -> Result<Option<i64>, ImportError> {
    let axis = list.into_iter().find(|attribute| attribute.name == "axis").and_then(|attribute| attribute.i);
    match axis.or(default) {
        None => Err(ImportError::attribute(operator, "axis", "missing")),
        axis => Ok(axis),
    }
}

/// Another type must not change what a value means.
fn cast(list: Vec<AttributeProto>, value: &Value) -> Result<Value, ImportError> {
    const OPERATOR: &str = "Cast";
    let to = list.into_iter().find(|attribute| attribute.name == "to").and_then(|attribute| attribute.i);
    let to = to.and_then(|to| i32::try_from(to).ok());
    let harmless = match value {
        Value::Features(_) | Value::Outputs(_) | Value::Constant(_) => {
            matches!(to, Some(element::FLOAT | element::DOUBLE))
        }
        Value::Texts(_) => to == Some(element::STRING),
        Value::Label => matches!(to, Some(element::INT64 | element::INT32 | element::STRING)),
    };
    if harmless {
        return Ok(value.clone());
    }
    Err(ImportError::attribute(OPERATOR, "to", "known are features to float or double, texts and labels to themselves"))
}

fn constant(list: Vec<AttributeProto>) -> Result<Value, ImportError> {
    let read = |attribute: AttributeProto| match attribute.name.as_str() {
        "value" => Constant::read(&attribute.t?).ok()?.1,
        "value_int" => Some(Constant { dims: Vec::new(), numbers: Numbers::Whole(vec![attribute.i?]) }),
        "value_ints" => Some(Constant::list(Numbers::Whole(attribute.ints))),
        "value_float" => Some(Constant { dims: Vec::new(), numbers: Numbers::Real(vec![attribute.f?.into()]) }),
        "value_floats" => Some(Constant::list(Numbers::Real(attribute.floats.into_iter().map(f64::from).collect()))),
        _ => None,
    };
    let constant = list.into_iter().next().and_then(read);
    let constant = constant.ok_or_else(|| ImportError::usage("Constant", "it holds no numbers that are known"))?;
    Ok(Value::Constant(Rc::new(constant)))
}

/// Columns in parts, of the sizes given or of equal ones.
fn split(list: Vec<AttributeProto>, value: &Value, sizes: &[Value], outputs: usize) -> Result<Vec<Value>, ImportError> {
    const OPERATOR: &str = "Split";
    let given = list.iter().find(|attribute| attribute.name == "split").map(|attribute| attribute.ints.clone());
    features::check_axis(OPERATOR, axis(OPERATOR, list, Some(0))?, is_deep(value))?;
    let width = value.width();
    let sizes = match (sizes, given) {
        ([Value::Constant(sizes)], _) => whole(OPERATOR, sizes)?.to_vec(),
        (_, Some(sizes)) => sizes,
        _ if outputs > 0 && width.is_multiple_of(outputs) => vec![(width / outputs) as i64; outputs],
        _ => Vec::new(),
    };
    let mut parts = Vec::new();
    let mut start = 0_i64;
    for size in sizes {
        let end = start.checked_add(size).filter(|&end| size > 0 && usize::try_from(end).is_ok_and(|end| end <= width));
        let end = end.ok_or_else(|| ImportError::usage(OPERATOR, "parts of other columns than there are"))?;
        parts.push(features::pick(OPERATOR, value, &(start..end).collect::<Vec<_>>())?);
        start = end;
    }
    Ok(parts)
}

fn reshape(value: &Value, shape: &[i64]) -> Result<Value, ImportError> {
    match value {
        Value::Features(features) => features::flatten("Reshape", features, shape),
        // One number or one label a row, however it stands.
        Value::Outputs(_) | Value::Label if matches!(shape, [-1] | [-1, 1]) => Ok(value.clone()),
        _ => Err(ImportError::usage("Reshape", format!("to {shape:?} is not known"))),
    }
}

/// Probabilities made to sum to 1.
fn normalise(list: Vec<AttributeProto>, stage: Stage) -> Result<Value, ImportError> {
    let norm = list.into_iter().find(|attribute| attribute.name == "norm").and_then(|attribute| attribute.s);
    if norm.as_deref() != Some(b"L1") {
        return Err(ImportError::attribute("Normalizer", "norm", "only L1, of probabilities, is known"));
    }
    Ok(Value::Outputs(if stage == Stage::Logistic { Stage::OneVersusRest } else { stage }))
}
