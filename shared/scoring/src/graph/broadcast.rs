//! Pairs the elements of tensors with different shapes, by the rules of NumPy.

use super::call::Budget;
use super::problem::{Outcome, StepFault};
use super::tensor::{Tensor, elements};

/// Returns the shape to which both shapes can be stretched.
pub(super) fn common_shape(a: &[usize], b: &[usize]) -> Outcome<Vec<usize>> {
    let count = a.len().max(b.len());
    let from_end = |shape: &[usize], place: usize| {
        (place + shape.len()).checked_sub(count).and_then(|place| shape.get(place)).copied().unwrap_or(1)
    };
    let length = |place| match (from_end(a, place), from_end(b, place)) {
        (a, b) if a == b => Ok(a),
        (1, b) => Ok(b),
        (a, 1) => Ok(a),
        _ => Err(StepFault::new(format!("its inputs of the shapes {a:?} and {b:?} do not fit each other"))),
    };
    let shape: Vec<_> = (0..count).map(length).collect::<Outcome<_>>()?;
    elements(&shape)?;
    Ok(shape)
}

/// Two tensors that are stretched to one shape.
pub(super) struct Stretched {
    pub(super) shape: Vec<usize>,
    /// For each element of the shape, the index of the element of the first tensor.
    pub(super) left: Vec<usize>,
    /// For each element of the shape, the index of the element of the second tensor.
    pub(super) right: Vec<usize>,
}

/// Stretches two tensors to one shape, and spends a step for each of its elements.
pub(super) fn stretched(a: &Tensor, b: &Tensor, budget: &mut Budget) -> Outcome<Stretched> {
    let shape = common_shape(&a.shape, &b.shape)?;
    budget.spend(&shape)?;
    let (left, right) = (indices(&a.shape, &shape), indices(&b.shape, &shape));
    Ok(Stretched { shape, left, right })
}

/// Returns, for each element of a tensor with the shape `to`, the index of the element of `from` that is stretched
/// there.
pub(super) fn indices(from: &[usize], to: &[usize]) -> Vec<usize> {
    let count: usize = to.iter().product();
    let own: usize = from.iter().product();
    if own == count {
        return (0..count).collect();
    }
    if own == 1 {
        return vec![0; count];
    }
    let mut strides = vec![0; to.len()];
    let mut stride = 1;
    for (place, &length) in from.iter().rev().enumerate() {
        if let Some(slot) = strides.iter_mut().rev().nth(place) {
            *slot = if length == 1 { 0 } else { stride };
        }
        stride *= length;
    }
    walk(to, &strides, 0)
}

/// Returns the indices of elements that are visited in the order of `shape`, with a step of `strides` in each dimension.
pub(super) fn walk(shape: &[usize], strides: &[usize], start: usize) -> Vec<usize> {
    let mut found = vec![start];
    for (&length, &stride) in shape.iter().zip(strides) {
        found = found.iter().flat_map(|&base| (0..length).map(move |step| base + step * stride)).collect();
    }
    found
}
