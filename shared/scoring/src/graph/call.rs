//! What an operator gets when it runs: its inputs, and how much it may still compute.

use std::sync::Arc;

use super::problem::{Outcome, StepFault};
use super::tensor::Tensor;

/// An operator that was read from a file: a function of its inputs.
pub(super) type RunOperator = Box<dyn Fn(&Inputs<'_>, &mut Budget) -> Outcome<Vec<Tensor>> + Send + Sync>;

/// The inputs of an operator. An optional input may be left out.
pub(super) struct Inputs<'a>(pub(super) &'a [Option<Arc<Tensor>>]);

impl Inputs<'_> {
    pub(super) fn get(&self, index: usize) -> Outcome<&Tensor> {
        self.optional(index).ok_or_else(|| StepFault::new(format!("its input {} is missing", index + 1)))
    }

    pub(super) fn optional(&self, index: usize) -> Option<&Tensor> {
        self.0.get(index).and_then(|input| input.as_deref())
    }

    /// Returns all inputs. A missing one is an error.
    pub(super) fn all(&self) -> Outcome<Vec<&Tensor>> {
        (0..self.0.len()).map(|index| self.get(index)).collect()
    }

    /// Returns the integers of an optional input.
    pub(super) fn wholes(&self, index: usize) -> Outcome<Option<&[i64]>> {
        self.optional(index).map(Tensor::whole).transpose()
    }
}

/// How many steps a graph may still compute. Protects the time against malicious files.
#[derive(Debug, Clone, Copy)]
pub(super) struct Budget {
    left: u64,
    /// Number of elements of all tensors that a later step may still read.
    kept: usize,
    most: usize,
}

/// Maximum number of elements of all tensors that are kept at the same time.
const MAX_KEPT: usize = 1 << 22;

impl Budget {
    pub(super) fn new(steps: u64) -> Self {
        Self { left: steps, kept: 0, most: MAX_KEPT }
    }

    /// Allows to keep this many more elements: those of a constant, which the file itself has.
    pub(super) fn allow(&mut self, elements: usize) {
        self.most = self.most.saturating_add(elements);
    }

    /// Notes that a tensor of this many elements is kept.
    pub(super) fn keep(&mut self, elements: usize) -> Outcome<()> {
        self.kept = self.kept.saturating_add(elements);
        if self.kept > self.most {
            return Err(StepFault::new("it and the steps before it need too much memory; export a smaller model"));
        }
        Ok(())
    }

    /// Notes that a tensor of this many elements is not needed any more.
    pub(super) fn forget(&mut self, elements: usize) {
        self.kept = self.kept.saturating_sub(elements);
    }

    /// Takes the product of `factors` from the budget. It is an error if less is left.
    pub(super) fn spend(&mut self, factors: &[usize]) -> Outcome<()> {
        let steps = factors.iter().fold(1_u64, |product, &factor| product.saturating_mul(factor as u64));
        match self.left.checked_sub(steps) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => Err(StepFault::new("it computes too much for one row; export a smaller model")),
        }
    }
}
