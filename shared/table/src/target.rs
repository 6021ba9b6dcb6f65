//! Defines the values of the target.

use evergreen_lifecycle::{Label, Task};

use crate::frame::at;

/// The values of the target, one for each row.
#[derive(Debug, Clone, PartialEq)]
pub enum Target {
    /// The target of a classification.
    Classes {
        /// At least two different labels, sorted. If the settings name the positive one of two labels, it is the last.
        labels: Vec<Label>,
        /// For each row an index into `labels`.
        classes: Vec<u32>,
    },
    /// The target of a regression. All numbers are finite.
    Numbers(Vec<f64>),
}

impl Target {
    /// Returns the task of the model.
    pub fn task(&self) -> Task {
        match self {
            Self::Classes { .. } => Task::Classification,
            Self::Numbers(_) => Task::Regression,
        }
    }

    /// Returns the number of rows.
    pub fn len(&self) -> usize {
        match self {
            Self::Classes { classes, .. } => classes.len(),
            Self::Numbers(numbers) => numbers.len(),
        }
    }

    /// Checks whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the labels. Empty for a regression.
    pub fn labels(&self) -> &[Label] {
        match self {
            Self::Classes { labels, .. } => labels,
            Self::Numbers(_) => &[],
        }
    }

    /// Returns the rows at these indices, in that order. Indices beyond the last row are ignored. All labels are kept.
    pub fn take(&self, rows: &[u32]) -> Self {
        match self {
            Self::Classes { labels, classes } => Self::Classes { labels: labels.clone(), classes: at(classes, rows) },
            Self::Numbers(numbers) => Self::Numbers(at(numbers, rows)),
        }
    }
}
