//! A fitted pipeline, described without reference to what fitted it or to how it is stored.

mod check;

use evergreen_lifecycle::Signature;

pub use check::{MAX_LABELS, MAX_NODES, PipelineError};

/// Standard scaling: `(x - offset) * scale` for each column, in `f32`, as ONNX's `Scaler` does it.
#[derive(Debug, Clone, PartialEq)]
pub struct Scaler {
    /// What is subtracted, one finite number per column.
    pub offset: Vec<f32>,
    /// What is multiplied with afterwards, one finite number other than 0 per column.
    pub scale: Vec<f32>,
}

impl Scaler {
    /// Writes the scaled `row` into `scaled`; all of them, and the scaler, have the same number of columns.
    pub fn apply(&self, row: &[f32], scaled: &mut [f32]) {
        let columns = self.offset.iter().zip(&self.scale);
        for ((out, x), (offset, scale)) in scaled.iter_mut().zip(row).zip(columns) {
            *out = (x - offset) * scale;
        }
    }
}

/// A forest of classification trees: a row's probabilities are the mean of its leaves' distributions.
#[derive(Debug, Clone, PartialEq)]
pub struct Forest {
    /// The trees, at least one.
    pub trees: Vec<Tree>,
}

/// A binary tree. The root is node 0, and children come after their parent.
#[derive(Debug, Clone, PartialEq)]
pub struct Tree {
    /// The nodes, at least one.
    pub nodes: Vec<Node>,
}

/// A node of a tree; children are indices into [`Tree::nodes`].
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    /// A row goes left if its scaled value is at most the threshold, else right.
    Split {
        /// Index of the column.
        column: u32,
        /// Where the column is split; finite.
        threshold: f32,
        /// The node for values `<= threshold`.
        left: u32,
        /// The node for values above it.
        right: u32,
    },
    /// A distribution over the classes: ascending in class, weights above 0 that sum to 1; classes left out weigh 0.
    Leaf(Vec<ClassWeight>),
}

/// How much of a leaf is of a class.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClassWeight {
    /// Index of the class in the signature's labels.
    pub class: u32,
    /// Its share, above 0 and at most 1.
    pub weight: f32,
}

/// Scaler and forest under one signature, checked: whoever holds a pipeline holds one that can be scored.
#[derive(Debug, Clone, PartialEq)]
pub struct Pipeline {
    signature: Signature,
    scaler: Scaler,
    forest: Forest,
}

impl Pipeline {
    /// Puts the parts together.
    ///
    /// # Errors
    /// [`PipelineError`] when they do not fit each other, or when a tree is none.
    pub fn new(signature: Signature, scaler: Scaler, forest: Forest) -> Result<Self, PipelineError> {
        check::signature(&signature)?;
        check::scaler(&scaler, signature.columns().len())?;
        check::forest(&forest, &signature)?;
        Ok(Self { signature, scaler, forest })
    }

    /// Columns in and labels out.
    pub fn signature(&self) -> &Signature {
        &self.signature
    }

    /// What is applied to a row first.
    pub fn scaler(&self) -> &Scaler {
        &self.scaler
    }

    /// What decides on the scaled row.
    pub fn forest(&self) -> &Forest {
        &self.forest
    }
}
