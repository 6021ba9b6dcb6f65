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
mod trees;

pub(in crate::graph) use logic::joined;
pub(in crate::graph) use scores::first_greatest;

use super::call::Run;
use super::given::Given;
use super::problem::Outcome;

/// An operator of ONNX: its name, and the function that reads its attributes.
pub(super) struct Operator {
    pub(super) name: &'static str,
    pub(super) read: fn(&mut Given) -> Outcome<Run>,
}

/// The lists of all files.
const ALL: [&[Operator]; 10] = [
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
];

/// Returns the operator of this name. `None` if it is not supported.
pub(super) fn find(name: &str) -> Option<&'static Operator> {
    all().find(|operator| operator.name == name)
}

fn all() -> impl Iterator<Item = &'static Operator> {
    ALL.into_iter().flatten().chain(trees::OPERATORS)
}

/// Returns the names of all operators, sorted.
pub(super) fn names() -> Vec<&'static str> {
    let mut names: Vec<_> = all().map(|operator| operator.name).chain(["Scan"]).collect();
    names.sort_unstable();
    names
}
