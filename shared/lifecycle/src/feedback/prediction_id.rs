//! What the id of a prediction says, and its bytes.

use jiff::Timestamp;

use crate::VersionNumber;

// A model with many labels would make long ids. The true label of most rows is among the most probable ones.
/// Maximum number of probabilities in an id: all of a model with at most this many labels, else the largest ones.
pub const MAX_LISTED_PROBABILITIES: usize = 8;

/// First byte of an id. Another layout gets another number.
const FORMAT: u8 = 1;

/// Byte that says that the prediction is a number.
const NUMBER: u8 = 0;

/// Byte that says that the prediction is a label.
const LABEL: u8 = 1;

/// The number of steps between the probabilities 0 and 1, as an id stores them.
const STEPS: f32 = 65_535.0;

/// What a prediction said, as its id has it.
#[derive(Debug, Clone, PartialEq)]
pub struct PredictionRecord {
    /// The model version that predicted.
    pub version: VersionNumber,
    /// When it predicted. The id has whole seconds.
    pub at: Timestamp,
    /// A number that no other prediction of the stack has. It distinguishes two predictions for the same row.
    pub unique: u64,
    /// What it predicted.
    pub outcome: PredictedOutcome,
    /// What the challenger predicted for the same row. `None` if no challenger was compared with this version.
    pub rival: Option<RivalPrediction>,
}

/// What a version predicted that is compared with the version that answered.
#[derive(Debug, Clone, PartialEq)]
pub struct RivalPrediction {
    /// The compared version.
    pub version: VersionNumber,
    /// What it predicted for the same row.
    pub outcome: PredictedOutcome,
}

/// The predicted value of one row.
#[derive(Debug, Clone, PartialEq)]
pub enum PredictedOutcome {
    /// The prediction of a classifier.
    Label(PredictedLabel),
    /// The predicted number of a regression model.
    Number(f32),
}

/// The predicted label of one row, and the probabilities that its id lists.
#[derive(Debug, Clone, PartialEq)]
pub struct PredictedLabel {
    /// Index of the predicted label among the labels of the signature.
    pub predicted: u16,
    /// Number of labels of the model.
    pub labels: u16,
    /// Indices of labels with their probabilities in steps of 1/65,535. All labels if there are at most
    /// [`MAX_LISTED_PROBABILITIES`], otherwise the most probable ones.
    steps: Vec<(u16, u16)>,
}

impl PredictedLabel {
    /// Creates the prediction of a classifier for one row. `probabilities` has one number (0–1) for each label, in the
    /// order of the signature.
    pub fn new(predicted: usize, probabilities: &[f32]) -> Self {
        let step = |(index, share): (usize, &f32)| (index as u16, (share.clamp(0.0, 1.0) * STEPS).round() as u16);
        let mut steps: Vec<_> = probabilities.iter().enumerate().map(step).collect();
        if steps.len() > MAX_LISTED_PROBABILITIES {
            steps.sort_by_key(|(index, share)| (std::cmp::Reverse(*share), *index));
            steps.truncate(MAX_LISTED_PROBABILITIES);
        }
        Self { predicted: predicted as u16, labels: probabilities.len() as u16, steps }
    }

    /// Returns the probability (0–1) that the prediction gave to the label with this index. A label that the id does
    /// not list gets an equal part of what the listed ones leave.
    pub fn probability(&self, label: u16) -> f64 {
        let all = f64::from(STEPS);
        let listed = self.steps.iter().find(|(index, _)| *index == label).map(|(_, share)| f64::from(*share) / all);
        listed.unwrap_or_else(|| {
            let rest = all - self.steps.iter().map(|(_, share)| f64::from(*share)).sum::<f64>();
            let others = usize::from(self.labels).saturating_sub(self.steps.len()).max(1);
            (rest.max(0.0) / all / others as f64).clamp(0.0, 1.0)
        })
    }

    fn is_whole(&self) -> bool {
        usize::from(self.labels) <= MAX_LISTED_PROBABILITIES
    }
}

impl PredictionRecord {
    /// Appends the record to `bytes`, in big-endian order.
    pub(super) fn write(&self, bytes: &mut Vec<u8>) {
        bytes.push(FORMAT);
        bytes.extend(self.version.get().to_be_bytes());
        bytes.extend((self.at.as_second() as u32).to_be_bytes());
        bytes.extend(self.unique.to_be_bytes());
        self.outcome.write(bytes);
        if let Some(rival) = &self.rival {
            bytes.extend(rival.version.get().to_be_bytes());
            rival.outcome.write(bytes);
        }
    }

    /// Reads the record from all of `bytes`. `None` if they are no such record.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let mut rest = Bytes(bytes);
        if rest.take()? != [FORMAT] {
            return None;
        }
        let version = VersionNumber::new(u32::from_be_bytes(rest.take()?))?;
        let at = Timestamp::from_second(i64::from(u32::from_be_bytes(rest.take()?))).ok()?;
        let unique = u64::from_be_bytes(rest.take()?);
        let outcome = rest.outcome()?;
        let rival = match rest.0 {
            [] => None,
            _ => Some(RivalPrediction {
                version: VersionNumber::new(u32::from_be_bytes(rest.take()?))?,
                outcome: rest.outcome()?,
            }),
        };
        rest.0.is_empty().then_some(Self { version, at, unique, outcome, rival })
    }
}

impl PredictedOutcome {
    fn write(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Number(value) => {
                bytes.push(NUMBER);
                bytes.extend(value.to_be_bytes());
            }
            Self::Label(label) => {
                bytes.push(LABEL);
                bytes.extend(label.predicted.to_be_bytes());
                bytes.extend(label.labels.to_be_bytes());
                for (index, share) in &label.steps {
                    if !label.is_whole() {
                        bytes.extend(index.to_be_bytes());
                    }
                    bytes.extend(share.to_be_bytes());
                }
            }
        }
    }
}

/// The bytes that are not read yet.
struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*taken)
    }

    fn outcome(&mut self) -> Option<PredictedOutcome> {
        match self.take()? {
            [NUMBER] => Some(PredictedOutcome::Number(f32::from_be_bytes(self.take()?))),
            [LABEL] => self.label().map(PredictedOutcome::Label),
            _ => None,
        }
    }

    fn label(&mut self) -> Option<PredictedLabel> {
        let [predicted, labels] = [u16::from_be_bytes(self.take()?), u16::from_be_bytes(self.take()?)];
        let mut label = PredictedLabel { predicted, labels, steps: Vec::new() };
        for place in 0..labels.min(MAX_LISTED_PROBABILITIES as u16) {
            let index = if label.is_whole() { place } else { u16::from_be_bytes(self.take()?) };
            label.steps.push((index, u16::from_be_bytes(self.take()?)));
        }
        (predicted < labels).then_some(label)
    }
}
