//! A loaded model that can predict.

mod explaining;

use std::sync::OnceLock;

use evergreen_lifecycle::{RowTexts, Signature, Task};

use crate::artifact::{self, ArtifactError, ArtifactMetadata};
use crate::contributions::{ExplainError, Explainer};
use crate::features::CompiledPreprocessing;
use crate::graph::GraphError;
use crate::intervals::Intervals;
use crate::link::Answerer;
use crate::pipeline::{Pipeline, outputs};
use crate::predictions::{ClassPredictions, NumberPredictions, Predictions};
use crate::scorer::Scorer;

// Larger blocks load each tree from memory less often. Smaller blocks keep the features in the processor's cache.
/// Number of rows of a batch that are predicted together as one block.
const BLOCK: usize = 256;

/// A loaded model that can predict: a pipeline compiled for fast predictions.
#[derive(Debug, Clone)]
pub struct Model {
    metadata: ArtifactMetadata,
    signature: Signature,
    /// Number of `f32` values in a raw row. A column of the table may have several.
    slots: usize,
    features: CompiledPreprocessing,
    scorer: Scorer,
    /// Number of outputs that the predictor computes for each row.
    outputs: usize,
    answerer: Answerer,
    intervals: Option<Intervals>,
    /// What explanations need. The first one prepares it.
    explainer: OnceLock<Result<Explainer, ExplainError>>,
}

/// Error: why a model cannot answer a batch of rows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PredictError {
    /// The number of values in a batch is not a multiple of the number of values in a row.
    #[error("the batch has {values} values; expected a multiple of {slots}, the number of values of a row")]
    Shape {
        /// Number of values in the whole batch of rows.
        values: usize,
        /// Number of values that one row must have.
        slots: usize,
    },
    /// An imported graph cannot compute a row. Other models never fail.
    #[error(transparent)]
    Graph(#[from] GraphError),
}

impl Model {
    /// Loads a model from the bytes of its artifact (an ONNX file) and checks all bytes. Untrusted bytes are safe: an
    /// invalid artifact is an error. Time and memory are proportional to the number of bytes.
    ///
    /// # Errors
    /// [`ArtifactError`] if the bytes are not a valid artifact.
    ///
    /// # Examples
    /// ```
    /// use evergreen_scoring::Model;
    ///
    /// let bytes = std::fs::read("tests/artifacts/format-1.onnx")?;
    /// let model = Model::load(&bytes)?;
    /// assert_eq!(model.signature().columns().len(), 2);
    ///
    /// let error = Model::load(b"not a model").unwrap_err();
    /// assert!(error.to_string().starts_with("the artifact "));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn load(bytes: &[u8]) -> Result<Self, ArtifactError> {
        let (pipeline, metadata) = artifact::decode(bytes)?;
        Ok(Self::compile(&pipeline, metadata))
    }

    /// Creates a model for fast predictions directly from a pipeline, without an ONNX file.
    pub fn compile(pipeline: &Pipeline, metadata: ArtifactMetadata) -> Self {
        let (signature, parts) = (pipeline.signature(), pipeline.parts());
        Self {
            metadata,
            signature: signature.clone(),
            slots: signature.slots(),
            features: CompiledPreprocessing::compile(&parts.preprocessing),
            scorer: Scorer::compile(&parts.predictor, parts.preprocessing.features(), signature.labels().len()),
            outputs: outputs(signature.labels().len(), parts.link),
            answerer: Answerer::new(parts.link, parts.calibration, parts.rule.clone()),
            intervals: parts.interval.as_ref().map(|it| Intervals::compile(it, parts.preprocessing.features())),
            explainer: OnceLock::new(),
        }
    }

    /// Returns the signature of the model: its input columns and its labels.
    pub fn signature(&self) -> &Signature {
        &self.signature
    }

    /// Returns the decision threshold of a model with two labels: the second label is predicted above this probability.
    /// `None` for other models.
    pub fn threshold(&self) -> Option<f32> {
        (self.signature.labels().len() == 2).then(|| self.answerer.rule().threshold())
    }

    /// Returns the label weights: factors for the labels' probabilities. The label with the greatest product is
    /// predicted. `None` if the most probable label is predicted.
    pub fn label_weights(&self) -> Option<&[f32]> {
        self.answerer.rule().weights.as_deref()
    }

    /// Returns the model's name and its lineage (how it was trained), as stored in the artifact.
    pub fn metadata(&self) -> &ArtifactMetadata {
        &self.metadata
    }

    /// Predicts a batch of raw rows, one after the other in `rows`. A row has the columns in the order of the
    /// signature. A missing value is NaN.
    ///
    /// The caller must check for infinite values, and for missing values in columns that do not allow them. For such
    /// values, the method predicts some class or number and does not panic.
    ///
    /// # Errors
    /// [`PredictError`] if the number of values is not a multiple of the row length, or if an imported graph fails.
    ///
    /// # Examples
    /// ```
    /// use evergreen_scoring::{Model, Predictions};
    ///
    /// let model = Model::load(&std::fs::read("tests/artifacts/format-1.onnx")?)?;
    /// // Two rows of two numbers.
    /// let Predictions::Classes(answers) = model.predict(&[0.5, 1.0, 2.0, -3.0])? else { panic!("a classifier") };
    /// for answer in answers.iter() {
    ///     println!("{}: {:?}", model.signature().labels()[answer.class], answer.probabilities);
    /// }
    /// assert_eq!(answers.len(), 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn predict(&self, rows: &[f32]) -> Result<Predictions, PredictError> {
        self.predict_with_texts(rows, &RowTexts::none())
    }

    /// Predicts a batch of raw rows, as [`predict`](Self::predict) does. `texts` are the whole texts that
    /// numbers of the rows represent.
    ///
    /// # Errors
    /// Those of [`predict`](Self::predict), and [`PredictError`] if a text is not in `texts`.
    pub fn predict_with_texts(&self, rows: &[f32], texts: &RowTexts) -> Result<Predictions, PredictError> {
        // The `ColumnKind` of a column says how many `f32` a value takes. A row without infinite values has a finite
        // prediction.
        let slots = self.slots;
        // The caller checks the values, because only the caller can name the field in its error.
        if !rows.len().is_multiple_of(slots) {
            return Err(PredictError::Shape { values: rows.len(), slots });
        }
        if let Scorer::Graph(graph) = &self.scorer {
            return Ok(match self.signature.labels().len() {
                0 => Predictions::Numbers(graph.numbers(rows, texts)?),
                labels => Predictions::Classes(graph.classes(rows, texts, labels)?),
            });
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

    /// Computes the features and the predictor's outputs of all rows, and passes them to `each` block by block.
    #[expect(clippy::indexing_slicing, reason = "the buffers have room for the longest block")]
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
