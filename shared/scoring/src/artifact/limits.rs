//! Checks the sizes of the parts of an ONNX file before anything is decoded.
//!
//! A decoded message needs much more memory than its bytes: an empty message has only two bytes. So a small malicious
//! file could fill the memory. Nearly all bytes of a regular file are numbers in attributes of operators, or texts in
//! the metadata. Decoded numbers need at most eight times their bytes. The other bytes of a file are called the frame,
//! and their number is limited strictly.

use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field};

use super::ArtifactError;

// A model with the maximum number of tree nodes takes about 130 million bytes.
/// Maximum size of an artifact (a model's ONNX file) in bytes.
pub const MAX_ARTIFACT_BYTES: usize = 192 << 20;

// The metadata is nearly only the signature (columns and labels).
/// Maximum size of an artifact's metadata (for example columns and labels) in bytes.
pub(super) const MAX_METADATA_BYTES: usize = 8 << 20;

// An operator takes about a hundred bytes, and a category column needs three operators.
/// Maximum number of bytes of an ONNX file outside of operator attributes and metadata.
pub(super) const MAX_FRAME_BYTES: usize = 4 << 20;

/// Path to an operator's attribute in an ONNX file, as Protocol Buffers field numbers: graph, node, attribute.
const ATTRIBUTE: [u32; 3] = [7, 1, 5];

/// Paths to the numbers of a constant tensor in an ONNX file: graph, initializer, and each of its lists of numbers.
const NUMBERS: [[u32; 3]; 4] = [[7, 5, 4], [7, 5, 7], [7, 5, 9], [7, 5, 10]];

/// Path to the text of a metadata entry in an ONNX file, as Protocol Buffers field numbers: entry, value.
const METADATA: [u32; 2] = [14, 2];

/// Checks the sizes of an ONNX file and of its parts. Allocates no memory.
pub(crate) fn check(bytes: &[u8]) -> Result<(), ArtifactError> {
    if bytes.len() > MAX_ARTIFACT_BYTES {
        return Err(ArtifactError::TooLarge(bytes.len()));
    }
    let metadata = bytes_at(&METADATA, bytes)?;
    if metadata > MAX_METADATA_BYTES {
        return Err(ArtifactError::MetadataTooLarge(metadata));
    }
    let numbers = NUMBERS.iter().map(|path| bytes_at(path, bytes)).sum::<Result<usize, _>>()?;
    let frame = bytes.len() - metadata - bytes_at(&ATTRIBUTE, bytes)? - numbers;
    if frame > MAX_FRAME_BYTES {
        return Err(ArtifactError::FrameTooLarge(frame));
    }
    Ok(())
}

/// Checks the size of a graph that is an attribute of an operator, as [`check`] does for a whole file.
pub(crate) fn check_graph(bytes: &[u8]) -> Result<(), ArtifactError> {
    let paths: [&[u32]; 5] = [&[1, 5], &[5, 4], &[5, 7], &[5, 9], &[5, 10]];
    let counted = paths.iter().map(|path| bytes_at(path, bytes)).sum::<Result<usize, _>>()?;
    let frame = bytes.len() - counted;
    if frame > MAX_FRAME_BYTES { Err(ArtifactError::FrameTooLarge(frame)) } else { Ok(()) }
}

/// Returns the total size in bytes of all Protocol Buffers fields at `path`, a list of nested field numbers.
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

/// Calls `each` for every length-delimited field of a Protocol Buffers message, with field number and content.
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
        // The bytes 0x72 0x00 are an empty `metadata_props` entry of an ONNX model.
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
