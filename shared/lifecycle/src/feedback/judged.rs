//! Predictions whose true value is known, in the groups in which they are counted.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};

use super::{HoldOutLosses, LiveTally, PairedTally, PredictionLoss, PredictionRecord, TrueValue};
use crate::{VersionNumber, digest};

// The registry remembers each id for as long, so that it counts nothing twice.
/// Maximum age of a prediction whose true value is counted: 400 days, a year and a month.
pub const MAX_FEEDBACK_AGE: SignedDuration = SignedDuration::from_hours(400 * 24);

/// Maximum difference of the clocks of two machines: a prediction may be so far in the future.
pub const MAX_CLOCK_DIFFERENCE: SignedDuration = SignedDuration::from_mins(5);

// A transaction of DynamoDB has at most 100 writes: the ids, the tally of the day and that of the pair.
/// Maximum number of predictions in a [`FeedbackGroup`].
pub const MAX_GROUP: usize = 98;

/// A prediction whose true value is known, ready to be counted.
#[derive(Debug, Clone, PartialEq)]
pub struct JudgedPrediction {
    /// The SHA-256 of the prediction's id, as 64 hexadecimal digits. The id itself is not stored.
    pub id_hash: String,
    /// When the model predicted.
    pub at: Timestamp,
    /// The version that answered.
    pub version: VersionNumber,
    /// How wrong the answer was.
    pub loss: PredictionLoss,
    /// The cell in which it is counted, as [`HoldOutLosses::cell`] numbers it. `None` if the losses on the hold-out are
    /// not known.
    pub cell: Option<usize>,
    /// The version that was compared on the same row, and how wrong it was.
    pub rival: Option<(VersionNumber, PredictionLoss)>,
}

impl JudgedPrediction {
    /// Compares the prediction that the id describes with what turned out true. `hold_out` has the losses of the version
    /// on the hold-out, if they are known. `None` if the true value does not fit the prediction: see
    /// [`PredictionLoss::new`]. A rival that it does not fit is left out.
    pub fn new(
        id: &str,
        record: &PredictionRecord,
        truth: TrueValue,
        hold_out: Option<&HoldOutLosses>,
    ) -> Option<Self> {
        let loss = PredictionLoss::new(&record.outcome, truth)?;
        let rival = record.rival.as_ref().and_then(|rival| {
            let loss = PredictionLoss::new(&rival.outcome, truth)?;
            Some((rival.version, loss))
        });
        Some(Self {
            id_hash: digest::sha256_hex(id.as_bytes()),
            at: record.at,
            version: record.version,
            loss,
            cell: hold_out.map(|losses| losses.cell(&record.outcome, &loss)),
            rival,
        })
    }

    /// Returns the day (UTC) of the prediction.
    pub fn day(&self) -> Date {
        Offset::UTC.to_datetime(self.at).date()
    }
}

/// Predictions that are counted together: of one version, one day and one rival.
#[derive(Debug, Clone, PartialEq)]
pub struct FeedbackGroup {
    /// The version that answered.
    pub version: VersionNumber,
    /// The day (UTC) of the predictions.
    pub day: Date,
    /// The version that was compared on the same rows. `None` if there was none.
    pub rival: Option<VersionNumber>,
    /// The predictions, at most [`MAX_GROUP`]. No two have the same id.
    pub predictions: Vec<JudgedPrediction>,
}

impl FeedbackGroup {
    /// Puts predictions into groups. Of two predictions with the same id, only the first is kept.
    pub fn of(judged: Vec<JudgedPrediction>) -> Vec<Self> {
        let (mut ids, mut sorted) = (BTreeSet::new(), BTreeMap::<_, Vec<_>>::new());
        for one in judged {
            if ids.insert(one.id_hash.clone()) {
                let rival = one.rival.map(|(version, _)| version);
                sorted.entry((one.version, one.day(), rival)).or_default().push(one);
            }
        }
        let groups = sorted.into_iter().flat_map(|((version, day, rival), predictions)| {
            let parts: Vec<_> = predictions.chunks(MAX_GROUP).map(<[_]>::to_vec).collect();
            parts.into_iter().map(move |predictions| Self { version, day, rival, predictions })
        });
        groups.collect()
    }

    /// Returns the group without the predictions whose ids have these hashes.
    #[must_use]
    pub fn without(&self, known: &BTreeSet<String>) -> Self {
        let new = self.predictions.iter().filter(|one| !known.contains(&one.id_hash));
        Self { predictions: new.cloned().collect(), ..self.clone() }
    }

    /// Returns the counts of the group's predictions.
    pub fn tally(&self) -> LiveTally {
        self.predictions.iter().fold(LiveTally::default(), |mut tally, one| {
            tally.add(one.loss, one.cell);
            tally
        })
    }

    /// Returns the comparison of the two versions on the group's rows. Without a rival, it has no rows.
    pub fn paired(&self) -> PairedTally {
        self.predictions.iter().fold(PairedTally::default(), |mut tally, one| {
            one.rival.into_iter().for_each(|(_, loss)| tally.add(one.loss, loss));
            tally
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feedback::{PredictedLabel, PredictedOutcome, RivalPrediction};

    fn judged(id: &str, at: &str, version: u32, rival: Option<u32>) -> JudgedPrediction {
        let outcome = PredictedOutcome::Label(PredictedLabel::new(1, &[0.25, 0.75]));
        let number = |version| VersionNumber::new(version).unwrap();
        let rival = rival.map(|version| RivalPrediction { version: number(version), outcome: outcome.clone() });
        let at = at.parse().unwrap();
        let record = PredictionRecord { version: number(version), at, unique: 1, outcome, rival };
        JudgedPrediction::new(id, &record, TrueValue::Label(1), None).unwrap()
    }

    #[test]
    fn a_group_has_one_day_one_version_and_one_rival() {
        let judged = vec![
            judged("a", "2026-11-24T23:59:59Z", 1, None),
            judged("b", "2026-11-25T00:00:00Z", 1, None),
            judged("c", "2026-11-24T00:00:00Z", 2, None),
            judged("d", "2026-11-24T12:00:00Z", 1, Some(2)),
            judged("a", "2026-11-24T23:59:59Z", 1, None),
        ];
        let groups = FeedbackGroup::of(judged);
        assert_eq!(groups.iter().map(|group| group.predictions.len()).collect::<Vec<_>>(), [1; 4]);
        assert_eq!(groups.iter().map(|group| group.paired().rows).sum::<u64>(), 1);
    }

    #[test]
    fn a_large_group_is_divided() {
        let many = (0..MAX_GROUP + 1).map(|row| judged(&row.to_string(), "2026-11-24T12:00:00Z", 1, None)).collect();
        let groups = FeedbackGroup::of(many);
        assert_eq!(groups.iter().map(|group| group.tally().rows).collect::<Vec<_>>(), [MAX_GROUP as u64, 1]);
        let known = groups[1].predictions.iter().map(|one| one.id_hash.clone()).collect();
        assert_eq!(groups[1].without(&known).tally(), LiveTally::default());
    }
}
