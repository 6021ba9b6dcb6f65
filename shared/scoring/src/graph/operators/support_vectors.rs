//! Support vector machines.

use super::super::call::{Budget, RunOperator};
use super::super::given::Given;
use super::super::problem::{Outcome, StepFault};
use super::super::tensor::{Tensor, TensorValues, elements};
use super::GraphOperator;
use super::scores::{ClassLabels, ScoreTransform, first_greatest};

pub(super) const OPERATORS: &[GraphOperator] = &[
    GraphOperator { name: "SVMClassifier", read: classifier },
    GraphOperator { name: "SVMRegressor", read: regressor },
];

/// A kernel: a similarity of two rows.
#[derive(Debug, Clone, Copy)]
enum Kernel {
    Linear,
    Polynomial { gamma: f64, constant: f64, degree: f64 },
    Radial { gamma: f64 },
    Sigmoid { gamma: f64, constant: f64 },
}

impl Kernel {
    fn read(given: &mut Given) -> Outcome<Self> {
        let parameters = given.floats("kernel_params").unwrap_or_default();
        let parameter = |place: usize| parameters.get(place).copied().map_or(0.0, f64::from);
        let (gamma, constant, degree) = (parameter(0), parameter(1), parameter(2));
        match given.text("kernel_type").as_deref() {
            None | Some("LINEAR") => Ok(Self::Linear),
            Some("POLY") => Ok(Self::Polynomial { gamma, constant, degree }),
            Some("RBF") => Ok(Self::Radial { gamma }),
            Some("SIGMOID") => Ok(Self::Sigmoid { gamma, constant }),
            Some(_) => Err(StepFault::new("its kernel is unknown; expected LINEAR, POLY, RBF or SIGMOID")),
        }
    }

    fn of(self, a: &[f64], b: &[f64]) -> f64 {
        let dot = || a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        match self {
            Self::Linear => dot(),
            Self::Polynomial { gamma, constant, degree } => libm::pow(gamma * dot() + constant, degree),
            Self::Radial { gamma } => libm::exp(-gamma * a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum::<f64>()),
            Self::Sigmoid { gamma, constant } => libm::tanh(gamma * dot() + constant),
        }
    }
}

/// Returns the similarity of each row with each support vector, row after row.
fn similarities(kernel: Kernel, input: &Tensor, vectors: &[f64], budget: &mut Budget) -> Outcome<Vec<Vec<f64>>> {
    let (rows, width) = input.rows_and_columns();
    if width == 0 || !vectors.len().is_multiple_of(width) {
        return Err(StepFault::new(format!("its support vectors do not fit {width} columns")));
    }
    elements(&[rows, vectors.len() / width])?;
    budget.spend(&[rows, vectors.len().max(1)])?;
    let numbers = input.values.doubles()?;
    let of_row = |row: &[f64]| vectors.chunks_exact(width).map(|vector| kernel.of(row, vector)).collect();
    Ok(numbers.chunks_exact(width).map(of_row).collect())
}

fn regressor(given: &mut Given) -> Outcome<RunOperator> {
    let kernel = Kernel::read(given)?;
    let transform = ScoreTransform::read(given)?;
    let (coefficients, vectors) = (given.doubles("coefficients"), given.doubles("support_vectors"));
    let rho = given.doubles("rho").first().copied().unwrap_or_default();
    given.ignore(&["n_supports"]);
    if given.int("one_class") == Some(1) {
        return Err(StepFault::new("it finds outliers; expected a model that predicts a number"));
    }
    Ok(Box::new(move |inputs, budget| {
        let input = inputs.get(0)?;
        // Without support vectors, the coefficients are those of a linear model.
        let vectors = if vectors.is_empty() { &coefficients } else { &vectors };
        let is_linear = std::ptr::eq(vectors, &coefficients);
        let sums = similarities(kernel, input, vectors, budget)?.into_iter().map(|row| {
            if is_linear { row.iter().sum::<f64>() } else { row.iter().zip(&coefficients).map(|(k, c)| k * c).sum() }
        });
        let mut scores: Vec<f64> = sums.map(|sum: f64| sum + rho).collect();
        scores.chunks_mut(1).for_each(|row| transform.apply(row));
        let numbers: Vec<f32> = scores.into_iter().map(|score| score as f32).collect();
        Ok(vec![Tensor::new(vec![numbers.len(), 1], TensorValues::Float(numbers))?])
    }))
}

/// A classifier of support vectors, with one comparison for each pair of classes.
struct Machine {
    kernel: Kernel,
    coefficients: Vec<f64>,
    vectors: Vec<f64>,
    /// For each class, the index of its first support vector and of the first one behind them.
    ranges: Vec<(usize, usize)>,
    rho: Vec<f64>,
    /// The parameters of Platt's probabilities, for each pair. Empty: the file has no probabilities.
    platt: Vec<(f64, f64)>,
}

impl Machine {
    fn pairs(&self) -> impl Iterator<Item = (usize, usize)> + use<> {
        let classes = self.ranges.len();
        (0..classes).flat_map(move |first| (first + 1..classes).map(move |second| (first, second)))
    }

    /// Returns the score of each pair of classes. A positive one speaks for the first class of the pair.
    fn scores(&self, similarities: &[f64]) -> Vec<f64> {
        let count = similarities.len();
        let sum = |line: usize, (start, end): (usize, usize)| {
            let weights = self.coefficients.iter().skip(line * count + start);
            weights.zip(similarities.iter().take(end).skip(start)).map(|(weight, k)| weight * k).sum::<f64>()
        };
        let score = |((first, second), rho): ((usize, usize), &f64)| {
            let range = |class: usize| self.ranges.get(class).copied().unwrap_or_default();
            sum(second - 1, range(first)) + sum(first, range(second)) + rho
        };
        self.pairs().zip(&self.rho).map(score).collect()
    }

    /// Returns the class that wins most comparisons, and the first one of equals.
    fn winner(&self, scores: &[f64]) -> usize {
        let mut votes = vec![0.0; self.ranges.len()];
        for ((first, second), &score) in self.pairs().zip(scores) {
            let winner = if score > 0.0 { first } else { second };
            votes.get_mut(winner).into_iter().for_each(|votes| *votes += 1.0);
        }
        first_greatest(&votes)
    }

    /// Returns the probabilities of the classes, coupled from those of the pairs (Wu, Lin, Weng: "Probability estimates
    /// for multi-class classification by pairwise coupling", JMLR 2004).
    fn probabilities(&self, scores: &[f64]) -> Vec<f64> {
        let classes = self.ranges.len();
        let mut pairwise = vec![vec![0.0; classes]; classes];
        for (((first, second), &score), &(a, b)) in self.pairs().zip(scores).zip(&self.platt) {
            let share = (1.0 / (1.0 + libm::exp(score * a + b))).clamp(1e-7, 1.0 - 1e-7);
            set(&mut pairwise, first, second, share);
            set(&mut pairwise, second, first, 1.0 - share);
        }
        coupled(&pairwise)
    }
}

fn set(matrix: &mut [Vec<f64>], row: usize, column: usize, value: f64) {
    matrix.get_mut(row).and_then(|row| row.get_mut(column)).into_iter().for_each(|slot| *slot = value);
}

fn get(matrix: &[Vec<f64>], row: usize, column: usize) -> f64 {
    matrix.get(row).and_then(|row| row.get(column)).copied().unwrap_or_default()
}

/// Solves the second method of Wu, Lin and Weng by their iteration.
fn coupled(pairwise: &[Vec<f64>]) -> Vec<f64> {
    let classes = pairwise.len();
    let mut matrix = vec![vec![0.0; classes]; classes];
    for row in 0..classes {
        for column in 0..classes {
            let value = if row == column {
                (0..classes).filter(|&other| other != row).map(|other| libm::pow(get(pairwise, other, row), 2.0)).sum()
            } else {
                -get(pairwise, column, row) * get(pairwise, row, column)
            };
            set(&mut matrix, row, column, value);
        }
    }
    let mut shares = vec![1.0 / classes as f64; classes];
    let line = |shares: &[f64], row: usize| {
        shares.iter().enumerate().map(|(column, share)| get(&matrix, row, column) * share).sum::<f64>()
    };
    for _ in 0..classes.max(100) {
        let sums: Vec<f64> = (0..classes).map(|row| line(&shares, row)).collect();
        let whole: f64 = sums.iter().zip(&shares).map(|(sum, share)| sum * share).sum();
        if sums.iter().all(|sum| (sum - whole).abs() < 0.005 / classes as f64) {
            break;
        }
        let (mut sums, mut whole) = (sums, whole);
        for row in 0..classes {
            let own = get(&matrix, row, row);
            let sum = sums.get(row).copied().unwrap_or_default();
            let change = (whole - sum) / own;
            shares.get_mut(row).into_iter().for_each(|share| *share += change);
            let grown = 1.0 + change;
            whole = (whole + change * (change * own + 2.0 * sum)) / grown / grown;
            for (column, sum) in sums.iter_mut().enumerate() {
                *sum = (*sum + change * get(&matrix, row, column)) / grown;
            }
            shares.iter_mut().for_each(|share| *share /= grown);
        }
    }
    shares
}

fn classifier(given: &mut Given) -> Outcome<RunOperator> {
    let labels = ClassLabels::read(given)?;
    let kernel = Kernel::read(given)?;
    let transform = ScoreTransform::read(given)?;
    let (coefficients, vectors) = (given.doubles("coefficients"), given.doubles("support_vectors"));
    let rho = given.doubles("rho");
    let (a, b) = (given.doubles("prob_a"), given.doubles("prob_b"));
    let counts = given.ints("vectors_per_class").unwrap_or_default();
    let mut start = 0_usize;
    let mut ranges = Vec::new();
    for count in counts {
        let count = usize::try_from(count).map_err(|_| StepFault::new("its vectors_per_class is negative"))?;
        let end = start.checked_add(count).filter(|&end| end <= coefficients.len());
        let end = end.ok_or_else(|| StepFault::new("its vectors_per_class is greater than its coefficients"))?;
        ranges.push((start, end));
        start = end;
    }
    if ranges.len() != labels.len() || ranges.len() < 2 {
        return Err(StepFault::new("its vectors_per_class does not fit its labels; export it with support vectors"));
    }
    let pairs = labels.len() * (labels.len() - 1) / 2;
    if rho.len() != pairs || (!a.is_empty() && (a.len() != pairs || b.len() != pairs)) {
        return Err(StepFault::new("its rho or its probabilities do not fit its labels"));
    }
    let machine = Machine { kernel, coefficients, vectors, ranges, rho, platt: a.into_iter().zip(b).collect() };
    Ok(Box::new(move |inputs, budget| {
        let input = inputs.get(0)?;
        let (mut classes, mut all) = (Vec::new(), Vec::new());
        // The pairs of classes are compared, and their probabilities coupled, for each row.
        let count = machine.ranges.len();
        budget.spend(&[input.rows_and_columns().0, count, count, count.max(100)])?;
        for row in similarities(machine.kernel, input, &machine.vectors, budget)? {
            let scores = machine.scores(&row);
            classes.push(machine.winner(&scores));
            if machine.platt.is_empty() {
                let mut scores = match scores[..] {
                    [score] => vec![-score, score],
                    _ => scores,
                };
                transform.apply(&mut scores);
                all.extend(scores);
            } else {
                all.extend(machine.probabilities(&scores));
            }
        }
        labels.answer(classes, all)
    }))
}
