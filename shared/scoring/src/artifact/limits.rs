//! What is asked of the bytes before anything is decoded.
//!
//! A decoded message takes far more memory than it may take bytes (an empty one takes two), so a small hostile file could
//! fill the memory. Nearly all of an honest file is numbers in the operators' attributes, which grow at most eightfold, and
//! texts of the metadata; everything else is the frame, and is kept small.

use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field};

use super::ArtifactError;

/// Bytes of an artifact, at most: as many nodes as a pipeline may have take about 130 million.
pub const MAX_ARTIFACT_BYTES: usize = 192 << 20;

/// Bytes of the metadata, of which the signature is nearly all, at most.
pub(super) const MAX_METADATA_BYTES: usize = 8 << 20;

/// Bytes beside attributes and metadata, at most: an operator takes about a hundred, a column of categories three operators.
pub(super) const MAX_FRAME_BYTES: usize = 4 << 20;

/// Field numbers on the way from a model to an attribute: graph, node, attribute.
const ATTRIBUTE: [u32; 3] = [7, 1, 5];

/// Field numbers on the way from a model to a text of the metadata: entry, value.
const METADATA: [u32; 2] = [14, 2];

/// Checks sizes without allocating.
pub(crate) fn check(bytes: &[u8]) -> Result<(), ArtifactError> {
    if bytes.len() > MAX_ARTIFACT_BYTES {
        return Err(ArtifactError::TooLarge(bytes.len()));
    }
    let metadata = bytes_at(&METADATA, bytes)?;
    if metadata > MAX_METADATA_BYTES {
        return Err(ArtifactError::MetadataTooLarge(metadata));
    }
    let frame = bytes.len() - metadata - bytes_at(&ATTRIBUTE, bytes)?;
    if frame > MAX_FRAME_BYTES {
        return Err(ArtifactError::FrameTooLarge(frame));
    }
    Ok(())
}

/// Bytes of what is at the end of `path`.
fn bytes_at(path: &[u32], message: &[u8]) -> Result<usize, ArtifactError> {
    let Some((&next, rest)) = path.split_first() else { return Ok(message.len()) };
    let mut total = 0;
    visit(message, |tag, content| {
        if tag == next {
            total += bytes_at(rest, content)?;
        }
        Ok(())
    })?;
    Ok(total)
}

/// Calls `each` with number and content of every length-delimited field of a message.
fn visit(
    mut message: &[u8],
    mut each: impl FnMut(u32, &[u8]) -> Result<(), ArtifactError>,
) -> Result<(), ArtifactError> {
    while !message.is_empty() {
        let (tag, wire) = decode_key(&mut message).map_err(ArtifactError::NotOnnx)?;
        if wire == WireType::LengthDelimited {
            let length = decode_varint(&mut message).map_err(ArtifactError::NotOnnx)?;
            let length = usize::try_from(length).unwrap_or(usize::MAX);
            let (content, rest) = message.split_at_checked(length).ok_or(ArtifactError::Truncated)?;
            each(tag, content)?;
            message = rest;
        } else {
            skip_field(wire, tag, &mut message, DecodeContext::default()).map_err(ArtifactError::NotOnnx)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use prost::Message;

    use super::super::onnx::{ModelProto, StringStringEntryProto};
    use super::*;

    #[test]
    fn a_file_of_empty_messages_is_refused_before_decoding() {
        // 0x72 0x00: an empty `metadata_props` entry of a model.
        let hostile = [0x72, 0x00].repeat(MAX_FRAME_BYTES);
        assert!(matches!(check(&hostile), Err(ArtifactError::FrameTooLarge(n)) if n == hostile.len()));
    }

    #[test]
    fn metadata_is_limited() {
        let value = "x".repeat(MAX_METADATA_BYTES + 1);
        let entry = StringStringEntryProto { key: String::new(), value };
        let hostile = ModelProto { metadata_props: vec![entry], ..ModelProto::default() }.encode_to_vec();
        assert!(matches!(check(&hostile), Err(ArtifactError::MetadataTooLarge(n)) if n == MAX_METADATA_BYTES + 1));
    }

    #[test]
    fn a_length_beyond_the_end_is_an_error() {
        let hostile = [0x3a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
        assert!(matches!(check(&hostile), Err(ArtifactError::Truncated)));
    }

    #[test]
    fn size_is_limited() {
        assert!(matches!(check(&vec![0; MAX_ARTIFACT_BYTES + 1]), Err(ArtifactError::TooLarge(_))));
    }
}
