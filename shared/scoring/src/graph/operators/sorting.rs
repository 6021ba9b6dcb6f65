//! The greatest or least elements of a dimension.

use super::super::call::RunOperator;
use super::super::given::Given;
use super::super::problem::{Outcome, StepFault};
use super::super::tensor::{Tensor, TensorValues};
use super::GraphOperator;
use super::reductions::along;

pub(super) const OPERATORS: &[GraphOperator] = &[GraphOperator { name: "TopK", read: top }];

fn top(given: &mut Given) -> Outcome<RunOperator> {
    let axis = given.int("axis").unwrap_or(-1);
    let is_largest = given.int("largest") != Some(0);
    let fixed = given.int("k");
    given.ignore(&["sorted"]);
    Ok(Box::new(move |inputs, budget| {
        let input = inputs.get(0)?;
        let axis = input.axis(axis)?;
        let length = input.around(axis)?.1;
        let count = inputs.wholes(1)?.and_then(|list| list.first().copied()).or(fixed);
        let count = count.and_then(|count| usize::try_from(count).ok()).filter(|&count| count <= length);
        let count = count.ok_or_else(|| StepFault::new("its k is greater than its dimension"))?;
        budget.spend(&[input.values.len(), 1 + length.checked_ilog2().unwrap_or(0) as usize])?;
        let chosen = |list: &[f64]| {
            let mut order: Vec<usize> = (0..list.len()).collect();
            // Adding 0 makes -0 equal to 0.
            let at = |place: usize| list.get(place).copied().unwrap_or_default() + 0.0;
            // Of equal elements, the one with the lower index comes first.
            order.sort_by(|&a, &b| if is_largest { at(b).total_cmp(&at(a)) } else { at(a).total_cmp(&at(b)) });
            order.truncate(count);
            order
        };
        let places = along(input, axis, |list| chosen(list).into_iter().map(|place| place as f64).collect())?;
        let numbers =
            along(input, axis, |list| chosen(list).into_iter().filter_map(|place| list.get(place).copied()).collect())?;
        let mut shape = input.shape.clone();
        shape.iter_mut().skip(axis).take(1).for_each(|slot| *slot = count);
        let values = input.values.like(numbers);
        let indices = TensorValues::Whole(places.into_iter().map(|place| place as i64).collect());
        Ok(vec![Tensor::new(shape.clone(), values)?, Tensor::new(shape, indices)?])
    }))
}
