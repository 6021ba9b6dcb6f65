//! Signs the ids of predictions, and checks the ids that come back.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::PredictionRecord;

// 128 bits cannot be guessed, and a longer signature would make each answer longer.
/// Number of bytes of the signature: the first half of an HMAC-SHA256.
const TAG_BYTES: usize = 16;

/// Maximum length of an id in characters. A longer text is refused unread.
const MAX_CHARACTERS: usize = 192;

/// The secret with which a stack signs the ids of its predictions.
#[derive(Clone)]
pub struct PredictionKey(Hmac<Sha256>);

// The secret cannot get into a log by accident.
impl fmt::Debug for PredictionKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PredictionKey")
    }
}

/// Why a text is not the id of a prediction of this stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPredictionId {
    /// The text is not an id, such as an id that was cut off.
    #[error("this is not the id of a prediction; send an element of \"ids\", as POST /predict answered it")]
    Unreadable,
    /// The text has the form of an id, but this stack did not sign it.
    #[error("this stack did not make this id, or it lost the key since; send an id to the stack that predicted")]
    NotSigned,
}

impl PredictionKey {
    /// Creates the key from its secret bytes, which the stack stores.
    pub fn new(secret: &[u8; 32]) -> Self {
        // HMAC fills a short key with zeros up to the 64 bytes of a block.
        let mut block = [0; 64];
        block.iter_mut().zip(secret).for_each(|(byte, secret)| *byte = *secret);
        Self(Hmac::new(&block.into()))
    }

    /// Returns the id of a prediction, as text that fits into a URL.
    pub fn sign(&self, record: &PredictionRecord) -> String {
        let mut bytes = Vec::with_capacity(64);
        record.write(&mut bytes);
        let tag = self.0.clone().chain_update(&bytes).finalize().into_bytes();
        bytes.extend(tag.iter().take(TAG_BYTES));
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Returns what the prediction with this id said.
    ///
    /// # Errors
    /// [`InvalidPredictionId`] if the text is no id, or was signed with another key.
    pub fn open(&self, id: &str) -> Result<PredictionRecord, InvalidPredictionId> {
        if id.len() > MAX_CHARACTERS {
            return Err(InvalidPredictionId::Unreadable);
        }
        let bytes = URL_SAFE_NO_PAD.decode(id).map_err(|_| InvalidPredictionId::Unreadable)?;
        let (said, tag) = bytes.split_last_chunk::<TAG_BYTES>().ok_or(InvalidPredictionId::Unreadable)?;
        // The comparison takes the same time wherever the signatures differ.
        let is_signed = self.0.clone().chain_update(said).verify_truncated_left(tag).is_ok();
        match (is_signed, PredictionRecord::read(said)) {
            (true, Some(record)) => Ok(record),
            (false, Some(_)) => Err(InvalidPredictionId::NotSigned),
            (_, None) => Err(InvalidPredictionId::Unreadable),
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use proptest::prelude::*;

    use super::*;
    use crate::VersionNumber;
    use crate::feedback::{PredictedLabel, PredictedOutcome, RivalPrediction};

    fn record(outcome: PredictedOutcome) -> PredictionRecord {
        let at = Timestamp::from_second(1_790_000_000).unwrap();
        PredictionRecord { version: VersionNumber::new(7).unwrap(), at, unique: 42, outcome, rival: None }
    }

    fn label(probabilities: &[f32]) -> PredictedOutcome {
        PredictedOutcome::Label(PredictedLabel::new(0, probabilities))
    }

    #[test]
    fn an_id_says_what_was_predicted() {
        let key = PredictionKey::new(&[1; 32]);
        for outcome in [PredictedOutcome::Number(-2.5), label(&[0.9, 0.1]), label(&[0.05; 20])] {
            let record = record(outcome);
            assert_eq!(key.open(&key.sign(&record)).unwrap(), record);
            let rival = Some(RivalPrediction { version: VersionNumber::FIRST, outcome: record.outcome.clone() });
            let record = PredictionRecord { rival, ..record };
            let id = key.sign(&record);
            assert!(id.len() <= MAX_CHARACTERS, "{}", id.len());
            assert_eq!(key.open(&id).unwrap(), record);
        }
    }

    #[test]
    fn an_id_of_another_stack_is_refused_and_a_cut_one_too() {
        let id = PredictionKey::new(&[1; 32]).sign(&record(label(&[0.9, 0.1])));
        let other = PredictionKey::new(&[2; 32]);
        assert_eq!(other.open(&id).unwrap_err(), InvalidPredictionId::NotSigned);
        let cut: String = id.chars().take(20).collect();
        for text in ["", "x", "row 7", &cut, &"A".repeat(100_000)] {
            assert_eq!(other.open(text).unwrap_err(), InvalidPredictionId::Unreadable, "{text:.20}");
        }
    }

    #[test]
    fn a_label_that_the_id_does_not_list_gets_its_part_of_the_rest() {
        let mut probabilities = [0.01; 20];
        probabilities[3] = 0.81;
        let label = PredictedLabel::new(3, &probabilities);
        assert!((label.probability(3) - 0.81).abs() < 1e-4);
        // Eight labels are listed, with 0.88 in all. The other twelve have 0.01 each.
        assert!((label.probability(19) - 0.01).abs() < 1e-4);
    }

    proptest! {
        #[test]
        fn a_changed_id_is_never_accepted(place in 0_usize..48, letter in "[A-Za-z0-9_-]") {
            let key = PredictionKey::new(&[1; 32]);
            let mut id = key.sign(&record(label(&[0.25, 0.75])));
            prop_assume!(place < id.len() && id.get(place..=place) != Some(&letter));
            id.replace_range(place..=place, &letter);
            prop_assert!(key.open(&id).is_err());
        }

        #[test]
        fn any_text_is_refused_without_a_panic(text in ".{0,200}") {
            prop_assert!(PredictionKey::new(&[1; 32]).open(&text).is_err());
        }
    }
}
