//! What is to be predicted.

use evergreen_lifecycle::{Label, Task};

use crate::frame::at;

/// The target's values, one for each row.
#[derive(Debug, Clone, PartialEq)]
pub enum Target {
    /// Of classification.
    Classes {
        /// At least two different labels. They are sorted, but that of two the positive one, if the settings name it,
        /// comes last.
        labels: Vec<Label>,
        /// For each row an index into `labels`.
        classes: Vec<u32>,
    },
    /// Of regression; finite.
    Numbers(Vec<f64>),
}

impl Target {
    /// What the model is for.
    pub fn task(&self) -> Task {
        match self {
            Self::Classes { .. } => Task::Classification,
            Self::Numbers(_) => Task::Regression,
        }
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        match self {
            Self::Classes { classes, .. } => classes.len(),
            Self::Numbers(numbers) => numbers.len(),
        }
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The labels; none of regression.
    pub fn labels(&self) -> &[Label] {
        match self {
            Self::Classes { labels, .. } => labels,
            Self::Numbers(_) => &[],
        }
    }

    /// The rows at the indices `rows`, in that order; an index that is not below the number of rows is left out. All
    /// labels stay there.
    pub fn take(&self, rows: &[u32]) -> Self {
        match self {
            Self::Classes { labels, classes } => Self::Classes { labels: labels.clone(), classes: at(classes, rows) },
            Self::Numbers(numbers) => Self::Numbers(at(numbers, rows)),
        }
    }
}
