//! Feedback: what turned out true about predictions, and how right the model was.
//!
//! No prediction is stored. Each prediction has an id that says, signed, what was predicted. Feedback gives the id back
//! together with the true value. So the id is all that is needed to count how right the prediction was.
//!
//! Feedback may also have the row itself. The stack keeps it only if its settings ask for it.

mod hold_out;
mod judged;
mod kept;
mod labels;
mod live;
mod paired;
mod prediction_id;
mod prediction_key;
mod quality;
mod row;
mod share;
mod stratified;
mod tally;

pub use hold_out::{BadRows, HoldOutLosses, WrittenLosses};
pub use judged::{FeedbackGroup, JudgedPrediction, MAX_CLOCK_DIFFERENCE, MAX_FEEDBACK_AGE, MAX_GROUP};
pub use kept::{CellKind, KeptRow, KeptRows, KnownTruth, kept_day, kept_prefix};
pub use labels::LabelAccuracy;
pub use live::{LIVE_WINDOWS, LiveDay, LiveSummary, LiveWindow};
pub use paired::{PairedTally, SideTally};
pub use prediction_id::{
    MAX_LISTED_PROBABILITIES, PredictedLabel, PredictedOutcome, PredictionRecord, RivalPrediction,
};
pub use prediction_key::{InvalidPredictionId, PredictionKey};
pub use quality::{FALSE_LIVE_ALARMS_A_YEAR, LiveComparison, LiveQuality, expected_accuracy};
pub use row::{InvalidRow, RowCell};
pub use share::WeightedAccuracy;
pub use tally::{LiveTally, PredictionLoss, TrueValue};
