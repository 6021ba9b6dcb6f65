//! Samples as bytes, for the object store.
//!
//! The format: one line of JSON that describes the sample, then the numbers of all rows, each as the four bytes of an `f32`
//! (IEEE 754, the lowest byte first).

use serde::{Deserialize, Serialize};

use super::{MAX_SAMPLE_BYTES, SampledRows};
use crate::drift::CountedHour;
use crate::{Signature, VersionNumber};

const FORMAT: u32 = 1;

/// Maximum length of the line of JSON, in bytes. A signature has at most thousands of columns and categories.
const MAX_HEADER_BYTES: usize = 8 << 20;

/// Error: bytes are not a stored sample of served rows. No value of a row is in the message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UnreadableSample {
    /// The first line is not the description of a sample. Contains the place of the fault.
    #[error("the first line of the sample is damaged (column {0}); expected the description of a sample; delete it")]
    Header(usize),
    /// The sample has another format. The field is its number.
    #[error("the sample has the format {0}; expected format 1; a later release of Evergreen may read it")]
    Format(u32),
    /// The length does not fit the description.
    #[error("the sample has {found} bytes of rows; expected {expected}; delete it")]
    Length {
        /// The number of bytes after the first line.
        found: usize,
        /// The number of bytes that the description asks for.
        expected: usize,
    },
    /// A value is infinite, which no served row has.
    #[error("the sample has an infinite value; expected finite numbers; delete it")]
    Infinite,
}

#[derive(Serialize, Deserialize)]
struct Header {
    format: u32,
    hour: CountedHour,
    version: VersionNumber,
    served: u64,
    rows: usize,
    signature: Signature,
}

impl SampledRows {
    /// Encodes the sample.
    ///
    /// # Errors
    /// Returns an error if the signature cannot be written as JSON.
    pub fn to_bytes(&self) -> Result<Vec<u8>, serde_json::Error> {
        let header = Header {
            format: FORMAT,
            hour: self.hour,
            version: self.version,
            served: self.served,
            rows: self.rows(),
            signature: self.signature.clone(),
        };
        let mut bytes = serde_json::to_vec(&header)?;
        bytes.push(b'\n');
        bytes.extend(self.values.iter().flat_map(|value| value.to_le_bytes()));
        Ok(bytes)
    }

    /// Decodes a sample.
    ///
    /// # Errors
    /// [`UnreadableSample`] says what is damaged.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, UnreadableSample> {
        let end = bytes.iter().take(MAX_HEADER_BYTES).position(|byte| *byte == b'\n');
        let (line, rest) = end.and_then(|end| bytes.split_at_checked(end)).ok_or(UnreadableSample::Header(0))?;
        let values = rest.get(1..).unwrap_or_default();
        let header: Header = serde_json::from_slice(line).map_err(|error| UnreadableSample::Header(error.column()))?;
        let Header { format, hour, version, served, rows, signature } = header;
        if format != FORMAT {
            return Err(UnreadableSample::Format(format));
        }
        let expected = rows.saturating_mul(signature.slots()).saturating_mul(size_of::<f32>());
        if values.len() != expected || expected > MAX_SAMPLE_BYTES {
            return Err(UnreadableSample::Length { found: values.len(), expected: expected.min(MAX_SAMPLE_BYTES) });
        }
        let (chunks, _) = values.as_chunks();
        let values: Vec<f32> = chunks.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
        if values.iter().any(|value| value.is_infinite()) {
            return Err(UnreadableSample::Infinite);
        }
        Ok(Self { hour, version, served, signature, values })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Column;

    fn sample(values: Vec<f32>) -> SampledRows {
        SampledRows {
            hour: CountedHour(499_000),
            version: VersionNumber::new(7).unwrap(),
            served: 900,
            signature: Signature::regression(vec![Column::number("size"), Column::number("age")]).unwrap(),
            values,
        }
    }

    #[test]
    fn a_damaged_sample_is_refused_without_a_value_in_the_message() {
        let bytes = sample(vec![1.0, 2.0]).to_bytes().unwrap();
        let error = |bytes: &[u8]| SampledRows::from_bytes(bytes).unwrap_err().to_string();
        assert_eq!(error(&bytes[..bytes.len() - 1]), "the sample has 7 bytes of rows; expected 8; delete it");
        assert!(error(b"{}\n").starts_with("the first line of the sample is damaged (column 2)"));
        assert!(error(b"").starts_with("the first line of the sample is damaged (column 0)"));
        assert!(error(&sample(vec![1.0, f32::INFINITY]).to_bytes().unwrap()).contains("infinite"));
        let later = String::from_utf8_lossy(&bytes).replace("\"format\":1", "\"format\":2").into_bytes();
        assert!(error(&later).contains("the format 2"));
    }

    proptest! {
        #[test]
        fn a_stored_sample_is_read_exactly(values in prop::collection::vec(prop::option::of(-1e30_f32..1e30), 0..40)) {
            let mut values: Vec<f32> = values.into_iter().map(|value| value.unwrap_or(f32::NAN)).collect();
            values.truncate(values.len() / 2 * 2);
            let stored = sample(values);
            let read = SampledRows::from_bytes(&stored.to_bytes().unwrap()).unwrap();
            let bits = |sample: &SampledRows| sample.values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
            prop_assert_eq!(bits(&read), bits(&stored));
            prop_assert_eq!((read.hour, read.version, read.served), (stored.hour, stored.version, stored.served));
            prop_assert_eq!(read.signature, stored.signature);
        }

        #[test]
        fn any_bytes_are_safe_to_read(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = SampledRows::from_bytes(&bytes);
        }
    }
}
