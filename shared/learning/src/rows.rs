//! Labelled rows: what is learnt from and what is evaluated on.

use evergreen_lifecycle::Signature;

/// Rows of numbers, each with its class, under the signature that names both.
#[derive(Debug, Clone, PartialEq)]
pub struct Rows {
    signature: Signature,
    /// Row by row, as many values each as the signature has columns; finite.
    features: Vec<f32>,
    /// One per row, an index into the signature's labels.
    classes: Vec<usize>,
}

impl Rows {
    /// `features` must hold a row for each of `classes`, which index the signature's labels.
    pub(crate) fn new(signature: Signature, features: Vec<f32>, classes: Vec<usize>) -> Self {
        debug_assert_eq!(features.len(), classes.len() * signature.columns().len());
        debug_assert!(classes.iter().all(|class| *class < signature.labels().len()));
        Self { signature, features, classes }
    }

    /// Names of the columns, and the labels that the classes index.
    pub fn signature(&self) -> &Signature {
        &self.signature
    }

    /// The values, row by row.
    pub fn features(&self) -> &[f32] {
        &self.features
    }

    /// The class of each row, an index into the signature's labels.
    pub fn classes(&self) -> &[usize] {
        &self.classes
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.classes.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.classes.is_empty()
    }

    /// The rows in order, each as its values and its class.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&[f32], usize)> {
        // A signature has at least one column.
        self.features.chunks_exact(self.signature.columns().len()).zip(self.classes.iter().copied())
    }

    /// The values of one column, `column` being below the number of columns.
    pub(crate) fn column(&self, column: usize) -> impl Iterator<Item = f32> + Clone {
        self.features.iter().skip(column).step_by(self.signature.columns().len()).copied()
    }

    /// The rows for which `keep` says so of their position.
    pub(crate) fn filter(&self, keep: impl Fn(usize) -> bool) -> Self {
        let (mut features, mut classes) = (Vec::new(), Vec::new());
        for (_, (row, class)) in self.iter().enumerate().filter(|(position, _)| keep(*position)) {
            features.extend_from_slice(row);
            classes.push(class);
        }
        Self { signature: self.signature.clone(), features, classes }
    }
}
