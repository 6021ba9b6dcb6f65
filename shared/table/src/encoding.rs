//! Decodes the bytes of a text file to UTF-8.

use std::borrow::Cow;

use bytes::Bytes;
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// Number of bytes at the start of a file that are examined to detect the encoding UTF-16.
const DETECTION_BYTES: usize = 4096;

// `encoding` is the name of the original encoding, or `None` for UTF-8.
/// Text of a data file after decoding to UTF-8, without a byte order mark.
pub(super) struct DecodedText {
    pub(super) bytes: Bytes,
    pub(super) encoding: Option<&'static str>,
    /// Byte offset of the first invalid UTF-8. `None` if the whole text is valid.
    pub(super) broken: Option<usize>,
}

/// Decodes a text file to UTF-8. `declared` is the encoding in the settings, if there is one.
pub(super) fn decode(bytes: Bytes, declared: Option<&'static Encoding>) -> DecodedText {
    // A byte order mark decides the encoding first, then the settings, then the content.
    let (encoding, mark) = match Encoding::for_bom(&bytes) {
        Some((found, mark)) => (found, mark),
        None => (declared.unwrap_or_else(|| detect(&bytes)), 0),
    };
    if encoding == UTF_8 {
        return match std::str::from_utf8(&bytes) {
            Ok(_) => DecodedText { bytes: bytes.slice(mark..), encoding: None, broken: None },
            Err(error) => DecodedText { bytes, encoding: None, broken: Some(error.valid_up_to()) },
        };
    }
    let content = bytes.get(mark..).unwrap_or_default();
    let text = match encoding.decode_without_bom_handling(content) {
        (Cow::Borrowed(text), _) => bytes.slice_ref(text.as_bytes()),
        (Cow::Owned(text), _) => Bytes::from(text),
    };
    DecodedText { bytes: text, encoding: Some(encoding.name()), broken: None }
}

fn detect(bytes: &[u8]) -> &'static Encoding {
    if let Some(encoding) = without_mark(bytes) {
        return encoding;
    }
    // Fast path: nearly all files are valid UTF-8.
    if std::str::from_utf8(bytes).is_ok() {
        return UTF_8;
    }
    let (mut valid, mut invalid) = (0_usize, 0_usize);
    for chunk in bytes.utf8_chunks() {
        valid += chunk.valid().chars().filter(|letter| !letter.is_ascii()).count();
        invalid += usize::from(!chunk.invalid().is_empty());
    }
    // Text in another encoding hardly ever contains a valid multi-byte character of UTF-8.
    // Windows-1252 is the encoding that Excel uses in Western Europe.
    if invalid <= valid { UTF_8 } else { WINDOWS_1252 }
}

/// Detects UTF-16 in a text without a byte order mark. Returns `None` for other encodings.
fn without_mark(bytes: &[u8]) -> Option<&'static Encoding> {
    // In mostly Latin text in UTF-16, every second byte is 0.
    let (pairs, _) = bytes.get(..DETECTION_BYTES.min(bytes.len()))?.as_chunks::<2>();
    let zeros = |side: usize| pairs.iter().filter(|pair| pair.get(side) == Some(&0)).count();
    let many = |count: usize| pairs.len() > 4 && count * 10 > pairs.len() * 7;
    match (zeros(0), zeros(1)) {
        (low, high) if many(high) && low * 10 < high => Some(UTF_16LE),
        (low, high) if many(low) && high * 10 < low => Some(UTF_16BE),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(bytes: &[u8]) -> (String, Option<&'static str>) {
        let text = decode(Bytes::copy_from_slice(bytes), None);
        (String::from_utf8(text.bytes.to_vec()).unwrap(), text.encoding)
    }

    #[test]
    fn encodings_are_detected_from_bytes() {
        let utf16 = |bytes: fn(u16) -> [u8; 2]| "größe,kind\n1,a\n".encode_utf16().flat_map(bytes).collect::<Vec<u8>>();
        let text = "größe,kind\n1,a\n".to_owned();
        assert_eq!(decoded(text.as_bytes()), (text.clone(), None));
        assert_eq!(decoded(format!("\u{feff}{text}").as_bytes()), (text.clone(), None));
        assert_eq!(decoded(&utf16(u16::to_le_bytes)), (text.clone(), Some("UTF-16LE")));
        assert_eq!(decoded(&utf16(u16::to_be_bytes)), (text.clone(), Some("UTF-16BE")));
        let marked = [b"\xff\xfe".to_vec(), utf16(u16::to_le_bytes)].concat();
        assert_eq!(decoded(&marked), (text.clone(), Some("UTF-16LE")));
        assert_eq!(decoded(b"gr\xf6\xdfe,kind\n1,a\n"), (text, Some("windows-1252")));
    }
}
