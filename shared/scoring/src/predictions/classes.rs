//! Classes and their probabilities.

/// Classes and probabilities of a batch, in the order of its rows.
#[derive(Debug, Clone, PartialEq)]
pub struct ClassPredictions {
    classes: usize,
    predicted: Vec<usize>,
    probabilities: Vec<f32>,
}

/// The answer to one row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Prediction<'a> {
    /// Index of the answered class in the signature's labels. It is the likeliest one, of equally likely ones the first, unless
    /// the model's rule weighs labels. Where probabilities are too close to be told apart in `f32`, the scores that they are
    /// made of decide.
    pub class: usize,
    /// Probability of each class, in the order of the labels, 0–1; they sum to 1 but for rounding in `f32`.
    pub probabilities: &'a [f32],
}

impl ClassPredictions {
    /// An empty batch with room for `rows` rows of `classes` (at least one) classes.
    pub(crate) fn with_capacity(rows: usize, classes: usize) -> Self {
        let probabilities = Vec::with_capacity(rows * classes);
        Self { classes, predicted: Vec::with_capacity(rows), probabilities }
    }

    /// Appends a row: `answer` writes the probability of each class and returns the class.
    pub(crate) fn push(&mut self, answer: impl FnOnce(&mut [f32]) -> usize) {
        let before = self.probabilities.len();
        self.probabilities.resize(before + self.classes, 0.0);
        self.predicted.push(answer(&mut self.probabilities[before..]));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_keep_their_order() {
        let mut batch = ClassPredictions::with_capacity(2, 2);
        for (class, answer) in [(0, [0.75, 0.25]), (1, [0.0, 1.0])] {
            batch.push(|probabilities| {
                probabilities.copy_from_slice(&answer);
                class
            });
        }
        let rows: Vec<_> = batch.iter().map(|row| (row.class, row.probabilities.to_vec())).collect();
        assert_eq!(rows, [(0, vec![0.75, 0.25]), (1, vec![0.0, 1.0])]);
        assert_eq!((batch.len(), batch.is_empty()), (2, false));
    }
}
