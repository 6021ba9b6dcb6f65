//! Operators that move values: joining, cutting, reshaping, repeating.

use super::super::broadcast::{common_shape, indices, walk};
use super::super::call::{Budget, Inputs, RunOperator};
use super::super::given::Given;
use super::super::problem::{Outcome, StepFault};
use super::super::tensor::{Tensor, TensorValues, axis_of, elements};
use super::GraphOperator;
use super::logic::joined;

pub(super) const OPERATORS: &[GraphOperator] = &[
    GraphOperator { name: "Identity", read: |_| Ok(Box::new(same)) },
    GraphOperator {
        name: "Dropout",
        read: |given| {
            given.ignore(&["ratio", "seed"]);
            Ok(Box::new(same))
        },
    },
    GraphOperator { name: "Concat", read: concat },
    GraphOperator { name: "FeatureVectorizer", read: vectorize },
    GraphOperator { name: "Constant", read: constant },
    GraphOperator { name: "ConstantOfShape", read: filled },
    GraphOperator { name: "Expand", read: |_| Ok(Box::new(expand)) },
    GraphOperator { name: "Flatten", read: flatten },
    GraphOperator { name: "Reshape", read: reshape },
    GraphOperator { name: "Shape", read: shape },
    GraphOperator {
        name: "Size",
        read: |_| {
            Ok(Box::new(|inputs, _| {
                Ok(vec![Tensor::new(vec![], TensorValues::Whole(vec![inputs.get(0)?.values.len() as i64]))?])
            }))
        },
    },
    GraphOperator { name: "Slice", read: slice },
    GraphOperator { name: "Split", read: split },
    GraphOperator { name: "Squeeze", read: squeeze },
    GraphOperator { name: "Unsqueeze", read: unsqueeze },
    GraphOperator { name: "Tile", read: |_| Ok(Box::new(tile)) },
    GraphOperator { name: "Transpose", read: transpose },
    GraphOperator { name: "Range", read: |_| Ok(Box::new(range)) },
];

/// Returns its input.
pub(super) fn same(inputs: &Inputs<'_>, budget: &mut Budget) -> Outcome<Vec<Tensor>> {
    let input = inputs.get(0)?;
    budget.spend(&[input.values.len()])?;
    Ok(vec![input.clone()])
}

fn concat(given: &mut Given) -> Outcome<RunOperator> {
    let axis = given.int("axis").unwrap_or(1);
    Ok(Box::new(move |inputs, budget| Ok(vec![join(&inputs.all()?, axis, budget)?])))
}

/// Joins tensors along a dimension. All their other dimensions must be equal.
pub(super) fn join(tensors: &[&Tensor], axis: i64, budget: &mut Budget) -> Outcome<Tensor> {
    let first = tensors.first().ok_or_else(|| StepFault::new("it has no input"))?;
    let axis = first.axis(axis)?;
    let (before, _, behind) = first.around(axis)?;
    let mut lengths = Vec::with_capacity(tensors.len());
    for tensor in tensors {
        let (own_before, length, own_behind) = tensor.around(axis)?;
        if (own_before, own_behind, tensor.shape.len()) != (before, behind, first.shape.len()) {
            let problem = format!("its inputs of the shapes {:?} and {:?} cannot be joined", first.shape, tensor.shape);
            return Err(StepFault::new(problem));
        }
        lengths.push(length);
    }
    let mut shape = first.shape.clone();
    shape.iter_mut().skip(axis).take(1).for_each(|length| *length = lengths.iter().sum());
    budget.spend(&[elements(&shape)?])?;
    let all = joined(tensors.iter().map(|tensor| tensor.values.clone()).collect())?;
    let mut starts = Vec::with_capacity(tensors.len());
    let mut start = 0;
    for length in &lengths {
        starts.push(start);
        start += before * length * behind;
    }
    let places = (0..before).flat_map(|block| {
        starts.iter().zip(&lengths).flat_map(move |(start, length)| {
            let size = length * behind;
            (start + block * size)..(start + (block + 1) * size)
        })
    });
    Tensor::new(shape, all.pick(places)?)
}

/// Reads `FeatureVectorizer`, which joins the columns of its inputs as floats.
fn vectorize(given: &mut Given) -> Outcome<RunOperator> {
    let widths = given.ints("inputdimensions");
    Ok(Box::new(move |inputs, budget| {
        let mut columns = Vec::new();
        let all = inputs.all()?;
        let size = all.iter().fold(0_usize, |sum, tensor| sum.saturating_add(tensor.values.len()));
        elements(&[size])?;
        budget.spend(&[size])?;
        for tensor in all {
            let (rows, width) = tensor.rows_and_columns();
            let numbers = tensor.values.doubles()?.into_iter().map(|number| number as f32).collect();
            columns.push(Tensor::new(vec![rows, width], TensorValues::Float(numbers))?);
        }
        let found: Vec<_> =
            columns.iter().filter_map(|tensor| tensor.shape.last().map(|&width| width as i64)).collect();
        if widths.as_ref().is_some_and(|widths| *widths != found) {
            return Err(StepFault::new(format!(
                "its inputdimensions are {widths:?}, its inputs have {found:?} columns"
            )));
        }
        Ok(vec![join(&columns.iter().collect::<Vec<_>>(), 1, budget)?])
    }))
}

fn constant(given: &mut Given) -> Outcome<RunOperator> {
    let scalar = |values| Tensor::new(Vec::new(), values);
    let found = if let Some(tensor) = given.tensor("value")? {
        tensor
    } else if let Some(number) = given.float("value_float") {
        scalar(TensorValues::Float(vec![number]))?
    } else if let Some(number) = given.int("value_int") {
        scalar(TensorValues::Whole(vec![number]))?
    } else if let Some(text) = given.text("value_string") {
        scalar(TensorValues::Text(vec![text]))?
    } else {
        let list = given.first_list(&["value_floats", "value_ints", "value_strings"])?;
        Tensor::list(list.ok_or_else(|| StepFault::new("it has no value"))?)
    };
    Ok(Box::new(move |_, budget| {
        budget.spend(&[found.values.len()])?;
        Ok(vec![found.clone()])
    }))
}

fn filled(given: &mut Given) -> Outcome<RunOperator> {
    let value = given.tensor("value")?.map_or(TensorValues::Float(vec![0.0]), |tensor| tensor.values);
    Ok(Box::new(move |inputs, budget| {
        let shape = lengths(inputs.get(0)?.whole()?)?;
        let count = elements(&shape)?;
        budget.spend(&[count])?;
        Ok(vec![Tensor::new(shape, value.pick(std::iter::repeat_n(0, count))?)?])
    }))
}

fn lengths(dims: &[i64]) -> Outcome<Vec<usize>> {
    let lengths = dims.iter().map(|&dim| usize::try_from(dim).ok()).collect::<Option<Vec<_>>>();
    lengths.ok_or_else(|| StepFault::new("a dimension is negative"))
}

fn expand(inputs: &Inputs<'_>, budget: &mut Budget) -> Outcome<Vec<Tensor>> {
    let input = inputs.get(0)?;
    let shape = common_shape(&input.shape, &lengths(inputs.get(1)?.whole()?)?)?;
    budget.spend(&shape)?;
    let values = input.values.pick(indices(&input.shape, &shape).into_iter())?;
    Ok(vec![Tensor::new(shape, values)?])
}

fn flatten(given: &mut Given) -> Outcome<RunOperator> {
    let axis = given.int("axis").unwrap_or(1);
    Ok(Box::new(move |inputs, budget| {
        let input = inputs.get(0)?;
        budget.spend(&[input.values.len()])?;
        let count = input.shape.len();
        let axis = if axis == count as i64 { count } else { input.axis(axis)? };
        let (before, behind) = input.shape.split_at_checked(axis).ok_or_else(|| StepFault::new("its axis is wrong"))?;
        let shape = vec![before.iter().product(), behind.iter().product()];
        Ok(vec![Tensor::new(shape, input.values.clone())?])
    }))
}

/// Reads `Reshape`: -1 stands for the remaining length, and 0 for the length of the input unless `allowzero` is set.
fn reshape(given: &mut Given) -> Outcome<RunOperator> {
    let is_zero_allowed = given.int("allowzero") == Some(1);
    let fixed = given.ints("shape");
    Ok(Box::new(move |inputs, budget| {
        let input = inputs.get(0)?;
        budget.spend(&[input.values.len()])?;
        let dims = match (&fixed, inputs.optional(1)) {
            (_, Some(tensor)) => tensor.whole()?.to_vec(),
            (Some(fixed), None) => fixed.clone(),
            (None, None) => return Err(StepFault::new("it has no shape")),
        };
        let taken = dims.iter().enumerate().map(|(place, &dim)| match dim {
            -1 => Ok(1),
            0 if !is_zero_allowed => {
                input.shape.get(place).copied().ok_or_else(|| StepFault::new("its shape has a 0 beyond its input"))
            }
            dim => usize::try_from(dim).map_err(|_| StepFault::new("its shape has a negative length")),
        });
        let mut shape = taken.collect::<Outcome<Vec<_>>>()?;
        let known = elements(&shape)?;
        if let Some(slot) = dims.iter().position(|&dim| dim == -1).and_then(|place| shape.get_mut(place)) {
            *slot = input.values.len().checked_div(known).unwrap_or_default();
        }
        Ok(vec![Tensor::new(shape, input.values.clone())?])
    }))
}

fn shape(given: &mut Given) -> Outcome<RunOperator> {
    let (start, end) = (given.int("start").unwrap_or(0), given.int("end"));
    Ok(Box::new(move |inputs, _| {
        let shape = &inputs.get(0)?.shape;
        let count = shape.len() as i64;
        let place = |at: i64| usize::try_from(if at < 0 { at.saturating_add(count) } else { at }.clamp(0, count));
        let (start, end) = (place(start).unwrap_or(0), place(end.unwrap_or(count)).unwrap_or(0));
        let lengths = shape.iter().take(end).skip(start).map(|&length| length as i64);
        Ok(vec![Tensor::wholes(lengths)])
    }))
}

/// Reads `Slice`: the ranges are attributes in old versions, and inputs in later ones.
fn slice(given: &mut Given) -> Outcome<RunOperator> {
    let fixed = (given.ints("starts"), given.ints("ends"), given.ints("axes"));
    Ok(Box::new(move |inputs, budget| {
        let input = inputs.get(0)?;
        let missing = || StepFault::new("it has no starts or no ends");
        let starts = inputs.wholes(1)?.or(fixed.0.as_deref()).ok_or_else(missing)?;
        let ends = inputs.wholes(2)?.or(fixed.1.as_deref()).ok_or_else(missing)?;
        let axes = inputs.wholes(3)?.or(fixed.2.as_deref());
        let steps = inputs.wholes(4)?;
        if starts.len() > input.shape.len() {
            return Err(StepFault::new("it has more starts than its input has dimensions"));
        }
        let mut result = input.clone();
        for (place, (&start, &end)) in starts.iter().zip(ends).enumerate() {
            let axis = axes.and_then(|axes| axes.get(place)).copied().unwrap_or(place as i64);
            let step = steps.and_then(|steps| steps.get(place)).copied().unwrap_or(1);
            let axis = result.axis(axis)?;
            let places = sliced(result.around(axis)?.1, start, end, step)?;
            result = take(&result, axis, &places, budget)?;
        }
        Ok(vec![result])
    }))
}

/// Returns the indices from `start` to `end` in a dimension of this length, as Python counts them.
fn sliced(length: usize, start: i64, end: i64, step: i64) -> Outcome<Vec<usize>> {
    let length = length as i64;
    let from_end = |at: i64| if at < 0 { at.saturating_add(length) } else { at };
    let (start, end) = match step {
        0 => return Err(StepFault::new("its step is 0")),
        1.. => (from_end(start).clamp(0, length), from_end(end).clamp(0, length)),
        _ => (from_end(start).clamp(-1, length - 1), from_end(end).clamp(-1, length - 1)),
    };
    let mut places = Vec::new();
    let mut at = start;
    while (step > 0 && at < end) || (step < 0 && at > end) {
        places.extend(usize::try_from(at));
        at = at.saturating_add(step);
    }
    Ok(places)
}

/// Returns the parts of a tensor at these places of a dimension.
pub(super) fn take(tensor: &Tensor, axis: usize, places: &[usize], budget: &mut Budget) -> Outcome<Tensor> {
    let (before, length, behind) = tensor.around(axis)?;
    if places.iter().any(|&place| place >= length) {
        return Err(StepFault::new(format!("an index is outside of its dimension of the length {length}")));
    }
    let mut shape = tensor.shape.clone();
    shape.iter_mut().skip(axis).take(1).for_each(|slot| *slot = places.len());
    elements(&shape)?;
    budget.spend(&[before.max(1), places.len().max(1), behind.max(1)])?;
    let indices = (0..before).flat_map(|block| {
        places.iter().flat_map(move |place| {
            let start = (block * length + place) * behind;
            start..start + behind
        })
    });
    Tensor::new(shape, tensor.values.pick(indices)?)
}

fn split(given: &mut Given) -> Outcome<RunOperator> {
    let axis = given.int("axis").unwrap_or(0);
    let (fixed, count, outputs) = (given.ints("split"), given.int("num_outputs"), given.outputs);
    Ok(Box::new(move |inputs, budget| {
        let input = inputs.get(0)?;
        let axis = input.axis(axis)?;
        let length = input.around(axis)?.1;
        let parts = match (inputs.wholes(1)?.or(fixed.as_deref()), count) {
            (Some(parts), _) => lengths(parts)?,
            (None, Some(count)) => {
                let count = usize::try_from(count).ok().filter(|&count| 0 < count && count <= length.max(1));
                let count = count.ok_or_else(|| StepFault::new("its num_outputs does not fit its input"))?;
                let part = length.div_ceil(count);
                (0..count).map(|index| part.min(length.saturating_sub(index * part))).collect()
            }
            (None, None) if outputs > 0 && length.is_multiple_of(outputs) => vec![length / outputs; outputs],
            (None, None) => {
                return Err(StepFault::new(format!("it cannot cut {length} values into {outputs} equal parts")));
            }
        };
        if parts.iter().try_fold(0_usize, |sum, &part| sum.checked_add(part)) != Some(length) {
            return Err(StepFault::new(format!("its parts {parts:?} do not fit the length {length}")));
        }
        let mut start = 0;
        let mut results = Vec::with_capacity(parts.len());
        for part in parts {
            let places: Vec<_> = (start..start + part).collect();
            results.push(take(input, axis, &places, budget)?);
            start += part;
        }
        Ok(results)
    }))
}

fn squeeze(given: &mut Given) -> Outcome<RunOperator> {
    let fixed = given.ints("axes");
    Ok(Box::new(move |inputs, budget| {
        let input = inputs.get(0)?;
        budget.spend(&[input.values.len()])?;
        let axes = match inputs.wholes(1)?.or(fixed.as_deref()) {
            Some(axes) => axes.iter().map(|&axis| input.axis(axis)).collect::<Outcome<Vec<_>>>()?,
            None => (0..input.shape.len()).filter(|&axis| input.shape.get(axis) == Some(&1)).collect(),
        };
        let kept = input.shape.iter().enumerate().filter(|(axis, _)| !axes.contains(axis));
        Ok(vec![Tensor::new(kept.map(|(_, &length)| length).collect(), input.values.clone())?])
    }))
}

fn unsqueeze(given: &mut Given) -> Outcome<RunOperator> {
    let fixed = given.ints("axes");
    Ok(Box::new(move |inputs, budget| {
        let input = inputs.get(0)?;
        budget.spend(&[input.values.len()])?;
        let axes = inputs.wholes(1)?.or(fixed.as_deref()).ok_or_else(|| StepFault::new("it has no axes"))?;
        let count = input.shape.len() + axes.len();
        elements(&vec![1; count])?;
        let axes = axes.iter().map(|&axis| axis_of(axis, count)).collect::<Outcome<Vec<_>>>()?;
        let mut rest = input.shape.iter().copied();
        let shape = (0..count).map(|place| if axes.contains(&place) { 1 } else { rest.next().unwrap_or(1) });
        Ok(vec![Tensor::new(shape.collect(), input.values.clone())?])
    }))
}

fn tile(inputs: &Inputs<'_>, budget: &mut Budget) -> Outcome<Vec<Tensor>> {
    let input = inputs.get(0)?;
    let repeats = lengths(inputs.get(1)?.whole()?)?;
    let mut result = input.clone();
    for (axis, repeat) in repeats.into_iter().enumerate() {
        let length = result.around(axis)?.1;
        elements(&[length, repeat])?;
        let places: Vec<_> = (0..length * repeat).map(|place| place % length.max(1)).collect();
        result = take(&result, axis, &places, budget)?;
    }
    Ok(vec![result])
}

fn transpose(given: &mut Given) -> Outcome<RunOperator> {
    let order = given.ints("perm");
    Ok(Box::new(move |inputs, budget| {
        let input = inputs.get(0)?;
        let count = input.shape.len();
        let order: Vec<usize> = match &order {
            Some(order) => order.iter().map(|&axis| input.axis(axis)).collect::<Outcome<_>>()?,
            None => (0..count).rev().collect(),
        };
        let mut sorted = order.clone();
        sorted.sort_unstable();
        if !sorted.into_iter().eq(0..count) {
            return Err(StepFault::new("its perm does not name every dimension once"));
        }
        let mut strides = vec![1; count];
        for axis in (1..count).rev() {
            let stride = strides.get(axis).copied().unwrap_or(1) * input.shape.get(axis).copied().unwrap_or(1);
            strides.iter_mut().skip(axis - 1).take(1).for_each(|slot| *slot = stride);
        }
        let moved = |list: &[usize]| order.iter().filter_map(|&axis| list.get(axis).copied()).collect::<Vec<_>>();
        let shape = moved(&input.shape);
        budget.spend(&shape)?;
        let values = input.values.pick(walk(&shape, &moved(&strides), 0).into_iter())?;
        Ok(vec![Tensor::new(shape, values)?])
    }))
}

fn range(inputs: &Inputs<'_>, budget: &mut Budget) -> Outcome<Vec<Tensor>> {
    let first = |index: usize| -> Outcome<f64> {
        let numbers = inputs.get(index)?.values.doubles()?;
        numbers.first().copied().ok_or_else(|| StepFault::new("an input is empty"))
    };
    let (start, limit, step) = (first(0)?, first(1)?, first(2)?);
    let count = libm::ceil((limit - start) / step).max(0.0);
    let count = elements(&[if count.is_finite() { count as usize } else { usize::MAX }])?;
    budget.spend(&[count])?;
    let numbers: Vec<f64> = (0..count).map(|index| start + index as f64 * step).collect();
    let values = inputs.get(0)?.values.like(numbers);
    Ok(vec![Tensor::list(values)])
}
