//! Writes answers as Parquet. The kept columns are those of the input, with their types.

use std::sync::Arc;

use arrow_array::builder::{Float32Builder, Float64Builder, Int32Builder, Int64Builder, StringBuilder};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;

use crate::answers::{AnswerShape, PartAnswers, Predicted, RowAnswer};
use crate::score::PartError;

/// The answers to the rows of a Parquet file.
pub(crate) struct ParquetAnswers<'a> {
    writer: ArrowWriter<Vec<u8>>,
    schema: SchemaRef,
    shape: &'a AnswerShape,
}

impl<'a> ParquetAnswers<'a> {
    /// Begins a file. `kept` are the columns of the input to repeat.
    pub(crate) fn begin(shape: &'a AnswerShape, kept: &[Field]) -> Result<Self, PartError> {
        let mut fields = vec![Field::new("row", DataType::Int64, false)];
        fields.extend(kept.iter().cloned());
        let prediction = if shape.labels.is_empty() { DataType::Float32 } else { DataType::Utf8 };
        fields.push(Field::new("prediction", prediction, true));
        fields.extend(shape.probability_names().map(|name| Field::new(name, DataType::Float32, true)));
        if shape.has_intervals {
            fields.extend(["lower", "upper"].map(|name| Field::new(name, DataType::Float32, true)));
        }
        fields.push(Field::new("version", DataType::Int32, false));
        if shape.explains() {
            fields.push(Field::new("base", DataType::Float64, true));
            fields.extend(shape.contribution_names().map(|name| Field::new(name, DataType::Float64, true)));
        }
        fields.push(Field::new("error", DataType::Utf8, true));
        let schema = Arc::new(Schema::new(fields));
        // Without the release of the library in the file, its bytes depend on the answers only.
        let properties = WriterProperties::builder()
            .set_created_by("evergreen".to_owned())
            .set_compression(Compression::SNAPPY)
            .build();
        Ok(Self { writer: ArrowWriter::try_new(Vec::new(), schema.clone(), Some(properties))?, schema, shape })
    }

    /// Writes the answers to rows. `kept` are the values of the kept columns for the same rows.
    pub(crate) fn write(&mut self, answers: &PartAnswers, kept: Vec<ArrayRef>) -> Result<(), PartError> {
        let mut columns = AnswerColumns::new(self.shape);
        for (row, answer) in answers.iter() {
            columns.push(row, answer)?;
        }
        let batch = RecordBatch::try_new(self.schema.clone(), columns.finish(kept));
        self.writer.write(&batch.map_err(|error| PartError::Written(error.into()))?)?;
        Ok(())
    }

    /// Ends the file and returns its bytes.
    pub(crate) fn finish(self) -> Result<Vec<u8>, PartError> {
        Ok(self.writer.into_inner()?)
    }
}

/// Columns of answers that are being filled.
struct AnswerColumns<'a> {
    shape: &'a AnswerShape,
    rows: Int64Builder,
    labels: StringBuilder,
    numbers: Float32Builder,
    /// Probabilities, or the two ends of an interval.
    ranges: Vec<Float32Builder>,
    versions: Int32Builder,
    /// The base and the contributions.
    explanations: Vec<Float64Builder>,
    errors: StringBuilder,
}

impl<'a> AnswerColumns<'a> {
    fn new(shape: &'a AnswerShape) -> Self {
        let ranges = shape.labels.len() + if shape.has_intervals { 2 } else { 0 };
        let explanations = if shape.explains() { 1 + shape.contributions.len() } else { 0 };
        Self {
            shape,
            rows: Int64Builder::new(),
            labels: StringBuilder::new(),
            numbers: Float32Builder::new(),
            ranges: (0..ranges).map(|_| Float32Builder::new()).collect(),
            versions: Int32Builder::new(),
            explanations: (0..explanations).map(|_| Float64Builder::new()).collect(),
            errors: StringBuilder::new(),
        }
    }

    fn push(&mut self, row: u64, answer: Result<RowAnswer<'_>, &str>) -> Result<(), PartError> {
        self.rows.append_value(i64::try_from(row).unwrap_or(i64::MAX));
        self.versions.append_value(i32::try_from(self.shape.version).unwrap_or(i32::MAX));
        self.errors.append_option(answer.err());
        let prediction = answer.ok().map(|answer| answer.prediction);
        match prediction {
            Some(Predicted::Class(class, probabilities)) => {
                let label = self.shape.labels.get(class).ok_or(PartError::NoLabel)?;
                self.labels.append_value(label.to_string());
                self.ranges.iter_mut().zip(probabilities).for_each(|(column, value)| column.append_value(*value));
            }
            Some(Predicted::Number(number, interval)) => {
                self.numbers.append_value(number);
                let ends = interval.into_iter().flat_map(|(lower, upper)| [lower, upper]);
                self.ranges.iter_mut().zip(ends).for_each(|(column, value)| column.append_value(value));
            }
            None => {
                if self.shape.labels.is_empty() {
                    self.numbers.append_null()
                } else {
                    self.labels.append_null()
                }
                self.ranges.iter_mut().for_each(Float32Builder::append_null);
            }
        }
        let explanation = answer.ok().and_then(|answer| answer.explanation);
        let values = explanation.map(|found| std::iter::once(&found.base).chain(&found.contributions));
        match values {
            Some(values) => {
                self.explanations.iter_mut().zip(values).for_each(|(column, value)| column.append_value(*value));
            }
            None => self.explanations.iter_mut().for_each(Float64Builder::append_null),
        }
        Ok(())
    }

    fn finish(mut self, kept: Vec<ArrayRef>) -> Vec<ArrayRef> {
        let mut columns: Vec<ArrayRef> = vec![Arc::new(self.rows.finish())];
        columns.extend(kept);
        columns.push(if self.shape.labels.is_empty() {
            Arc::new(self.numbers.finish())
        } else {
            Arc::new(self.labels.finish())
        });
        columns.extend(self.ranges.iter_mut().map(|column| Arc::new(column.finish()) as ArrayRef));
        columns.push(Arc::new(self.versions.finish()));
        columns.extend(self.explanations.iter_mut().map(|column| Arc::new(column.finish()) as ArrayRef));
        columns.push(Arc::new(self.errors.finish()));
        columns
    }
}
