//! Operators that combine the elements of dimensions: sums, means, greatest elements, norms, softmax.

use super::super::call::{Inputs, RunOperator};
use super::super::given::Given;
use super::super::problem::{Outcome, StepFault};
use super::super::tensor::{Tensor, TensorValues};
use super::GraphOperator;

pub(super) const OPERATORS: &[GraphOperator] = &[
    GraphOperator { name: "ReduceSum", read: |given| reduced(given, |list| list.iter().sum()) },
    GraphOperator {
        name: "ReduceMean",
        read: |given| reduced(given, |list| list.iter().sum::<f64>() / list.len() as f64),
    },
    GraphOperator { name: "ReduceProd", read: |given| reduced(given, |list| list.iter().product()) },
    GraphOperator { name: "ReduceMax", read: |given| reduced(given, greatest) },
    GraphOperator {
        name: "ReduceMin",
        read: |given| reduced(given, |list| -list.iter().fold(f64::NEG_INFINITY, |m, x| m.max(-x))),
    },
    GraphOperator { name: "ReduceSumSquare", read: |given| reduced(given, squares) },
    GraphOperator { name: "ReduceL1", read: |given| reduced(given, |list| list.iter().map(|x| x.abs()).sum()) },
    GraphOperator { name: "ReduceL2", read: |given| reduced(given, |list| libm::sqrt(squares(list))) },
    GraphOperator { name: "ReduceLogSum", read: |given| reduced(given, |list| libm::log(list.iter().sum())) },
    GraphOperator { name: "ReduceLogSumExp", read: |given| reduced(given, log_sum_exp) },
    GraphOperator { name: "ArgMax", read: |given| extreme(given, |a, b| a > b) },
    GraphOperator { name: "ArgMin", read: |given| extreme(given, |a, b| a < b) },
    GraphOperator { name: "Softmax", read: |given| changed(given, softmax) },
    GraphOperator {
        name: "LogSoftmax",
        read: |given| {
            changed(given, |list| {
                let whole = log_sum_exp(list);
                list.iter_mut().for_each(|x| *x -= whole);
            })
        },
    },
    GraphOperator { name: "LpNormalization", read: norm },
    GraphOperator { name: "CumSum", read: cumulated },
];

fn greatest(list: &[f64]) -> f64 {
    list.iter().fold(f64::NEG_INFINITY, |most, x| most.max(*x))
}

fn squares(list: &[f64]) -> f64 {
    list.iter().map(|x| x * x).sum()
}

fn log_sum_exp(list: &[f64]) -> f64 {
    let most = greatest(list);
    if !most.is_finite() {
        return most;
    }
    most + libm::log(list.iter().map(|x| libm::exp(x - most)).sum())
}

/// Turns scores into shares with the sum 1.
pub(super) fn softmax(scores: &mut [f64]) {
    let most = greatest(scores);
    scores.iter_mut().for_each(|score| *score = libm::exp(*score - most));
    let sum: f64 = scores.iter().sum();
    scores.iter_mut().for_each(|score| *score /= sum);
}

/// Returns the dimensions over which an operator runs: an attribute in old versions, an input in later ones.
fn axes(inputs: &Inputs<'_>, fixed: Option<&[i64]>, keep_if_empty: bool) -> Outcome<Vec<usize>> {
    let input = inputs.get(0)?;
    let given = inputs.wholes(1)?.or(fixed).filter(|axes| !axes.is_empty());
    match given {
        Some(axes) => axes.iter().map(|&axis| input.axis(axis)).collect(),
        None if keep_if_empty => Ok(Vec::new()),
        None => Ok((0..input.shape.len()).collect()),
    }
}

fn reduced(given: &mut Given, function: fn(&[f64]) -> f64) -> Outcome<RunOperator> {
    let is_kept = given.int("keepdims") != Some(0);
    let keep_if_empty = given.int("noop_with_empty_axes") == Some(1);
    let fixed = given.ints("axes");
    Ok(Box::new(move |inputs, budget| {
        let input = inputs.get(0)?;
        let axes = axes(inputs, fixed.as_deref(), keep_if_empty)?;
        budget.spend(&[input.values.len()])?;
        let numbers = input.values.doubles()?;
        let mut kept = input.shape.clone();
        for &axis in &axes {
            kept.iter_mut().skip(axis).take(1).for_each(|length| *length = 1);
        }
        let groups: usize = kept.iter().product();
        let mut lists = vec![Vec::new(); groups];
        for (number, group) in numbers.into_iter().zip(super::super::broadcast::indices(&kept, &input.shape)) {
            lists.get_mut(group).into_iter().for_each(|list: &mut Vec<f64>| list.push(number));
        }
        let results: Vec<f64> = lists.iter().map(|list| function(list)).collect();
        let values = input.values.like(results);
        let shape = if is_kept { kept } else { without(&input.shape, &axes) };
        Ok(vec![Tensor::new(shape, values)?])
    }))
}

fn without(shape: &[usize], axes: &[usize]) -> Vec<usize> {
    shape.iter().enumerate().filter(|(axis, _)| !axes.contains(axis)).map(|(_, &length)| length).collect()
}

fn extreme(given: &mut Given, is_better: fn(f64, f64) -> bool) -> Outcome<RunOperator> {
    let axis = given.int("axis").unwrap_or(0);
    let is_kept = given.int("keepdims") != Some(0);
    let is_last = given.int("select_last_index") == Some(1);
    Ok(Box::new(move |inputs, budget| {
        let input = inputs.get(0)?;
        let axis = input.axis(axis)?;
        budget.spend(&[input.values.len()])?;
        let best = |list: &mut [f64]| {
            let mut best = 0;
            let mut value = None;
            for (place, &number) in list.iter().enumerate() {
                if value.is_none_or(|value| is_better(number, value) || (is_last && number == value)) {
                    (best, value) = (place, Some(number));
                }
            }
            best as f64
        };
        let found = along(input, axis, |list| vec![best(list)])?;
        let mut shape = input.shape.clone();
        shape.iter_mut().skip(axis).take(1).for_each(|length| *length = 1);
        let shape = if is_kept { shape } else { without(&input.shape, &[axis]) };
        Ok(vec![Tensor::new(shape, TensorValues::Whole(found.into_iter().map(|place| place as i64).collect()))?])
    }))
}

/// Applies a function to each list of numbers along a dimension. All results must be equally long.
pub(super) fn along(
    input: &Tensor,
    axis: usize,
    mut function: impl FnMut(&mut [f64]) -> Vec<f64>,
) -> Outcome<Vec<f64>> {
    let (before, length, behind) = input.around(axis)?;
    let numbers = input.values.doubles()?;
    let mut results = Vec::new();
    for block in 0..before {
        let columns = (0..behind).map(|column| {
            let start = block * length * behind + column;
            let list = numbers.iter().skip(start).step_by(behind.max(1)).take(length);
            function(&mut list.copied().collect::<Vec<_>>())
        });
        let columns: Vec<Vec<f64>> = columns.collect();
        let own = columns.first().map_or(0, Vec::len);
        for place in 0..own {
            results.extend(columns.iter().filter_map(|column| column.get(place)));
        }
    }
    Ok(results)
}

/// Reads an operator that changes the lists along a dimension and keeps the shape.
fn changed(given: &mut Given, function: fn(&mut [f64])) -> Outcome<RunOperator> {
    // Before version 13, all dimensions from `axis` on counted as one.
    let is_flat = given.version < 13;
    let axis = given.int("axis").unwrap_or(if is_flat { 1 } else { -1 });
    Ok(Box::new(move |inputs, budget| {
        let input = inputs.get(0)?;
        let place = input.axis(axis)?;
        if is_flat && place + 1 != input.shape.len() {
            return Err(StepFault::new("its axis is not the last dimension"));
        }
        budget.spend(&[input.values.len()])?;
        let numbers = along(input, place, |list| {
            function(list);
            list.to_vec()
        })?;
        Ok(vec![input.with(input.values.like(numbers))?])
    }))
}

fn norm(given: &mut Given) -> Outcome<RunOperator> {
    let axis = given.int("axis").unwrap_or(-1);
    let is_absolute = given.int("p") == Some(1);
    Ok(Box::new(move |inputs, budget| {
        let input = inputs.get(0)?;
        budget.spend(&[input.values.len()])?;
        let numbers = along(input, input.axis(axis)?, |list| {
            let size = if is_absolute { list.iter().map(|x| x.abs()).sum() } else { libm::sqrt(squares(list)) };
            list.iter().map(|x| if size == 0.0 { 0.0 } else { x / size }).collect()
        })?;
        Ok(vec![input.with(input.values.like(numbers))?])
    }))
}

fn cumulated(given: &mut Given) -> Outcome<RunOperator> {
    let (is_exclusive, is_reversed) = (given.int("exclusive") == Some(1), given.int("reverse") == Some(1));
    Ok(Box::new(move |inputs, budget| {
        let input = inputs.get(0)?;
        let axis = inputs.get(1)?.values.doubles()?.first().copied().unwrap_or_default() as i64;
        budget.spend(&[input.values.len()])?;
        let sums = along(input, input.axis(axis)?, |list| {
            if is_reversed {
                list.reverse();
            }
            let mut sum = 0.0;
            let mut sums: Vec<f64> = list
                .iter()
                .map(|x| {
                    let before = sum;
                    sum += x;
                    if is_exclusive { before } else { sum }
                })
                .collect();
            if is_reversed {
                sums.reverse();
            }
            sums
        })?;
        let values = input.values.like(sums);
        Ok(vec![input.with(values)?])
    }))
}
