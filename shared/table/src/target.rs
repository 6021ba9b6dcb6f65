//! The values of the target column, which the model predicts.

use evergreen_lifecycle::{Label, Task};

use crate::frame::at;

/// Values of the target column, one for each row.
#[derive(Debug, Clone, PartialEq)]
pub enum Target {
    /// The target of a classification: each row has a label.
    Classes {
        // If the settings name the positive one of two labels, it is the last one.
        /// Different labels of the target, sorted. There are at least two labels.
        labels: Vec<Label>,
        /// For each row, the index of its label in `labels`.
        classes: Vec<u32>,
    },
    /// The target of a regression: each row has a finite number.
    Numbers(Vec<f64>),
}

impl Target {
    /// Returns the task of this target: classification for labels, regression for numbers.
    pub fn task(&self) -> Task {
        match self {
            Self::Classes { .. } => Task::Classification,
            Self::Numbers(_) => Task::Regression,
        }
    }

    /// Returns the number of rows in the target column.
    pub fn len(&self) -> usize {
        match self {
            Self::Classes { classes, .. } => classes.len(),
            Self::Numbers(numbers) => numbers.len(),
        }
    }

    /// Returns whether the target column has no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the different labels of the target. Empty for a regression.
    pub fn labels(&self) -> &[Label] {
        match self {
            Self::Classes { labels, .. } => labels,
            Self::Numbers(_) => &[],
        }
    }

    /// Returns the target values of the rows whose indices are in `rows`, in this order.
    pub fn take(&self, rows: &[u32]) -> Self {
        // Indices beyond the last row are ignored. The list of different labels stays complete.
        match self {
            Self::Classes { labels, classes } => Self::Classes { labels: labels.clone(), classes: at(classes, rows) },
            Self::Numbers(numbers) => Self::Numbers(at(numbers, rows)),
        }
    }
}
