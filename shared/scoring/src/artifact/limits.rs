//! What is asked of the bytes before anything is decoded.
//!
//! A decoded message takes far more memory than it may take bytes (an empty one takes two), so a small hostile file could
//! fill the memory. Nearly all of an honest file is numbers in the operators' attributes, which grow at most eightfold;
//! everything else is the frame, and is kept small.

use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field};

use super::ArtifactError;
use crate::pipeline::MAX_NODES;

/// Bytes of an artifact, at most.
pub const MAX_ARTIFACT_BYTES: usize = 64 << 20;

/// Bytes beside the attributes, at most.
pub(super) const MAX_FRAME_BYTES: usize = 1 << 20;

/// Field numbers on the way from a model to an attribute: graph, node, attribute.
const PATH: [u32; 3] = [7, 1, 5];

/// Field number of an attribute's strings.
const STRINGS: u32 = 9;

/// Checks sizes and counts without allocating.
pub(super) fn check(bytes: &[u8]) -> Result<(), ArtifactError> {
    if bytes.len() > MAX_ARTIFACT_BYTES {
        return Err(ArtifactError::TooLarge(bytes.len()));
    }
    let frame = bytes.len() - attribute_bytes(bytes, &PATH)?;
    if frame > MAX_FRAME_BYTES {
        return Err(ArtifactError::FrameTooLarge(frame));
    }
    Ok(())
}

/// Bytes of the attributes at the end of `path`.
fn attribute_bytes(message: &[u8], path: &[u32]) -> Result<usize, ArtifactError> {
    let Some((&next, rest)) = path.split_first() else {
        check_strings(message)?;
        return Ok(message.len());
    };
    let mut total = 0;
    visit(message, |tag, content| {
        if tag == next {
            total += attribute_bytes(content, rest)?;
        }
        Ok(())
    })?;
    Ok(total)
}

fn check_strings(attribute: &[u8]) -> Result<(), ArtifactError> {
    let mut strings = 0;
    visit(attribute, |tag, _| {
        strings += usize::from(tag == STRINGS);
        Ok(())
    })?;
    if strings > MAX_NODES {
        return Err(ArtifactError::TooManyStrings(strings));
    }
    Ok(())
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
    use super::*;

    #[test]
    fn a_file_of_empty_messages_is_refused_before_decoding() {
        // 0x72 0x00: an empty `metadata_props` entry of a model.
        let hostile = [0x72, 0x00].repeat(MAX_FRAME_BYTES);
        assert!(matches!(check(&hostile), Err(ArtifactError::FrameTooLarge(n)) if n == hostile.len()));
    }

    #[test]
    fn an_attribute_of_countless_strings_is_refused_before_decoding() {
        // 0x4a 0x00: an empty string of an attribute.
        let hostile = [0x4a, 0x00].repeat(MAX_NODES + 1);
        assert!(matches!(attribute_bytes(&hostile, &[]), Err(ArtifactError::TooManyStrings(n)) if n == MAX_NODES + 1));
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
