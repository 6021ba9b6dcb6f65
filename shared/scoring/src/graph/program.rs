//! A graph as a list of steps that read and write registers.

use std::collections::HashMap;
use std::sync::Arc;

use evergreen_lifecycle::text::shortened;
use prost::Message;

use super::call::{Budget, Inputs, RunOperator};
use super::given::Given;
use super::operators::{self, GraphOperator};
use super::problem::{Outcome, StepFault};
use super::tensor::{Tensor, elements};
use crate::artifact::limits;
use crate::artifact::onnx::{GraphProto, NodeProto, OperatorSetIdProto, TensorProto};

/// Maximum depth of graphs inside of graphs.
const MAX_DEPTH: usize = 4;

/// Maximum number of operators of a graph, with those of the graphs inside of it.
const MAX_OPERATORS: usize = 100_000;

/// Maximum number of graphs inside of a graph.
const MAX_SCANS: usize = 64;

/// Domains (namespaces) of the operators: ONNX's own, those of machine learning, and an extension of ONNX Runtime.
const DOMAINS: [&str; 4] = ["", "ai.onnx", "ai.onnx.ml", "com.microsoft"];

/// Why an operator of the file cannot be used: its type, its name in the file, and the problem.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct StepProblem {
    pub(super) operator: String,
    pub(super) name: String,
    pub(super) problem: StepFault,
}

impl StepProblem {
    /// Creates a problem that belongs to no operator.
    pub(super) fn of_graph(problem: StepFault) -> Self {
        Self { operator: "Graph".to_owned(), name: String::new(), problem }
    }
}

enum Action {
    Run(RunOperator),
    Scan(Scan),
}

/// The operator `Scan`: runs a graph for each row of some inputs, and joins the results.
struct Scan {
    body: Vec<Step>,
    inputs: Vec<usize>,
    outputs: Vec<usize>,
    /// How many of the operator's inputs are read row by row. The others are states.
    scanned: usize,
}

struct Step {
    operator: String,
    name: String,
    action: Action,
    inputs: Vec<Option<usize>>,
    outputs: Vec<Option<usize>>,
    /// Registers that no later step reads.
    dead: Vec<usize>,
}

/// A graph as a list of steps. A register holds one tensor.
pub(super) struct GraphProgram {
    steps: Vec<Step>,
    registers: usize,
    constants: Vec<(usize, Arc<Tensor>)>,
    pub(super) inputs: Vec<usize>,
    pub(super) outputs: Vec<(String, usize)>,
}

/// Reads a graph step by step.
struct Reader<'a> {
    versions: &'a [OperatorSetIdProto],
    registers: usize,
    operators: usize,
    scans: usize,
    constants: Vec<(usize, Arc<Tensor>)>,
}

impl GraphProgram {
    /// Reads a graph. `inputs` are the names of the inputs that get values.
    pub(super) fn read(
        graph: GraphProto,
        inputs: &[String],
        versions: &[OperatorSetIdProto],
    ) -> Result<Self, StepProblem> {
        let mut reader = Reader { versions, registers: 0, operators: 0, scans: 0, constants: Vec::new() };
        let mut names = HashMap::new();
        let inputs = inputs.iter().map(|name| reader.name(&mut names, name)).collect();
        let outputs: Vec<_> = graph.output.iter().map(|output| output.name.clone()).collect();
        let mut steps = reader.steps(graph, &mut names, 0)?;
        let find = |name: &String| names.get(name).copied().ok_or_else(|| missing(name));
        let outputs: Vec<_> =
            outputs.iter().map(|name| Ok((name.clone(), find(name)?))).collect::<Result<_, StepProblem>>()?;
        mark_dead(&mut steps, &outputs.iter().map(|(_, register)| *register).collect::<Vec<_>>());
        Ok(Self { steps, registers: reader.registers, constants: reader.constants, inputs, outputs })
    }

    /// Computes the outputs for these inputs, in the order of [`Self::outputs`].
    pub(super) fn run(&self, inputs: Vec<Tensor>, budget: &mut Budget) -> Result<Vec<Arc<Tensor>>, StepProblem> {
        let mut registers = vec![None; self.registers];
        for (register, constant) in &self.constants {
            budget.allow(constant.values.size());
            put(&mut registers, *register, Arc::clone(constant), budget).map_err(StepProblem::of_graph)?;
        }
        for (register, input) in self.inputs.iter().zip(inputs) {
            put(&mut registers, *register, Arc::new(input), budget).map_err(StepProblem::of_graph)?;
        }
        run_all(&self.steps, &mut registers, budget)?;
        let result = |(name, register): &(String, usize)| {
            registers.get(*register).cloned().flatten().ok_or_else(|| missing(name))
        };
        self.outputs.iter().map(result).collect()
    }
}

fn missing(name: &str) -> StepProblem {
    StepProblem::of_graph(StepFault::new(format!("nothing computes the value {:?}", shortened(name, 60))))
}

/// Puts a tensor into a register. What was there before is not kept any more.
fn put(
    registers: &mut [Option<Arc<Tensor>>],
    register: usize,
    tensor: Arc<Tensor>,
    budget: &mut Budget,
) -> Outcome<()> {
    budget.keep(tensor.values.size())?;
    let old = registers.get_mut(register).and_then(|slot| slot.replace(tensor));
    old.iter().for_each(|old| budget.forget(old.values.size()));
    Ok(())
}

fn run_all(steps: &[Step], registers: &mut Vec<Option<Arc<Tensor>>>, budget: &mut Budget) -> Result<(), StepProblem> {
    for step in steps {
        step.run(registers, budget)?;
    }
    Ok(())
}

impl Step {
    fn run(&self, registers: &mut Vec<Option<Arc<Tensor>>>, budget: &mut Budget) -> Result<(), StepProblem> {
        let inputs: Vec<_> = self
            .inputs
            .iter()
            .map(|register| register.and_then(|register| registers.get(register).cloned().flatten()))
            .collect();
        // Also an operator that only looks at its inputs takes a step, so that no graph runs for ever.
        let read: usize = inputs.iter().flatten().map(|input| input.values.len()).sum();
        budget.spend(&[1 + read]).map_err(|problem| self.problem(problem))?;
        let results = match &self.action {
            Action::Run(run) => run(&Inputs(&inputs), budget).map_err(|problem| self.problem(problem))?,
            Action::Scan(scan) => scan.run(&Inputs(&inputs), registers, budget).map_err(|problem| match problem {
                ScanProblem::Own(problem) => self.problem(problem),
                ScanProblem::Inner(inner) => inner,
            })?,
        };
        for (register, result) in self.outputs.iter().zip(results) {
            let Some(register) = register else { continue };
            put(registers, *register, Arc::new(result), budget).map_err(|problem| self.problem(problem))?;
        }
        for register in &self.dead {
            let old = registers.get_mut(*register).and_then(Option::take);
            old.iter().for_each(|tensor| budget.forget(tensor.values.size()));
        }
        Ok(())
    }

    fn problem(&self, problem: StepFault) -> StepProblem {
        StepProblem { operator: self.operator.clone(), name: self.name.clone(), problem }
    }
}

enum ScanProblem {
    Own(StepFault),
    Inner(StepProblem),
}

impl From<StepFault> for ScanProblem {
    fn from(problem: StepFault) -> Self {
        Self::Own(problem)
    }
}

impl Scan {
    fn run(
        &self,
        inputs: &Inputs<'_>,
        registers: &mut Vec<Option<Arc<Tensor>>>,
        budget: &mut Budget,
    ) -> Result<Vec<Tensor>, ScanProblem> {
        let all = inputs.all()?;
        let states = all.len().saturating_sub(self.scanned);
        let (states, scanned) = all.split_at_checked(states).unwrap_or_default();
        let length = scanned.first().and_then(|tensor| tensor.shape.first()).copied().unwrap_or_default();
        if scanned.iter().any(|tensor| tensor.shape.first() != Some(&length)) || length == 0 {
            return Err(StepFault::new("its inputs have different numbers of rows, or none").into());
        }
        let mut states: Vec<Tensor> = states.iter().map(|tensor| (*tensor).clone()).collect();
        let mut rows: Vec<Vec<Arc<Tensor>>> = vec![Vec::new(); self.outputs.len().saturating_sub(states.len())];
        for place in 0..length {
            let own = scanned.iter().map(|tensor| row(tensor, place)).collect::<Outcome<Vec<_>>>()?;
            budget.spend(&[1 + states.iter().chain(&own).map(|tensor| tensor.values.len()).sum::<usize>()])?;
            for (register, tensor) in self.inputs.iter().zip(states.into_iter().chain(own)) {
                put(registers, *register, Arc::new(tensor), budget)?;
            }
            run_all(&self.body, registers, budget).map_err(ScanProblem::Inner)?;
            let found = self.outputs.iter().map(|register| registers.get(*register).cloned().flatten());
            let mut found =
                found.collect::<Option<Vec<_>>>().ok_or_else(|| StepFault::new("its graph has no result"))?;
            let results = found.split_off(found.len() - rows.len());
            states = found.iter().map(|tensor| (**tensor).clone()).collect();
            for (rows, result) in rows.iter_mut().zip(results) {
                elements(&[rows.len() + 1, result.values.len().max(1)])?;
                rows.push(result);
            }
        }
        let stacked = rows.into_iter().map(|rows| stack(&rows, budget)).collect::<Outcome<Vec<_>>>()?;
        Ok(states.into_iter().chain(stacked).collect())
    }
}

/// Returns one row of a tensor, without the dimension of the rows.
fn row(tensor: &Tensor, place: usize) -> Outcome<Tensor> {
    let shape: Vec<_> = tensor.shape.iter().skip(1).copied().collect();
    let size = elements(&shape)?;
    let values = tensor.values.pick(place * size..(place + 1) * size)?;
    Tensor::new(shape, values)
}

/// Joins rows of one shape to a tensor with one more dimension.
fn stack(rows: &[Arc<Tensor>], budget: &mut Budget) -> Outcome<Tensor> {
    let first = rows.first().ok_or_else(|| StepFault::new("it has no rows"))?;
    if rows.iter().any(|row| row.shape != first.shape) {
        return Err(StepFault::new("its rows have different shapes"));
    }
    let mut shape = vec![rows.len()];
    shape.extend(&first.shape);
    budget.spend(&[elements(&shape)?])?;
    let lists = rows.iter().map(|row| row.values.clone()).collect();
    Tensor::new(shape, operators::joined(lists)?)
}

/// Notes for each step which registers no later step reads. Steps inside of a graph keep theirs.
fn mark_dead(steps: &mut [Step], outputs: &[usize]) {
    let mut is_read: std::collections::HashSet<usize> = outputs.iter().copied().collect();
    for step in steps.iter_mut().rev() {
        let mut used = Vec::new();
        note_read(step, &mut used);
        used.extend(step.outputs.iter().flatten().copied());
        step.dead = used.into_iter().filter(|register| is_read.insert(*register)).collect();
    }
}

/// Notes the registers that a step reads, also in the graphs inside of it.
fn note_read(step: &Step, used: &mut Vec<usize>) {
    used.extend(step.inputs.iter().flatten());
    if let Action::Scan(scan) = &step.action {
        used.extend(scan.outputs.iter().chain(&scan.inputs));
        scan.body.iter().for_each(|inner| note_read(inner, used));
    }
}

impl Reader<'_> {
    /// Returns the register of a new value.
    fn name(&mut self, names: &mut HashMap<String, usize>, name: &str) -> usize {
        let register = self.registers;
        self.registers += 1;
        names.insert(name.to_owned(), register);
        register
    }

    fn steps(
        &mut self,
        graph: GraphProto,
        names: &mut HashMap<String, usize>,
        depth: usize,
    ) -> Result<Vec<Step>, StepProblem> {
        for bytes in &graph.initializer {
            let problem =
                |name: &str, problem| StepProblem { operator: "Constant".to_owned(), name: name.to_owned(), problem };
            let tensor = TensorProto::decode(bytes.as_slice())
                .map_err(|_| problem("", StepFault::new("a constant is not readable")))?;
            let found = Tensor::of(&tensor).map_err(|it| problem(&tensor.name, it))?;
            let register = self.name(names, &tensor.name);
            self.constants.push((register, Arc::new(found)));
        }
        graph.node.into_iter().map(|node| self.step(node, names, depth)).collect()
    }

    fn step(&mut self, node: NodeProto, names: &mut HashMap<String, usize>, depth: usize) -> Result<Step, StepProblem> {
        let short = |text: &str| shortened(text, 60);
        let (operator, name) = (short(&node.op_type), short(&node.name));
        let refuse = |problem| StepProblem { operator: operator.clone(), name: name.clone(), problem };
        self.operators += 1;
        if self.operators > MAX_OPERATORS {
            return Err(refuse(StepFault::new(format!("the file has more than {MAX_OPERATORS} operators"))));
        }
        let find = |input: &String| match names.get(input) {
            _ if input.is_empty() => Ok(None),
            Some(register) => Ok(Some(*register)),
            None => Err(missing(input)),
        };
        let inputs = node.input.iter().map(find).collect::<Result<Vec<_>, _>>()?;
        let mut given = Given::new(node.attribute, self.version(&node.domain), node.output.len());
        let action = match (operators::find(&node.op_type), node.op_type.as_str()) {
            _ if !DOMAINS.contains(&node.domain.as_str()) => {
                let domain = short(&node.domain);
                let expected = "expected ai.onnx or ai.onnx.ml; export it with standard operators";
                let problem = format!("its domain is {domain:?}; {expected}");
                return Err(refuse(StepFault::new(problem)));
            }
            (Some(GraphOperator { read, .. }), _) => Action::Run(read(&mut given).map_err(refuse)?),
            (None, "Scan") => Action::Scan(self.scan(&mut given, names, depth, &refuse)?),
            (None, other) => return Err(refuse(StepFault::new(instead_of(other)))),
        };
        given.finish().map_err(refuse)?;
        let outputs = node.output.iter().map(|output| (!output.is_empty()).then(|| self.name(names, output))).collect();
        Ok(Step { operator, name, action, inputs, outputs, dead: Vec::new() })
    }

    fn version(&self, domain: &str) -> i64 {
        let is_core = |domain: &str| matches!(domain, "" | "ai.onnx");
        let own = self.versions.iter().find(|set| set.domain == domain || (is_core(domain) && is_core(&set.domain)));
        own.map_or(i64::MAX, |set| set.version)
    }

    fn scan(
        &mut self,
        given: &mut Given,
        names: &HashMap<String, usize>,
        depth: usize,
        refuse: &impl Fn(StepFault) -> StepProblem,
    ) -> Result<Scan, StepProblem> {
        let bytes = given.graph("body").ok_or_else(|| refuse(StepFault::new("it has no graph")))?;
        limits::check_graph(&bytes).map_err(|_| refuse(StepFault::new("its graph is not readable, or too large")))?;
        self.scans += 1;
        if self.scans > MAX_SCANS {
            return Err(refuse(StepFault::new(format!("the file has more than {MAX_SCANS} of them"))));
        }
        let graph = GraphProto::decode(bytes.as_slice());
        let graph = graph.map_err(|_| refuse(StepFault::new("its graph is not readable")))?;
        let scanned = given.int("num_scan_inputs").and_then(|count| usize::try_from(count).ok()).unwrap_or_default();
        let lists = ["scan_input_axes", "scan_input_directions", "scan_output_axes", "scan_output_directions"];
        let is_plain = lists.iter().all(|name| given.ints(name).is_none_or(|list| list.iter().all(|&it| it == 0)));
        if !is_plain {
            return Err(refuse(StepFault::new("it reads backwards or along another dimension; expected row by row")));
        }
        if depth >= MAX_DEPTH {
            return Err(refuse(StepFault::new(format!("it is nested deeper than {MAX_DEPTH} levels"))));
        }
        let mut inner = names.clone();
        let inputs: Vec<_> = graph.input.iter().map(|input| self.name(&mut inner, &input.name)).collect();
        let outputs: Vec<_> = graph.output.iter().map(|output| output.name.clone()).collect();
        if scanned == 0 || scanned > inputs.len() || outputs.len() < inputs.len() - scanned {
            return Err(refuse(StepFault::new("its graph has other inputs and outputs than it needs")));
        }
        let body = self.steps(graph, &mut inner, depth + 1)?;
        let outputs = outputs.iter().map(|name| inner.get(name).copied().ok_or_else(|| missing(name)));
        Ok(Scan { body, inputs, outputs: outputs.collect::<Result<_, _>>()?, scanned })
    }
}

/// Returns the problem of an operator that the interpreter does not know: what to use instead.
fn instead_of(operator: &str) -> &'static str {
    match operator {
        "AveragePool" | "Attention" | "Conv" | "GRU" | "LSTM" | "MaxPool" | "RNN" => {
            "it belongs to a network for images or sequences; expected a model of tables"
        }
        "If" | "Loop" => "branches and loops are not supported; export the model without them, or another model",
        _ => "this operator is not supported; docs/IMPORT.md lists those that are; export the model without it",
    }
}
