//! The answer to `POST /predict`, written in one go from what the model gave.

use evergreen_lifecycle::{ModelName, VersionNumber};
use evergreen_scoring::Predictions;
use serde::{Serialize, Serializer};

/// Bytes that an answer needs beside its rows, and for each row beside its probabilities, and for each of these: what
/// spares most answers a second allocation.
const ROOM: (usize, usize, usize) = (160, 24, 12);

/// Predictions with their labels; the three arrays have one element for each row, in the order of the rows.
#[derive(Debug, Serialize)]
struct Answer<'a> {
    prediction: &'a [usize],
    labels: Labels<'a>,
    probabilities: Probabilities<'a>,
    classes: &'a [String],
    model: ModelReference<'a>,
}

#[derive(Debug, Serialize)]
struct ModelReference<'a> {
    name: &'a ModelName,
    version: VersionNumber,
}

#[derive(Debug)]
struct Labels<'a> {
    predicted: &'a [usize],
    labels: &'a [String],
}

impl Serialize for Labels<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // A predicted class is an index into the labels.
        serializer.collect_seq(self.predicted.iter().map(|&class| self.labels.get(class)))
    }
}

#[derive(Debug)]
struct Probabilities<'a>(&'a Predictions);

impl Serialize for Probabilities<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|row| row.probabilities))
    }
}

/// The answer's JSON: `predictions` of version `version` of the model `name` whose classes are called `labels`.
///
/// # Errors
/// None that can happen: names and finite numbers always serialise.
pub fn to_json(
    predictions: &Predictions,
    labels: &[String],
    name: &ModelName,
    version: VersionNumber,
) -> serde_json::Result<String> {
    let answer = Answer {
        prediction: predictions.classes(),
        labels: Labels { predicted: predictions.classes(), labels },
        probabilities: Probabilities(predictions),
        classes: labels,
        model: ModelReference { name, version },
    };
    let (fixed, per_row, per_probability) = ROOM;
    let room = fixed + predictions.len() * per_row + predictions.probabilities().len() * per_probability;
    let mut json = Vec::with_capacity(room);
    serde_json::to_writer(&mut json, &answer)?;
    // serde_json writes UTF-8.
    Ok(String::from_utf8(json).unwrap_or_default())
}
