//! A model that is ready to predict.

use evergreen_lifecycle::{Signature, Task};

use crate::artifact::{self, ArtifactError, ArtifactMetadata};
use crate::features::Features;
use crate::intervals::Intervals;
use crate::link::Answerer;
use crate::pipeline::{Pipeline, outputs};
use crate::predictions::{ClassPredictions, NumberPredictions, Predictions};
use crate::scorer::Scorer;

/// Rows that are scored together: enough for each tree to be fetched from memory seldom, few enough for their features to
/// stay near.
const BLOCK: usize = 256;

/// A pipeline compiled for prediction.
#[derive(Debug, Clone)]
pub struct Model {
    metadata: ArtifactMetadata,
    signature: Signature,
    /// Values of a raw row.
    slots: usize,
    features: Features,
    scorer: Scorer,
    /// Number of outputs of the scorer.
    outputs: usize,
    answerer: Answerer,
    intervals: Option<Intervals>,
}

/// A batch whose length is no multiple of the row length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{values} values are no whole number of rows of {slots} values")]
pub struct ShapeError {
    /// Values given.
    pub values: usize,
    /// Values of a row.
    pub slots: usize,
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
        let (signature, parts) = (pipeline.signature(), pipeline.parts());
        Self {
            metadata,
            signature: signature.clone(),
            slots: signature.slots(),
            features: Features::compile(&parts.preprocessing),
            scorer: Scorer::compile(&parts.predictor, parts.preprocessing.features(), signature.labels().len()),
            outputs: outputs(signature.labels().len(), parts.link),
            answerer: Answerer::new(parts.link, parts.calibration, parts.rule.clone()),
            intervals: parts.interval.as_ref().map(|it| Intervals::compile(it, parts.preprocessing.features())),
        }
    }

    /// Columns in and labels out.
    pub fn signature(&self) -> &Signature {
        &self.signature
    }

    /// Of two labels the probability of the second above which it is answered; nothing of more, or of numbers.
    pub fn threshold(&self) -> Option<f32> {
        (self.signature.labels().len() == 2).then(|| self.answerer.rule().threshold())
    }

    /// What each label's probability is multiplied by before the greatest decides; nothing where the likeliest is answered.
    pub fn label_weights(&self) -> Option<&[f32]> {
        self.answerer.rule().weights.as_deref()
    }

    /// What the artifact says of itself.
    pub fn metadata(&self) -> &ArtifactMetadata {
        &self.metadata
    }

    /// Predicts `rows`: raw values, row by row, each row in the order of the signature's columns, a value in as many `f32` as
    /// its [`ColumnKind`](evergreen_lifecycle::ColumnKind) says and NaN where it is missing. A row without an infinity has a
    /// finite answer.
    ///
    /// Whether values are finite, and none is missing where none may be, is for the caller to see to, who can name the
    /// offending field. Whatever they are the answer is some class or number, never a panic.
    ///
    /// # Errors
    /// [`ShapeError`] when the number of values is no multiple of those of a row.
    pub fn predict(&self, rows: &[f32]) -> Result<Predictions, ShapeError> {
        let slots = self.slots;
        if !rows.len().is_multiple_of(slots) {
            return Err(ShapeError { values: rows.len(), slots });
        }
        Ok(match self.signature.task() {
            Task::Classification => Predictions::Classes(self.classes(rows, rows.len() / slots)),
            Task::Regression => Predictions::Numbers(self.numbers(rows, rows.len() / slots)),
        })
    }

    fn classes(&self, rows: &[f32], count: usize) -> ClassPredictions {
        let mut predictions = ClassPredictions::with_capacity(count, self.signature.labels().len());
        self.each_block(rows, |_, outputs| {
            for outputs in outputs.chunks_exact(self.outputs) {
                predictions.push(|probabilities| self.answerer.answer(outputs, probabilities));
            }
        });
        predictions
    }

    fn numbers(&self, rows: &[f32], count: usize) -> NumberPredictions {
        let mut values = Vec::with_capacity(count);
        let mut ends = Vec::with_capacity(if self.intervals.is_some() { count } else { 0 });
        self.each_block(rows, |features, outputs| {
            values.extend_from_slice(outputs);
            self.intervals.iter().for_each(|intervals| intervals.append(outputs, features, &mut ends));
        });
        NumberPredictions::new(values, self.intervals.is_some().then_some(ends))
    }

    /// Calls `each` with the features and the outputs of some rows, until all had their turn.
    fn each_block(&self, rows: &[f32], mut each: impl FnMut(&[f32], &[f32])) {
        let (slots, width) = (self.slots, self.features.count());
        let most = BLOCK.min(rows.len() / slots);
        let mut scratch = vec![0.0; most * (width + self.outputs)];
        let (features, outputs) = scratch.split_at_mut(most * width);
        for block in rows.chunks(most.max(1) * slots) {
            let count = block.len() / slots;
            let (features, outputs) = (&mut features[..count * width], &mut outputs[..count * self.outputs]);
            for (row, features) in block.chunks_exact(slots).zip(features.chunks_exact_mut(width)) {
                self.features.write(row, features);
            }
            self.scorer.outputs(features, outputs);
            each(features, outputs);
        }
    }
}
