//! Operators that choose elements by index or by condition.

use super::super::call::{Budget, Inputs, RunOperator};
use super::super::given::Given;
use super::super::problem::{Outcome, StepFault};
use super::super::tensor::{Tensor, TensorValues, elements};
use super::GraphOperator;
use super::shapes::take;

pub(super) const OPERATORS: &[GraphOperator] = &[
    GraphOperator { name: "ArrayFeatureExtractor", read: |_| Ok(Box::new(columns)) },
    GraphOperator { name: "Gather", read: gather },
    GraphOperator { name: "GatherElements", read: gather_elements },
    GraphOperator { name: "Compress", read: compress },
    GraphOperator { name: "NonZero", read: |_| Ok(Box::new(non_zero)) },
];

/// Turns indices, which may count from the end, into places of a dimension of this length.
fn places(indices: &[i64], length: usize) -> Outcome<Vec<usize>> {
    let place = |&index: &i64| {
        let index = if index < 0 { index.checked_add(length as i64)? } else { index };
        usize::try_from(index).ok()
    };
    indices.iter().map(place).collect::<Option<_>>().ok_or_else(|| StepFault::new("an index is negative"))
}

/// Chooses columns: elements of the last dimension.
fn columns(inputs: &Inputs<'_>, budget: &mut Budget) -> Outcome<Vec<Tensor>> {
    let (input, indices) = (inputs.get(0)?, inputs.get(1)?);
    let (rows, width) = input.rows_and_columns();
    let input = Tensor::new(vec![rows, width], input.values.clone())?;
    Ok(vec![take(&input, 1, &places(indices.whole()?, width)?, budget)?])
}

fn gather(given: &mut Given) -> Outcome<RunOperator> {
    let axis = given.int("axis").unwrap_or(0);
    Ok(Box::new(move |inputs, budget| {
        let (input, indices) = (inputs.get(0)?, inputs.get(1)?);
        let axis = input.axis(axis)?;
        let length = input.around(axis)?.1;
        let taken = take(input, axis, &places(indices.whole()?, length)?, budget)?;
        let (before, behind) = input.shape.split_at_checked(axis).unwrap_or_default();
        let shape = before.iter().chain(&indices.shape).chain(behind.iter().skip(1)).copied().collect();
        Ok(vec![Tensor::new(shape, taken.values)?])
    }))
}

fn gather_elements(given: &mut Given) -> Outcome<RunOperator> {
    let axis = given.int("axis").unwrap_or(0);
    Ok(Box::new(move |inputs, budget| {
        let (input, indices) = (inputs.get(0)?, inputs.get(1)?);
        let axis = input.axis(axis)?;
        let (_, length, behind) = input.around(axis)?;
        let (_, own, own_behind) = indices.around(axis)?;
        if behind != own_behind {
            return Err(StepFault::new("its indices have another shape than its input"));
        }
        budget.spend(&[indices.values.len()])?;
        let chosen = places(indices.whole()?, length)?;
        if chosen.iter().any(|&place| place >= length) {
            return Err(StepFault::new("an index is outside of its input"));
        }
        let flat = chosen.iter().enumerate().map(|(at, place)| {
            let (block, column) = (at / (own * behind).max(1), at % behind.max(1));
            (block * length + place) * behind + column
        });
        Ok(vec![Tensor::new(indices.shape.clone(), input.values.pick(flat)?)?])
    }))
}

fn compress(given: &mut Given) -> Outcome<RunOperator> {
    let axis = given.int("axis");
    Ok(Box::new(move |inputs, budget| {
        let input = inputs.get(0)?;
        let kept = inputs.get(1)?.truths()?.iter().enumerate().filter(|(_, kept)| **kept).map(|(place, _)| place);
        let kept: Vec<_> = kept.collect();
        match axis {
            Some(axis) => Ok(vec![take(input, input.axis(axis)?, &kept, budget)?]),
            None => Ok(vec![take(&Tensor::list(input.values.clone()), 0, &kept, budget)?]),
        }
    }))
}

fn non_zero(inputs: &Inputs<'_>, budget: &mut Budget) -> Outcome<Vec<Tensor>> {
    let input = inputs.get(0)?;
    let numbers = input.values.doubles()?;
    let found: Vec<_> = numbers.iter().enumerate().filter(|(_, x)| **x != 0.0).map(|(place, _)| place).collect();
    let shape = vec![input.shape.len(), found.len()];
    budget.spend(&[numbers.len().saturating_add(elements(&shape)?)])?;
    let mut coordinates = Vec::with_capacity(shape.iter().product());
    for axis in 0..input.shape.len() {
        let (_, length, behind) = input.around(axis)?;
        coordinates.extend(found.iter().map(|place| (place / behind.max(1) % length.max(1)) as i64));
    }
    Ok(vec![Tensor::new(shape, TensorValues::Whole(coordinates))?])
}
