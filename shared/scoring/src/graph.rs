//! A general interpreter of ONNX graphs, for imported models that the fast scorer cannot represent.
//!
//! The fast scorer knows trees and linear models behind the usual preprocessing. Other models, such as neural networks,
//! support vectors, votes of several models, or calculations in double precision, are run here operator by operator, as
//! their file says. It is slower, but its answers are those of ONNX Runtime.
//!
//! No general interpreter from a library fits: `tract` does not know the operators of machine learning on texts and
//! doubles, and ONNX Runtime is a C++ library that is larger than a whole function of this project.
//!
//! The interpreter protects itself against hostile files: it bounds the values of a tensor, the steps for a row, the
//! number of operators and their nesting.

mod answer;
mod broadcast;
mod call;
mod columns;
mod given;
mod inputs;
mod labels;
mod operators;
mod probe;
mod problem;
mod program;
mod tensor;

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use evergreen_lifecycle::Signature;
use prost::Message;

use self::answer::AnswerPlan;
use self::call::Budget;
use self::inputs::GraphInput;
use self::program::{GraphProgram, StepProblem};
use crate::artifact::onnx::{GraphProto, ModelProto};
use crate::import::ImportError;
use crate::predictions::{ClassPredictions, NumberPredictions};

/// Number of rows that are computed together.
const BLOCK: usize = 64;

/// Maximum number of steps for one row: some tenths of a second of computing.
const MAX_STEPS: u64 = 20_000_000;

pub(crate) use columns::KnownTexts;

/// Returns the texts that an ONNX file knows of each column of the table. Empty if its inputs are not those of the table.
pub(crate) fn known_texts(graph: &GraphProto, table: &Signature) -> HashMap<usize, KnownTexts> {
    let stored = crate::import::inputs::stored(graph);
    let is_stored = |name: &str| stored.contains(name);
    let Ok(inputs) = crate::import::inputs::input_columns(graph.input.clone(), table, is_stored) else {
        return HashMap::new();
    };
    let by_name: Vec<_> = inputs.into_iter().map(|input| (input.name, input.columns)).collect();
    columns::known_texts(graph, &by_name)
}

/// Returns the names of the operators of ONNX that an imported file may have, sorted. docs/IMPORT.md lists them.
pub fn operator_names() -> Vec<&'static str> {
    operators::names()
}

/// An imported model that is computed operator by operator, as its ONNX file says.
#[derive(Clone)]
pub struct Graph {
    bytes: Arc<[u8]>,
    program: Arc<GraphProgram>,
    inputs: Arc<[GraphInput]>,
    answer: Arc<AnswerPlan>,
    slots: usize,
}

/// Why a graph cannot answer rows. The same rows fail each time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the imported model cannot answer a row: operator {operator}: {problem}")]
pub struct GraphError {
    /// Type of the ONNX operator that failed.
    pub operator: String,
    /// Description of the problem, without values of the row.
    pub problem: String,
}

impl From<StepProblem> for GraphError {
    fn from(found: StepProblem) -> Self {
        Self { operator: found.operator, problem: found.problem.0.into_owned() }
    }
}

impl PartialEq for Graph {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes && self.answer == other.answer
    }
}

impl fmt::Debug for Graph {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Graph").field("bytes", &self.bytes.len()).field("answer", &self.answer).finish()
    }
}

impl Graph {
    /// Imports a graph for a table. Also returns the signature of the model, and warnings for the user.
    pub(crate) fn import(bytes: &[u8], table: &Signature) -> Result<(Self, Signature, Vec<String>), ImportError> {
        let (program, inputs, signature, mut warnings) = Self::compile(bytes, table)?;
        let (answer, more) = probe::answer(bytes, &program, &inputs, &signature)?;
        warnings.extend(more);
        let slots = signature.slots();
        let graph = Self {
            bytes: bytes.into(),
            program: Arc::new(program),
            inputs: inputs.into(),
            answer: Arc::new(answer),
            slots,
        };
        Ok((graph, signature, warnings))
    }

    /// Loads a graph that was imported before. `answer` is what [`Self::answer_json`] returned then.
    pub(crate) fn load(bytes: &[u8], signature: &Signature, answer: &str) -> Result<Self, ImportError> {
        let (program, inputs, bound, _) = Self::compile(bytes, signature)?;
        let answer: AnswerPlan = serde_json::from_str(answer).map_err(|_| ImportError::NoPrediction)?;
        if bound != *signature || !answer.fits(&program, signature) {
            return Err(ImportError::NoPrediction);
        }
        let slots = signature.slots();
        Ok(Self {
            bytes: bytes.into(),
            program: Arc::new(program),
            inputs: inputs.into(),
            answer: Arc::new(answer),
            slots,
        })
    }

    fn compile(
        bytes: &[u8],
        table: &Signature,
    ) -> Result<(GraphProgram, Vec<GraphInput>, Signature, Vec<String>), ImportError> {
        let model = ModelProto::decode(bytes).map_err(crate::artifact::ArtifactError::NotOnnx)?;
        let graph = model.graph.ok_or(crate::artifact::ArtifactError::Missing("graph"))?;
        let (inputs, columns, warnings) = inputs::bind(&graph, table)?;
        let names: Vec<_> = inputs.iter().map(|input| input.name.clone()).collect();
        let program = GraphProgram::read(graph, &names, &model.opset_import).map_err(probe::refusal)?;
        let signature = match table.labels() {
            [] => Signature::regression(columns),
            labels => Signature::classification(columns, labels.to_vec()),
        };
        Ok((program, inputs, signature.map_err(ImportError::Signature)?, warnings))
    }

    /// Returns the ONNX file of the author.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Returns how the outputs of the file become an answer, as JSON text.
    pub(crate) fn answer_json(&self) -> String {
        let json = serde_json::to_string(&*self.answer);
        debug_assert!(json.is_ok(), "{json:?}");
        json.unwrap_or_default()
    }

    /// Returns whether these are the columns and labels for which the graph was imported.
    pub(crate) fn fits(&self, signature: &Signature) -> bool {
        self.slots == signature.slots() && self.answer.fits(&self.program, signature)
    }

    pub(crate) fn classes(&self, rows: &[f32], labels: usize) -> Result<ClassPredictions, GraphError> {
        let mut predictions = ClassPredictions::with_capacity(rows.len() / self.slots, labels);
        self.each_block(rows, |answer, outputs, count| answer.push_classes(outputs, count, &mut predictions))?;
        Ok(predictions)
    }

    pub(crate) fn numbers(&self, rows: &[f32]) -> Result<NumberPredictions, GraphError> {
        let mut values = Vec::with_capacity(rows.len() / self.slots);
        self.each_block(rows, |answer, outputs, count| answer.push_numbers(outputs, count, &mut values))?;
        Ok(NumberPredictions::new(values, None))
    }

    fn each_block(
        &self,
        rows: &[f32],
        mut each: impl FnMut(&AnswerPlan, &[Arc<tensor::Tensor>], usize) -> Result<(), StepProblem>,
    ) -> Result<(), GraphError> {
        for block in rows.chunks(BLOCK * self.slots) {
            match self.outputs(block) {
                Ok(outputs) => each(&self.answer, &outputs, block.len() / self.slots)?,
                // Many rows together may need too much memory.
                Err(_) => {
                    for row in block.chunks_exact(self.slots) {
                        each(&self.answer, &self.outputs(row)?, 1)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn outputs(&self, rows: &[f32]) -> Result<Vec<Arc<tensor::Tensor>>, StepProblem> {
        let inputs = self.inputs.iter().map(|input| input.tensor(rows, self.slots)).collect();
        let steps = MAX_STEPS.saturating_mul((rows.len() / self.slots) as u64);
        self.program.run(inputs, &mut Budget::new(steps))
    }
}
