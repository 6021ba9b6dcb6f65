//! Products of matrices, and distances between rows.

use super::super::broadcast::{common_shape, indices};
use super::super::call::{Budget, Inputs, RunOperator};
use super::super::given::Given;
use super::super::problem::{Outcome, StepFault};
use super::super::tensor::{Tensor, elements};
use super::GraphOperator;
use super::arithmetic::mismatch;

pub(super) const OPERATORS: &[GraphOperator] = &[
    GraphOperator { name: "MatMul", read: |_| Ok(Box::new(product)) },
    GraphOperator { name: "Gemm", read: gemm },
    GraphOperator { name: "CDist", read: distances },
];

/// A matrix of numbers, and whether it is read with rows and columns exchanged.
struct Matrix<'a> {
    numbers: &'a [f64],
    rows: usize,
    columns: usize,
    is_transposed: bool,
}

impl Matrix<'_> {
    fn size(&self) -> (usize, usize) {
        if self.is_transposed { (self.columns, self.rows) } else { (self.rows, self.columns) }
    }

    fn at(&self, row: usize, column: usize) -> f64 {
        let (row, column) = if self.is_transposed { (column, row) } else { (row, column) };
        self.numbers.get(row * self.columns + column).copied().unwrap_or_default()
    }
}

/// Multiplies two matrices. Sums are exact to a double, and then rounded to the type of the inputs.
fn multiply(a: &Matrix<'_>, b: &Matrix<'_>, budget: &mut Budget) -> Outcome<Vec<f64>> {
    let ((rows, inner), (other, columns)) = (a.size(), b.size());
    if inner != other {
        return Err(StepFault::new(format!("its inputs of {inner} columns and {other} rows cannot be multiplied")));
    }
    elements(&[rows, columns])?;
    budget.spend(&[rows, inner.max(1), columns])?;
    let mut results = Vec::with_capacity(rows * columns);
    for row in 0..rows {
        results.extend((0..columns).map(|column| (0..inner).map(|k| a.at(row, k) * b.at(k, column)).sum::<f64>()));
    }
    Ok(results)
}

fn product(inputs: &Inputs<'_>, budget: &mut Budget) -> Outcome<Vec<Tensor>> {
    let (a, b) = (inputs.get(0)?, inputs.get(1)?);
    let (left, right) = (a.values.doubles()?, b.values.doubles()?);
    let (rows, columns) = a.rows_and_columns();
    let first = Matrix { numbers: &left, rows, columns, is_transposed: false };
    let (second, width) = match *b.shape.as_slice() {
        [length] => (Matrix { numbers: &right, rows: length, columns: 1, is_transposed: false }, None),
        [rows, columns] => (Matrix { numbers: &right, rows, columns, is_transposed: false }, Some(columns)),
        _ => return Err(StepFault::new("its second input has more than two dimensions")),
    };
    let numbers = multiply(&first, &second, budget)?;
    let mut shape: Vec<_> = a.shape.split_last().map_or_else(Vec::new, |(_, rows)| rows.to_vec());
    shape.extend(width);
    if a.values.type_name() != b.values.type_name() {
        return Err(mismatch(&a.values, &b.values));
    }
    Ok(vec![Tensor::new(shape, a.values.like(numbers))?])
}

fn gemm(given: &mut Given) -> Outcome<RunOperator> {
    let (alpha, beta) = (given.float("alpha").unwrap_or(1.0), given.float("beta").unwrap_or(1.0));
    let turned = (given.int("transA") == Some(1), given.int("transB") == Some(1));
    given.ignore(&["broadcast"]);
    Ok(Box::new(move |inputs, budget| {
        let (a, b) = (inputs.get(0)?, inputs.get(1)?);
        let (left, right) = (a.values.doubles()?, b.values.doubles()?);
        let matrix = |numbers, tensor: &Tensor, is_transposed| {
            let (rows, columns) = tensor.rows_and_columns();
            Matrix { numbers, rows, columns, is_transposed }
        };
        let (first, second) = (matrix(left.as_slice(), a, turned.0), matrix(right.as_slice(), b, turned.1));
        let mut numbers = multiply(&first, &second, budget)?;
        numbers.iter_mut().for_each(|number| *number *= f64::from(alpha));
        let shape = vec![first.size().0, second.size().1];
        if let Some(c) = inputs.optional(2) {
            if common_shape(&c.shape, &shape)? != shape {
                return Err(StepFault::new("its third input does not fit the result"));
            }
            let added = c.values.doubles()?;
            for (number, index) in numbers.iter_mut().zip(indices(&c.shape, &shape)) {
                *number += f64::from(beta) * added.get(index).copied().unwrap_or_default();
            }
        }
        Ok(vec![Tensor::new(shape, a.values.like(numbers))?])
    }))
}

/// Reads `CDist`: the distance of each row of the first input from each row of the second.
fn distances(given: &mut Given) -> Outcome<RunOperator> {
    let metric = given.text("metric");
    let is_squared = match metric.as_deref() {
        Some("sqeuclidean") | None => true,
        Some("euclidean") => false,
        Some(_) => return Err(StepFault::new("its metric is neither euclidean nor sqeuclidean")),
    };
    Ok(Box::new(move |inputs, budget| {
        let (a, b) = (inputs.get(0)?, inputs.get(1)?);
        let ((rows, width), (others, other_width)) = (a.rows_and_columns(), b.rows_and_columns());
        if width != other_width || width == 0 {
            return Err(StepFault::new("its inputs have different numbers of columns"));
        }
        elements(&[rows, others])?;
        budget.spend(&[rows, others, width])?;
        let (left, right) = (a.values.doubles()?, b.values.doubles()?);
        let distance = |a: &[f64], b: &[f64]| {
            let square: f64 = a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum();
            if is_squared { square } else { libm::sqrt(square) }
        };
        let all = left.chunks_exact(width).flat_map(|a| right.chunks_exact(width).map(move |b| distance(a, b)));
        Ok(vec![Tensor::new(vec![rows, others], a.values.like(all.collect()))?])
    }))
}
