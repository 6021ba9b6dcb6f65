//! The operators that the interpreter knows. A new one is a function in one of the files, and an entry in its list.

mod arithmetic;
mod encoders;
mod linear;
mod logic;
mod matrices;
mod reductions;
mod scores;
mod selecting;
mod shapes;
mod sorting;
mod support_vectors;
mod texts;
mod trees;

pub(in crate::graph) use logic::joined;
pub(in crate::graph) use scores::first_greatest;

use super::call::RunOperator;
use super::given::Given;
use super::problem::Outcome;

/// An operator of ONNX: its name, and the function that reads its attributes.
pub(super) struct GraphOperator {
    pub(super) name: &'static str,
    pub(super) read: fn(&mut Given) -> Outcome<RunOperator>,
}

/// The lists of all files.
const ALL: [&[GraphOperator]; 11] = [
    arithmetic::OPERATORS,
    encoders::OPERATORS,
    linear::OPERATORS,
    logic::OPERATORS,
    matrices::OPERATORS,
    reductions::OPERATORS,
    selecting::OPERATORS,
    shapes::OPERATORS,
    sorting::OPERATORS,
    support_vectors::OPERATORS,
    texts::OPERATORS,
];

/// Returns the operator of this name. `None` if it is not supported.
pub(super) fn find(name: &str) -> Option<&'static GraphOperator> {
    all().find(|operator| operator.name == name)
}

fn all() -> impl Iterator<Item = &'static GraphOperator> {
    ALL.into_iter().flatten().chain(trees::OPERATORS)
}

/// Returns the names of all operators, sorted.
pub(super) fn names() -> Vec<&'static str> {
    let mut names: Vec<_> = all().map(|operator| operator.name).chain(["Scan"]).collect();
    names.sort_unstable();
    names
}
