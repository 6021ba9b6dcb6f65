//! Writes answers as comma-separated values.

use csv::{ByteRecord, ReaderBuilder, Writer};

use super::json;
use crate::answers::{AnswerShape, PartAnswers, Predicted, RowAnswer};
use crate::columns::names_of;
use crate::score::PartError;

/// The answers to the rows of a CSV file.
#[derive(Debug)]
pub(crate) struct CsvAnswers<'a> {
    writer: Writer<Vec<u8>>,
    shape: &'a AnswerShape,
    /// For each column that is kept, its place in a row of the input.
    kept: Vec<Option<usize>>,
}

impl<'a> CsvAnswers<'a> {
    /// Begins a file. `header` is the row of names of the input, and `keep` names the columns to repeat.
    pub(crate) fn begin(shape: &'a AnswerShape, header: &str, keep: &[String]) -> Result<Self, PartError> {
        let mut writer = Writer::from_writer(Vec::new());
        let names = names_of(header);
        let place = |name: &String| names.iter().position(|found| found == name);
        writer.write_field("row")?;
        keep.iter().try_for_each(|name| writer.write_field(name))?;
        writer.write_field("prediction")?;
        shape.probability_names().try_for_each(|name| writer.write_field(name))?;
        if shape.has_intervals {
            writer.write_field("lower")?;
            writer.write_field("upper")?;
        }
        writer.write_field("version")?;
        if shape.explains() {
            writer.write_field("base")?;
            shape.contribution_names().try_for_each(|name| writer.write_field(name))?;
        }
        writer.write_field("error")?;
        writer.write_record(None::<&[u8]>)?;
        Ok(Self { writer, shape, kept: keep.iter().map(place).collect() })
    }

    /// Writes the answers to the rows in `input`.
    pub(crate) fn write(&mut self, answers: &PartAnswers, input: &[u8]) -> Result<(), PartError> {
        let mut input = records(if self.kept.is_empty() { &[] } else { input });
        for (row, answer) in answers.iter() {
            self.writer.write_field(json(&row)?)?;
            if !self.kept.is_empty() {
                let record = input.next().unwrap_or_default();
                for place in &self.kept {
                    self.writer.write_field(place.and_then(|place| record.get(place)).unwrap_or_default())?;
                }
            }
            match answer {
                Ok(answer) => self.answer(answer)?,
                Err(fault) => self.fault(fault)?,
            }
            self.writer.write_record(None::<&[u8]>)?;
        }
        Ok(())
    }

    fn answer(&mut self, answer: RowAnswer<'_>) -> Result<(), PartError> {
        match answer.prediction {
            Predicted::Class(class, probabilities) => {
                let label = self.shape.labels.get(class).ok_or(PartError::NoLabel)?;
                self.writer.write_field(label.to_string())?;
                for probability in probabilities {
                    self.writer.write_field(json(probability)?)?;
                }
            }
            Predicted::Number(number, interval) => {
                self.writer.write_field(json(&number)?)?;
                if let Some((lower, upper)) = interval {
                    self.writer.write_field(json(&lower)?)?;
                    self.writer.write_field(json(&upper)?)?;
                }
            }
        }
        self.writer.write_field(json(&self.shape.version)?)?;
        if let Some(explanation) = answer.explanation {
            self.writer.write_field(json(&explanation.base)?)?;
            for contribution in &explanation.contributions {
                self.writer.write_field(json(contribution)?)?;
            }
        }
        self.writer.write_field("")?;
        Ok(())
    }

    fn fault(&mut self, fault: &str) -> Result<(), PartError> {
        let intervals = if self.shape.has_intervals { 2 } else { 0 };
        for _ in 0..1 + self.shape.labels.len() + intervals {
            self.writer.write_field("")?;
        }
        self.writer.write_field(json(&self.shape.version)?)?;
        let explained = if self.shape.explains() { 1 + self.shape.contributions.len() } else { 0 };
        for _ in 0..explained {
            self.writer.write_field("")?;
        }
        self.writer.write_field(fault)?;
        Ok(())
    }

    /// Ends the file and returns its bytes.
    pub(crate) fn finish(self) -> Result<Vec<u8>, PartError> {
        self.writer.into_inner().map_err(|error| PartError::Written(error.into_error().into()))
    }
}

/// Returns the rows of some CSV text, as far as they can be read.
fn records(text: &[u8]) -> impl Iterator<Item = ByteRecord> {
    let reader = ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text);
    reader.into_byte_records().map_while(Result::ok)
}
