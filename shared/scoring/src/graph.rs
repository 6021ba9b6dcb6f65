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
mod pattern;
mod probe;
mod problem;
mod program;
mod tensor;

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use evergreen_lifecycle::{RowTexts, Signature};
use prost::Message;

use self::answer::AnswerPlan;
use self::call::Budget;
use self::inputs::{GraphInput, RawRows};
use self::program::{GraphProgram, StepProblem};
use crate::artifact::ArtifactError;
use crate::artifact::onnx::{GraphProto, ModelProto, OperatorSetIdProto};
use crate::import::ImportError;
use crate::import::inputs::columns_of;
use crate::predictions::{ClassPredictions, NumberPredictions};

/// Number of rows that are computed together.
const BLOCK: usize = 64;

/// Maximum number of steps for one row: some tenths of a second of computing.
const MAX_STEPS: u64 = 20_000_000;

pub(crate) use columns::KnownTexts;
pub(crate) use tensor::{EXTERNAL, Tensor, TensorValues};

/// Returns the texts that an ONNX file knows of each column of the table. Empty if its inputs are not those of the table.
pub(crate) fn known_texts(graph: &GraphProto, table: &Signature) -> HashMap<usize, KnownTexts> {
    columns_of(graph, table).map_or_else(|_| HashMap::new(), |inputs| columns::known_texts(graph, &inputs))
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
    /// Imports the graph of a file for a table. Also returns the signature of the model, and warnings for the user.
    pub(crate) fn import(bytes: &[u8], table: &Signature) -> Result<(Self, Signature, Vec<String>), ImportError> {
        let mut model = ModelProto::decode(bytes).map_err(ArtifactError::NotOnnx)?;
        let graph = model.graph.take().ok_or(ArtifactError::Missing("graph"))?;
        let (inputs, signature, mut warnings) = Self::bind(&graph, table)?;
        let program = Self::compile(graph.clone(), &inputs, &model.opset_import)?;
        let (answer, more) = probe::answer(&graph, &model.producer_name, &program, &inputs, &signature)?;
        warnings.extend(more);
        Ok((Self::of(bytes, program, inputs, answer, &signature), signature, warnings))
    }

    /// Loads a graph that was imported before. `bytes` are the file that `model` was read from, and `answer` is what
    /// [`Self::answer_json`] returned at the import.
    pub(crate) fn load(
        bytes: &[u8],
        model: ModelProto,
        signature: &Signature,
        answer: &str,
    ) -> Result<Self, ImportError> {
        let graph = model.graph.ok_or(ArtifactError::Missing("graph"))?;
        let (inputs, bound, _) = Self::bind(&graph, signature)?;
        let program = Self::compile(graph, &inputs, &model.opset_import)?;
        let answer: AnswerPlan = serde_json::from_str(answer).map_err(|_| ImportError::NoPrediction)?;
        if bound != *signature || !answer.fits(&program, signature) {
            return Err(ImportError::NoPrediction);
        }
        Ok(Self::of(bytes, program, inputs, answer, signature))
    }

    fn of(
        bytes: &[u8],
        program: GraphProgram,
        inputs: Vec<GraphInput>,
        answer: AnswerPlan,
        signature: &Signature,
    ) -> Self {
        Self {
            bytes: bytes.into(),
            program: Arc::new(program),
            inputs: inputs.into(),
            answer: Arc::new(answer),
            slots: signature.slots(),
        }
    }

    /// Returns the inputs of a graph, the signature of the columns that they get, and warnings.
    fn bind(graph: &GraphProto, table: &Signature) -> Result<(Vec<GraphInput>, Signature, Vec<String>), ImportError> {
        let (inputs, columns, warnings) = inputs::bind(graph, table)?;
        let signature = match table.labels() {
            [] => Signature::regression(columns),
            labels => Signature::classification(columns, labels.to_vec()),
        };
        Ok((inputs, signature.map_err(ImportError::Signature)?, warnings))
    }

    fn compile(
        graph: GraphProto,
        inputs: &[GraphInput],
        versions: &[OperatorSetIdProto],
    ) -> Result<GraphProgram, ImportError> {
        let names: Vec<_> = inputs.iter().map(|input| input.name.clone()).collect();
        GraphProgram::read(graph, &names, versions).map_err(probe::refusal)
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

    pub(crate) fn classes(
        &self,
        rows: &[f32],
        texts: &RowTexts,
        labels: usize,
    ) -> Result<ClassPredictions, GraphError> {
        let mut predictions = ClassPredictions::with_capacity(rows.len() / self.slots, labels);
        self.each_block(rows, texts, |answer, outputs, count| answer.push_classes(outputs, count, &mut predictions))?;
        Ok(predictions)
    }

    pub(crate) fn numbers(&self, rows: &[f32], texts: &RowTexts) -> Result<NumberPredictions, GraphError> {
        let mut values = Vec::with_capacity(rows.len() / self.slots);
        self.each_block(rows, texts, |answer, outputs, count| answer.push_numbers(outputs, count, &mut values))?;
        Ok(NumberPredictions::new(values, None))
    }

    fn each_block(
        &self,
        rows: &[f32],
        texts: &RowTexts,
        mut each: impl FnMut(&AnswerPlan, &[Arc<tensor::Tensor>], usize) -> Result<(), StepProblem>,
    ) -> Result<(), GraphError> {
        for block in rows.chunks(BLOCK * self.slots) {
            match self.outputs(block, texts) {
                Ok(outputs) => each(&self.answer, &outputs, block.len() / self.slots)?,
                // Many rows together may need too much memory.
                Err(_) => {
                    for row in block.chunks_exact(self.slots) {
                        each(&self.answer, &self.outputs(row, texts)?, 1)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn outputs(&self, rows: &[f32], texts: &RowTexts) -> Result<Vec<Arc<tensor::Tensor>>, StepProblem> {
        let rows = RawRows { values: rows, slots: self.slots, texts };
        let inputs = inputs::tensors(&self.inputs, rows)?;
        let steps = MAX_STEPS.saturating_mul(rows.count() as u64);
        self.program.run(inputs, &mut Budget::new(steps))
    }
}
