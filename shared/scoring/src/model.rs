//! A model that is ready to predict.

use evergreen_lifecycle::Signature;

use crate::artifact::{self, ArtifactError, ArtifactMetadata};
use crate::flat::FlatForest;
use crate::pipeline::{Pipeline, Scaler};
use crate::predictions::Predictions;

/// A pipeline compiled for prediction.
#[derive(Debug, Clone)]
pub struct Model {
    metadata: ArtifactMetadata,
    signature: Signature,
    scaler: Scaler,
    forest: FlatForest,
    trees: f32,
}

/// A batch whose length is no multiple of the row length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{values} values are no whole number of rows of {columns} columns")]
pub struct ShapeError {
    /// Values given.
    pub values: usize,
    /// Columns of the model.
    pub columns: usize,
}

impl Model {
    /// Reads an artifact, checks all of it and compiles it. Bytes from anywhere are safe to pass: what is not a sound
    /// artifact of a known format is an error, found in time and memory proportional to its size.
    ///
    /// # Errors
    /// [`ArtifactError`], which says what is wrong with the bytes.
    pub fn load(bytes: &[u8]) -> Result<Self, ArtifactError> {
        let (pipeline, metadata) = artifact::decode(bytes)?;
        Ok(Self::compile(&pipeline, metadata))
    }

    /// Compiles a pipeline without a detour through its artifact.
    pub fn compile(pipeline: &Pipeline, metadata: ArtifactMetadata) -> Self {
        Self {
            metadata,
            signature: pipeline.signature().clone(),
            scaler: pipeline.scaler().clone(),
            forest: FlatForest::compile(pipeline.forest()),
            trees: pipeline.forest().trees.len() as f32,
        }
    }

    /// Columns in and labels out.
    pub fn signature(&self) -> &Signature {
        &self.signature
    }

    /// What the artifact says of itself.
    pub fn metadata(&self) -> &ArtifactMetadata {
        &self.metadata
    }

    /// Predicts `rows`: raw values, row by row, each row in the order of the signature's columns.
    ///
    /// Values must be finite; that is for the caller to see to, who can name the offending field. With NaN or an infinity
    /// the answer is some class, never a panic.
    ///
    /// # Errors
    /// [`ShapeError`] when the number of values is no multiple of the number of columns.
    pub fn predict(&self, rows: &[f32]) -> Result<Predictions, ShapeError> {
        let (columns, classes) = (self.signature.columns().len(), self.signature.labels().len());
        if !rows.len().is_multiple_of(columns) {
            return Err(ShapeError { values: rows.len(), columns });
        }
        let mut predictions = Predictions::with_capacity(rows.len() / columns, classes);
        let (mut scaled, mut sums) = (vec![0.0; columns], vec![0.0; classes]);
        for row in rows.chunks_exact(columns) {
            self.scaler.apply(row, &mut scaled);
            sums.fill(0.0);
            self.forest.add_to(&scaled, &mut sums);
            predictions.push(&sums, self.trees);
        }
        Ok(predictions)
    }
}
