//! Predicted classes and their probabilities.

/// Predictions of a classifier for a batch of rows: the class and the class probabilities of each row.
#[derive(Debug, Clone, PartialEq)]
pub struct ClassPredictions {
    classes: usize,
    predicted: Vec<usize>,
    probabilities: Vec<f32>,
}

/// The prediction of a classifier for one row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Prediction<'a> {
    // It is the most probable class, or the first of several equal ones. Label weights of the model may change this
    // choice. If probabilities are equal in `f32` but the scores before rounding differ, the scores decide.
    /// Index of the predicted class in the labels of the signature. Usually the most probable class.
    pub class: usize,
    // The sum is not exactly 1 because of rounding in `f32`.
    /// Probability of each class (0–1), in the order of the labels. The sum is 1.
    pub probabilities: &'a [f32],
}

impl ClassPredictions {
    /// Creates an empty list of predictions with room for `rows` rows. `classes` is the number of classes.
    pub(crate) fn with_capacity(rows: usize, classes: usize) -> Self {
        // At least one class.
        let probabilities = Vec::with_capacity(rows * classes);
        Self { classes, predicted: Vec::with_capacity(rows), probabilities }
    }

    /// Appends the prediction for one row. `answer` writes the class probabilities and returns the predicted class.
    #[expect(clippy::indexing_slicing, reason = "the row was appended, and this runs for every row")]
    pub(crate) fn push(&mut self, answer: impl FnOnce(&mut [f32]) -> usize) {
        let before = self.probabilities.len();
        self.probabilities.resize(before + self.classes, 0.0);
        self.predicted.push(answer(&mut self.probabilities[before..]));
    }

    /// Returns the number of rows in the batch.
    pub fn len(&self) -> usize {
        self.predicted.len()
    }

    /// Returns whether the batch has no rows.
    pub fn is_empty(&self) -> bool {
        self.predicted.is_empty()
    }

    /// Returns the index of the predicted class for each row.
    pub fn classes(&self) -> &[usize] {
        &self.predicted
    }

    /// Returns the class probabilities of all rows, row by row. Each row has one number per label.
    pub fn probabilities(&self) -> &[f32] {
        &self.probabilities
    }

    /// Iterates over the predictions (class and probabilities) in the order of the rows.
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
