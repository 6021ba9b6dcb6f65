//! The stored form of a checkpoint: the length of a JSON document (8 bytes), the document, and other bytes behind it.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Number of bytes before the JSON document: its length.
const LENGTH: usize = 8;

/// Writes a JSON document and the `content` behind it.
///
/// # Errors
/// An error if `document` cannot be written as JSON.
pub fn write_checkpoint(document: &impl Serialize, content: &[u8]) -> Result<Vec<u8>, serde_json::Error> {
    let json = serde_json::to_vec(document)?;
    let mut bytes = Vec::with_capacity(LENGTH + json.len() + content.len());
    bytes.extend_from_slice(&(json.len() as u64).to_le_bytes());
    bytes.extend_from_slice(&json);
    bytes.extend_from_slice(content);
    Ok(bytes)
}

/// Reads what [`write_checkpoint`] has written: the document, and the bytes behind it. `None` if the bytes are damaged, or if
/// another release wrote the document in another form.
pub fn read_checkpoint<T: DeserializeOwned>(bytes: &[u8]) -> Option<(T, &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<LENGTH>()?;
    let (json, content) = rest.split_at_checked(usize::try_from(u64::from_le_bytes(*length)).ok()?)?;
    Some((serde_json::from_slice(json).ok()?, content))
}
