//! Test fake of the key of prediction ids, and of the counts of what turned out true.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use evergreen_lifecycle::VersionNumber;
use evergreen_lifecycle::feedback::{FeedbackGroup, PairedTally, PredictionKey};
use evergreen_lifecycle::ports::{
    DayTally, FeedbackCounting, FeedbackRecord, FeedbackRows, PredictionKeys, Unavailable,
};
use jiff::civil::Date;

use super::Memory;

impl PredictionKeys for Memory {
    async fn prediction_key(&self) -> Result<Option<PredictionKey>, Unavailable> {
        Ok(self.reach("key")?.prediction_secret.as_ref().map(PredictionKey::new))
    }

    async fn create_prediction_key(&self, secret: &[u8; 32]) -> Result<PredictionKey, Unavailable> {
        Ok(PredictionKey::new(self.reach("key")?.prediction_secret.get_or_insert(*secret)))
    }
}

impl FeedbackCounting for Memory {
    async fn count_feedback(&self, group: &FeedbackGroup) -> Result<BTreeSet<String>, Unavailable> {
        let mut state = self.reach_for("feedback", "count_feedback")?;
        let ids: BTreeSet<_> = group.predictions.iter().map(|one| one.id_hash.clone()).collect();
        let known: BTreeSet<_> = ids.intersection(&state.counted_ids).cloned().collect();
        let new = group.without(&known);
        state.counted_ids.extend(ids);
        if !new.predictions.is_empty() {
            state.day_tallies.entry((new.day, new.version)).or_default().merge(&new.tally());
            if let Some(rival) = new.rival {
                state.paired_tallies.entry((new.version, rival)).or_default().merge(&new.paired());
            }
        }
        drop(state);
        self.answer("count_feedback", known)
    }

    async fn counted_ids(&self, id_hashes: &BTreeSet<String>) -> Result<BTreeSet<String>, Unavailable> {
        Ok(id_hashes.intersection(&self.reach("feedback")?.counted_ids).cloned().collect())
    }
}

impl FeedbackRows for Memory {
    fn keeps_rows(&self) -> bool {
        self.state().keeps_feedback
    }

    async fn put_rows(&self, key: &str, content: Vec<u8>) -> Result<(), Unavailable> {
        self.reach("feedback_rows")?.objects.insert(key.to_owned(), content);
        Ok(())
    }
}

impl FeedbackRecord for Memory {
    async fn day_tallies(&self, days: RangeInclusive<Date>) -> Result<Vec<DayTally>, Unavailable> {
        let state = self.reach("feedback")?;
        let found = state.day_tallies.iter().filter(|((day, _), _)| days.contains(day));
        Ok(found
            .map(|((day, version), tally)| DayTally { day: *day, version: *version, tally: tally.clone() })
            .collect())
    }

    async fn paired_tally(&self, first: VersionNumber, second: VersionNumber) -> Result<PairedTally, Unavailable> {
        let state = self.reach("feedback")?;
        let pair = |answering, rival| state.paired_tallies.get(&(answering, rival)).copied().unwrap_or_default();
        let mut tally = pair(first, second);
        tally.merge(&pair(second, first).swapped());
        Ok(tally)
    }
}
