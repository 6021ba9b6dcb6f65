//! The answer to a batch of rows.

/// Classes and probabilities of a batch, in the order of its rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Predictions {
    classes: usize,
    predicted: Vec<usize>,
    probabilities: Vec<f32>,
}

/// The answer to one row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Prediction<'a> {
    /// Index of the likeliest class in the signature's labels; of equally likely ones the first.
    pub class: usize,
    /// Probability of each class, in the order of the labels, 0–1; they sum to 1 but for rounding in `f32`.
    pub probabilities: &'a [f32],
}

impl Predictions {
    /// An empty batch with room for `rows` rows of `classes` (at least one) classes.
    pub(crate) fn with_capacity(rows: usize, classes: usize) -> Self {
        let probabilities = Vec::with_capacity(rows * classes);
        Self { classes, predicted: Vec::with_capacity(rows), probabilities }
    }

    /// Appends a row; `sums` (one per class) become probabilities when divided by `divisor`.
    pub(crate) fn push(&mut self, sums: &[f32], divisor: f32) {
        self.predicted.push(first_maximum(sums));
        self.probabilities.extend(sums.iter().map(|sum| sum / divisor));
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.predicted.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.predicted.is_empty()
    }

    /// The predicted class of each row.
    pub fn classes(&self) -> &[usize] {
        &self.predicted
    }

    /// The probabilities, rows one after the other, as many for each as there are labels.
    pub fn probabilities(&self) -> &[f32] {
        &self.probabilities
    }

    /// The rows' answers in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Prediction<'_>> {
        let rows = self.probabilities.chunks_exact(self.classes);
        self.predicted.iter().zip(rows).map(|(&class, probabilities)| Prediction { class, probabilities })
    }
}

/// As ONNX's `ArgMax`: the first of several maxima.
fn first_maximum(sums: &[f32]) -> usize {
    let mut best = (0, f32::NEG_INFINITY);
    for (class, &sum) in sums.iter().enumerate() {
        if sum > best.1 {
            best = (class, sum);
        }
    }
    best.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tie_goes_to_the_first_class() {
        assert_eq!(first_maximum(&[1.0, 2.0, 2.0]), 1);
    }

    #[test]
    fn rows_keep_their_order() {
        let mut batch = Predictions::with_capacity(2, 2);
        batch.push(&[3.0, 1.0], 4.0);
        batch.push(&[0.0, 4.0], 4.0);
        let rows: Vec<_> = batch.iter().map(|row| (row.class, row.probabilities.to_vec())).collect();
        assert_eq!(rows, [(0, vec![0.75, 0.25]), (1, vec![0.0, 1.0])]);
        assert_eq!((batch.len(), batch.is_empty()), (2, false));
    }
}
